// `npm run mutants`: changes the crate in every way that cargo-mutants knows, one at a time, and expects its tests to fail each time.
//   node tests/mutants/run.mjs                   all of it, and writes tests/figures/mutants.json and recorded.json
//   node tests/mutants/run.mjs --file FILE...    the mutants of some files only; writes neither
//   node tests/mutants/run.mjs --check           whether those two were made from the sources that are there; runs nothing
//   node tests/mutants/run.mjs --sample 60       that, and runs so many mutants, picked at random, and holds each to what came of it before; `npm test` runs this.
//                                                --seed TEXT picks the same ones again
// Mutants that no test can tell from the original are in equivalent.mjs, with the reason for each. They are run like all others, and it
// is a failure if one of them does not survive. What came of a mutant is kept in .cache/mutants for as long as no source, test or version
// changes, so that a run which was interrupted goes on where it was, and one file may be run after the other.
//
// A change anywhere throws all of that away, and must: the test that killed a mutant may stand in another file, or have come to the mutant by way of one.
// Which files a test depends on does not show from what it names: an implementation of a trait takes effect wherever it stands.

import { createHash, randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { BuildError, attempt, cacheDir, root, runMain, seconds, step, withLock } from "../../pkg-template/build/process.mjs";
import { ensureCargoTool, ensureRust, toolEnv } from "../../pkg-template/build/toolchain.mjs";
import { equivalent } from "./equivalent.mjs";

const version = "27.1.0";
const figuresPath = join(root, "tests/figures/mutants.json");
/** Which mutants do not compile. All others were killed, but for those of equivalent.mjs. */
const recordedPath = join(root, "tests/mutants/recorded.json");
const outcomesPath = join(cacheDir, "mutants/outcomes.json");
const config = join(root, "tests/mutants/mutants.toml");
const workDir = join(cacheDir, "mutants");
/** All tests take about two seconds. A test that is only slow, because the machine is busy, must not be taken for one that never ends. */
const timeoutSeconds = 60;
/** Some names of figures, as they stand in SECURITY.md. */
const keys = { all: "mutants of the crate", killed: "mutants killed by its tests", endless: "of these killed because they never ended", survived: "mutants that survived", sources: "SHA-256 over the sources that were mutated, and their tests" };
const marker = " /* ~ changed by cargo-mutants ~ */";

/**
 * @typedef {object} Mutant
 * @property {string} name as cargo-mutants prints it
 * @property {string} file
 * @property {string} was the lines it changes
 * @property {string} becomes what it makes of them
 * @typedef {"caught" | "timeout" | "unviable" | "missed"} Outcome
 */

async function main() {
  const { values: options } = parseArgs({
    options: { check: { type: "boolean", default: false }, sample: { type: "string" }, seed: { type: "string", default: randomBytes(6).toString("hex") }, file: { type: "string", multiple: true, default: [] } },
  });
  const size = options.sample === undefined ? undefined : Number(options.sample);
  if (size !== undefined && (!Number.isInteger(size) || size < 1)) throw new BuildError("--sample takes a whole number of at least 1.");
  if (options.check || size !== undefined) check();
  if (options.check) return;
  await withLock("mutants", async () => {
    await ensureRust();
    await ensureCargoMutants();
    if (size === undefined) await measure(options.file);
    else await sample(size, options.seed);
  });
}

/** @param {string} path @returns {any} */
const readJson = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {});

/** Fails if the figures, or what is recorded, are those of other sources. */
function check() {
  const figures = readJson(figuresPath);
  const sources = hashOfSources("tests/mutants/equivalent.mjs");
  if (figures[keys.sources] !== sources || readJson(recordedPath).sources !== sources) {
    throw new BuildError("tests/figures/mutants.json and tests/mutants/recorded.json were made from other sources than those that are there. Run `npm run mutants`, and commit both files.");
  }
  if (figures[keys.survived] !== 0) throw new BuildError("tests/figures/mutants.json says that mutants survived. Run `npm run mutants` to see them.");
  console.log(`${figures[keys.all]} mutants of these sources: ${figures[keys.killed]} killed, none survived`);
}

/**
 * Runs some mutants, whatever is kept of them, and fails if something else comes of one than the whole run has recorded.
 * @param {number} size @param {string} seed
 */
