// platform.md, "Generated glue is not a safe API": each row through the public API, and options of the wrong type.
import { SECRETS, hex, withPollution } from "./checks.mjs";

/** Things that are not Data. @type {[string, unknown][]} */
const NOT_DATA = [
  ["undefined", undefined], ["null", null], ["a number", 1], ["an object", {}], ["an array of codes", [256]], ["an array", [0]],
  ["a length", { length: 2 ** 31 - 1 }], ["a byteLength", { byteLength: 3, buffer: new ArrayBuffer(3), byteOffset: 0 }], ["true", true],
  ["a String object", new String("key")], ["a function", () => "key"], ["a symbol", Symbol("key")], ["a bigint", 1n], ["a promise", Promise.resolve("key")],
];

/** @param {import("../suite.mjs").Suite} suite */
export function boundary({ api, check, test }) {
  const mac = new Uint8Array(32);

  test("texts are not zero bytes: different texts are different", () => {
    check.equal(api.verifySecret(SECRETS.a, SECRETS.b), false, "two secrets of one length");
    check.ok(hex(api.hmacSha256("abc", "m")) !== hex(api.hmacSha256("xyz", "m")), "two keys");
    check.ok(hex(api.hmacSha256("k", "abc")) !== hex(api.hmacSha256("k", "xyz")), "two messages");
    check.ok(hex(api.hmacSha256("\0\0\0", "m")) !== hex(api.hmacSha256("abc", "m")), "zeros and text");
  });
  test("an ArrayBuffer is its bytes and not nothing", () => {
    const [one, other] = [new Uint8Array([1, 2, 3]).buffer, new Uint8Array([1, 2, 4]).buffer];
    check.ok(hex(api.hmacSha256(one, "m")) !== hex(api.hmacSha256(other, "m")), "two keys");
    check.ok(hex(api.hmacSha256("k", one)) !== hex(api.hmacSha256("k", new ArrayBuffer(0))), "a message and an empty one");
  });
  test("what is not data is refused by name, at once", () => {
    for (const [name, value] of NOT_DATA) {
      check.refuses(() => api.hmacSha256(value, "m"), "type_invalid", `key: ${name}`);
      check.refuses(() => api.hmacSha256("k", value), "type_invalid", `message: ${name}`);
      check.refuses(() => api.importKey(value), "type_invalid", `importKey: ${name}`);
      check.refuses(() => api.verifyHmacSha256(value, "m", mac), "type_invalid", `verified key: ${name}`);
      check.refuses(() => api.verifyHmacSha256("k", value, mac), "type_invalid", `verified message: ${name}`);
    }
  });
  test("objects, out-of-range items and lengths never compare equal", () => {
    check.denies(() => api.verifySecret({}, {}), "{} and {}");
    check.denies(() => api.verifySecret([256], [0]), "[256] and [0]");
    check.denies(() => api.verifySecret({ length: 2 ** 31 - 1 }, { length: 2 ** 31 - 1 }), "a length of 2 GiB");
    check.denies(() => api.verifySecret([SECRETS.a], [SECRETS.a]), "arrays of the secret");
    check.denies(() => api.verifySecret(undefined, undefined), "nothing and nothing");
    check.equal(api.verifySecret({ length: 2 ** 31 - 1 }, SECRETS.a), false, "a length of 2 GiB as the candidate");
  });
  test("lone surrogates do not all become the same character", () => {
    const [high, low] = [`${SECRETS.a}\ud800`, `${SECRETS.a}\udfff`];
    check.equal(api.verifySecret(high, `${SECRETS.a}\ufffd`), false, "a surrogate and U+FFFD");
    check.refuses(() => api.verifySecret(low, high), "text_malformed", "two surrogates as secrets");
    for (const text of ["\ud800", "\udfff", "a\udc00b", "\ud800\ud800", "\udc00\ud800", `${"x".repeat(70000)}\ud800`]) {
      check.refuses(() => api.hmacSha256(text, "m"), "text_malformed", "as a key");
      check.refuses(() => api.hmacSha256("k", text), "text_malformed", "as a message");
    }
    check.equal(api.hmacSha256("k", "\ud83d\ude00").length, 32, "a pair is a character");
  });
  test("a detached buffer and a growing one are not read as something else", () => {
    // What a runtime without `transfer` cannot detach is tested where it can.
    const buffer = /** @type {any} */ (new Uint8Array([1, 2, 3]).buffer);
    if (typeof buffer.transfer === "function") {
      const view = new Uint8Array(buffer);
      buffer.transfer();
      check.denies(() => hex(api.hmacSha256("k", view)) !== hex(api.hmacSha256("k", "")), "a detached view is empty or refused");
    }
    check.equal(hex(api.hmacSha256("k", new Uint8Array(0))), hex(api.hmacSha256("k", "")), "an empty view");
  });
  test("methods put on built-in prototypes are not called for lengths and bytes", () => {
    const lying = new Uint8Array([1, 2, 3]);
    Object.defineProperty(lying, "length", { value: 0 });
    Object.defineProperty(lying, "byteLength", { value: 0 });
    check.equal(hex(api.hmacSha256("k", lying)), hex(api.hmacSha256("k", new Uint8Array([1, 2, 3]))), "a view that lies about its length");
  });
  test("polluted prototypes change nothing", () => {
    const call = { audience: "https://a.example", type: "query", name: "a:b", args: {} };
    const expected = hex(api.hmacSha256("k", "m"));
    withPollution({ secret: SECRETS.b, key: "x", now: 5, nonce: new Uint8Array(16), caller: "root", toleranceMs: 900000, tolerance: 1e9, alg: "none" }, () => {
      const keyring = api.createKeyring(SECRETS.a);
      const token = api.signCall(keyring, call);
      check.ok(!token.includes(".5."), "now is not inherited");
      check.ok(!token.includes(".AAAAAAAAAAAAAAAAAAAAAA."), "the nonce is not inherited");
      const issuedAt = Number(token.split(".")[2]);
      check.equal(api.verifyCall(keyring, token, { ...call, now: issuedAt + 60000 }).caller, "default", "verifies");
      check.refuses(() => api.verifyCall(keyring, token, { ...call, now: issuedAt + 60001 }), "expired", "the tolerance is not inherited");
      check.refuses(() => api.verifyCall(keyring, token, call), "type_invalid", "now is wanted as an own property");
      check.refuses(() => api.signCall(keyring, Object.create(call)), "type_invalid", "inherited options are none");
      check.equal(hex(api.hmacSha256("k", "m")), expected, "hmac");
      keyring.free();
    });
  });
}
