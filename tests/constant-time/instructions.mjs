// The interpreter against V8: the same instructions on the same numbers must give the same, and a bit that V8 changes when secret bits
// change must carry a mark. Each instruction alone, and random sequences of them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** How much memory is compared, inputs included. */
const WINDOW = 640;
/** Inputs: four places of 16 bytes. */
const INPUT = 64;
const OUTPUT = 64;
const SEQUENCES = 160;
const STEPS = 24;
/** Other secrets that are tried for each input. */
const TRIES = 4;

/** @type {Readonly<Record<string, string>>} */
const types = { i: "i32", l: "i64", d: "f64", v: "v128" };

/** For each type of a function, its operands and its result, the instructions of that type. A `#` is a number below what follows it. */
const table = {
  "i>i": "i32.eqz i32.clz i32.ctz i32.popcnt i32.extend8_s i32.extend16_s",
  "l>i": "i64.eqz i32.wrap_i64",
  "l>l": "i64.clz i64.ctz i64.popcnt i64.extend8_s i64.extend16_s i64.extend32_s",
  "i>l": "i64.extend_i32_s i64.extend_i32_u",
  "ii>i": "i32.eq i32.ne i32.lt_u i32.gt_u i32.le_u i32.ge_u i32.lt_s i32.gt_s i32.le_s i32.ge_s i32.and i32.or i32.xor i32.add i32.sub i32.mul i32.shl i32.shr_u i32.shr_s i32.rotl i32.rotr",
  "ll>i": "i64.eq i64.ne i64.lt_u i64.gt_u i64.le_u i64.ge_u i64.lt_s i64.gt_s i64.le_s i64.ge_s",
  "ll>l": "i64.and i64.or i64.xor i64.add i64.sub i64.mul i64.shl i64.shr_u i64.shr_s i64.rotl i64.rotr",
  "dd>i": "f64.eq",
  "d>l": "i64.reinterpret_f64 i64.trunc_sat_f64_u",
  "d>i": "i32.trunc_sat_f64_u",
  "l>d": "f64.reinterpret_i64 f64.convert_i64_u",
  "i>d": "f64.convert_i32_u",
  "v>v": "v128.not",
  "vv>v": "v128.and v128.andnot v128.or v128.xor i8x16.add i16x8.add i32x4.add i64x2.add i8x16.sub i32x4.sub i8x16.eq i8x16.ne i64x2.eq i8x16.shuffle",
  "vi>v": "i32x4.shl i32x4.shr_u i32x4.shr_s i64x2.shl i64x2.shr_u i32x4.replace_lane#4",
  "vl>v": "i64x2.replace_lane#2",
  "v>i": "v128.any_true i8x16.all_true i8x16.extract_lane_u#16 i32x4.extract_lane#4",
  "v>l": "i64x2.extract_lane#2",
  "i>v": "i8x16.splat i32x4.splat",
  "l>v": "i64x2.splat",
};
/** @type {Readonly<Record<string, string[]>>} */
const divisions = { i: ["i32.div_u", "i32.div_s", "i32.rem_u", "i32.rem_s"], l: ["i64.div_u", "i64.div_s", "i64.rem_u", "i64.rem_s"] };
/** @type {Readonly<Record<string, string[]>>} */
const loads = {
  i: ["i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u", "i32.load16_s"],
  l: ["i64.load", "i64.load8_u", "i64.load8_s", "i64.load16_u", "i64.load16_s", "i64.load32_u", "i64.load32_s"],
  d: ["f64.load"],
  v: ["v128.load", "v128.load32_splat", "v128.load64_splat", "v128.load32_zero", "v128.load64_zero"],
};
/** @type {Readonly<Record<string, string[]>>} */
const stores = { i: ["i32.store", "i32.store8", "i32.store16"], l: ["i64.store", "i64.store8", "i64.store16", "i64.store32"], d: ["f64.store"], v: ["v128.store"] };
/** What has no operands and results to try alone: the sequences below use it, or all of the shipped modules does. */
const others =
  "Nop Block Loop If Else End Br BrIf BrTable Return Call CallIndirect Unreachable Drop Select TypedSelect LocalGet LocalSet LocalTee GlobalGet GlobalSet I32Const I64Const F64Const V128Const MemorySize MemoryGrow MemoryFill MemoryCopy RefNull TableGet TableSet TableGrow TableFill".split(" ");

