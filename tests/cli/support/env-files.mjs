// Env files as nobody should write them, at random, from a seed that failures name.

export const seed = Number(process.env["COUNTERSIGN_SEED"] ?? Math.floor(Math.random() * 2 ** 32));

let state = seed;
/** mulberry32 */
export function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
export const chance = (/** @type {number} */ probability) => random() < probability;
/** @template T @param {readonly T[]} list @returns {T} */
export const pick = (list) => /** @type {T} */ (list[Math.floor(random() * list.length)]);

// Later names refer to earlier ones only: what refers to itself grows for a long time before Next.js gives up, and has tests of its own.
const NAMES = ["A", "B", "C", "D", "E", "COUNTERSIGN_SECRET", "export", "x.y", "x-y", "_1"];
const PIECES = ["a", "b c", "1", "'", '"', "`", "#", " #", "\\", "\\n", "\\r", "\\$", "$", "$$", "=", ":", " ", "\t", "\u00A0", "é", "😀", "\u2028", "{", "}", "${NONE:-x}", "$NONE", "\\'", '\\"', "-", "\\\\"];

/** @param {readonly string[]} earlier */
const piece = (earlier) => (earlier.length > 0 && chance(0.1) ? pick(["$", "${", "\\$"]) + pick(earlier) + pick(["", "}"]) : pick(PIECES));

/** @param {readonly string[]} earlier @param {number} longest */
const pieces = (earlier, longest) => Array.from({ length: Math.floor(random() * longest) }, () => piece(earlier)).join("");

/** @param {readonly string[]} earlier @param {string} newline */
function nastyValue(earlier, newline) {
  const inside = pieces(earlier, 6);
  const quote = pick(["", "", "'", '"', "`"]);
  if (quote === "") return inside;
  const broken = chance(0.15);
  const text = chance(0.3) ? inside + newline + pieces(earlier, 4) : inside;
  // Mostly one that is closed where it should be.
  return quote + (chance(0.7) ? text.replaceAll(quote, "") : text) + (broken ? "" : quote);
}

/** @returns {string} */
export function nastyFile() {
  const endings = pick([["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]]);
  let text = chance(0.1) ? "\uFEFF" : "";
  for (let lines = Math.floor(random() * 8); lines > 0; lines--) {
    const newline = pick(endings);
    if (chance(0.15)) {
      text += pick(["", "  ", "# comment", "#'", '# "x', "junk", "'", "A", "=x", "export "]) + newline;
      continue;
    }
    const index = Math.floor(random() * NAMES.length);
    const name = NAMES[index];
    const equals = pick(["=", "=", "=", "=", " = ", "= ", " =", ": ", ":", `=${newline}`]);
    text += pick(["", "", "", " ", "export ", "export\t", "\t"]) + name + equals + nastyValue(NAMES.slice(0, Math.min(index, 5)), newline) + pick(["", "", "", " ", " # c", "# '", " ; x"]) + newline;
  }
  // dotenv-expand puts in what stands before or after such a one, over and over until the memory is full: a few are enough.
  text = text.replace(/\$+(?=['`&])/g, (found) => (chance(0.01) ? found : ""));
  return chance(0.3) ? text.replace(/(?:\r\n|\n|\r)$/, "") : text;
}
