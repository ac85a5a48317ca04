// Lists of callers and functions through the guard and the lean module: as the package hands them over (core/scope.ts), and as nobody should (src/scope.rs
// itself is tested by the crate's tests).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { wasmPath } from "../../pkg-template/build/wasm.mjs";
import { instances, watchWebAssembly } from "../conformance/outside/webassembly.mjs";

const installed = fileURLToPath(new URL("../../node_modules/countersign/", import.meta.url));
watchWebAssembly();
/** @type {{ checkScope(what: "caller" | "function", name: any, list: any): void }} */
const { checkScope } = await import(pathToFileURL(`${installed}esm/core/scope.js`).href);
const { CountersignError, createKeyring, signCall, verifyCall } = await import("countersign");

const AREA_LEN = 64 * 1024;
const RESULT_LEN = 168;
const CALLER_FORBIDDEN = 14;
const FUNCTION_FORBIDDEN = 15;
/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text);

/** @param {"caller" | "function"} what @param {any} name @param {any} list @returns {string} "ok", or the error's code */
function checked(what, name, list) {
  try {
    checkScope(what, name, list);
    return "ok";
  } catch (error) {
    assert.ok(error instanceof CountersignError, `${error}`);
    return error.code;
  } finally {
    const used = instances.filter(({ kind }) => kind !== "unpacker");
    assert.deepEqual(used.map(({ kind }) => kind), expected, "none trapped");
    for (const each of used) assertNothingLeft(each);
  }
}

/** The instances that were made so far, of which the last is in use. @type {string[]} */
const expected = ["guard"];

/** Names say who may call what, and are wiped with all the rest. @param {{ exports: Record<string, any>, memory: WebAssembly.Memory }} watched */
function assertNothingLeft({ exports, memory }) {
  const all = new Uint8Array(memory.buffer);
  const [area, result] = [exports.area(), exports.result()];
  assert.ok(all.subarray(area, area + AREA_LEN).every((byte) => byte === 0), "something is left in the area");
  assert.ok(all.subarray(result, result + RESULT_LEN).every((byte) => byte === 0), "something is left in the result");
}

test("callers and functions pass that are on their list, and no others", () => {
  /** @type {["caller" | "function", string, string[], string][]} */
  const cases = [
    ["caller", "worker", ["web", "worker"], "ok"], ["caller", "worker", [], "caller_forbidden"], ["caller", "worker", ["web"], "caller_forbidden"], ["caller", "worker", ["*"], "caller_forbidden"],
    ["caller", "worker", ["work", "er"], "caller_forbidden"], ["caller", "", [], "caller_forbidden"], ["caller", "", [""], "ok"], ["caller", "\u00e9", ["e\u0301"], "caller_forbidden"], ["caller", "m\u00fcnze \u{1f511}", ["m\u00fcnze \u{1f511}"], "ok"],
    ["function", "orders:create", ["orders:create"], "ok"], ["function", "orders:create", ["a:b", "orders:*"], "ok"], ["function", "orders:create", [], "function_forbidden"], ["function", "orders:create", ["orders"], "function_forbidden"],
    ["function", "orders:create", [""], "function_forbidden"], ["function", "", [""], "function_forbidden"], ["function", "orders:default", ["orders:default"], "function_forbidden"], ["function", "orders.js:create", ["orders.js:create", "orders:*"], "function_forbidden"],
    ["function", "orders:create", ["orders:\u00e9", "orders:create"], "ok"], ["function", "orders:cr\u00e9ate", ["orders:*"], "function_forbidden"],
  ];
  for (const [what, name, list, expected] of cases) assert.equal(checked(what, name, list), expected, `${what} ${JSON.stringify(name)} in ${JSON.stringify(list)}`);
});

test("where one entry ends and the next begins is not lost", () => {
  for (const list of [["or", "ders:create"], ["orders:", "create"], ["", "orders:creat", "e"], ["orders:create\0"], ["\0orders:create"], ["orders:create,orders:create"], ["\r\0\0\0orders:create"]]) {
    assert.equal(checked("function", "orders:create", list), "function_forbidden", JSON.stringify(list));
    assert.equal(checked("caller", "orders:create", list), "caller_forbidden", JSON.stringify(list));
    assert.equal(checked("function", "orders:create", [...list, "orders:create", ...list]), "ok", JSON.stringify(list));
  }
});

test("the last entry of a long list counts, and empty ones take nobody's place", () => {
  const many = Array.from({ length: 3000 }, (_, i) => `module${i}:f`);
  assert.equal(checked("function", "orders:create", many), "function_forbidden");
  assert.equal(checked("function", "orders:create", [...many, "orders:create"]), "ok");
  assert.equal(checked("function", "module2999:f", many), "ok");
  const empty = Array.from({ length: 13_000 }, () => "");
  assert.equal(checked("caller", "web", empty), "caller_forbidden");
  assert.equal(checked("caller", "web", [...empty, "web"]), "ok");
});

