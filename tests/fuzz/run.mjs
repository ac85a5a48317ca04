// `npm run fuzz`: libFuzzer on each target of this folder's crate, and random values in Node; two at a time.
//   node tests/fuzz/run.mjs [--seconds 60] [--only <target>]... [--minimise] [--hold]
//
// An input that fails is put into regressions/, where `cargo test` (and so `npm test`) runs it from then on.
// --minimise then puts into corpus/ the smallest set of all inputs that covers what they all cover.
// --hold leaves the figures as they are; `npm test` runs this.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { BuildError, attempt, cacheDir, root, run, runMain, seconds, step, withLock } from "../../pkg-template/build/process.mjs";
import { ensureCargoTool, ensureToolchain, toolEnv } from "../../pkg-template/build/toolchain.mjs";
import { aptInstall } from "../support/apt.mjs";
import { writeSeeds } from "./seeds.mjs";

const cargoFuzzVersion = "0.13.2";
const atOnce = 2;
const enough = 60;
/** The most bytes of an input that is kept: few need more, and together they would take the most room. */
const longestKept = 256;
/** The most bytes that the inputs kept of one target may have together. */
const mostKept = 32_000;
const fuzzDir = join(root, "tests/fuzz");
const workDir = join(cacheDir, "fuzz");
const targetDir = join(workDir, "target");
const replay = "cargo test --manifest-path tests/fuzz/Cargo.toml --target-dir .cache/fuzz/target";

/** Each target: what it is called in the figures, and the most bytes an input of it may have. */
const targets = /** @type {const} */ ({
  token: ["token parsing", 512],
  value: ["value encoding", 4096],
  call: ["signing and verifying calls", 2048],
  secret: ["secrets and keys", 1024],
  keyring: ["keyrings", 1024],
  scope: ["lists of callers and functions", 512],
  message: ["signed HTTP messages", 1024],
  webhook: ["webhooks", 1024],
});

/** @typedef {keyof typeof targets} Target */
/** @typedef {{ name: string, figures: Record<string, number>, line: string, failure: string | null }} Result */

/** A compiler for libFuzzer, which is C++. @param {NodeJS.ProcessEnv} env */
async function ensureCxx(env) {
  if (process.platform === "win32") throw new BuildError("Fuzzing needs Linux or macOS: cargo-fuzz has no libFuzzer for this system.");
  const compiler = env["CXX"] ?? "c++";
  const isThere = async () => (await attempt(compiler, ["--version"], { env })).code === 0;
  if (await isThere()) return;
  const how = `Install one (${process.platform === "darwin" ? "xcode-select --install" : "sudo apt-get install g++"}) and run this again.`;
  const missing = `A C++ compiler (${compiler}) is missing: libFuzzer is compiled from C++.`;
  await aptInstall("g++", missing, how);
  if (!(await isThere())) throw new BuildError(`${missing} ${how}`);
}

async function build() {
  // Coverage and sanitizers are still unstable options of rustc. With RUSTC_BOOTSTRAP the pinned version takes them, so that what is
  // fuzzed is what ships; no nightly is needed.
  const env = { ...toolEnv(), RUSTC_BOOTSTRAP: "1" };
  // Under the lock of whatever else installs tools: they are compiled in one folder.
  await withLock("toolchain", () => ensureCargoTool(env, "cargo-fuzz", "cargo-fuzz", cargoFuzzVersion, ["--locked"]));
  await ensureCxx(env);
  const args = ["build", "--fuzz-dir", fuzzDir, "--features", "libfuzzer", "--no-cfg-fuzzing", "--target-dir", targetDir];
  await step("compiling the fuzz targets with the address sanitizer (about 2 minutes, once)", () => run("cargo-fuzz", ["fuzz", ...args], { env, timeoutMs: 1_800_000 }));
}

