// `npm run bench:cold`: how long countersign takes from nothing to the first verified call, in each runtime.
//   node tests/bench/cold.mjs [--quick] [--json] [--only <part of a row's name>]...
//
// What is timed: loading one minified bundle (Convex: what its CLI's bundler makes), evaluating it, deriving the keys from the
// secret and verifying one signed call of about 300 bytes. Beside countersign, in the same rounds, peers do the same work:
// @noble/hashes, and what the host has (node:crypto in processes, crypto.subtle in contexts).
//   process   a process for each run; timed inside it, so its own start is not counted
//   context   a node:vm context (or edge-runtime VM) for each run, made before the clock starts, in one process
//   isolate   Convex: a context for each call, in Node 26 with Convex's V8 flags (tests/support/isolate), timed by an action
//             that imports the bundle; workerd: an isolate for each run, made by its worker loader, timed with the request
// "guard": a query behind a guard; what a query without one takes is subtracted. "wasm new": V8 has not compiled these bytes
// before in this process, as in all other rows; "wasm seen": it has, and the call before may have kept the result.
// An empty bundle, timed in the same way, is what the host itself takes; its median is subtracted from the other figures.
// Figures are medians of the rounds, with the least and the most, and how many times countersign's median a peer takes.
import { parseArgs } from "node:util";
import { BuildError, runMain } from "../../pkg-template/build/process.mjs";
import { createBundles } from "./bundles.mjs";
import { rows } from "./rows.mjs";

/** @typedef {{ median: number, least: number, most: number, runs: number }} Summary in ms */

/** @param {number[]} times @param {number} [less] @returns {Summary} */
function summarize(times, less = 0) {
  const sorted = times.map((ms) => ms - less).sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const at = (/** @type {number} */ index) => /** @type {number} */ (sorted[index]);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, least: at(0), most: at(sorted.length - 1), runs: sorted.length };
}

/** @param {string} name @param {import("./hosts/rounds.mjs").Times} times */
function readRow(name, { empty, plain, countersign, guard, ...peers }) {
  const nothing = empty ?? plain ?? [];
  const ours = countersign ?? guard ?? [];
  for (const [candidate, runs] of Object.entries({ nothing, ours, ...peers })) if (runs.length === 0) throw new Error(`${candidate} had no run`);
  const floor = summarize(nothing);
  const own = summarize(ours, floor.median);
  const summaries = Object.entries(peers).map(([peer, runs]) => {
    const summary = summarize(runs, floor.median);
    return [peer, { ...summary, ratio: summary.median / own.median }];
  });
  return { name, empty: floor, countersign: own, peers: Object.fromEntries(summaries) };
}

const ms = (/** @type {number} */ value) => value.toFixed(2);
const range = (/** @type {Summary} */ { median, least, most }) => `${ms(median).padStart(6)} (${ms(least)} - ${ms(most)})`;
const withRatio = (/** @type {(Summary & { ratio: number }) | undefined} */ peer) => (peer === undefined ? "" : `${range(peer)} x${peer.ratio.toFixed(2)}`);

/** @param {ReturnType<typeof readRow>[]} results */
function printTable(results) {
  const lines = results.map(({ name, empty, countersign, peers }) => [name, ms(empty.median), range(countersign), withRatio(peers["noble"]), withRatio(peers["node-crypto"] ?? peers["subtle"]), String(countersign.runs)]);
  const table = [["ms", "empty", "countersign", "@noble/hashes", "node:crypto or crypto.subtle", "runs"], ...lines];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((line) => (line[column] ?? "").length)));
  for (const line of table) console.log(line.map((cell, column) => (column === 1 || column === 5 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join("  ").trimEnd());
  console.log("x: how many times countersign's median the peer takes; above 1, countersign is faster");
}

async function main() {
  const { values: options } = parseArgs({
    options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false }, only: { type: "string", multiple: true, default: [] } },
  });
  const chosen = rows.filter(({ name }) => options.only.length === 0 || options.only.some((part) => name.includes(part)));
  if (chosen.length === 0) throw new BuildError(`No row is called that. There are: ${rows.map(({ name }) => name).join("; ")}`);
  const plan = options.quick ? { rounds: 1, budgetMs: 0 } : { rounds: 25, budgetMs: 5000 };
  const bundles = await createBundles();
  const results = [];
  for (const { name, measure } of chosen) {
    if (!options.json && process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name} ...`);
    try {
      results.push(readRow(name, await measure(bundles, plan)));
    } catch (error) {
      throw new BuildError(`${name} did not run: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (!options.json && process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  if (options.json) console.log(JSON.stringify(results, null, 2));
  else printTable(results);
}

await runMain(import.meta.url, main);
