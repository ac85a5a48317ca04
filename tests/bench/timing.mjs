// `npm run bench:timing`: whether the time of a comparison tells where the first wrong byte is (a little over three minutes).
//   node tests/bench/timing.mjs [--quick]
//
// For each row many batches of comparisons are timed, with candidates that are all wrong: in the first byte on one side, in the last
// on the other, which of them by chance with a fixed seed. Of both sides together the slowest tenth is left out; Welch's t says by
// how many standard errors the means of the two sides differ. Over 4.5 they are taken to differ.
// Two controls: a loop that leaks, which must be found, and two sides that are the same, which must not be told apart.
// Without --quick it writes tests/figures/timing.json, www/docs/timing.svg and the figures in www/docs/timing.md.

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BuildError, run, runMain } from "../../pkg-template/build/process.mjs";
import { writeDocument } from "./timing/document.mjs";
import { cut, doubts, readFigures, writeFigures } from "./timing/figures.mjs";
import { LIMIT, measureRows } from "./timing/measure.mjs";
import { writePicture } from "./timing/picture.mjs";
import { allRows } from "./timing/rows.mjs";
import { steps } from "./timing/statistics.mjs";

/** @typedef {import("./timing/picture.mjs").Staircase} Staircase */

/** A line that is written over on a terminal. @param {string} text */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** The executables of Node.js that the workspace has, or this one. */
function nodes() {
  const installed = [20, 22, 24, 26].map((major) => fileURLToPath(new URL(`../../node_modules/node${major}-${process.platform}-${process.arch}/bin/node`, import.meta.url)));
  const there = installed.filter((path) => existsSync(path));
  return there.length === 0 ? [process.execPath] : there;
}

/** @param {number} seconds @returns {Promise<Staircase[]>} one after the other, for each to have the machine to itself */
async function measureStaircases(seconds) {
  const staircases = [];
  for (const node of nodes()) {
    progress(`the steps of ===, ${staircases.length + 1} of ${nodes().length}`);
    const { stdout } = await run(node, [fileURLToPath(new URL("timing/staircase.mjs", import.meta.url)), String(seconds)]);
    staircases.push(/** @type {Staircase} */ (JSON.parse(stdout)));
  }
  return staircases;
}

/** @param {import("./timing/measure.mjs").Result[]} results */
function printTable(results) {
  const lines = [
    ["comparison", "|t|", "difference", "one takes", `over ${LIMIT}`, "batches", ""],
    ...results.map(({ name, t, difference, each, over, rounds, batches }) => [name, Math.abs(t).toFixed(2), `${difference.toFixed(2)} ns`, `${each.toFixed(1)} ns`, `${over} of ${rounds}`, String(batches), Math.abs(t) > LIMIT ? "told apart" : ""]),
  ];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? "").length)));
  for (const cells of lines) console.log(cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ").trimEnd());
  console.log(`difference: the median with the last byte wrong, less the median with the first byte wrong; without ${cut} of all batches`);
}

async function main() {
  const { values: options } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
  const plan = options.quick ? { rounds: 3, roundMs: 200, seconds: 1 } : { rounds: 9, roundMs: 1200, seconds: 10 };
  const { rows, missing } = allRows();
  const results = measureRows(rows, plan.rounds, plan.roundMs, progress);
  const staircases = await measureStaircases(plan.seconds);
  progress("");
  printTable(results);
  for (const text of missing) console.log(`not measured, because this Node.js cannot load it: ${text}`);
  const found = staircases.map(({ version, nanoseconds }) => ({ version, found: steps(nanoseconds) }));
  for (const { version, found: step } of found) console.log(`=== in Node.js ${version}: ${step === undefined ? "no steps found" : `steps of ${step.width} characters, ${step.height.toFixed(2)} ns each`}`);
  const reasons = doubts({ rows: results });
  if (reasons.length > 0) throw new BuildError(`${reasons.join("\n")} Nothing was written. Run it again on a machine that does nothing else.`);
  if (options.quick) return;
  const [processor] = cpus();
  writeFigures({ machine: `${processor?.model.trim() ?? "an unknown processor"}, ${process.platform} ${process.arch}, Node.js ${process.versions.node}`, rows: results, steps: found });
  const figures = readFigures();
  writeDocument(figures);
  writePicture(figures, staircases);
  console.log("written: tests/figures/timing.json, www/docs/timing.md, www/docs/timing.svg; now run node tests/figures/write.mjs");
}

await runMain(import.meta.url, main);