/** @param {Target} target */
async function binary(target) {
  const { stdout } = await run("rustc", ["-vV"], { env: toolEnv() });
  const host = /^host: (.+)$/m.exec(stdout)?.[1];
  if (host === undefined) throw new BuildError("rustc -vV names no host.");
  return join(targetDir, host, "release", target);
}

/** @param {Target} target */
function foldersOf(target) {
  const folders = { found: join(workDir, "found", target), corpus: join(workDir, "corpus", target), seeds: join(workDir, "seeds", target), kept: join(fuzzDir, "corpus", target) };
  rmSync(folders.found, { recursive: true, force: true });
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  writeSeeds(target, folders.seeds);
  return folders;
}

/** @param {Target} target @param {number} limit @returns {Promise<Result>} */
async function fuzz(target, limit) {
  const [what, longest] = targets[target];
  const { found, corpus, seeds, kept } = foldersOf(target);
  const args = [corpus, kept, seeds, `-max_total_time=${limit}`, `-max_len=${longest}`, "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", `-artifact_prefix=${found}/`];
  const env = { ...toolEnv(), RUST_BACKTRACE: "0" };
  const { code, problem, stderr } = await attempt(await binary(target), args, { env, timeoutMs: (limit + 300) * 1000 });
  const executions = number(stderr, /^stat::number_of_executed_units: +(\d+)$/m);
  const added = number(stderr, /^stat::new_units_added: +(\d+)$/m);
  const coverage = Math.max(0, ...[...stderr.matchAll(/ cov: (\d+) /g)].map((match) => Number(match[1])));
  const failure = code === 0 ? null : [...keep(target, found), whatFailed(stderr), problem].join("\n");
  if (failure === null && (executions === 0 || coverage === 0)) throw new BuildError(`${target}: libFuzzer says nothing of what it did.\n${stderr}`);
  const line = `${target.padEnd(8)} ${thousands(executions)} inputs run, ${thousands(coverage)} edges covered, ${thousands(added)} inputs new`;
  return { name: target, figures: { [`inputs run by libFuzzer: ${what}`]: executions }, line, failure };
}

/** The panic, or what the sanitizer found, or the end of whatever libFuzzer said. @param {string} stderr */
function whatFailed(stderr) {
  return /^.*panicked at [^]*?(?=\nnote: )/m.exec(stderr)?.[0] ?? /^SUMMARY: .*$/m.exec(stderr)?.[0] ?? stderr.split("\n").slice(-40).join("\n");
}

/** Puts what failed where it will be run again. @param {Target} target @param {string} found @returns {string[]} what to tell */
function keep(target, found) {
  const folder = join(fuzzDir, "regressions", target);
  return readdirSync(found).filter((name) => !name.startsWith("slow-unit-")).map((name) => {
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(found, name), join(folder, name));
    return `${target} fails with the input ${relative(root, join(folder, name))}. Run it again: ${replay}`;
  });
}

/** @param {number} limit @returns {Promise<Result>} */
async function fuzzValues(limit) {
  const { code, problem, stdout, stderr } = await attempt(process.execPath, ["tests/fuzz/values.mjs", "--seconds", String(limit)], { timeoutMs: (limit + 120) * 1000 });
  if (code !== 0) return { name: "values", figures: {}, line: "values   failed", failure: [stderr.trim(), problem].join("\n") };
  const { seed, values, texts, ...counts } = JSON.parse(stdout);
  const figures = { "random values held to a second encoder and to Convex's JSON": values, "changed JSON texts held to the value that was signed": texts };
  return { name: "values", figures, line: `values   ${thousands(values)} values, ${thousands(texts)} JSON texts (seed ${seed}; ${JSON.stringify(counts)})`, failure: null };
}

/** @param {string} text @param {RegExp} pattern */
const number = (text, pattern) => Number(pattern.exec(text)?.[1] ?? 0);
/** @param {number} value */
const thousands = (value) => value.toLocaleString("en-US");

