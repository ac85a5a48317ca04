// tests/figures/replay.json, and what www/docs/replay.md says of it. The command writes both, and a test holds them together.
import { readFileSync, writeFileSync } from "node:fs";

/** @typedef {import("./counts.mjs").Counts} Counts */
/** @typedef {import("./times.mjs").Measured} Measured */
/** @typedef {import("./times.mjs").Spread} Spread */

const file = new URL("../../figures/replay.json", import.meta.url);
const page = new URL("../../../www/docs/replay.md", import.meta.url);
export const begin = "<!-- measured: written by node tests/bench/replay.mjs -->";
export const end = "<!-- end of measured -->";
const COUNTS = "reads and writes: ";
const TIMES = "times: ";
const MACHINE = "times were measured on";

/** @param {Counts} counts */
export const countsText = (counts) => `${counts.databaseQueries} ranges, ${counts.documentsRead} documents and ${counts.bytesRead} bytes read; ${counts.documentsWritten} documents and ${counts.bytesWritten} bytes written`;

/** @param {readonly Counts[]} counts @returns {Record<string, string>} */
export const countFigures = (counts) => Object.fromEntries(counts.map((each) => [`${COUNTS}${each.name}`, countsText(each)]));

const number = (/** @type {number} */ value) => value.toFixed(2);
/** @param {Spread} spread */
const spreadText = ({ median, low, high }) => `${number(median)} (${number(low)} to ${number(high)})`;

/** @param {readonly Counts[]} counts @param {readonly Measured[]} measured @param {string} machine */
export function writeFigures(counts, measured, machine) {
  const times = measured.flatMap(({ host, rounds, times }) => times.map(({ name, ms, more, ratio }) => [`${TIMES}${host}: ${name}`, `${spreadText(ms)} ms, ${spreadText(more)} ms more, ${spreadText(ratio)} times, ${rounds} rounds`]));
  const figures = { ...countFigures(counts), [MACHINE]: machine, ...Object.fromEntries(times) };
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

/** @returns {Record<string, string>} */
export const readFigures = () => JSON.parse(readFileSync(file, "utf8"));

/** @param {Record<string, string>} figures @param {string} prefix @param {RegExp} pattern @returns {[name: string, parts: string[]][]} */
function parsed(figures, prefix, pattern) {
  return Object.entries(figures).filter(([key]) => key.startsWith(prefix)).map(([key, text]) => {
    const [, ...parts] = pattern.exec(text) ?? [];
    if (parts.length === 0) throw new Error(`tests/figures/replay.json: "${text}" was not understood`);
    return [key.slice(prefix.length), parts];
  });
}

/** What stands between the two markers. @param {Record<string, string>} figures */
export function section(figures) {
  const counts = parsed(figures, COUNTS, /^(\d+) ranges, (\d+) documents and (\d+) bytes read; (\d+) documents and (\d+) bytes written$/);
  const times = parsed(figures, TIMES, /^(.+?) ms, (.+?) ms more, (.+?) times, (\d+) rounds$/);
  const hosts = [...new Set(times.map(([key]) => key.slice(0, key.indexOf(": "))))];
  if (counts.length === 0 || hosts.length === 0) throw new Error("tests/figures/replay.json lacks counts or times: run npm run bench:replay");
  return [
    "What a mutation that inserts one small document reads and writes in all, on a deployment where the cron job has run:",
    "",
    "| call | ranges read | documents read | bytes read | documents written | bytes written |",
    "|---|---|---|---|---|---|",
    ...counts.map(([name, parts]) => `| ${name} | ${parts.join(" | ")} |`),
    "",
    "This is what carries over to your deployment. Later each nonce is deleted, which writes once more.",
    "",
    `The times are of one machine, ${figures[MACHINE]}, with databases in memory: a real one takes time of its own, and so does a context for each function that runs. In the second table most of the time goes into evaluating modules, npm \`convex\` above all, so what counts is how many functions run: the component's is one more, with an idempotency key that is new two more, and the gateway's internal function is another. Each is the median, with the middle half of all rounds, in milliseconds; \`more\` is than the call that is not signed, in the same round.`,
    "",
    ...hosts.flatMap((host) => [
      `| ${host} | takes | more | times |`,
      "|---|---|---|---|",
      ...times.filter(([key]) => key.startsWith(`${host}: `)).map(([key, parts]) => `| ${key.slice(host.length + 2)} | ${parts.slice(0, 3).join(" | ")} |`),
      "",
    ]),
  ].join("\n").trimEnd();
}

/** @param {string} text @returns {[string, string, string]} what is before, between and after the two markers */
export function split(text) {
  const [before, rest, ...more] = text.split(begin);
  const [between, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || between === undefined || after === undefined || more.length + others.length > 0) throw new Error(`www/docs/replay.md must have each marker once: ${begin} and ${end}`);
  return [before, between, after];
}

export const readPage = () => readFileSync(page, "utf8");

/** @param {Record<string, string>} figures */
export function writePage(figures) {
  const [before, , after] = split(readPage());
  writeFileSync(page, `${before}${begin}\n\n${section(figures)}\n\n${end}${after}`);
}
