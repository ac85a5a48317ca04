/**
 * Runs in the page: each text whose contrast to what is behind it is under the 4.5 of WCAG 2.2 AA.
 * The page has no background images and no text over pictures, so the nearest opaque colours decide.
 */
export function lowContrast() {
  const parse = (colour) => {
    const numbers = colour.match(/[\d.]+/g)?.map(Number) ?? [];
    if (!/^rgba?\(/.test(colour)) throw new Error(`a colour this test cannot read: ${colour}`);
    return { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return rgb;
      if (alpha !== 0) throw new Error(`a half transparent background at <${at.tagName.toLowerCase()} class="${at.className}">`);
    }
    throw new Error("the page has no background");
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found = [];
  let looked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.textContent.trim() === "" || ["SCRIPT", "STYLE", "OPTION"].includes(element.tagName) || element.getClientRects().length === 0) continue;
    looked += 1;
    const [light, dark] = [luminance(parse(getComputedStyle(element).color).rgb), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} "${node.textContent.trim().slice(0, 40)}"`);
  }
  return { found, looked };
}