/** Runs the jobs, a few at a time, and prints each result as it comes. @param {(() => Promise<Result>)[]} jobs */
async function all(jobs) {
  /** @type {Result[]} */
  const results = [];
  const waiting = [...jobs];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
        const result = await job();
        console.log(`  ${result.line}${result.failure === null ? "" : `\n\n${result.failure}\n`}`);
        results.push(result);
      }
    }),
  );
  return results;
}

/** The smallest inputs that cover what all do, named by their content. @param {Target} target */
async function minimise(target) {
  const { corpus, seeds, kept } = foldersOf(target);
  const merged = join(workDir, "merged", target);
  rmSync(merged, { recursive: true, force: true });
  mkdirSync(merged, { recursive: true });
  await run(await binary(target), ["-set_cover_merge=1", `-max_len=${longestKept}`, merged, kept, corpus, seeds], { timeoutMs: 1_200_000 });
  rmSync(kept, { recursive: true });
  mkdirSync(kept);
  for (const name of readdirSync(merged)) {
    const path = join(merged, name);
    renameSync(path, join(kept, createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16)));
  }
  const inputs = readdirSync(kept).map((name) => ({ path: join(kept, name), size: statSync(join(kept, name)).size }));
  let total = 0;
  let count = 0;
  for (const { path, size } of inputs.sort((one, other) => one.size - other.size)) {
    if (total + size > mostKept) rmSync(path);
    else [total, count] = [total + size, count + 1];
  }
  console.log(`  ${target.padEnd(8)} ${count} inputs kept, ${thousands(total)} bytes`);
}

async function main() {
  const { values: options } = parseArgs({
    options: { seconds: { type: "string", default: String(enough) }, only: { type: "string", multiple: true, default: [] }, minimise: { type: "boolean", default: false }, hold: { type: "boolean", default: false } },
  });
  const limit = Number(options.seconds);
  if (!Number.isInteger(limit) || limit < 1 || limit > 86_400) throw new BuildError("--seconds takes a whole number from 1 to 86400.");
  const chosen = /** @type {Target[]} */ (Object.keys(targets)).filter((name) => options.only.length === 0 || options.only.includes(name));
  const withValues = options.only.length === 0 || options.only.includes("values");
  if (chosen.length + Number(withValues) === 0) throw new BuildError(`No target is called that. There are: ${Object.keys(targets).join(", ")}, values`);

  await ensureToolchain();
  if (withValues && !existsSync(join(root, "node_modules/countersign/package.json"))) throw new BuildError("The package is not built. Run npm run build first.");
  await withLock("fuzz", async () => {
    if (chosen.length > 0) await build();
    const start = performance.now();
    const results = await all([...chosen.map((target) => () => fuzz(target, limit)), ...(withValues ? [() => fuzzValues(limit)] : [])]);
    const failed = results.filter(({ failure }) => failure !== null);
    console.log(failed.length === 0 ? `nothing failed in ${seconds(start)}` : `failed: ${failed.map(({ name }) => name).join(", ")}`);
    if (failed.length > 0) {
      process.exitCode = 1;
      return;
    }
    if (options.minimise) for (const target of chosen) await minimise(target);
    if (!options.hold) writeFigures(limit, options.only.length === 0, results);
  });
}

/** @param {number} limit @param {boolean} isAll @param {readonly Result[]} results */
function writeFigures(limit, isAll, results) {
  if (limit < enough || !isAll) return console.log(`tests/figures/fuzz.json is left as it was: it is of all targets, ${enough} s or more each`);
  const order = [...Object.keys(targets), "values"];
  const figures = results.toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name)).map(({ figures }) => figures);
  const all = Object.assign({ "seconds of fuzzing for each target": limit }, ...figures, { "inputs and values that failed": 0 });
  writeFileSync(join(root, "tests/figures/fuzz.json"), `${JSON.stringify(all, null, 2)}\n`);
  console.log("tests/figures/fuzz.json is written; node tests/figures/write.mjs puts it into SECURITY.md");
}

await runMain(import.meta.url, main);
