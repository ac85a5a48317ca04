// www/docs/performance.md and its pictures: what they say is what tests/figures/bench.json says. The command writes them, and a test holds them to it.

import { readFileSync, writeFileSync } from "node:fs";
import { cold } from "./cold.mjs";
import { growth } from "./growth.mjs";
import { ratios } from "./ratios.mjs";

/** @typedef {import("../suite/result.mjs").Figures} Figures */
/** @typedef {import("../suite/result.mjs").Result} Result */

const docs = new URL("../../../www/docs/", import.meta.url);
const figuresFile = new URL("../../figures/bench.json", import.meta.url);
const page = new URL("performance.md", docs);
const begin = "<!-- measured: written by npm run bench -->";
const end = "<!-- end of measured -->";
/** The pictures, by the names of their files. */
export const pictures = { "performance-ratios.svg": ratios, "performance-cold.svg": cold, "performance-growth.svg": growth };

/** @returns {Figures} */
export const readFigures = () => JSON.parse(readFileSync(figuresFile, "utf8"));
export const readPage = () => readFileSync(page, "utf8");

const digits = (/** @type {number} */ value) => (value === 0 ? "0" : Number(value.toPrecision(3)).toLocaleString("en"));
const times = (/** @type {number} */ value) => value.toFixed(2);
/** Of bytes every one counts. @param {number} value @param {string} unit */
const exact = (value, unit) => (unit === "bytes" ? value.toLocaleString("en") : digits(value));
const code = (/** @type {string} */ text) => text.replaceAll("|", "\\|");

/** @param {Result} row */
function ratioLine({ name, unit, byNode, figure, gate, floor }) {
  const all = Object.values(byNode).flatMap((each) => ("ratio" in each ? [each] : []));
  const [first] = all;
  if (first === undefined) throw new Error(`"${name}" has no ratio in any version of Node.js.`);
  const range = `${times(Math.min(...all.map(({ ratio }) => ratio.low)))} to ${times(Math.max(...all.map(({ ratio }) => ratio.high)))}`;
  const goal = gate === undefined ? "" : `${gate}${figure >= gate ? "" : ", missed"}${floor === undefined ? "" : `; ${floor} is asserted`}`;
  return `| ${code(name)} | ${digits(first.ours)} ${unit} | ${digits(first.theirs)} ${unit} | **${times(figure)}** | ${range} | ${goal} |`;
}

/** @param {Result} row */
function costLine({ name, byNode }) {
  const [measured] = Object.values(byNode);
  if (measured === undefined || !("ratio" in measured)) throw new Error(`"${name}" was not measured.`);
  const share = (/** @type {number} */ ratio) => 100 * (1 / ratio - 1);
  const percent = share(measured.ratio.median);
  return `| ${code(name)} | ${digits(measured.ours / 1000)} ms | ${digits((percent * measured.theirs) / 100)} us | ${percent.toFixed(1)} % (${share(measured.ratio.high).toFixed(0)} to ${share(measured.ratio.low).toFixed(0)} %) |`;
}

/** @param {Result} row */
function valueLine({ name, ours, unit, byNode, figure, gate }) {
  const all = Object.values(byNode).flatMap((each) => ("value" in each ? [each.value] : []));
  const range = all.length > 1 ? `${exact(Math.min(...all), unit)} to ${exact(Math.max(...all), unit)}` : "";
  return `| ${code(name)} | ${code(ours)} | ${exact(figure, unit)} ${unit} | ${range} | ${gate === undefined ? "" : `${gate.toLocaleString("en")}${figure <= gate ? "" : ", missed"}`} |`;
}

