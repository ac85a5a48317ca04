// One row for each runtime: how its runs are made there.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bin, nodeBinary, nodeVersion, versionOf } from "../conformance/lib.mjs";
import { leanBase64, leanPacked, sample } from "./bundles.mjs";
import { measureRounds } from "./hosts/rounds.mjs";
import { write } from "./write.mjs";

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

const nodes = [20, 22, 24];

/** @type {Row[]} */
export const rows = [
  ...nodes.map((major) => inProcesses(`Node ${nodeVersion(major)}, process`, () => nodeBinary(major))),
  ...nodes.map((major) => inOneProcess(`Node ${nodeVersion(major)}, context`, () => nodeBinary(major), "contexts", ({ vm }) => ({ kind: "vm", sources: vm }))),
  inOneProcess(`edge-runtime ${versionOf("@edge-runtime/vm")}, context`, () => process.execPath, "contexts", ({ edge }) => ({ kind: "edge", sources: edge })),
  inOneProcess(`workerd ${versionOf("workerd")}, isolate`, () => nodeBinary(22), "workerd", ({ workerd }) => ({ sources: workerd })),
  inProcesses(`Deno ${versionOf("deno")}, process`, () => bin("deno"), ["run", "--quiet", "--no-config", "--no-remote", "--node-modules-dir=manual", "--no-code-cache", "--allow-read"]),
  inProcesses(`Bun ${versionOf("bun")}, process`, () => bin("bun"), ["--no-install", "run"]),
];
