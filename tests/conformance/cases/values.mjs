// Convex values and their deterministic bytes: vectors, and attacks.md 1-6 and 24.
import { ascii, fromConvexJson, hex, isBytes } from "./checks.mjs";

/** Values of different types that look alike: no two have the same bytes. @type {() => [string, any][]} */
const LOOKALIKES = () => [
  ["1", 1], ["1n", 1n], ["'1'", "1"], ["true", true], ["null", null], ["0", 0], ["-0", -0], ["0n", 0n], ["false", false], ["''", ""],
  ["[]", []], ["{}", {}], ["bytes of ''", new ArrayBuffer(0)], ["bytes of '1'", ascii("1").buffer], ["[1]", [1]], ["{ a: 1 }", { a: 1 }],
  ["{ a: null }", { a: null }], ["[null]", [null]], ["NaN", NaN], ["'NaN'", "NaN"], ["Infinity", Infinity], ["-Infinity", -Infinity],
  ["5e-324", 5e-324], ["2^53 + 2", 2 ** 53 + 2], ["2^53", 2 ** 53], ["2^53 n", 2n ** 53n], ["2^53 + 1 n", 2n ** 53n + 1n],
  ["the least Int64", -(2n ** 63n)], ["the greatest Int64", 2n ** 63n - 1n], ["-1n", -1n], ["-1", -1], ["{ a: 1n }", { a: 1n }],
  ["['ab', 'c']", ["ab", "c"]], ["['a', 'bc']", ["a", "bc"]], ["['abc']", ["abc"]], ["['abc', '']", ["abc", ""]], ["['', 'abc']", ["", "abc"]],
  ["'a\\nb'", "a\nb"], ["['a', 'b']", ["a", "b"]], ["[['a'], 'b']", [["a"], "b"]], ["[['a', 'b']]", [["a", "b"]]], ["{ a: 'b' }", { a: "b" }],
  ["NFC", "\u00e9"], ["NFD", "e\u0301"], ["{ ab: 'c' }", { ab: "c" }], ["{ a: 'bc' }", { a: "bc" }], ["U+FFFD", "\ufffd"], ["'\\0'", "\0"],
  ["'{}'", "{}"], ["{ a: {} }", { a: {} }], ["{ a: [] }", { a: [] }], ["'null'", "null"], ["'1n'", "1n"],
];

class Point {
  constructor() {
    this.x = 1;
  }
  isPrototypeOf() {
    return true;
  }
}
/** Values Convex refuses, or that mean something else on the other side. @type {() => [string, any][]} */
const UNSUPPORTED = () => [
  ["undefined", undefined], ["undefined in an array", [undefined]], ["a hole", [1, , 2]], ["a symbol", Symbol("s")], ["a function", () => 1],
  ["a Date", new Date(0)], ["a Map", new Map()], ["a Set", new Set()], ["a RegExp", /a/], ["an Error", new Error("e")], ["a promise", Promise.resolve()],
  ["a Uint8Array", new Uint8Array(1)], ["a DataView", new DataView(new ArrayBuffer(1))], ["a String object", new String("a")],
  ["a Number object", new Number(1)], ["a class instance", new Point()], ["an inheriting object", Object.create({ isAdmin: true })],
  ["an object under a null-like prototype", Object.create(Object.create(null))], ["Int64 + 1", 2n ** 63n], ["Int64 - 1", -(2n ** 63n) - 1n],
  ["a huge integer", 2n ** 200n], ["a field $a", { $a: 1 }], ["{ $integer }", { $integer: "AQAAAAAAAAA=" }], ["{ $bytes }", { $bytes: "" }],
  ["{ $float }", { $float: "AAAAAAAA8H8=" }], ["a field of 1025 characters", { ["a".repeat(1025)]: 1 }], ["a field outside ASCII", { "\u00e9": 1 }],
  ["a control character in a field", { "a\n": 1 }],
  ["a getter", { get a() { return 1; } }], ["an array with a getter", Object.defineProperty([1], "0", { get: () => 1, enumerable: true })],
  ["a proxy of a prototype", new Proxy({}, { getPrototypeOf: () => Point.prototype })],
];

/** What is beside the value, next to what it is without: refused or never read. @type {() => [string, any, any][]} */
const BESIDES = () => [
  ["a symbol key", { a: 1, [Symbol("s")]: 1 }, { a: 1 }],
  ["a field of an array", Object.assign([1], { isAdmin: true }), [1]],
  ["a field that is not enumerable", Object.defineProperty({ a: 1 }, "b", { value: 1 }), { a: 1 }],
  ["an array's subclass", new (class extends Array {})("a", "b"), ["a", "b"]],
];

