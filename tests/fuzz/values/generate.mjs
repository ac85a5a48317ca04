// Random values: everything Convex has, at its edges more often than anywhere else, and everything it refuses.

import { runInNewContext } from "node:vm";

/** @typedef {import("./random.mjs").Random} Random */

/** Built-in classes of another realm, as Convex's and Next's sandboxes have. @type {{ Object: ObjectConstructor, ArrayBuffer: ArrayBufferConstructor }} */
export const otherRealm = runInNewContext("({ Object, ArrayBuffer })");

const texts = [
  "", "a", "evt_1", "\u00e9", "e\u0301", "\u1e9b\u0323", "\u212b", "\u00c5", "\ufffd", "\ufeffx", "\0", "a\0b", "\r\n", "\u2028", "\u{1f511}", "\u{10ffff}",
  "\ud7ff\ue000", "1", "1n", "null", "true", '{"$integer":"AQAAAAAAAAA="}', "$bytes", "__proto__", "\u007f", "\u0080", "\u07ff", "\u0800", "\uffff",
];
const numbers = [
  0, -0, 1, -1, 1.5, 0.1, NaN, Infinity, -Infinity, 5e-324, 2.2250738585072014e-308, Number.MAX_VALUE, 2 ** 53, 2 ** 53 - 1, 2 ** 53 + 2, -(2 ** 53), 2 ** 63,
  2 ** 64, 1e21, 65504, 16777217, Number.EPSILON,
];
const lengths = [0, 1, 2, 23, 24, 25, 255, 256, 257];
const names = ["a", "b", "aa", "B", "", "10", "9", "0", "a$", "~", " ", "constructor", "toString", "toJSON", "hasOwnProperty", "length", "valueOf"];
const integer = 2n ** 63n;

class Point {
  x = 1;
}

/** What no value is, each made anew. @type {readonly (() => unknown)[]} */
const unsupported = [
  () => undefined, () => Symbol("s"), () => () => 1, () => new Date(0), () => new Map(), () => new Set(), () => /a/, () => new Error("e"), () => new Uint8Array(2),
  () => new DataView(new ArrayBuffer(1)), () => new String("a"), () => new Number(1), () => new Point(), () => Object.create({ inherited: true }),
  () => Object.create(Object.create(null)), () => Object.create([]), () => integer, () => -integer - 1n, () => 2n ** 200n, () => [1, , 2],
  () => ({ get a() { return 1; } }), () => Object.defineProperty([1], "0", { get: () => 1, enumerable: true }), () => [undefined], () => Promise.resolve(),
];

/**
 * @typedef {object} Generated
 * @property {any} value
 * @property {boolean} isRight whether Convex has such a value
 * @property {boolean} isForeign whether there is an ArrayBuffer of another realm in it, which Convex does not know for one
 * @property {boolean} hasProto whether there is an own field __proto__ in it, which Convex loses
 */