test("a list that does not fit is an error, whoever is on it, and never a shorter list", () => {
  const long = "x".repeat(4000);
  for (const list of [
    ["web", ...Array.from({ length: 17 }, () => long)], Array.from({ length: 17_000 }, () => ""), ["web", "x".repeat(70_000)],
    ["\u00e9".repeat(33_000)], ["\u{1f511}".repeat(17_000)], [...Array.from({ length: 16 }, () => long), "x".repeat(2000), "web"],
  ]) {
    assert.equal(checked("caller", "web", list), "type_invalid", `${list.length} entries`);
    assert.equal(checked("caller", "web", ["web"]), "ok", "the next one");
  }
  const longest = "x".repeat(4096);
  assert.equal(checked("caller", "web", [longest]), "caller_forbidden");
  assert.equal(checked("caller", "web", [`${longest}x`, "web"]), "type_invalid", "an entry of over 4 KiB");
  assert.equal(checked("caller", "x".repeat(4096), ["x".repeat(4096)]), "ok");
  assert.equal(checked("caller", "x".repeat(4097), ["x".repeat(4097)]), "type_invalid", "a name of over 4 KiB");
});

test("what is no text, or ill-formed, is refused wherever it stands", () => {
  for (const wrong of [undefined, null, 1, {}, ["web"], new String("web"), Symbol("web")]) {
    assert.equal(checked("caller", wrong, ["web"]), "type_invalid");
    assert.equal(checked("caller", "web", ["web", wrong]), "type_invalid");
    assert.equal(checked("function", "a:b", [wrong, "a:b"]), "type_invalid");
  }
  assert.equal(checked("caller", "\ud800", ["\ud800"]), "text_malformed");
  assert.equal(checked("caller", "web", ["web", "\udc00"]), "text_malformed");
});

test("calls before and after are none the wiser", () => {
  const keyring = createKeyring("q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab");
  const call = { audience: "https://a.convex.cloud", type: /** @type {const} */ ("mutation"), name: "a:b", args: { a: 1 }, now: 1_800_000_000_000, idempotencyKey: "evt_1" };
  const token = signCall(keyring, call);
  expected.push("lean");
  assert.equal(checked("function", "a:b", ["a:*"]), "ok");
  assert.equal(verifyCall(keyring, token, call).keyId, keyring.keyIds[0]);
  assert.equal(checked("function", "a:b", ["b:*"]), "function_forbidden");
  assert.equal(verifyCall(keyring, token, call).keyId, keyring.keyIds[0]);
});

const modules = /** @type {const} */ (["lean", "guard"]);

/** An instance that nobody else uses, and what is written into its area. @param {typeof modules[number]} name @param {readonly (Uint8Array | number)[]} parts bytes, or the length of what comes next */
function raw(name, parts) {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasmPath(name))));
  const exports = /** @type {Record<string, any>} */ (instance.exports);
  const memory = /** @type {WebAssembly.Memory} */ (exports.memory);
  const written = Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.from(Uint32Array.of(part).buffer) : part)));
  new Uint8Array(memory.buffer).set(written, exports.area());
  return { exports, memory, check: (/** @type {number[]} */ ...numbers) => exports.check_scope(...numbers) };
}

/** @param {typeof modules[number]} module @param {Uint8Array} name @param {Uint8Array[]} list @param {boolean} functions */
function rawAnswer(module, name, list, functions) {
  const { exports, memory, check } = raw(module, [name, ...list.flatMap((entry) => [entry.length, entry])]);
  const answer = check(name.length, list.length, Number(functions));
  assertNothingLeft({ exports, memory });
  return answer;
}

for (const module of modules) {
  test(`${module}: Rust takes any bytes for a name, and only the same bytes for the same`, () => {
    const wild = [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0], [], [0x61, 0xff]].map((list) => Uint8Array.from(list));
    wild.forEach((name, at) => {
      wild.forEach((entry, of) => assert.equal(rawAnswer(module, name, [entry], false), at === of ? 0 : CALLER_FORBIDDEN));
      assert.equal(rawAnswer(module, name, wild, false), 0);
      assert.equal(rawAnswer(module, name, wild, true), FUNCTION_FORBIDDEN, "no function is called that");
      assert.equal(rawAnswer(module, bytes("a:b"), [...wild, bytes("a:*")], true), 0, "what else is on a list does no harm");
    });
  });

  test(`${module}: a length or a number of entries that is wrong is a trap, and no answer`, () => {
    /** @type {[parts: (Uint8Array | number)[], numbers: number[]][]} */
    const wrong = [
      [[bytes("web"), 0xffff_ffff, bytes("web")], [3, 1, 0]], [[bytes("web"), AREA_LEN - 6, bytes("web")], [3, 1, 0]], [[bytes("web"), 0x8000_0000], [3, 1, 0]],
      [[bytes("web"), 3, bytes("web")], [3, 20_000, 0]], [[bytes("web")], [3, 0xffff_ffff, 0]], [[bytes("web")], [AREA_LEN + 1, 0, 0]], [[bytes("web")], [-1, 0, 0]],
    ];
    for (const [parts, numbers] of wrong) {
      const { check } = raw(module, parts);
      assert.throws(() => check(...numbers), WebAssembly.RuntimeError, `${numbers}`);
    }
    // Nothing behind the area is read: the same entry, once as long as what is left, and once a byte longer.
    assert.equal(raw(module, [bytes("web"), AREA_LEN - 7]).check(3, 1, 0), CALLER_FORBIDDEN);
  });
}