/** @param {any} innermost @param {number} depth */
function nested(innermost, depth) {
  let value = innermost;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** @param {import("../suite.mjs").Suite} suite */
export function values({ api, vectors, check, test }) {
  const bytes = (/** @type {any} */ value) => hex(api.encodeValue(value));

  for (const vector of vectors.values) {
    test(`value vector: ${vector.name}`, () => check.equal(bytes(fromConvexJson(vector.value)), vector.hex, "bytes"));
  }
  for (const { type, length, head } of vectors.lengths) {
    test(`length vector: ${type} of ${length}`, () => {
      const value = { text: () => "a".repeat(length), bytes: () => new ArrayBuffer(length), array: () => new Array(length).fill(null) }[/** @type {"text"} */ (type)]();
      const encoded = api.encodeValue(value);
      check.equal(hex(encoded.subarray(0, head.length / 2)), head, "head");
      check.equal(encoded.length, head.length / 2 + length, "length");
    });
  }
  test("there are enough value vectors", () => check.ok(vectors.values.length >= 40, "at least 40"));
  test("encodeValue gives bytes of its own", () => {
    const encoded = api.encodeValue("abc");
    check.ok(isBytes(encoded), "a Uint8Array");
    api.encodeValue("another");
    check.equal(hex(encoded), "63616263", "not overwritten by the next call");
    check.ok(encoded.buffer.byteLength <= 4096, "and not a window into the memory");
  });
  test("values that look alike have different bytes", () => {
    /** @type {Map<string, string>} */
    const seen = new Map();
    for (const [name, value] of LOOKALIKES()) {
      const encoded = bytes(value);
      check.equal(seen.get(encoded), undefined, `${name} has the bytes of another value`);
      seen.set(encoded, name);
    }
  });
  test("one value has one form", () => {
    check.equal(bytes({ b: 1, a: 2, aa: 3, B: 4 }), bytes({ aa: 3, B: 4, a: 2, b: 1 }), "the order of keys");
    check.equal(bytes({ 2: "x", 10: "y", 1: "z" }), bytes({ 10: "y", 1: "z", 2: "x" }), "keys that look like numbers");
    check.equal(bytes({ a: 1, b: undefined }), bytes({ a: 1 }), "a field that is undefined");
    check.equal(bytes(Object.assign(Object.create(null), { a: 1 })), bytes({ a: 1 }), "no prototype");
    check.equal(bytes(-NaN), bytes(NaN), "NaN");
    check.equal(bytes(new Float64Array(new BigUint64Array([0x7ff800000000beefn]).buffer)[0]), bytes(NaN), "NaN with other bits");
    check.equal(bytes(JSON.parse('{"a":1,"a":2}')), bytes({ a: 2 }), "a key twice in JSON");
  });
  test("what Convex refuses is refused, at any depth", () => {
    for (const [name, value] of UNSUPPORTED()) {
      check.refuses(() => api.encodeValue(value), "value_unsupported", name);
      if (value === undefined) continue;
      check.refuses(() => api.encodeValue({ list: [{ deep: value }] }), "value_unsupported", `${name}, deep down`);
    }
    const error = check.refuses(() => api.encodeValue({ list: [0, { when: new Date(0) }] }), "value_unsupported", "the path");
    for (const part of ["list", "1", "when"]) check.ok(error.message.includes(part) || error.message, "the message has the path");
  });
  test("what is beside the value is refused or never read", () => {
    for (const [name, value, without] of BESIDES()) {
      let encoded = bytes(without);
      try {
        encoded = bytes(value);
      } catch (error) {
        check.refuses(() => api.encodeValue(value), "value_unsupported", name);
      }
      check.equal(encoded, bytes(without), name);
    }
  });
  test("lone surrogates are refused, wherever they are", () => {
    for (const text of ["\ud800", "a\udfff", "\udc00\ud800", `${"x".repeat(70000)}\ud800`]) {
      check.refuses(() => api.encodeValue(text), ["text_malformed", "value_unsupported"], "a text");
      check.refuses(() => api.encodeValue({ a: [text] }), ["text_malformed", "value_unsupported"], "a text deep down");
      check.refuses(() => api.encodeValue({ [text.slice(-2)]: 1 }), ["text_malformed", "value_unsupported"], "a field");
    }
    check.equal(bytes("\ud83d\ude00"), "64f09f9880", "a pair is a character");
  });
  test("__proto__, constructor and inherited fields are never taken for others", () => {
    check.ok(bytes({ constructor: 1, toString: 2, hasOwnProperty: 3 }) !== bytes({}), "names of built-in methods are plain fields");
    const own = JSON.parse('{"__proto__":{"isAdmin":true}}');
    const inherited = Object.create({ isAdmin: true });
    check.refuses(() => api.encodeValue(inherited), "value_unsupported", "inherited fields");
    Object.defineProperty(Object.prototype, "isAdmin", { value: true, enumerable: true, configurable: true });
    try {
      check.equal(bytes({ a: 1 }), "a16161fb3ff0000000000000", "a field on Object.prototype");
    } finally {
      delete (/** @type {any} */ (Object.prototype).isAdmin);
    }
    check.denies(() => bytes(own) === bytes({}), "an own __proto__ is not left out");
    check.denies(() => bytes(own) === bytes({ isAdmin: true }), "nor taken for its fields");
  });
  test("nothing of the value is run", () => {
    let ran = 0;
    const count = () => ++ran;
    const sly = [
      { get a() { return count(); } }, { toJSON: () => count() }, { valueOf: () => count(), a: { toString: () => count() } },
      Object.defineProperty({}, "a", { get: count, enumerable: true }),
    ];
    for (const value of sly) check.refuses(() => api.encodeValue(value), "value_unsupported", "a value with code in it");
    check.equal(bytes(Object.defineProperty({ a: 1 }, "hidden", { get: count, enumerable: false })), bytes({ a: 1 }), "hidden getters are not read");
    check.equal(ran, 0, "calls");
    // A proxy cannot be told from what it stands for; whatever it answers, the bytes are of one value or none.
    let answers = 0;
    const shifty = new Proxy({ a: 1 }, { getOwnPropertyDescriptor: () => ({ value: ++answers, enumerable: true, configurable: true, writable: true }) });
    check.denies(() => bytes(shifty) === bytes({}), "a proxy that changes its mind");
    const meddling = new Proxy({}, { ownKeys: () => (api.encodeValue({ a: "after!", b: {} }), []) });
    check.denies(() => bytes({ a: "before", b: meddling }) !== bytes({ a: "before", b: {} }), "a proxy that encodes another value meanwhile");
    const throwing = new Proxy({}, { ownKeys: () => { throw new RangeError("of the proxy"); } });
    check.ok(check.thrown(() => api.encodeValue(throwing), "a proxy that throws") instanceof Error, "its error gets out");
    check.equal(bytes({ a: 1 }), "a16161fb3ff0000000000000", "and the next call works");
  });
  test("depth and size have caps, and no stack overflows", () => {
    check.ok(bytes(nested(1, 64)).length > 64, "64 deep");
    check.refuses(() => api.encodeValue(nested(1, 65)), "value_unsupported", "65 deep");
    check.refuses(() => api.encodeValue(nested(1, 100000)), "value_unsupported", "100,000 deep");
    const loop = /** @type {any[]} */ ([]);
    loop.push({ loop });
    check.refuses(() => api.encodeValue(loop), "value_unsupported", "a value in itself");
    const wide = Object.fromEntries(Array.from({ length: 20000 }, (_, i) => [`key${(i * 7919) % 20000}`, i]));
    check.equal(Object.keys(wide).length, 20000, "a wide object");
    check.equal(api.encodeValue(wide).length, 3 + Array.from({ length: 20000 }, (_, i) => `${i}`.length + 4 + 9).reduce((a, b) => a + b, 0), "its length in bytes");
    const long = "\u00e9".repeat(40000);
    check.equal(api.encodeValue([long, long]).length, 160011, "texts of more bytes than characters");
    const megabytes = (/** @type {number} */ count) => "x".repeat(count * 1024 * 1024);
    check.equal(api.encodeValue([megabytes(8), megabytes(7)]).length, 15 * 1024 * 1024 + 11, "15 MiB");
    check.refuses(() => api.encodeValue([megabytes(8), megabytes(8)]), "value_unsupported", "over 16 MiB");
    check.refuses(() => api.encodeValue(new ArrayBuffer(17 * 1024 * 1024)), "value_unsupported", "17 MiB of bytes");
    check.equal(bytes("after"), "656166746572", "and the next call works");
  });
}
