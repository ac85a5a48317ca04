// What www/docs/timing.md says of the figures. The command writes it, and a test holds it to the file.

import { readFileSync, writeFileSync } from "node:fs";
import { LIMIT } from "./measure.mjs";
import { PLACES } from "./staircase.mjs";

/** @typedef {import("./figures.mjs").Figures} Figures */

const path = new URL("../../../www/docs/timing.md", import.meta.url);
export const begin = "<!-- measured: written by npm run bench:timing -->";
export const end = "<!-- end of measured -->";

/** @param {readonly string[]} names */
const list = (names) => (names.length <= 1 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

/** @param {Figures} figures */
export function section({ machine, rows, steps }) {
  const isOver = (/** @type {Figures["rows"][number]} */ { t }) => Number(t) > LIMIT;
  const compared = rows.filter(({ name }) => !name.startsWith("control: "));
  const ours = compared.filter(({ name }) => name.startsWith("countersign: "));
  const others = compared.filter((row) => !ours.includes(row));
  const told = others.filter(isOver).map(({ name }) => name);
  const ownTold = ours.filter(isOver).map(({ name }) => name.replace("countersign: ", ""));
  const lines = [
    `Measured on: ${machine}.`,
    "",
    "| comparison | \\|t\\| | last byte wrong, more than first | one comparison | rounds over the limit | told apart |",
    "|---|---|---|---|---|---|",
    ...rows.map((row) => `| ${row.name} | ${row.t} | ${row.difference} ns | ${row.each} ns | ${row.over} of ${row.rounds} | ${isOver(row) ? "**yes**" : "no"} |`),
    "",
    `${told.length === 0 ? "None of the others told" : `${list(told)} told`} a wrong first byte from a wrong last one. Of countersign's comparisons ${ownTold.length === 0 ? "none did" : `${list(ownTold)} did`}.`,
    "",
    "![|t| of each comparison, and how long === takes by the place of the first wrong character](timing.svg)",
    "",
    `Two texts of ${PLACES} characters, compared with \`===\`, by the place of the first wrong character:`,
    "",
    "| Node.js | steps of | each |",
    "|---|---|---|",
    ...steps.map(({ version, found }) => (found === undefined ? `| ${version} | none found | |` : `| ${version} | ${found.width} characters | ${found.height} ns |`)),
  ];
  return lines.join("\n");
}

/** @param {string} text @returns {[string, string, string]} what is before, between and after the two markers */
export function split(text) {
  const [before, rest, ...more] = text.split(begin);
  const [between, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || between === undefined || after === undefined || more.length + others.length > 0) throw new Error(`www/docs/timing.md must have each marker once: ${begin} and ${end}`);
  return [before, between, after];
}

/** @param {Figures} figures */
export function writeDocument(figures) {
  const [before, , after] = split(readFileSync(path, "utf8"));
  writeFileSync(path, `${before}${begin}\n\n${section(figures)}\n\n${end}${after}`);
}
