// Values in Convex's JSON form, and lengths around every change of CBOR's heads.
import { bytes, float, integer } from "../reference.mjs";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** @param {any} innermost @param {number} depth */
function nested(innermost, depth) {
  let value = innermost;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** An object from its fields, with an own `__proto__` if there is one. @param {[string, any][]} fields */
const object = (fields) => Object.fromEntries(fields);

/** @type {[name: string, value: any][]} */
const scalars = [
  ["null", null],
  ["false", false],
  ["true", true],
  ...[
    0n, 1n, 23n, 24n, 255n, 256n, 65535n, 65536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, INT64_MAX - 1n, INT64_MAX,
    -1n, -24n, -25n, -256n, -257n, -65536n, -65537n, -(2n ** 32n), -(2n ** 32n) - 1n, -(2n ** 53n) - 1n, INT64_MIN + 1n, INT64_MIN,
  ].map((value) => /** @type {[string, any]} */ ([`Int64 ${value}`, integer(value)])),
  ...[
    0, 1, -1, 23, 24, 256, 1.5, 0.1, 5.5, 65504, 100000, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 2 ** 63, 1e21, 5e-324,
    2.2250738585072014e-308, Number.MAX_VALUE, -Number.MAX_VALUE, Number.EPSILON,
  ].map((value) => /** @type {[string, any]} */ ([`Float64 ${value}`, value])),
  ["Float64 2^53 + 1, which no double is: read as 2^53", JSON.parse("9007199254740993")],
  ["Float64 -0", float(-0)],
  ["Float64 NaN", float(NaN)],
  ["Float64 Infinity", float(Infinity)],
  ["Float64 -Infinity", float(-Infinity)],
];

/** @type {[name: string, value: any][]} */
const texts = [
  ["the empty string", ""],
  ["a string", "evt_1"],
  ["23 characters", "x".repeat(23)],
  ["24 characters", "x".repeat(24)],
  ["255 characters", "x".repeat(255)],
  ["256 characters", "x".repeat(256)],
  ["12 characters in 24 bytes", "\u00e9".repeat(12)],
  ["e with acute, composed (NFC)", "\u00e9"],
  ["e with acute, decomposed (NFD)", "e\u0301"],
  ["astral characters", "\u{1f511}\u{10ffff}"],
  ["the last characters before and after the surrogates", "\ud7ff\ue000"],
  ["U+FFFD, which encoders put for what they cannot write", "\ufffd"],
  ["U+FEFF at the beginning", "\ufeffx"],
  ["NUL", "\0"],
  ["NUL inside", "a\0b"],
  ["line ends", "a\r\nb\u2028c"],
  ["text that looks like JSON", '{"$integer":"AQAAAAAAAAA="}'],
  ["text that looks like a number", "1"],
];

/** @type {[name: string, value: any][]} */
const compounds = [
  ["no bytes", bytes("")],
  ["one byte", bytes(Uint8Array.of(0))],
  ["bytes of a string", bytes("evt_1")],
  ["every byte", bytes(Uint8Array.from({ length: 256 }, (_, i) => i))],
  ["an empty array", []],
  ["an array of each type", [null, true, integer(1n), 1, "1", bytes("1"), [], {}]],
  ["an array in an array", [["a"], "b"]],
  ["the same items, in one array", ["a", "b"]],
  ["24 items", Array.from({ length: 24 }, (_, i) => integer(BigInt(i)))],
  ["an empty object", {}],
  ["one field", { a: 1 }],
  ["one field, null", { a: null }],
  ["an empty field name", { "": 1 }],
  ["fields, shorter names first", { aa: 1, b: 2, "": 3, B: 4, a: 5, ab: 6, aaa: 7 }],
  ["fields that JavaScript orders as numbers", { 10: "y", 9: "x", 1: "z", 100: "w" }],
  ["names on both sides of 23 bytes", object([["x".repeat(24), 1], ["y".repeat(23), 2], ["a".repeat(24), 3]])],
  ["a name of 256 bytes", object([["x".repeat(256), 1], ["z", 2]])],
  ["a name of 1024 bytes", object([["x".repeat(1024), 1]])],
  ["24 fields", object(Array.from({ length: 24 }, (_, i) => [String.fromCharCode(120 - i), i]))],
  ["an own field __proto__", object([["__proto__", { isAdmin: true }], ["a", 1]])],
  ["names of built-in methods", object([["constructor", 1], ["toString", 2], ["hasOwnProperty", 3], ["toJSON", 4]])],
  ["the first and last printable characters in names", { " ": 1, "~": 2, "a$": 3, "!": 4 }],
  ["a webhook's arguments", { eventId: "evt_1NG8Du2eZvKYlo2CUI79vXWy", provider: "polar", amount: integer(4900n), test: false, items: [{ id: 1, tags: [] }] }],
  ["64 deep", nested(null, 64)],
  ["an object, 64 deep", nested({ a: [], b: {} }, 62)],
];

export const values = [...scalars, ...texts, ...compounds].map(([name, value]) => ({ name, value }));

/** How many items or bytes there are: the least and the most for each size of head. */
export const lengths = [0, 1, 23, 24, 255, 256, 65535, 65536];
