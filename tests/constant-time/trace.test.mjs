// Trace equality: the packaged JavaScript runs the shipped WebAssembly, which says at each step where it is, which addresses it uses and
// what it decides by (trace/instrument.mjs). Whatever the secret, and wherever a candidate or a MAC is wrong, it must say the same.
// Run with `node --test tests/constant-time/trace.test.mjs`; `node tests/constant-time/trace.test.mjs --accept` writes the figures.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { root, run } from "../../pkg-template/build/process.mjs";
import { allCases } from "./trace/cases.mjs";
import { holdFigures } from "./trace/figures.mjs";
import { instrument } from "./trace/instrument.mjs";
import { replaceModules } from "./trace/loader.mjs";

/** @typedef {import("./trace/cases.mjs").Case} Case */
/** @typedef {import("./trace/recorder.mjs").Trace} Trace */
/** @typedef {import("./trace/instrument.mjs").Instrumented} Instrumented */

const names = ["lean", "messages", "rich"];
const installed = join(root, "node_modules/countersign");
const folder = fileURLToPath(new URL("trace/", import.meta.url));

/** @type {Record<string, Instrumented>} */
const modules = {};
/** @type {import("./trace/recorder.mjs").Recorder} */
let recorder;
/** The bytes that the package compiled, by the file they are in. @type {string[]} */
let seen;
/** @type {Case[]} */
let cases;
/** @type {Record<string, () => number>} */
let leaky;
/** @type {Uint8Array} */
let leakyMemory;
/** @type {Map<Case, Trace>} */
const traces = new Map();
/** The package's own, which keeps its instance until something throws. @type {(use: () => never) => unknown} */
let withRich;

before(async () => {
  const leakyPath = join(root, ".cache/trace/leaky.plain.wasm");
  const shipped = names.map((name) => ({ name, path: join(installed, `wasm/${name}.wasm`) }));
  const made = await Promise.all([
    ...shipped.map(({ name, path }) => instrument(path, name)),
    run(process.execPath, [join(root, "node_modules/binaryen/bin/wasm-as"), "--enable-bulk-memory", join(folder, "leaky.wat"), "-o", leakyPath]).then(() => instrument(leakyPath, "leaky")),
  ]);
  for (const [i, name] of [...names, "leaky"].entries()) modules[name] = made[i];
  ({ recorder, seen } = replaceModules([...shipped, { name: "leaky", path: leakyPath }].map(({ name, path }) => ({ path, instrumented: modules[name] }))));

  const api = await import("countersign");
  const inspect = await import("countersign/inspect");
  const [http, webhooks] = [await import("countersign/http"), await import("countersign/webhooks")];
  const { createGlue } = await import(pathToFileURL(join(installed, "esm/core/wasm/generated/rich.glue.js")).href);
  ({ withRich } = await import(pathToFileURL(join(installed, "esm/core/rich.js")).href));
  const [messages, rich] = shipped.slice(1).map(({ path }) => new WebAssembly.Module(readFileSync(path)));
  // A new instance for each run: where an allocator puts things depends on what it did before, which is no secret.
  cases = allCases(api, inspect, http, webhooks, new WebAssembly.Instance(messages).exports, (use) => {
    const glue = createGlue(globalThis);
    glue.start(new WebAssembly.Instance(rich, glue.imports).exports);
    return use(glue.api);
  });
  const { memory, ...exports } = /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(readFileSync(leakyPath))).exports);
  leaky = exports;
  leakyMemory = new Uint8Array(memory.buffer);
});

/** Before each run of the rich module: its next use makes a new instance, with a heap that nobody has used. @param {Case} entry */
function renew({ module }) {
  if (module === "rich") assert.throws(() => withRich(() => { throw new Error("dropped"); }), /^Error: dropped$/);
}

/** Where and in what two runs part. @param {Case} entry @param {import("./trace/cases.mjs").Run} one @param {import("./trace/cases.mjs").Run} other */
function parting(entry, one, other) {
  const [first, second] = [one, other].map(({ use }) => (renew(entry), recorder.events(use)));
  let at = 0;
  while (at < first.length && String(first[at]) === String(second[at])) at++;
  const describe = (/** @type {import("./trace/recorder.mjs").Event | undefined} */ event) => {
    if (event === undefined) return "its end";
    const [kind, id, ...shown] = event;
    const site = modules[entry.module].sites[`${kind} ${id}`];
    return `${kind} ${id} (${site === undefined ? "called from JavaScript" : `${site.op} in function ${site.func}`}) ${shown.join(", ")}`;
  };
  return `${entry.name}: the traces of "${one.label}" and "${other.label}" part after ${at} events of ${first.length} and ${second.length}:\n  ${describe(first[at])}\n  ${describe(second[at])}\n(.cache/trace/${entry.module}.marked.wat is the module)`;
}

