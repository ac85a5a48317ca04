// V8's own machine code under valgrind: does a conditional jump or an address depend on a secret? For each version of Node.js and each of V8's
// two WebAssembly compilers the package's lean module and what guards run of it are called with their secrets marked as uninitialised (scenario.mjs, driver.mjs).
//   npm run test:ct-native [-- --only <part of a configuration's name>] [--module <another lean.wasm; another guard.wasm with --only guard>]
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BuildError, attempt, root, runMain, seconds, withLock } from "../../../pkg-template/build/process.mjs";
import { wasmPath } from "../../../pkg-template/build/wasm.mjs";
import { scenario, withoutSecrets } from "./scenario.mjs";
import { folder, nodeOf, prepare } from "./tools.mjs";

/** @typedef {import("./driver.mjs").Outcome} Outcome */
/** @typedef {{ name: string, major: number, tier: "Liftoff" | "TurboFan", module: "lean" | "guard" }} Configuration */

/** Whether a module has a function of the scenario. @type {Record<string, (name: string) => boolean>} */
const exported = { lean: () => true, guard: (name) => ["area", "result", "large", "admit_call", "check_scope"].includes(name) };
/** Node 26 has the V8 that is nearest to Convex's. */
const majors = [20, 22, 24, 26];
/** Each compiles everything at once and alone, with nothing left to the other. */
const tiers = /** @type {const} */ ({ Liftoff: ["--liftoff-only"], TurboFan: ["--no-liftoff"] });
/**
 * No compiler comes to work while a call is measured, for compilers have errors of their own: WebAssembly and the way into it are compiled when
 * the module is, and JavaScript is interpreted.
 */
const v8Flags = ["--no-wasm-lazy-compilation", "--no-wasm-generic-wrapper", "--no-opt", "--no-maglev", "--no-sparkplug", "--single-threaded", "--allow-natives-syntax"];
// Additions and comparisons of partly marked numbers are followed bit by bit; without it there would be errors that are none.
const valgrindFlags = ["--quiet", "--smc-check=all-non-file", "--error-limit=no", "--expensive-definedness-checks=yes"];

async function main() {
  const { values: options } = parseArgs({ options: { only: { type: "string", default: "" }, jobs: { type: "string", default: "2" }, module: { type: "string" } } });
  const modules = Object.keys(exported);
  const all = modules.flatMap((module) => majors.flatMap((major) => Object.keys(tiers).map((tier) => /** @type {Configuration} */ ({ name: `${major} ${tier} ${module}`, major, tier, module }))));
  const chosen = all.filter(({ name }) => name.toLowerCase().includes(options.only.toLowerCase()));
  if (chosen.length === 0) throw new BuildError(`No configuration is called that. There are: ${all.map(({ name }) => name).join(", ")}`);
  const start = performance.now();
  const { addon, probe, valgrind } = await prepare();
  for (const [name, isExported] of Object.entries(exported)) {
    // A copy, so that a build meanwhile changes nothing.
    copyFileSync(options.module ?? (name === "guard" ? wasmPath(name) : join(root, "node_modules/countersign/wasm/lean.wasm")), join(folder, `${name}.wasm`));
    const calls = scenario().filter((call) => isExported(call.name));
    writeFileSync(join(folder, `${name}.scenario.json`), JSON.stringify({ calls, withoutSecrets: withoutSecrets.filter(isExported) }));
    console.log(`valgrind ${valgrind}; ${name}.wasm: ${calls.length} calls of ${new Set(calls.map((call) => call.name)).size} functions, twice, in each configuration`);
  }
  /** @type {Outcome[]} */
  const outcomes = [];
  const queue = [...chosen];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const outcome = await measure(next, { addon, module: join(folder, `${next.module}.wasm`), probe, scenario: join(folder, `${next.module}.scenario.json`), tier: next.tier });
      outcomes.push(outcome);
      report(next, outcome, start);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs) || 1) }, work));
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  console.log(`SHA-256 ${[...new Set(outcomes.map(({ sha256 }) => sha256))].join(" and ")}: ${outcomes.length - failed} of ${outcomes.length} configurations as they must be, ${seconds(start)}`);
  if (failed > 0) process.exitCode = 1;
  else if (chosen.length === all.length && options.module === undefined) writeFigures(outcomes);
}