async function sample(size, seed) {
  const start = performance.now();
  const sources = hashOfSources();
  const trees = makeTrees();
  const mutants = await list(trees[0] ?? "", ["--config", config]);
  const all = readJson(figuresPath)[keys.all];
  if (mutants.length !== all) throw new BuildError(`There are ${mutants.length} mutants, and not ${all} as tests/figures/mutants.json says. Run \`npm run mutants\`, and commit what it writes.`);
  const chosen = pick(mutants, size, seed);
  console.log(`  ${chosen.length} of ${all} mutants; these again: --sample ${size} --seed ${seed}`);
  await step("building and testing the crate as it is", () => prepare(trees));
  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();
  await step("the mutants", () => runBoth(trees, chosen, outcomes));
  if (hashOfSources() !== sources) throw new BuildError("The sources were changed meanwhile: run this again.");

  const unviable = new Set(readJson(recordedPath).unviable);
  let wrong = 0;
  for (const mutant of chosen) {
    const recorded = unviable.has(mutant.name) ? "does not compile" : equivalent.some((entry) => isIt(entry, mutant)) ? "survived" : "was killed";
    const now = { caught: "was killed", timeout: "was killed", unviable: "does not compile", missed: "survived" }[outcomes.get(mutant.name) ?? "missed"];
    if (now === recorded) continue;
    wrong++;
    console.log(`  ${now} instead of ${recorded}: ${mutant.name}\n    - ${mutant.was}\n    + ${mutant.becomes}`);
  }
  console.log(`took ${seconds(start)}`);
  if (wrong > 0) throw new BuildError(`${wrong} of ${chosen.length} mutants came to something else than what is recorded.`);
}

/**
 * By the hash of the seed and the name: the same ones for the same seed, and each as likely as any other.
 * @param {readonly Mutant[]} mutants @param {number} size @param {string} seed
 */
function pick(mutants, size, seed) {
  const ranked = mutants.map((mutant) => ({ mutant, rank: createHash("sha256").update(`${seed} ${mutant.name}`).digest("hex") }));
  return ranked.sort((one, other) => (one.rank < other.rank ? -1 : 1)).slice(0, size).map(({ mutant }) => mutant);
}

async function ensureCargoMutants() {
  const found = await attempt("cargo-mutants", ["mutants", "--version"], { env: toolEnv() });
  if (found.code === 0 && found.stdout.trim() === `cargo-mutants ${version}`) return;
  await ensureCargoTool(toolEnv(), "cargo-mutants", "cargo-mutants", version, ["--locked"]);
}

/** @param {readonly string[]} files only these, or all if empty */
async function measure(files) {
  const start = performance.now();
  const sources = hashOfSources();
  const trees = makeTrees();
  const filter = ["--config", config, ...files.flatMap((file) => ["--file", file])];
  const mutants = await list(trees[0] ?? "", filter);
  if (mutants.length === 0) throw new BuildError("There are no mutants. Is the file's name right?");

  const outcomes = readOutcomes(sources);
  const todo = mutants.filter(({ name }) => !outcomes.has(name));
  if (todo.length < mutants.length) console.log(`  ${mutants.length - todo.length} of ${mutants.length} mutants were run before, with the same sources`);
  if (todo.length > 0) await step("building and testing the crate as it is", () => prepare(trees));
  for (const file of new Set(todo.map((mutant) => mutant.file))) {
    const those = todo.filter((mutant) => mutant.file === file);
    await step(`${those.length} mutants of ${file}`, () => runBoth(trees, those, outcomes));
    if (hashOfSources() !== sources) throw new BuildError("The sources were changed meanwhile: run this again.");
    writeFileSync(outcomesPath, JSON.stringify({ sources, outcomes: Object.fromEntries(outcomes) }, null, 2));
  }
  const figures = report(mutants, outcomes, files);
  console.log(`took ${seconds(start)}`);
  if (files.length > 0) return;
  const hash = hashOfSources("tests/mutants/equivalent.mjs");
  const unviable = mutants.filter(({ name }) => outcomes.get(name) === "unviable").map(({ name }) => name);
  writeFileSync(figuresPath, `${JSON.stringify({ ...figures, [keys.sources]: hash }, null, 2)}\n`);
  writeFileSync(recordedPath, `${JSON.stringify({ sources: hash, unviable }, null, 2)}\n`);
}

/**
 * Prints what came of it.
 * @param {readonly Mutant[]} mutants @param {ReadonlyMap<string, Outcome>} outcomes @param {readonly string[]} files
 */