/** @param {Case[]} chosen @returns {string[]} where traces differ that must not */
function differences(chosen) {
  const found = [];
  for (const entry of chosen) {
    const [reference, ...others] = entry.runs;
    // The first time keys are loaded, and everything is made that is made on first use.
    reference.use();
    const [{ trace }, ...further] = entry.runs.map(({ use, answer, label }) => {
      renew(entry);
      const result = recorder.record(use);
      assert.deepEqual(result.answer, answer, `${entry.name}: ${label}`);
      return result;
    });
    traces.set(entry, trace);
    const different = others[further.findIndex((result) => result.trace.hash !== trace.hash)];
    if (different !== undefined) found.push(found.length < 5 ? parting(entry, reference, different) : entry.name);
  }
  return found;
}

const isUnknownId = (/** @type {Case} */ { of }) => of === "verifyCall, unknown key id";

test("whatever the secret and wherever a candidate or a MAC is wrong: one trace", () => {
  const found = differences(cases.filter((entry) => !isUnknownId(entry)));
  assert.deepEqual(found, [], found.join("\n"));
  assert.ok(names.every((name) => seen.includes(join(installed, `wasm/${name}.wasm`))), "the package did not compile the WebAssembly that it ships");
});

test("an unknown key id: the trace of a known one with a wrong MAC", () => {
  const found = differences(cases.filter(isUnknownId));
  assert.deepEqual(found, [], found.join("\n"));
});

test("traces hold what they should: another public length is another trace, and each block that is hashed adds the same", async () => {
  const { hmacSha256, importKey } = await import("countersign");
  const key = importKey("key");
  for (const of of new Set(cases.map((entry) => entry.of))) {
    const hashes = cases.filter((entry) => entry.of === of && entry.length !== "54, generated").map((entry) => traces.get(entry)?.hash);
    assert.equal(new Set(hashes).size, hashes.length, `${of}: some traces of different lengths are the same`);
  }
  const hashing = (/** @type {number} */ blocks) => recorder.record(() => hmacSha256(key, new Uint8Array(64 * blocks))).trace;
  hashing(1); // loads the key
  const grown = [[1, 2], [2, 3], [10, 11]].map(([fewer, more]) => hashing(more).events - hashing(fewer).events);
  // SHA-256 has 64 rounds a block; reading 64 bytes takes at least four loads.
  assert.ok(grown[0] > 64 && grown.every((count) => count === grown[0]), `a block more adds ${grown} events`);
  assert.ok(hashing(11).addresses - hashing(10).addresses >= 4);
  for (const [entry, { events, addresses }] of traces) assert.ok(events > 100 && addresses > 50, `${entry.name}: ${events} events, ${addresses} addresses`);
});

const inputs = {
  equal: [0, 32],
  "first byte wrong": [0, 0],
  "middle byte wrong": [0, 16],
  "last byte wrong": [0, 31],
};

test("the control module's leaks show, and what does not leak does not", () => {
  const hashes = (/** @type {string} */ name) => Object.values(inputs).map(([, wrong]) => {
    leakyMemory.fill(0, 0, 1024);
    leakyMemory.fill(7, 0, 32).fill(7, 64, 96);
    if (wrong < 32) leakyMemory[wrong] ^= 4;
    return recorder.record(leaky[name]).trace.hash;
  });
  // Some look at the first byte only, and so tell one input from the others.
  const expected = { early_exit: 4, counts_in_a_branch: 4, selects: 4, indexes: 2, clears: 2, divides: 2, switches: 1, steady: 1 };
  const distinct = Object.fromEntries(Object.keys(leaky).map((name) => [name, new Set(hashes(name)).size]));
  assert.deepEqual(distinct, expected);
});

test("the figures are those of tests/figures/trace.json", () => {
  const of = (/** @type {string} */ name) => {
    const entry = cases.find((candidate) => candidate.name === name);
    const trace = entry && traces.get(entry);
    if (trace === undefined) throw new Error(`no case is called ${name}`);
    return trace;
  };
  const shown = { "verifySecret, 32 bytes": "verifySecret", "matches, 32 bytes": "importSecret().matches", "verifyHmacSha256, imported key of 32, message of 64 bytes": "verifyHmacSha256", "verifyCall, 1 keys, arguments of 300 bytes": "verifyCall" };
  const about = Object.fromEntries(Object.entries(shown).flatMap(([name, label]) => {
    const { points, addresses, decisions } = of(name);
    return [[`trace of ${label}: points`, points], [`trace of ${label}: addresses`, addresses], [`trace of ${label}: decisions`, decisions]];
  }));
  const runs = cases.reduce((sum, entry) => sum + entry.runs.length, 0);
  holdFigures({ "trace equality: cases": cases.length, "trace equality: runs": runs }, about);
});