/** @param {Configuration} configuration @param {Omit<import("./driver.mjs").Job, "output">} job @returns {Promise<Outcome>} */
async function measure({ name, major, tier }, job) {
  const file = (/** @type {string} */ ending) => join(folder, `${name.replaceAll(" ", "-")}.${ending}`);
  rmSync(file("result.json"), { force: true });
  writeFileSync(file("job.json"), JSON.stringify({ ...job, output: file("result.json") }));
  const flags = [...valgrindFlags, `--log-file=${file("log")}`, nodeOf(major), ...v8Flags, ...tiers[tier]];
  const ended = await attempt("valgrind", [...flags, join(root, "tests/constant-time/native/driver.mjs"), file("job.json")], { timeoutMs: 1_800_000 });
  if (ended.code !== 0) throw new BuildError(`Node.js ${name} under valgrind: ${ended.problem}\n${ended.stderr}\nWhat valgrind says: ${file("log")}`);
  return JSON.parse(readFileSync(file("result.json"), "utf8"));
}

/** @param {Outcome} outcome */
const count = ({ calls }) => Object.values(calls).reduce((sum, number) => sum + number, 0);

/** @param {Configuration} configuration @param {Outcome} outcome @param {number} start */
function report({ name, tier, module }, outcome, start) {
  const { node, v8, inside, published, answers, controls, failures } = outcome;
  const leaks = Object.values(controls).filter(({ expected }) => expected !== "0");
  console.log(
    `${failures.length === 0 ? "ok  " : "FAIL"}  Node.js ${node}, V8 ${v8.replace(/-node.*/, "")}, ${tier}, ${module}.wasm: ${count(outcome)} calls, ${inside} errors during them (${published} on purpose), ` +
      `${answers} answers marked, ${leaks.filter(({ isRight, inside: errors }) => isRight && errors > 0).length} of ${leaks.length} leaks caught  (${seconds(start)})`,
  );
  for (const failure of failures.slice(0, 12)) console.log(`        ${failure}`);
  if (failures.length > 12) console.log(`        and ${failures.length - 12} more`);
  if (failures.length > 0) console.log(`        what valgrind says: ${join(folder, `${name.replaceAll(" ", "-")}.log`)}`);
}

/** @param {Outcome[]} outcomes all of them good, so they differ only in their versions */
function writeFigures(outcomes) {
  const [first] = outcomes;
  /** One of each module: configurations differ in nothing but how the code was made. */
  const each = [...new Map(outcomes.map((outcome) => [outcome.sha256, outcome])).values()];
  const leaks = Object.values(first.controls).filter(({ expected }) => expected !== "0");
  const figures = {
    "V8's machine code: Node.js (V8), each with Liftoff and TurboFan": [...new Set(outcomes.map(({ node, v8 }) => `${node} (${v8.split(".").slice(0, 2).join(".")})`))].join(", "),
    "V8's machine code: functions": new Set(each.flatMap(({ calls }) => Object.keys(calls))).size,
    "V8's machine code: calls in each configuration": each.reduce((sum, outcome) => sum + count(outcome), 0),
    "V8's machine code: jumps and addresses that depend on a secret, beside the public decisions": outcomes.reduce((sum, { inside, published }) => sum + inside - published, 0),
    "V8's machine code: deliberate leaks caught in each configuration": leaks.length,
  };
  writeFileSync(join(root, "tests/figures/native.json"), `${JSON.stringify(figures, null, 2)}\n`);
}

await runMain(import.meta.url, () => withLock("native", main));