function report(mutants, outcomes, files) {
  /** @param {Outcome} outcome */
  const those = (outcome) => mutants.filter(({ name }) => outcomes.get(name) === outcome);
  const [caught, timeout, unviable, missed] = [those("caught"), those("timeout"), those("unviable"), those("missed")];
  const survived = missed.filter((mutant) => !equivalent.some((entry) => isIt(entry, mutant)));
  const relevant = equivalent.filter(({ file }) => files.length === 0 || files.includes(file));
  // One entry is one mutant: two lines that read the same must not excuse each other.
  const wrong = relevant.filter((entry) => !missed.some((mutant) => isIt(entry, mutant)) || mutants.filter((mutant) => isIt(entry, mutant)).length !== 1);

  for (const { name } of timeout) console.log(`  no end: ${name}`);
  for (const { name, was, becomes } of survived) console.log(`  survived: ${name}\n    - ${was}\n    + ${becomes}`);
  for (const { file, becomes } of wrong) console.log(`  listed as equivalent, but killed, or not there once: ${file}: ${becomes}`);
  const figures = {
    [keys.all]: mutants.length,
    [keys.killed]: caught.length + timeout.length,
    [keys.endless]: timeout.length,
    "mutants that do not compile": unviable.length,
    "mutants that no test can tell from the crate (tests/mutants/equivalent.mjs)": missed.length - survived.length,
    [keys.survived]: survived.length,
  };
  for (const [name, count] of Object.entries(figures)) console.log(`${String(count).padStart(6)} ${name}`);
  if (survived.length + wrong.length > 0) process.exitCode = 1;
  return figures;
}

/** @param {Pick<Mutant, "file" | "was" | "becomes">} one @param {Mutant} other */
function isIt(one, other) {
  return one.file === other.file && one.was === other.was && one.becomes === other.becomes;
}

/**
 * @param {string} tree @param {readonly string[]} filter
 * @returns {Promise<Mutant[]>}
 */
async function list(tree, filter) {
  const { code, problem, stdout, stderr } = await cargoMutants(tree, ["--list", "--json", ...filter]);
  if (code !== 0) throw new BuildError(`cargo mutants --list: ${problem}\n${stderr}`);
  return JSON.parse(stdout).map((/** @type {{ name: string, file: string, diff: string }} */ { name, file, diff }) => {
    const lines = diff.replaceAll(marker, "").split("\n").slice(2);
    /** @param {string} sign */
    const those = (sign) => lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1).trim()).join(" ");
    return { name, file, was: those("-"), becomes: those("+") };
  });
}

/**
 * In each tree all tests must pass, or every mutant would seem to be killed there.
 * @param {readonly string[]} trees
 */
async function prepare(trees) {
  for (const tree of trees) {
    // What the crate depends on takes a minute to compile, and is the same in each tree.
    const target = join(tree, "target");
    if (tree !== trees[0] && !existsSync(target)) cpSync(join(trees[0] ?? "", "target"), target, { recursive: true, preserveTimestamps: true });
    for (const which of ["--lib", "--test=*"]) await baseline(tree, which);
  }
}

/** @param {string} tree @param {string} which */
async function baseline(tree, which) {
  const { code, problem, stdout, stderr } = await attempt("cargo", ["test", "--profile=mutants", "--locked", which], { cwd: tree, env: treeEnv(tree), timeoutMs: 1_800_000 });
  if (code !== 0) throw new BuildError(`The tests fail without any change: ${problem}\n${stdout}${stderr}`);
}

/**
 * Most are killed by the tests inside the crate, which are built and run in a third of the time that all tests take.
 * @param {readonly string[]} trees @param {readonly Mutant[]} mutants @param {Map<string, Outcome>} outcomes
 */
async function runBoth(trees, mutants, outcomes) {
  const inside = await run(trees, mutants, "--lib");
  const outside = await run(trees, mutants.filter(({ name }) => inside.get(name) === "missed"), "--test=*");
  for (const [name, outcome] of [...inside, ...outside]) outcomes.set(name, outcome);
}

/**
 * Runs each tree's share of the mutants.
 * @param {readonly string[]} trees @param {readonly Mutant[]} mutants @param {string} which tests
 * @returns {Promise<Map<string, Outcome>>}
 */