/** The same numbers each time. @param {number} seed */
function generator(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const random = generator(1);
/** @template T @param {readonly T[]} list */
const pick = (list) => /** @type {T} */ (list[random(list.length)]);

/** @typedef {{ operands: string[], result: string, name: string, lanes: number }} Operation */
/** @type {readonly Operation[]} */
const operations = Object.entries(table).flatMap(([type, names]) => names.split(" ").map((text) => {
  const [[operands = "", result = ""], [name = "", lanes = "0"]] = [type.split(">"), text.split("#")];
  return { operands: [...operands], result, name, lanes: Number(lanes) };
}));

/** An instruction with its immediates. @param {Pick<Operation, "name" | "lanes">} operation */
function spelled({ name, lanes }) {
  if (name === "i8x16.shuffle") return `${name} ${Array.from({ length: 16 }, () => random(32)).join(" ")}`;
  return lanes === 0 ? name : `${name} ${random(lanes)}`;
}

/** @param {string} type @param {number} at */
const load = (type, at) => `(${types[type]}.load offset=${at} (i32.const 0))`;
/** @param {string} type @param {number} at @param {string} value */
const store = (type, at, value) => `(${types[type]}.store offset=${at} (i32.const 0) ${value})`;

/** Functions that do one thing each. */
function single() {
  const bodies = [];
  for (const operation of operations) {
    const variants = operation.name === "i8x16.shuffle" ? 4 : Math.max(1, operation.lanes);
    for (let lane = 0; lane < variants; lane++) {
      const text = operation.lanes === 0 ? spelled(operation) : `${operation.name} ${lane}`;
      const operands = operation.operands.map((type, index) => load(type, 16 * index));
      bodies.push(store(operation.result, OUTPUT, `(${text} ${operands.join(" ")})`));
    }
  }
  for (const [type, names] of Object.entries(divisions)) for (const name of names) bodies.push(store(type, OUTPUT, `(${name} ${load(type, 0)} (${types[type]}.or ${load(type, 16)} (${types[type]}.const 2)))`));
  for (const [type, names] of Object.entries(loads)) for (const name of names) bodies.push(store(type, OUTPUT, `(${name} offset=3 (i32.const 5))`));
  for (const [type, names] of Object.entries(stores)) for (const name of names) bodies.push(`(${name} offset=70 (i32.const 7) ${load(type, 16)})`);
  for (const type of Object.keys(types)) bodies.push(store(type, OUTPUT, `(select ${load(type, 0)} ${load(type, 16)} ${load("i", 32)})`));
  bodies.push("(memory.copy (i32.const 70) (i32.const 3) (i32.const 50))", `(memory.fill (i32.const 70) ${load("i", 0)} (i32.const 50))`);
  return bodies;
}

/** A function of many steps, each on what the ones before it made. Everything it makes is written out. */
function sequence() {
  const variables = [..."iilldvv"];
  const lines = variables.map((type, index) => `(local.set ${index} ${load(type, (8 * index) % INPUT)})`);
  /** @param {string} type */
  const variable = (type) => `(local.get ${pick([...variables.keys()].filter((index) => variables[index] === type))})`;
  /** @param {string} type @param {string} value */
  const make = (type, value) => lines.push(`(local.set ${variables.push(type) - 1} ${value})`);
  for (let step = 0; step < STEPS; step++) {
    const kind = random(10);
    const type = pick(["i", "l", "v"]);
    if (kind === 0) lines.push(`(${pick(stores[type] ?? [])} offset=${500 + random(80)} (i32.const 0) ${variable(type)})`);
    else if (kind === 1) make(type, `(${pick(loads[type] ?? [])} offset=${500 + random(80)} (i32.const 0))`);
    else if (kind === 2) lines.push(`(memory.copy (i32.const ${500 + random(60)}) (i32.const ${500 + random(60)}) (i32.const ${random(30)}))`);
    else if (kind === 3) make(type, `(select ${variable(type)} ${variable(type)} ${variable("i")})`);
    else if (kind === 4) make("i", `(block (result i32) ${variable("i")} (br_if 0 (i32.const ${random(2)})) (drop) (i32.add ${variable("i")} (i32.const 3)))`);
    else if (kind === 5) make("l", `(if (result i64) (i32.const ${random(2)}) (then ${variable("l")}) (else (local.tee ${pick([2, 3])} (i64.const ${random(9)}))))`);
    else {
      const operation = pick(operations);
      make(operation.result, `(${spelled(operation)} ${operation.operands.map(variable).join(" ")})`);
    }
  }
  variables.forEach((type, index) => index < 27 && lines.push(store(type, OUTPUT + 16 * index, `(local.get ${index})`)));
  return `${variables.map((type) => `(local ${types[type]})`).join(" ")} ${lines.join("\n")}`;
}

/** A module of all of them, as text. */
export function instructionsText() {
  const bodies = [...single(), ...Array.from({ length: SEQUENCES }, sequence)];
  return `(module (memory (export "memory") 1)\n${bodies.map((body, index) => `(func (export "${index}") ${body})`).join("\n")})`;
}

/** Every instruction that the interpreter knows must be tried. */
export function checkCoverage() {
  const source = readFileSync(new URL("src/op.rs", import.meta.url), "utf8") + readFileSync(new URL("src/decode.rs", import.meta.url), "utf8");
  const known = new Set([...source.matchAll(/\b(?:W|Operator)::(\w+)/g)].map((match) => match[1]));
  const camel = (/** @type {string} */ name) => name.replaceAll(/(^|[._])(\w)/g, (_match, _gap, letter) => letter.toUpperCase()).replace("Andnot", "AndNot");
  const tried = new Set([...operations.map(({ name }) => name), ...[divisions, loads, stores].flatMap((group) => Object.values(group).flat())].map(camel).concat(others));
  assert.deepEqual([...known].filter((name) => !tried.has(name)), [], "instructions of src/op.rs that instructions.mjs does not try");
  assert.deepEqual([...tried].filter((name) => !known.has(name)), [], "instructions that src/op.rs does not know");
  return tried.size;
}

const edges = [0n, 1n, 2n, 31n, 32n, 63n, 64n, 127n, 128n, 255n, 256n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x7fffffffffffffffn, 0x8000000000000000n, 0xffffffffffffffffn, 0x3ff0000000000000n, 0x41efffffffe00000n, 0x7ff8000000000000n, 0x43f0000000000000n, 0xc000000000000000n];

/** Inputs, and which of their bits are secret. @param {number} index */
function inputs(index) {
  const bytes = new Uint8Array(INPUT).map(() => random(256));
  const marks = new Uint8Array(INPUT);
  const view = new DataView(bytes.buffer);
  if (index % 3 === 1) for (let at = 0; at < INPUT; at += 8) view.setBigUint64(at, pick(edges), true);
  // Equal operands, or nearly.
  if (index % 6 === 2) bytes.copyWithin(16, 0, 16);
  // Whole operands, bytes, bits, and nothing.
  const density = index % 4;
  if (density === 1) for (let place = 0; place < 4; place++) marks.fill(random(2) * 255, 16 * place, 16 * place + 16);
  if (density === 2) marks.forEach((_, at) => (marks[at] = random(3) === 0 ? 255 : 0));
  if (density === 3) marks.forEach((_, at) => (marks[at] = random(4) === 0 ? 1 << random(8) : 0));
  return { bytes, marks };
}

/**
 * @param {Uint8Array<ArrayBuffer>} wasm what instructionsText() becomes
 * @param {(input: Buffer) => Buffer} observe runs the interpreter
 */
export function checkInstructions(wasm, observe) {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm));
  const functions = Object.entries(instance.exports).flatMap(([name, value]) => (typeof value === "function" ? [{ name, use: value }] : [])).sort((a, b) => Number(a.name) - Number(b.name));
  const memory = new Uint8Array(/** @type {WebAssembly.Memory} */ (instance.exports["memory"]).buffer);
  const run = (/** @type {Function} */ use, /** @type {Uint8Array} */ bytes) => {
    memory.fill(0, 0, WINDOW);
    memory.set(bytes);
    use();
    return memory.slice(0, WINDOW);
  };
  const cases = functions.flatMap(({ name, use }) => Array.from({ length: 24 }, (_, index) => ({ name, use, ...inputs(index) })));
  const chunks = cases.map(({ name, bytes, marks }) => Buffer.concat([Uint8Array.of(Number(name) & 255, Number(name) >> 8), bytes, marks]));
  const observed = observe(Buffer.concat(chunks));
  assert.equal(observed.length, cases.length * 2 * WINDOW);
  let changed = 0;
  cases.forEach(({ name, use, bytes, marks }, index) => {
    const [values, markedBits] = [0, 1].map((half) => observed.subarray((2 * index + half) * WINDOW, (2 * index + half + 1) * WINDOW));
    const expected = run(use, bytes);
    const where = () => `function ${name} of the instructions, on ${Buffer.from(bytes).toString("hex")} with marks ${Buffer.from(marks).toString("hex")}`;
    assert.ok(Buffer.from(expected).equals(values), `another result than V8's: ${where()}`);
    if (marks.every((mark) => mark === 0)) assert.ok(markedBits.every((mark) => mark === 0), `a mark out of nothing: ${where()}`);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const other = run(use, bytes.map((byte, at) => byte ^ (marks[at] & (attempt === 0 ? 255 : random(256)))));
      for (let at = 0; at < WINDOW; at++) {
        const difference = other[at] ^ expected[at];
        if ((difference & ~markedBits[at]) !== 0) assert.fail(`a bit of byte ${at} depends on a secret and has no mark: ${where()}`);
        if (difference !== 0 && at >= OUTPUT) changed++;
      }
    }
  });
  assert.ok(changed > 10_000, `secrets changed ${changed} bytes only: these inputs try nothing`);
  return { functions: functions.length, runs: cases.length * (1 + TRIES) };
}
