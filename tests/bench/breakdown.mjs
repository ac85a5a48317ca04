// `npm run bench:breakdown`: where each microsecond of the main rows goes, and what the limit is.
//   node tests/bench/breakdown.mjs [--json] [--only <part of a row's name>]... [--node 20|22|24]
//
//   compressions     the blocks that SHA-256 must hash for the row, times what a block takes in a long message, measured in the same run
//   in WebAssembly   what the exports take that are called, beside the compressions: they are called again by themselves, on the memory as it was
//   in and out       of WebAssembly: as many calls of an empty function
//   JavaScript       what is left: checks, writing inputs, reading results. "of that": parts that can be measured by themselves
// Of the peer: its blocks times what a block takes in node:crypto, and what of it is visible. The limit is the ratio there would be if ours did nothing
// but compress.

import { createHmac, createSecretKey } from "node:crypto";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as core from "countersign";
import * as http from "countersign/http";
import * as webhooks from "countersign/webhooks";
import { run, runMain } from "../../pkg-template/build/process.mjs";
import { nodeBinary } from "../conformance/lib.mjs";
import { ensurePeers } from "./peers/install.mjs";
import { recordUse, watchInstances } from "./suite/breakdown/replay.mjs";
import { timeAll } from "./suite/breakdown/time.mjs";

/** @typedef {{ name: string, ours: number, theirs: number, ratio: number, limit: number, parts: Record<string, number>, ofJavaScript: Record<string, number>, theirParts: Record<string, number>, blocks: number, theirBlocks: number, calls: number }} Breakdown microseconds */

const plan = { rounds: 60, batchMs: 3 };
const LONG = 65_536;

/** (func (export "f") (param i32 i32) (result i32) local.get 0) */
const nothing = /** @type {(one: number, other: number) => number} */ (new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 32, 0, 11))).exports["f"]);

/** What of two lengths of a message one takes more, for a block. */
function blockThings() {
  const long = crypto.getRandomValues(new Uint8Array(LONG));
  const half = long.subarray(LONG / 2);
  const [key, keyObject] = [core.importKey(long.subarray(0, 32)), createSecretKey(long.subarray(0, 32))];
  const theirs = (/** @type {Uint8Array} */ message) => createHmac("sha256", keyObject).update(message).digest();
  return { "long, ours": () => core.hmacSha256(key, long), "half, ours": () => core.hmacSha256(key, half), "long, theirs": () => theirs(long), "half, theirs": () => theirs(half) };
}

/** @param {import("./suite/breakdown/rows.mjs").Row} row @param {import("./suite/breakdown/rows.mjs").Api} api @param {import("./suite/breakdown/rows.mjs").Api} watched @returns {Promise<Breakdown>} */
async function takeApart({ name, blocks, theirBlocks, open, theirs, parts, theirParts }, api, watched) {
  const { calls, replay, restore } = await recordUse(open(watched));
  const named = (/** @type {string} */ whose, /** @type {Readonly<Record<string, () => unknown>>} */ things) => Object.fromEntries(Object.entries(things).map(([part, call]) => [`${whose}: ${part}`, call]));
  const took = await timeAll({ ours: open(api), theirs, replay, restore, nothing: (index) => nothing(index, index), loop: (index) => index, ...blockThings(), ...named("ours", parts), ...named("theirs", theirParts) }, plan);
  const of = (/** @type {string} */ thing) => took[thing] ?? Number.NaN;
  const block = (/** @type {"ours" | "theirs"} */ side) => (of(`long, ${side}`) - of(`half, ${side}`)) / (LONG / 2 / 64);
  const compressions = blocks * block("ours");
  const inside = of("replay") - of("restore");
  const crossing = calls * Math.max(0, of("nothing") - of("loop"));
  const picked = (/** @type {string} */ whose) => Object.fromEntries(Object.entries(took).filter(([thing]) => thing.startsWith(`${whose}: `)).map(([thing, us]) => [thing.slice(whose.length + 2), us]));
  return {
    name, blocks, theirBlocks, calls, ours: of("ours"), theirs: of("theirs"), ratio: of("theirs") / of("ours"), limit: of("theirs") / compressions,
    parts: { compressions, "in WebAssembly": inside - compressions - crossing, "in and out": crossing, JavaScript: of("ours") - inside },
    ofJavaScript: picked("ours"),
    theirParts: { compressions: theirBlocks * block("theirs"), "what is left": of("theirs") - theirBlocks * block("theirs"), ...picked("theirs") },
  };
}

/** @param {Breakdown} breakdown */
function text({ name, ours, theirs, ratio, limit, parts, ofJavaScript, theirParts, blocks, theirBlocks, calls }) {
  const line = (/** @type {string} */ what, /** @type {number} */ us, /** @type {number} */ whole) => `    ${us.toFixed(2).padStart(8)}  ${`${Math.round((100 * us) / whole)} %`.padStart(5)}  ${what}`;
  const called = (/** @type {string} */ part) => (part === "compressions" ? `compressions: ${blocks} blocks` : part === "in and out" ? `in and out: ${calls} calls` : part);
  const theirName = (/** @type {string} */ part) => (part === "compressions" ? `compressions: ${theirBlocks} blocks` : part === "what is left" ? part : `by itself: ${part}`);
  return [
    `${name}: ${ratio.toFixed(2)}; ${limit.toFixed(2)} is the limit, if ours did nothing but compress`,
    `  ours ${ours.toFixed(2)} us`,
    ...Object.entries(parts).map(([part, us]) => line(called(part), us, ours)),
    ...Object.entries(ofJavaScript).map(([part, us]) => line(`  of that: ${part}`, us, ours)),
    `  theirs ${theirs.toFixed(2)} us`,
    ...Object.entries(theirParts).map(([part, us]) => line(theirName(part), us, theirs)),
  ].join("\n");
}

async function main() {
  const { values: options } = parseArgs({ options: { json: { type: "boolean", default: false }, only: { type: "string", multiple: true, default: [] }, node: { type: "string" } } });
  await ensurePeers();
  if (options.node !== undefined && process.versions.node.split(".")[0] !== options.node) {
    const args = [...(options.json ? ["--json"] : []), ...options.only.flatMap((part) => ["--only", part])];
    return console.log((await run(nodeBinary(Number(options.node)), [fileURLToPath(import.meta.url), ...args])).stdout.trim());
  }
  const api = { core, http, webhooks };
  const { createRows } = await import("./suite/breakdown/rows.mjs");
  const rows = (await createRows(api)).filter(({ name }) => options.only.length === 0 || options.only.some((part) => name.includes(part)));
  // All modules of this copy are there before others are watched.
  for (const { open } of rows) await open(api)();
  watchInstances();
  const require = createRequire(import.meta.url);
  const watched = { core: require("countersign"), http: require("countersign/http"), webhooks: require("countersign/webhooks") };
  const all = [];
  for (const row of rows) all.push(await takeApart(row, api, watched));
  if (options.json) return console.log(JSON.stringify({ node: process.versions.node, rows: all }, null, 2));
  console.log([`Node.js ${process.versions.node}, microseconds of the processor's time`, ...all.map(text)].join("\n\n"));
}

await runMain(import.meta.url, main);
