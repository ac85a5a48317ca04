// `npm run bench`: countersign beside its peers, row by row, with what each row must reach. How: tests/bench/NOTES.md.
//   node tests/bench/bench.mjs [--quick] [--gate] [--json] [--only <part, or part of a row's name>]... [--from <file>]
//
// --quick: this Node.js only, one process a part, fewer rounds. --gate: ends with 1 if a row misses what is asserted of it, and says by how much.
// --only measures and asserts some rows; --from takes what was measured before. A whole run writes tests/figures/bench.json,
// and www/docs/performance.md with its pictures from it.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { BuildError, runMain } from "../../pkg-template/build/process.mjs";
import { writePage } from "./page/document.mjs";
import { ensurePeers } from "./peers/install.mjs";
import { installedNodes, thisNode } from "./suite/nodes.mjs";
import { measurePairRows } from "./suite/pairs.mjs";
import { otherParts, pairParts } from "./suite/parts.mjs";
import { resultOf, shortfalls } from "./suite/result.mjs";
import { rows } from "./suite/rows.mjs";
import { table } from "./suite/table.mjs";

/** @typedef {import("./suite/result.mjs").Figures} Figures */
/** @typedef {import("./suite/rows.mjs").Row} Row */

const file = new URL("../figures/bench.json", import.meta.url);
const full = { processes: 3, rounds: 32, warmMs: 200, batchMs: 3 };
const quick = { processes: 1, rounds: 40, warmMs: 150, batchMs: 3 };

/** A line that is written over on a terminal. @param {string} text */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** @param {readonly Row[]} asked @param {boolean} isQuick @returns {Promise<Figures>} */
async function measure(asked, isQuick) {
  await ensurePeers();
  const plan = isQuick ? quick : full;
  const nodes = isQuick ? [thisNode] : installedNodes([20, 22, 24]);
  /** @type {import("./suite/parts.mjs").Measured} */
  const measured = {};
  const namesOf = (/** @type {string} */ part) => asked.filter((row) => row.part === part).map(({ name }) => name);
  for (const part of pairParts) {
    const names = namesOf(part);
    if (names.length > 0) Object.assign(measured, await measurePairRows(part, { nodes, names, isQuick, progress }, plan));
  }
  for (const [part, { measure: run }] of Object.entries(otherParts)) {
    const names = namesOf(part);
    progress(part);
    if (names.length > 0) Object.assign(measured, await run({ nodes, names, isQuick, progress }));
  }
  progress("");
  const results = asked.map((row) => {
    const byNode = measured[row.name];
    if (byNode === undefined) throw new Error(`Nothing measured "${row.name}".`);
    return resultOf(row, byNode);
  });
  const machine = `${cpus()[0]?.model.trim() ?? "an unknown processor"}, ${cpus().length} of them, ${process.platform} ${process.arch}`;
  return { machine, nodes: nodes.map(({ version }) => version), processes: plan.processes, rows: results };
}

/** @param {readonly string[]} only @param {boolean} isQuick */
function chosen(only, isQuick) {
  const isSlow = (/** @type {Row} */ { part }) => otherParts[part]?.isSlow === true;
  const found = rows.filter((row) => (only.length === 0 ? !(isQuick && isSlow(row)) : only.some((text) => row.part === text || row.name.includes(text))));
  if (found.length === 0) throw new BuildError(`No row is called that. Parts: ${[...new Set(rows.map(({ part }) => part))].join(", ")}; rows: ${rows.map(({ name }) => name).join("; ")}`);
  return found;
}

async function main() {
  const { values: options } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      gate: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      from: { type: "string" },
    },
  });
  const asked = chosen(options.only, options.quick);
  /** @type {Figures} */
  const figures = options.from === undefined ? await measure(asked, options.quick) : JSON.parse(readFileSync(options.from, "utf8"));
  const text = `${JSON.stringify(figures, null, 2)}\n`;
  if (options.from === undefined && !options.quick && options.only.length === 0) {
    writeFileSync(file, text);
    await writePage(figures);
  }
  console.log(options.json ? text : table(figures.rows));
  if (!options.gate) return;
  const lacking = shortfalls(figures.rows, asked);
  if (lacking.length > 0) throw new BuildError(lacking.join("\n"));
  if (!options.json) console.log("every gate is reached");
}

await runMain(import.meta.url, main);
