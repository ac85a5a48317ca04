// Runs under valgrind, in each version of Node.js and with each compiler of V8: the calls of a scenario (scenario.mjs), once as they are and
// once with the secret bytes marked, and counts valgrind's errors from just before each call to just after it.
//   node driver.mjs <job.json>, where the answer is written to the job's `output`
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

/**
 * @typedef {import("./scenario.mjs").Call} Call
 * @typedef {{ errors(): number, mark: InRange, unmark: InRange, marked: (...range: Range) => [count: number, first: number, end: number] }} Addon
 * @typedef {[memory: ArrayBuffer, offset: number, length: number]} Range
 * @typedef {(...range: Range) => void} InRange
 * @typedef {{ addon: string, module: string, probe: string, scenario: string, tier: "Liftoff" | "TurboFan", output: string }} Job
 * @typedef {{ expected: string, inside: number, isRight: boolean }} Control
 * @typedef {object} Outcome
 * @property {string} node @property {string} v8 @property {string} sha256 of the module
 * @property {Record<string, number>} calls by function
 * @property {number} inside errors during all calls @property {number} published those of them that are expected
 * @property {number} answers public results whose one jump was seen
 * @property {Record<string, Control>} controls
 * @property {string[]} failures
 */

/** The stack is the first part of memory: pkg-template/build/wasm.mjs. */
const STACK_LEN = 32 * 1024;
const AREA_LEN = 64 * 1024;
const RESULT_LEN = 296;
/** More than one key's slot has. */
const SLOT_LEN = 512;

/** @type {Job} */
const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
/** @type {Addon} */
const addon = createRequire(import.meta.url)(job.addon);
/** @type {string[]} */
const failures = [];

/** @param {string} path @returns {{ bytes: Buffer, exports: Record<string, any>, memory: Uint8Array<ArrayBuffer> }} */
function load(path) {
  const bytes = readFileSync(path);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(/** @type {any} */ (bytes)));
  const { buffer } = /** @type {WebAssembly.Memory} */ (exports.memory);
  return { bytes, exports, memory: new Uint8Array(/** @type {ArrayBuffer} */ (buffer)) };
}

/** Which compiler made a function's code: V8 itself is asked (--allow-natives-syntax). @type {(f: unknown) => boolean} */
const isOfTier = /** @type {any} */ (new Function("f", `return %Is${job.tier}Function(f)`));

/** @param {() => unknown} run @returns {[inside: number, answer: unknown]} */
function measured(run) {
  const before = addon.errors();
  const answer = run();
  const after = addon.errors();
  return [after - before, answer];
}

const probe = load(job.probe);
/** How many jumps on a value are seen: 1 if it is marked. @param {unknown} value */
const jumpsOn = (value) => measured(() => probe.exports.decide(value))[0];

/**
 * How many errors each function of the probe makes, and whether its answer is marked (what is loaded from a marked address is not). What an
 * indirect jump and a fill are made of differs from one compiler to the other.
 * @type {Record<string, [least: number, most: number, answerIsMarked: boolean]>}
 */
const probes = {
  load: [0, 0, true],
  compare: [0, 0, true],
  early_exit: [32, 32, false],
  rare_pair: [1, 1, false],
  table_load: [1, 1, false],
  store: [1, 1, false],
  switch: [1, Infinity, false],
  call: [1, Infinity, false],
  fill: [1, Infinity, false],
};

/** @returns {Record<string, Control>} */
function controls() {
  const { memory, exports } = probe;
  /** @type {Record<string, Control>} */
  const found = {};
  for (const [name, [least, most, answerIsMarked]] of Object.entries(probes)) {
    let inside = 0;
    let isRight = isOfTier(exports[name]) && isOfTier(exports.decide);
    for (const isMarked of [false, true]) {
      if (isMarked) addon.mark(memory.buffer, 0, 64);
      const [errors, answer] = measured(exports[name]);
      const jumps = jumpsOn(answer ?? 0);
      addon.unmark(memory.buffer, 0, memory.length);
      inside = errors;
      isRight &&= isMarked ? errors >= least && errors <= most && jumps === Number(answerIsMarked) : errors + jumps === 0;
    }
    found[name] = { expected: least === most ? String(least) : `at least ${least}`, inside, isRight };
  }
  return found;
}

const lean = load(job.module);
const areaStart = lean.exports.area();
const resultStart = lean.exports.result();
/** Marked bytes of the key that is loaded. */
let live = 0;

/** Marked bytes anywhere but in the result. */
function left() {
  const { buffer, length } = lean.memory;
  return addon.marked(buffer, 0, length)[0] - addon.marked(buffer, resultStart, RESULT_LEN)[0];
}

