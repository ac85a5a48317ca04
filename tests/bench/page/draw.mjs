// Pictures as SVG: the same figures give the same bytes. On white, because the page they are on may be dark.
import { fileURLToPath, pathToFileURL } from "node:url";
import { ensurePeers } from "../peers/install.mjs";

export const WIDTH = 960;
export const colours = { ours: "#1d6f5c", behind: "#b4552d", peer: "#8a8f98", other: "#3b5bdb", gate: "#22262b", grid: "#e3e5e8", text: "#22262b", soft: "#5b6169" };
const font = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";
const packages = fileURLToPath(new URL("../peers/node_modules/echarts/index.js", import.meta.url));

/** The styles that every picture has. */
export const axis = {
  line: { lineStyle: { color: colours.soft } },
  label: { color: colours.soft, fontSize: 12, fontFamily: font },
  grid: { lineStyle: { color: colours.grid } },
};

/** @param {string} text @param {number} top @param {string} [subtext] */
export const title = (text, top, subtext = "") => ({ text, subtext, left: 16, top, textStyle: { color: colours.text, fontSize: 16, fontFamily: font, fontWeight: 600 }, subtextStyle: { color: colours.soft, fontSize: 12, fontFamily: font } });

/** A number that can be drawn: echarts leaves others out without a word. @param {number | undefined} value @param {string} name */
export function finite(value, name) {
  if (value === undefined || !Number.isFinite(value)) throw new Error(`"${name}" has a figure that is no number: ${value}`);
  return value;
}

/** @param {Record<string, unknown>} option of echarts @param {number} height @param {string} label what the picture shows, for who does not see it @returns {Promise<string>} */
export async function draw(option, height, label) {
  await ensurePeers();
  const { init } = await import(pathToFileURL(packages).href);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, backgroundColor: "#ffffff", textStyle: { fontFamily: font }, ...option });
    const svg = renamed(chart.renderToSVGString());
    return `${svg.replace("<svg ", `<svg role="img" aria-label="${label}" `)}\n`;
  } finally {
    chart.dispose();
  }
}

/** Names of styles and clip paths count what the process has drawn: here they count from 0 in each picture. @param {string} svg */
function renamed(svg) {
  /** @type {Map<string, string>} */
  const names = new Map();
  return svg.replaceAll(/\bzr\d+-(?:cls-|[a-z]+)?\d+\b/g, (name) => {
    const known = names.get(name) ?? `s${names.size}`;
    names.set(name, known);
    return known;
  });
}
