// www/docs/timing.svg: |t| of each row, and the staircases of `===`.

import { writeFileSync } from "node:fs";
import { LIMIT } from "./measure.mjs";

/** @typedef {import("./figures.mjs").Figures} Figures */
/** @typedef {{ version: string, nanoseconds: number[] }} Staircase */

const path = new URL("../../../www/docs/timing.svg", import.meta.url);
const WIDTH = 920;
const LABELS = 310;
const RIGHT = 70;
const ROW_HEIGHT = 26;
const TOP = 64;
const STAIRS_HEIGHT = 190;
const colours = { control: "#8a8f98", over: "#b4552d", under: "#1d6f5c", limit: "#c21f3a", line: "#3b5bdb", grid: "#e3e5e8", text: "#22262b" };

/** @param {string} text */
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
/** @param {number} x @param {number} y @param {string} text @param {string} [more] */
const write = (x, y, text, more = "") => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(text)}</text>`;
/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} colour @param {string} [more] */
const line = (x1, y1, x2, y2, colour, more = "") => `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}" ${more}/>`;

/** The bars: |t| on a logarithmic scale that begins at 0.1. @param {Figures["rows"]} rows */
function bars(rows) {
  const most = Math.max(100, ...rows.map(({ t }) => Number(t)));
  const decades = Math.ceil(Math.log10(most)) + 1;
  const x = (/** @type {number} */ t) => LABELS + ((WIDTH - LABELS - RIGHT) * (Math.log10(Math.max(t, 0.1)) + 1)) / decades;
  const bottom = TOP + rows.length * ROW_HEIGHT;
  const scale = Array.from({ length: decades + 1 }, (_, i) => 10 ** (i - 1));
  return [
    write(20, 30, "Wrong in the first byte against wrong in the last: |t|", 'class="title"'),
    ...scale.flatMap((t) => [line(x(t), TOP - 8, x(t), bottom, colours.grid), write(x(t), bottom + 16, String(t), 'class="small" text-anchor="middle"')]),
    ...rows.flatMap(({ name, t }, i) => {
      const y = TOP + i * ROW_HEIGHT;
      const colour = name.startsWith("control: ") ? colours.control : Number(t) > LIMIT ? colours.over : colours.under;
      return [
        write(LABELS - 10, y + 13, name.replaceAll("`", ""), 'class="label" text-anchor="end"'),
        `<rect x="${LABELS}" y="${y}" width="${Math.max(x(Number(t)) - LABELS, 1).toFixed(1)}" height="16" fill="${colour}"/>`,
        write(x(Number(t)) + 6, y + 13, t, 'class="small"'),
      ];
    }),
    line(x(LIMIT), TOP - 8, x(LIMIT), bottom, colours.limit, 'stroke-width="1.5" stroke-dasharray="5 3"'),
    write(x(LIMIT), TOP - 13, `${LIMIT}: over it, told apart`, `class="small" text-anchor="middle" fill="${colours.limit}"`),
  ];
}

/** One staircase for each Node.js, side by side, on one scale. @param {readonly Staircase[]} staircases @param {number} top */
function stairs(staircases, top) {
  const all = staircases.flatMap(({ nanoseconds }) => nanoseconds);
  const [least, most] = [Math.floor(Math.min(...all)), Math.ceil(Math.max(...all))];
  const gap = 34;
  const width = (WIDTH - 40 - gap * staircases.length) / staircases.length;
  const y = (/** @type {number} */ ns) => top + 40 + STAIRS_HEIGHT * (1 - (ns - least) / (most - least));
  const stride = Math.max(1, Math.ceil((most - least) / 6));
  const scale = Array.from({ length: Math.floor((most - least) / stride) + 1 }, (_, i) => least + i * stride);
  return [
    write(20, top, "===: nanoseconds for one comparison, by the place of the first wrong character", 'class="title"'),
    ...staircases.flatMap(({ version, nanoseconds }, i) => {
      const left = 20 + gap + i * (width + gap);
      const x = (/** @type {number} */ place) => left + (width * place) / nanoseconds.length;
      const places = Array.from({ length: nanoseconds.length / 16 + 1 }, (_, part) => part * 16);
      return [
        write(left, top + 26, `Node.js ${version}`, 'class="label"'),
        ...scale.flatMap((ns) => [line(left, y(ns), left + width, y(ns), colours.grid), write(left - 5, y(ns) + 4, String(ns), 'class="small" text-anchor="end"')]),
        ...places.flatMap((place) => [line(x(place), y(most), x(place), y(least) + 4, colours.grid), ...(place % 32 === 0 ? [write(x(place), y(least) + 17, String(place), 'class="small" text-anchor="middle"')] : [])]),
        `<polyline fill="none" stroke="${colours.line}" stroke-width="1.4" points="${nanoseconds.flatMap((ns, place) => [`${x(place).toFixed(1)},${y(ns).toFixed(1)}`, `${x(place + 1).toFixed(1)},${y(ns).toFixed(1)}`]).join(" ")}"/>`,
      ];
    }),
  ];
}

/** @param {Figures} figures @param {readonly Staircase[]} staircases */
export function writePicture({ rows }, staircases) {
  const stairsTop = TOP + rows.length * ROW_HEIGHT + 62;
  const height = stairsTop + STAIRS_HEIGHT + 75;
  const style = `text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: ${colours.text}; } .title { font-size: 16px; font-weight: 600; } .label { font-size: 13px; } .small { font-size: 11px; }`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="|t| of each comparison, and the staircases of ===">`,
    `<style>${style}</style>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...bars(rows),
    ...stairs(staircases, stairsTop),
    "</svg>",
  ];
  writeFileSync(path, `${parts.join("\n")}\n`);
}