/** @param {Call} call */
function write({ parts }, isMarked = false) {
  let at = areaStart;
  for (const [hex, isSecret] of parts) {
    const bytes = Buffer.from(hex, "hex");
    lean.memory.set(bytes, at);
    if (isMarked && isSecret) addon.mark(lean.memory.buffer, at, bytes.length);
    at += bytes.length;
  }
  if (at > areaStart + AREA_LEN) throw new Error("The inputs do not fit into the area.");
}

/** The call as it is: the code is compiled, the result is right, and nothing is an error. @param {Call} call @returns {string[]} what is wrong */
function plain(call) {
  write(call);
  const [inside, answer] = measured(() => lean.exports[call.name](...call.args));
  const result = Buffer.from(lean.memory.subarray(resultStart, resultStart + call.result.length / 2)).toString("hex");
  return [
    inside !== 0 && `${inside} errors although nothing is marked`,
    answer !== call.answer && `it answers ${answer} and not ${call.answer}`,
    result !== call.result && `its result is ${result} and not ${call.result}`,
  ].filter((wrong) => wrong !== false);
}

/** The call with its secrets marked. @param {Call} call @param {Outcome} outcome @returns {string[]} what is wrong */
function marked(call, outcome) {
  const { buffer, length } = lean.memory;
  write(call, true);
  const [inside, answer] = measured(() => lean.exports[call.name](...call.args));
  const jumps = jumpsOn(answer ?? 0);
  const [inResult] = addon.marked(buffer, resultStart, RESULT_LEN);
  outcome.inside += inside;
  outcome.published += call.published;
  outcome.answers += jumps;
  const wrong = [
    inside !== call.published && `${inside} errors during the call, and not ${call.published}`,
    answer !== call.answer && `its answer is ${answer === undefined ? "missing" : "another"} when it is marked`,
    jumps !== Number(call.answerIsMarked) && `${jumps} jumps on its answer are seen, and not ${Number(call.answerIsMarked)}`,
    inResult !== call.marked && `${inResult} bytes of the result are marked, and not ${call.marked}`,
    ...remains(call),
  ].filter((problem) => problem !== false);
  if (live === 0 && call.after !== "under way") addon.unmark(buffer, 0, length);
  addon.unmark(buffer, areaStart, AREA_LEN);
  addon.unmark(buffer, resultStart, RESULT_LEN);
  addon.unmark(buffer, 0, STACK_LEN);
  return wrong;
}

/** What is left in memory beside the result: a live key, in one place that is not the stack, and nothing else. @param {Call} call */
function remains({ after }) {
  const { buffer, length } = lean.memory;
  if (after === "under way") return [];
  const count = left();
  if (after !== "loaded") {
    if (after === "freed") live = 0;
    return [count !== live && `${count - live} marked bytes are left in memory`];
  }
  live = count;
  const [, first, end] = addon.marked(buffer, 0, length);
  return [
    count === 0 && "the key is not marked",
    (first < STACK_LEN || end - first > SLOT_LEN) && `${count} marked bytes are left from ${first} to ${end}, more than a key's slot`,
  ];
}

/** @type {{ calls: Call[], withoutSecrets: string[] }} */
const { calls, withoutSecrets } = JSON.parse(readFileSync(job.scenario, "utf8"));
/** @type {Outcome} */
const outcome = {
  node: process.versions.node,
  v8: process.versions.v8,
  sha256: createHash("sha256").update(lean.bytes).digest("hex"),
  calls: {},
  inside: 0,
  published: 0,
  answers: 0,
  controls: {},
  failures,
};

for (const call of calls) failures.push(...plain(call).map((wrong) => `${call.name}, ${call.label}, unmarked: ${wrong}`));
for (const call of calls) {
  failures.push(...marked(call, outcome).map((wrong) => `${call.name}, ${call.label}: ${wrong}`));
  outcome.calls[call.name] = (outcome.calls[call.name] ?? 0) + 1;
}
outcome.controls = controls();

const functions = Object.keys(lean.exports).filter((name) => typeof lean.exports[name] === "function");
for (const name of functions) {
  if (!isOfTier(lean.exports[name]) && name in outcome.calls) failures.push(`${name} was not compiled by ${job.tier}`);
  if (!(name in outcome.calls) && !withoutSecrets.includes(name)) failures.push(`${name} is exported, and scenario.mjs does not say what is secret in it`);
}
for (const name of withoutSecrets) if (!functions.includes(name)) failures.push(`${name} is not exported any more: take it out of scenario.mjs`);
for (const [name, { isRight, inside, expected }] of Object.entries(outcome.controls)) {
  if (!isRight) failures.push(`the probe's ${name}: ${inside} errors, and not ${expected}; or its answer's mark is not as it should be`);
}
writeFileSync(job.output, JSON.stringify(outcome));