async function run(trees, mutants, which) {
  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();
  const fixed = ["--in-place", "--profile=mutants", "--cargo-arg=--locked", `--cargo-arg=${which}`, "--baseline=skip", `--timeout=${timeoutSeconds}`, "--no-times", "--colors=never"];
  await Promise.all(
    trees.map(async (tree, k) => {
      const share = mutants.filter((_, at) => at % trees.length === k);
      if (share.length === 0) return;
      const only = share.flatMap(({ name }) => ["--re", `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`]);
      const { code, problem, stdout, stderr } = await cargoMutants(tree, ["--config", config, ...fixed, ...only, `--output=${tree}`]);
      // 2: some were missed; 3: some did not end.
      if (code !== 0 && code !== 2 && code !== 3) throw new BuildError(`cargo mutants: ${problem}\n${stdout}${stderr}`);
      for (const outcome of /** @type {const} */ (["caught", "timeout", "unviable", "missed"])) {
        const text = readFileSync(join(tree, "mutants.out", `${outcome}.txt`), "utf8");
        for (const name of text.split("\n").filter(Boolean)) outcomes.set(name, outcome);
      }
    }),
  );
  const unrun = mutants.filter(({ name }) => !outcomes.has(name));
  if (unrun.length > 0) throw new BuildError(`cargo-mutants has left out ${unrun.map(({ name }) => name).join(", ")}`);
  return outcomes;
}

/**
 * What came of the mutants of the same sources before.
 * @param {string} sources
 * @returns {Map<string, Outcome>}
 */
function readOutcomes(sources) {
  if (!existsSync(outcomesPath)) return new Map();
  const kept = JSON.parse(readFileSync(outcomesPath, "utf8"));
  return new Map(kept.sources === sources ? Object.entries(kept.outcomes) : []);
}

/** @param {string} tree @param {readonly string[]} args */
function cargoMutants(tree, args) {
  return attempt("cargo-mutants", ["mutants", "--dir", tree, ...args], { cwd: tree, env: treeEnv(tree), timeoutMs: 7_200_000 });
}

/** @param {string} tree */
function treeEnv(tree) {
  return {
    ...toolEnv(),
    CARGO_TARGET_DIR: join(tree, "target"),
    // The same cases each time, no search for the smallest one, and none kept: a mutant must not be killed by what another one left.
    PROPTEST_RNG_SEED: "1",
    PROPTEST_MAX_SHRINK_ITERS: "0",
    PROPTEST_DISABLE_FAILURE_PERSISTENCE: "true",
  };
}

/** A copy of the crate for each processor. What was compiled in it stays there for the next time. */
function makeTrees() {
  const files = [...sourceFiles(), ...filesIn("src/wasm", ".rs"), "src/wasm.rs"];
  return Array.from({ length: Math.min(availableParallelism(), 8) }, (_, k) => {
    const tree = join(workDir, `tree-${k}`);
    for (const path of files) writeIfOther(join(tree, path), readFileSync(join(root, path)));
    for (const path of [...filesIn("src", ".rs", tree), ...filesIn("tests", ".rs", tree)]) if (!files.includes(path)) rmSync(join(tree, path));
    writeIfOther(join(tree, ".cargo/config.toml"), Buffer.from(cargoConfig));
    return tree;
  });
}

/** What is compiled once is made fast, and what is compiled for each mutant is compiled fast. */
const cargoConfig = `[profile.mutants]
inherits = "test"
debug = false
[profile.mutants.package."*"]
opt-level = 2
`;

/** @param {string} path @param {Buffer} content */
function writeIfOther(path, content) {
  if (existsSync(path) && readFileSync(path).equals(content)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** What the figures depend on. */
function sourceFiles() {
  const crate = filesIn("src", ".rs").filter((path) => path !== "src/wasm.rs" && !path.startsWith("src/wasm/"));
  const tests = [...readdirSync(join(root, "tests")).filter((name) => name.endsWith(".rs")).map((name) => `tests/${name}`), ...filesIn("tests/vectors", ".rs"), ...filesIn("tests/vectors", ".json"), ...filesIn("tests/webhooks", ".rs")];
  return [...crate, ...tests, "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"].sort();
}

/** @param {string} folder @param {string} ending @param {string} base */
function filesIn(folder, ending, base = root) {
  const entries = readdirSync(join(base, folder), { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending)).map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1).replaceAll("\\", "/"));
}

/** @param {readonly string[]} more files that count beside the sources */
function hashOfSources(...more) {
  const hash = createHash("sha256").update(`cargo-mutants ${version}\n`);
  for (const path of [...sourceFiles(), "tests/mutants/mutants.toml", ...more]) {
    const content = createHash("sha256").update(readFileSync(join(root, path))).digest("hex");
    hash.update(`${content}  ${path}\n`);
  }
  return hash.digest("hex");
}

await runMain(import.meta.url, main);
