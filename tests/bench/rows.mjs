// One row for each runtime: how its runs are made there.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bin, nodeBinary, nodeVersion, versionOf } from "../conformance/lib.mjs";
import { createIsolate } from "../support/isolate/index.mjs";
import { convexEnv, leanBase64, leanPacked, sample, signGuardedCall, write } from "./bundles.mjs";
import { measureRounds, varySource } from "./hosts/rounds.mjs";

/**
 * @typedef {Awaited<ReturnType<typeof import("./bundles.mjs").createBundles>>} Bundles
 * @typedef {import("./hosts/rounds.mjs").Plan} Plan
 * @typedef {import("./hosts/rounds.mjs").Times} Times
 * @typedef {{ name: string, measure: (bundles: Bundles, plan: Plan) => Promise<Times> }} Row
 */

const runFile = promisify(execFile);
const host = (/** @type {string} */ name) => fileURLToPath(new URL(`./hosts/${name}.mjs`, import.meta.url));
const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], DENO_NO_UPDATE_CHECK: "1", BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0", DO_NOT_TRACK: "1" };

/** The last line that a host prints. @param {string} command @param {string[]} args @returns {Promise<any>} */
async function json(command, args) {
  const { stdout } = await runFile(command, args, { env, timeout: 120_000, maxBuffer: 1 << 24 });
  return JSON.parse(/** @type {string} */ (stdout.trim().split("\n").at(-1)));
}

/** A process for each run. @param {string} name @param {() => string} command @param {string[]} [flags] @returns {Row} */
function inProcesses(name, command, flags = []) {
  return {
    name,
    measure: ({ files }, plan) => {
      const sampleFile = write("sample.json", JSON.stringify(sample));
      return measureRounds(Object.keys(files), plan, (candidate) => json(command(), [...flags, host("process"), /** @type {string} */ (files[candidate]), sampleFile]));
    },
  };
}

/** A process of its own that holds all runs. @param {string} name @param {() => string} command @param {string} script @param {(bundles: Bundles) => object} job @returns {Row} */
function inOneProcess(name, command, script, job) {
  return {
    name,
    measure: (bundles, plan) => json(command(), [host(script), write(`jobs/${name}.json`, JSON.stringify({ ...job(bundles), base64: leanBase64, packed: leanPacked, sample, plan }))]),
  };
}

/**
 * A fresh context for each run, in one process with Convex's flags. A deployment has a module for each round, so that its
 * WebAssembly is new to the process; or one for all.
 * @param {string} name @param {string[]} candidates @param {boolean} isNew @returns {Row}
 */
function inIsolate(name, candidates, isNew) {
  return {
    name,
    measure: async ({ convex }, plan) => {
      const module = (/** @type {string} */ candidate, /** @type {number} */ round) => (isNew ? `${candidate}${round}` : candidate);
      /** @type {Record<string, string>} */
      const modules = { "measure.js": /** @type {string} */ (convex["measure"]) };
      for (const candidate of candidates) {
        const packed = ["countersign", "guard"].includes(candidate) ? leanPacked : undefined;
        for (let round = 0; round <= plan.rounds; round++) {
          modules[`${module(candidate, round)}.js`] = varySource(/** @type {string} */ (convex[candidate]), packed, isNew ? round : 0);
        }
      }
      const isolate = createIsolate({ modules, env: convexEnv });
      const run = async (/** @type {string} */ candidate, /** @type {number} */ round) => {
        const call = candidate === "guard" ? { token: signGuardedCall() } : candidate === "plain" ? { token: {} } : sample;
        const result = await isolate.call("measure:run", { module: `./${module(candidate, round)}.js`, ...call }, { type: "action" });
        if (!result.ok) throw new Error(`${candidate}: ${result.error.message}`);
        return result.value;
      };
      return measureRounds(candidates, plan, run, { isWarm: true }).finally(isolate.close);
    },
  };
}

const nodes = [20, 22, 24];
const inQuery = ["empty", "countersign", "noble", "subtle"];

/** @type {Row[]} */
export const rows = [
  inIsolate("Convex isolate, wasm new", inQuery, true),
  inIsolate("Convex isolate, wasm seen", inQuery, false),
  // What a guard adds to a query without one: both hold convex/server.
  inIsolate("Convex isolate, guard, wasm new", ["plain", "guard"], true),
  inIsolate("Convex isolate, guard, wasm seen", ["plain", "guard"], false),
  ...nodes.map((major) => inProcesses(`Node ${nodeVersion(major)}, process`, () => nodeBinary(major))),
  ...nodes.map((major) => inOneProcess(`Node ${nodeVersion(major)}, context`, () => nodeBinary(major), "contexts", ({ vm }) => ({ kind: "vm", sources: vm }))),
  inOneProcess(`edge-runtime ${versionOf("@edge-runtime/vm")}, context`, () => process.execPath, "contexts", ({ edge }) => ({ kind: "edge", sources: edge })),
  inOneProcess(`workerd ${versionOf("workerd")}, isolate`, () => nodeBinary(22), "workerd", ({ workerd }) => ({ sources: workerd })),
  inProcesses(`Deno ${versionOf("deno")}, process`, () => bin("deno"), ["run", "--quiet", "--no-config", "--no-remote", "--node-modules-dir=manual", "--no-code-cache", "--allow-read"]),
  inProcesses(`Bun ${versionOf("bun")}, process`, () => bin("bun"), ["--no-install", "run"]),
];