/** @param {Random} random @returns {Generated} */
export function generate(random) {
  const mayBeWrong = random.once(3);
  const found = { isRight: true, isForeign: false, hasProto: false };
  const value = random.once(400) ? filling() : random.once(4) ? any(0) : object(0);
  return { value, ...found };

  /** @param {number} depth how many arrays and objects it is in @returns {unknown} */
  function any(depth) {
    if (mayBeWrong && random.once(4)) return wrong(depth);
    const kinds = depth < 5 ? 12 : 8;
    switch (random.below(kinds)) {
      case 0: return random.pick([null, true, false]);
      case 1: return bigint();
      case 2: case 3: return number();
      case 4: case 5: case 6: return text();
      case 7: return buffer();
      case 8: return random.once(6) ? nested(depth) : list(depth);
      case 9: return list(depth);
      default: return object(depth);
    }
  }
  /** @param {number} depth */
  function list(depth) {
    return Array.from({ length: size() }, () => any(depth + 1));
  }
  /** @param {number} depth */
  function object(depth) {
    const made = random.pick([() => ({}), () => ({}), () => Object.create(null), () => new otherRealm.Object()])();
    for (const name of new Set(Array.from({ length: size() }, fieldName))) {
      const isLeftOut = random.once(10);
      if (!isLeftOut) {
        if (isWrongName(name)) found.isRight = false;
        if (name === "__proto__") found.hasProto = true;
      }
      const value = isLeftOut ? undefined : any(depth + 1);
      Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true });
    }
    if (random.once(20)) Object.defineProperty(made, Symbol("beside"), { value: 1, enumerable: true });
    if (random.once(20)) Object.defineProperty(made, "hidden", { get: () => 1, enumerable: false });
    return made;
  }
  /** Arrays and objects in each other, up to the cap and over it. @param {number} depth */
  function nested(depth) {
    const times = mayBeWrong && random.once(2) ? 60 + random.below(10) : random.below(60 - depth);
    if (depth + times > 64) found.isRight = false;
    /** @type {unknown} */
    let value = depth + times + 1 > 64 ? number() : random.pick([number, text, buffer, () => []])();
    for (let i = 0; i < times; i++) value = random.once(2) ? [value] : { [random.pick(["a", "b"])]: value };
    return value;
  }
  /** Something of about the size of the area in which values are written, so that some fit into it and some do not. */
  function filling() {
    const unit = random.pick(["x", "\u00e9", "\u20ac", "\u{1f511}"]);
    return { a: unit.repeat(Math.floor((64_900 + random.below(700)) / Buffer.byteLength(unit))), b: random.pick([text, buffer, number])() };
  }
  function size() {
    return random.once(60) ? random.pick([23, 24, 25]) : random.below(5);
  }
  function bigint() {
    switch (random.below(4)) {
      case 0: return random.pick([integer - 1n, -integer, 0n, -1n, 23n, 24n, -24n, -25n]);
      case 1: return BigInt(random.below(600) - 300);
      case 2: return (1n << BigInt(random.below(63))) * random.pick([1n, -1n]) + BigInt(random.below(3) - 1);
      default: return BigInt.asIntN(64, random.wide());
    }
  }
  function number() {
    switch (random.below(4)) {
      case 0: return random.pick(numbers);
      case 1: return random.below(2000) - 1000;
      case 2: return (random.below(2_000_001) - 1_000_000) / random.pick([3, 7, 10, 1000]);
      // Any bits, those of NaNs with something in them too.
      default: return new Float64Array(new BigUint64Array([random.wide()]).buffer)[0];
    }
  }
  function text() {
    switch (random.below(4)) {
      case 0: return random.pick(texts);
      case 1: return random.pick(["x", "\u00e9", "\u{1f511}"]).repeat(random.pick(lengths));
      case 2: return Array.from({ length: random.below(12) }, () => random.pick(texts)).join("");
      default: return Array.from({ length: random.below(20) }, () => String.fromCodePoint(codePoint())).join("");
    }
  }
  function codePoint() {
    const point = random.below(random.pick([0x80, 0x800, 0x10000, 0x110000]));
    return point >= 0xd800 && point <= 0xdfff ? point - 0x800 : point;
  }
  function buffer() {
    const isForeign = random.once(30);
    if (isForeign) found.isForeign = true;
    const made = new (isForeign ? otherRealm.ArrayBuffer : ArrayBuffer)(random.once(3) ? random.pick(lengths) : random.below(20));
    const bytes = new Uint8Array(made);
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.bits();
    return made;
  }
  function fieldName() {
    if (mayBeWrong && random.once(25)) return random.pick(["$a", "$integer", "$", "\u00e9", "a\n", "\u007f", "\ud800", "a\udfffb", "x".repeat(1025)]);
    switch (random.below(6)) {
      case 0: return random.once(8) ? "__proto__" : random.pick(names);
      case 1: return random.pick(["x", "y"]).repeat(random.pick([22, 23, 24, 255, 256, 1023, 1024]));
      case 2: return String(random.below(300));
      case 3: return Array.from({ length: 1 + random.below(6) }, () => String.fromCharCode(0x20 + random.below(95))).join("").replace(/^\$/, "s");
      default: return random.pick("abcdefgh".split(""));
    }
  }
  /** @param {string} name */
  function isWrongName(name) {
    return name.startsWith("$") || name.length > 1024 || [...name].some((char) => char < " " || char > "~");
  }
  /** @param {number} depth */
  function wrong(depth) {
    found.isRight = false;
    if (random.once(3)) return `${random.pick(texts)}${random.pick(["\ud800", "\udfff", "\udc00\ud800"])}${random.pick(["", "a", "\u00e9"])}`;
    if (random.once(10)) return looped();
    // At the top of an object's field it would only be left out.
    const value = random.pick(unsupported)();
    return value === undefined ? (depth === 0 ? undefined : [undefined]) : value;
  }
  function looped() {
    /** @type {any[]} */
    const loop = [];
    loop.push(random.once(2) ? { loop } : loop);
    return loop;
  }
}
