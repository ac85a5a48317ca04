// That the canary's search finds things: each spelling, in each place where something can hide.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Forbidden, derived } from "./forms.mjs";
import { Watch } from "./watch.mjs";

const secret = "Canary/7Q\"2Vw\\9Lm&4Rt%8K+3Zs'6H=1Ydé5\u{1f511}Bg0";
const [[, digest = Buffer.alloc(0)] = []] = derived(secret);
const forbidden = new Forbidden();
forbidden.secret("the secret", secret);

/** @param {unknown} thing @param {"result" | "error"} [as] */
function isFound(thing, as = "result") {
  const watch = new Watch(forbidden);
  watch[as](thing);
  return watch.found.size > 0;
}

test("each spelling of a secret, of a part, and of what follows from it is found", () => {
  const bytes = Buffer.from(secret);
  const codes = Array.from(bytes);
  for (const [name, text] of Object.entries({
    whole: secret, "a part": `x${secret.slice(7, 19)}x`, "its end": secret.slice(-12), JSON: JSON.stringify({ a: secret }), "JSON in JSON": JSON.stringify(JSON.stringify([secret])), inspected: inspect({ secret }), URL: encodeURIComponent(secret),
    hex: bytes.toString("hex"), HEX: bytes.toString("hex").toUpperCase(), "hex of a part": bytes.subarray(5, 13).toString("hex"), "as a Buffer prints": inspect(bytes.subarray(3, 20)), base64: bytes.toString("base64"),
    base64url: bytes.toString("base64url"), "base64 from the second byte": bytes.subarray(1).toString("base64"), "base64 from the third byte": bytes.subarray(2).toString("base64"), "with something before": Buffer.from(`COUNTERSIGN_SECRET=${secret}`).toString("base64"),
    escapes: Array.from(secret, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""), "UTF-16": Buffer.from(secret, "utf16le").toString("latin1"), numbers: codes.join(), "numbers with spaces": codes.join(", "),
    "as an array prints": inspect(codes), "as an object prints": JSON.stringify(Uint8Array.from(bytes)), backwards: [...secret].reverse().join(""), "in capitals": secret.toUpperCase(), "UTF-8 taken for Latin-1": bytes.toString("latin1"),
    "its digest": digest.toString("hex"), "part of its digest": digest.subarray(11, 20).toString("hex"), "its digest in base64": digest.toString("base64"),
  })) assert.ok(isFound(text), name);
  for (const [name, found] of derived(secret)) for (const encoding of /** @type {const} */ (["hex", "base64", "base64url"])) assert.ok(isFound(`key: ${found.toString(encoding)}`), `${name} in ${encoding}`);
});

test("what is public, or too short to tell, is not", () => {
  for (const text of ["Canary", secret.slice(1, 10), "csk_", "x".repeat(1000), "the secret is too short", digest.subarray(0, 5).toString("hex"), "0".repeat(100), "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"]) assert.ok(!isFound(text), text);
});

test("wherever it hides in a thing", () => {
  class Hidden {
    #secret = secret;
    get [Symbol("shown")]() {
      return this.#secret;
    }
  }
  class Inspected {
    #secret = secret;
    [inspect.custom]() {
      return this.#secret;
    }
  }
  const places = {
    "a field": { secret }, "a field deep down": [{ a: [new Map([["b", new Set([[secret]])]])] }], "a field's name": { [secret]: 1 }, "a symbol": { [Symbol(secret)]: 1 }, "a field that is not enumerable": Object.defineProperty({}, "a", { value: secret }),
    "a getter": { get a() { return secret; } }, "a getter by a symbol, of a private field": new Hidden(), "an inspector": new Inspected(), "a prototype": Object.create({ secret }), "toJSON": { toJSON: () => secret }, "toString": { toString: () => secret },
    bytes: { key: Uint8Array.from(Buffer.from(secret)) }, "a buffer": Uint8Array.from(digest).buffer, "a view": new DataView(Uint8Array.from(digest).buffer), "a function's text": new Function(`return ${JSON.stringify(secret)}`), "a getter that throws": { get a() { throw new Error(secret); } },
    "a class's own field": class { static secret = secret; }, "an array's field": Object.assign([1], { secret }),
  };
  for (const [name, place] of Object.entries(places)) assert.ok(isFound(place), name);
});

test("wherever it hides in an error", () => {
  const plain = () => new Error("of something");
  const errors = {
    "its message": new Error(`bad: ${secret}`), "its message, quoted": new Error(JSON.stringify({ secret })), "its cause": new Error("a", { cause: secret }), "its cause's cause": new Error("a", { cause: new Error("b", { cause: new Error(secret) }) }),
    "its data": Object.assign(plain(), { data: { code: "a", message: `b ${secret}` } }), "its stack": Object.assign(plain(), { stack: `Error: a\n    at ${secret}` }), "its name": Object.assign(plain(), { name: secret }), "a field": Object.assign(plain(), { key: Buffer.from(secret) }),
    "one of many": new AggregateError([plain(), new Error(secret)]),
  };
  for (const [name, error] of Object.entries(errors)) assert.ok(isFound(error, "error"), name);
  assert.ok(!isFound(plain(), "error"));
});

test("in a line of the console, by whatever method", () => {
  for (const method of /** @type {const} */ (["log", "warn", "error", "info", "debug", "trace", "dir", "table"])) {
    const watch = new Watch(forbidden);
    const restore = watch.console();
    console[method]("countersign: %s", { secret });
    restore();
    assert.equal(watch.found.size > 0, true, method);
  }
});
