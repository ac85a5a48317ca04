// tests/figures/webhooks.json, and what www/docs/webhooks.md says of it. The command writes both, and a test holds them together.

import { readFileSync, writeFileSync } from "node:fs";

/** @typedef {import("./rates.mjs").Rate} Rate */
/** @typedef {import("./rates.mjs").Spread} Spread */

const file = new URL("../../figures/webhooks.json", import.meta.url);
const page = new URL("../../../www/docs/webhooks.md", import.meta.url);
const begin = "<!-- measured: written by node tests/bench/webhooks.mjs -->";
const end = "<!-- end of measured -->";
const MACHINE = "measured on";

/** @param {Spread} spread @param {(value: number) => string} write */
const spreadText = ({ median, low, high }, write) => `${write(median)} (${write(low)} to ${write(high)})`;
const rate = (/** @type {number} */ value) => Number(value.toPrecision(3)).toLocaleString("en");

/** @param {readonly Rate[]} rates @param {string} machine */
export function writeFigures(rates, machine) {
  const rows = rates.map(({ library, bytes, ours, theirs, ratio, rounds }) => [`${library}, ${bytes} bytes`, `${spreadText(ours, rate)} a second; ${spreadText(theirs, rate)} by the library; ${spreadText(ratio, (value) => value.toFixed(2))} times, ${rounds} rounds`]);
  writeFileSync(file, `${JSON.stringify({ [MACHINE]: machine, ...Object.fromEntries(rows) }, null, 2)}\n`);
}

/** @returns {Record<string, string>} */
export const readFigures = () => JSON.parse(readFileSync(file, "utf8"));

/** What stands between the two markers. @param {Record<string, string>} figures */
export function section(figures) {
  const rows = Object.entries(figures).filter(([key]) => key !== MACHINE).map(([key, text]) => {
    const [, ours, theirs, times] = /^(.+?) a second; (.+?) by the library; (.+?) times, \d+ rounds$/.exec(text) ?? [];
    const [, library, bytes] = /^(.+), (\d+) bytes$/.exec(key) ?? [];
    if (ours === undefined || library === undefined) throw new Error(`tests/figures/webhooks.json: "${text}" was not understood`);
    return `| \`${library}\` | ${Number(bytes).toLocaleString("en")} | ${ours} | ${theirs} | ${times} |`;
  });
  if (rows.length === 0) throw new Error("tests/figures/webhooks.json is empty: run npm run bench:webhooks");
  return [
    `Deliveries verified in a second of the processor's time, on one machine, ${figures[MACHINE]}: the median, with the middle half of all rounds. The ratio is ours to theirs, within a round; above 1 ours is faster.`,
    "",
    "Ours hashes in WebAssembly, the same in every runtime. Libraries that are much faster hash in Node.js's own OpenSSL, with the processor's instructions for SHA-256. Ours also reads the body's JSON, for the id and the event, except with GitHub and QStash.",
    "",
    "| library | bytes | countersign | the library | ratio |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** @param {string} text @returns {[string, string, string]} what is before, between and after the two markers */
export function split(text) {
  const [before, rest, ...more] = text.split(begin);
  const [between, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || between === undefined || after === undefined || more.length + others.length > 0) throw new Error(`www/docs/webhooks.md must have each marker once: ${begin} and ${end}`);
  return [before, between, after];
}

export const readPage = () => readFileSync(page, "utf8");

/** @param {Record<string, string>} figures */
export function writePage(figures) {
  const [before, , after] = split(readPage());
  writeFileSync(page, `${before}${begin}\n\n${section(figures)}\n\n${end}${after}`);
}