/** What one block of SHA-256 takes on either side: between messages of 100 and of 1,024 bytes. @param {readonly Result[]} rows */
function blockLine(rows) {
  const [small, large] = [100, 1024].map((bytes) => Object.values(rows.find(({ name }) => name === `sign ${bytes} B, node:crypto`)?.byNode ?? {})[0]);
  if (small === undefined || large === undefined || !("ratio" in small) || !("ratio" in large)) throw new Error("tests/figures/bench.json has no messages of 100 and of 1024 bytes: run npm run bench");
  const blocks = (1024 - 100) / 64;
  const [ours, theirs] = [(large.ours - small.ours) / blocks, (large.theirs - small.theirs) / blocks];
  return `Of 64 bytes more, countersign's WebAssembly takes ${digits(ours)} us on this machine, and \`createHmac\` ${digits(theirs)} us.`;
}

/** Why what is asserted is less than the goal, each reason once. @param {readonly Result[]} rows */
function reasons(rows) {
  const missed = rows.filter(({ floor }) => floor !== undefined);
  const all = [...new Set(missed.map(({ why }) => why))];
  return missed.length === 0 ? [] : ["Goals that are missed, and why:", "", ...all.map((why) => `- ${missed.filter((row) => row.why === why).map(({ name }) => name).join("; ")}: ${why}.`), ""];
}

/** What stands between the two markers. @param {Figures} figures */
export function section({ machine, nodes, processes, rows }) {
  const of = (/** @type {(row: Result) => boolean} */ is, /** @type {(row: Result) => string} */ line) => rows.filter(is).map(line);
  const cost = rows.filter(({ part }) => part === "cost");
  const [unguarded] = Object.values(cost[0]?.byNode ?? {});
  if (unguarded === undefined || !("theirs" in unguarded)) throw new Error("tests/figures/bench.json has no cost of a request: run npm run bench");
  const missed = rows.filter(({ kind, gate, figure }) => gate !== undefined && (kind === "ratio" ? figure < gate : figure > gate)).length;
  return [
    `Measured on: ${machine}; Node.js ${nodes.join(", ")}; cold starts in Node.js 26 too. ${processes} ${processes === 1 ? "process" : "processes"} of each kind. ${missed === 0 ? "Every goal is reached." : `${missed} of ${rows.filter(({ gate }) => gate !== undefined).length} goals are missed.`}`,
    "",
    "![How many times our time each peer takes](performance-ratios.svg)",
    "",
    "| beside | ours | theirs | times ours | range | goal |",
    "|---|---|---|---|---|---|",
    ...of(({ kind, part }) => kind === "ratio" && part !== "cost", ratioLine),
    "",
    `Ours and theirs in the first version of Node.js. Times ours: the median over the versions; the range is of all of them. ${blockLine(rows)}`,
    "",
    ...reasons(rows),
    "![Milliseconds that a guard adds to a query in a fresh context](performance-cold.svg)",
    "",
    "### Sizes, memory and growth",
    "",
    "| | what | figure | over the versions | at most |",
    "|---|---|---|---|---|",
    ...of(({ kind }) => kind === "value", valueLine),
    "",
    "![Calls a second by the number of arguments, messages a second by the length of the body](performance-growth.svg)",
    "",
    "### What a request costs",
    "",
    `An unguarded request takes ${digits(unguarded.theirs / 1000)} ms. More than that take:`,
    "",
    "| | in all | more | of the unguarded |",
    "|---|---|---|---|",
    ...cost.map(costLine),
  ].join("\n");
}

/** @param {string} text @returns {[string, string, string]} what is before, between and after the two markers */
export function split(text) {
  const [before, rest, ...more] = text.split(begin);
  const [between, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || between === undefined || after === undefined || more.length + others.length > 0) throw new Error(`www/docs/performance.md must have each marker once: ${begin} and ${end}`);
  return [before, between, after];
}

/** Writes the page's figures and the pictures. @param {Figures} figures */
export async function writePage(figures) {
  const [before, , after] = split(readPage());
  writeFileSync(page, `${before}${begin}\n\n${section(figures)}\n\n${end}${after}`);
  for (const [name, drawn] of Object.entries(pictures)) writeFileSync(new URL(name, docs), await drawn(figures));
}

/** @param {string} name */
export const readPicture = (name) => readFileSync(new URL(name, docs), "utf8");
