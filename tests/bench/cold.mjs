// `npm run bench:cold`: how long countersign takes from nothing to the first verified call, in each runtime.
//   node tests/bench/cold.mjs [--quick] [--json] [--breakdown] [--only <part of a row's name>]...
//
// First a guard in Convex: a query in a fresh context for each call, in one process with Convex's V8 flags (tests/support/isolate), from the
// texts of its modules, as Convex's CLI bundles them, to its answer. Beside it the same guard over @noble/hashes and over crypto.subtle
// (cold/packages.mjs), and the query without a guard: what that takes is subtracted. In rounds, in which each has a call, and in at least
// three processes; a ratio is the median of the processes' ratios of medians, with the least and the most. "seen": the process has compiled
// the same texts and WebAssembly before; "unseen": neither of them. Node 26 has V8 14.6, the nearest to Convex's; other Nodes are for comparison.
// With --breakdown: where that time goes.
//
// Then, in each runtime, loading one minified bundle, evaluating it, deriving the keys from the secret and verifying one signed call of
// about 300 bytes. Beside countersign, in the same rounds, peers do the same work: @noble/hashes, and what the host has (node:crypto in
// processes, crypto.subtle in contexts).
//   process   a process for each run; timed inside it, so its own start is not counted
//   context   a node:vm context (or edge-runtime VM) for each run, made before the clock starts, in one process
//   isolate   workerd: an isolate for each run, made by its worker loader, timed with the request
// V8 has not compiled the WebAssembly before in any of them. An empty bundle, timed in the same way, is what the host itself takes; its median
// is subtracted from the other figures. Figures are medians of the rounds, with the least and the most, and how many times countersign's
// median a peer takes.
import { parseArgs } from "node:util";
import { BuildError, runMain } from "../../pkg-template/build/process.mjs";
import { createBundles } from "./bundles.mjs";
import { comparison, floors } from "./cold/figures.mjs";
import { guardRuns, measureBreakdown, peers } from "./cold/rows.mjs";
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
function readRow(name, { empty: nothing = [], countersign: ours = [], ...peers }) {
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

/** @param {string} name @param {readonly import("./cold/isolate.mjs").Clocks[]} processes */
function readGuard(name, processes) {
  const measured = /** @type {import("./cold/figures.mjs").Peer[]} */ (Object.keys(peers)).filter((peer) => processes[0]?.cpu[peer] !== undefined);
  return { name, ...floors(processes), peers: Object.fromEntries(measured.map((peer) => [peer, comparison(processes, peer)])) };
}

/** @param {ReturnType<typeof readGuard>[]} results */
function printGuards(results) {
  const both = (/** @type {import("./suite/statistics.mjs").Spread} */ { median, low, high }) => `x${median.toFixed(2)} (${low.toFixed(2)} - ${high.toFixed(2)})`;
  const lines = results.flatMap(({ name, plain, peers }) =>
    Object.entries(peers).map(([peer, { ours, theirs, ratio, wall, whole, rounds }]) => [name, peer, ms(plain), ms(ours), ms(theirs), both(ratio), both(wall.ratio), both(whole.ratio), String(rounds)]),
  );
  printLines([["ms of the processor, a guard in Convex", "peer", "no guard", "guard", "peer", "ratio", "on the wall", "of the whole query", "runs"], ...lines]);
  console.log("no guard: less an empty module's time; guard and peer: less the query's without a guard. Ratio: how many times the guard's time the peer's is\n");
}

/** @param {string[][]} table */
function printLines(table) {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((line) => (line[column] ?? "").length)));
  for (const line of table) console.log(line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ").trimEnd());
}

/** @param {string} name @param {Record<string, Record<string, number>>} parts */
function printParts(name, parts) {
  const names = [...new Set(Object.values(parts).flatMap((each) => Object.keys(each)))];
  const cell = (/** @type {number | undefined} */ us) => us === undefined ? "" : us.toFixed(0);
  printLines([[`us, ${name}`, ...Object.keys(parts)], ...names.map((part) => [part, ...Object.values(parts).map((each) => cell(each[part]))])]);
  console.log("");
}

async function main() {
  const { values: options } = parseArgs({
    options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false }, breakdown: { type: "boolean", default: false }, only: { type: "string", multiple: true, default: [] } },
  });
  const isChosen = (/** @type {{ name: string }} */ { name }) => options.only.length === 0 || options.only.some((part) => name.includes(part));
  const [guards, chosen] = [guardRuns.filter(isChosen), rows.filter(isChosen)];
  if (guards.length + chosen.length === 0) throw new BuildError(`No row is called that. There are: ${[...guardRuns, ...rows].map(({ name }) => name).join("; ")}`);
  if (options.breakdown) {
    const parts = await measureBreakdown(options.quick ? 1 : 40);
    if (options.json) return console.log(JSON.stringify(parts, null, 2));
    for (const [name, each] of Object.entries(parts)) printParts(name, each);
    return;
  }
  const guardResults = [];
  for (const { name, measure } of guards) guardResults.push(readGuard(name, await measure(options.quick ? { processes: 1, rounds: 1 } : undefined)));
  if (!options.json && guardResults.length > 0) printGuards(guardResults);
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
  if (options.json) console.log(JSON.stringify({ guards: guardResults, results }, null, 2));
  else if (results.length > 0) printTable(results);
}

await runMain(import.meta.url, main);
