// The WebAssembly modules are made of one crate. What the lean one does through the package (tests/conformance) the rich one must
// do too: its functions are held to the same vectors, and its bytes and the lean one's to each other.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CountersignError, createKeyring, encodeValue, hmacSha256, signCall } from "countersign";
import { explainCall } from "countersign/inspect";
import { fromConvexJson } from "../conformance/cases/checks.mjs";

const installed = fileURLToPath(new URL("../../node_modules/countersign/", import.meta.url));
const { createGlue } = await import(pathToFileURL(`${installed}esm/core/wasm/generated/rich.glue.js`).href);
const { admitCall } = await import(pathToFileURL(`${installed}esm/core/admit.js`).href);
const glue = createGlue(globalThis);
glue.start(new WebAssembly.Instance(new WebAssembly.Module(readFileSync(`${installed}wasm/rich.wasm`)), glue.imports).exports);
const rich = glue.api;

/** @param {string} name */
const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text);
/** @param {string} text */
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
/** @param {Uint8Array} data */
const hex = (data) => Buffer.from(data).toString("hex");
const types = ["query", "mutation", "action"];

test("HMAC-SHA256: the RFC's cases, and lengths around every block boundary as the lean module has them", () => {
  let cases = 0;
  for (const { key, data, mac } of vectors("rfc4231")) {
    const computed = hex(rich.hmac_sha256(unhex(key), unhex(data)));
    assert.equal(computed.slice(0, mac.length), mac);
    assert.equal(rich.verify_hmac_sha256(unhex(key), unhex(data), unhex(mac)), mac.length === 64);
    cases++;
  }
  for (const keyLength of [0, 1, 31, 32, 63, 64, 65, 131]) {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 200]) {
      const key = new Uint8Array(keyLength).map((_, i) => i * 7 + 1);
      const message = new Uint8Array(length).map((_, i) => i * 13 + 5);
      assert.equal(hex(rich.hmac_sha256(key, message)), hex(hmacSha256(key, message)));
      cases++;
    }
  }
  assert.ok(cases >= 87);
});

test("secrets: equal only to themselves, and unusable ones are refused with the code of the vectors", () => {
  let cases = 0;
  /** @type {Map<number, string>} */
  const codes = new Map(vectors("errors"));
  for (const { name, secret, code } of vectors("secrets")) {
    if (typeof secret !== "string") continue;
    if (code === null) {
      assert.equal(rich.verify_secret(bytes(secret), bytes(secret)), 0, name);
      assert.equal(rich.verify_secret(bytes(`${secret}x`), bytes(secret)), 255, name);
    } else {
      assert.equal(codes.get(rich.verify_secret(bytes(secret), bytes(secret))), code, name);
    }
    cases++;
  }
  assert.ok(cases >= 20);
});

test("values: the vectors are accepted, and any change of a byte is seen by both modules alike", () => {
  let cases = 0;
  for (const { name, hex: expected } of vectors("values")) {
    assert.equal(rich.check_value(unhex(expected)), undefined, name);
    cases++;
  }
  for (const { hex: encoding, accepted, name } of vectors("rfc8949")) {
    assert.equal(rich.check_value(unhex(encoding)) === undefined, accepted, name);
    cases++;
  }
  assert.ok(cases >= 80);
});

/** The package takes what Convex takes as arguments, an object; the modules sign any value. @param {any} args */
const isObject = (args) => typeof args === "object" && args !== null && !Array.isArray(args);

test("tokens: both modules make the very token of the vectors", () => {
  const tokens = vectors("tokens");
  assert.ok(tokens.length >= 10);
  for (const { name, secret, audience, type, fn, now, nonce, args, idempotencyKey, token } of tokens) {
    const value = fromConvexJson(args);
    const described = [bytes(secret), bytes(audience), types.indexOf(type), bytes(fn), bytes(idempotencyKey ?? ""), encodeValue(value), now, unhex(nonce)];
    assert.equal(rich.sign_call(...described), token, name);
    if (isObject(value)) assert.equal(signCall(createKeyring(secret), { audience, type, name: fn, args: value, idempotencyKey, now, nonce: unhex(nonce) }), token, name);
  }
});

test("calls: the lean module gives them the names of the vectors", () => {
  let uses = 0;
  for (const { name, secret, audience, type, fn, now, toleranceMs, nonce, args, idempotencyKey, token, ...names } of vectors("tokens")) {
    const value = fromConvexJson(args);
    if (!isObject(value)) continue;
    const attempt = { keyIds: [], secret: -1 };
    const { claim, once, ...verified } = admitCall([{ caller: "web", secret }], token, { audience, type, name: fn, args: value, idempotencyKey, now, toleranceMs }, attempt);
    assert.deepEqual(verified, { caller: "web", keyId: names.keyId, issuedAt: now }, name);
    assert.deepEqual(attempt, { keyIds: [names.keyId], secret: 0 }, name);
    assert.deepEqual(claim, { key: names.nonceName, expiresAt: Number(names.keptUntil) }, name);
    assert.deepEqual(once, idempotencyKey === undefined ? undefined : { key: names.useName, call: names.argsName }, name);
    uses += Number(once !== undefined);
  }
  assert.ok(uses >= 20);
});

test("calls: a guard is told which secret to blame, and whose a call is", () => {
  const others = ["other-Secret_0123456789-abcdefghij", "third-Secret_0123456789-abcdefghij"];
  const { secret, audience, type, fn, now, token, keyId, args } = vectors("tokens")[0];
  const expected = { audience, type, name: fn, args: fromConvexJson(args), now };
  const admit = (/** @type {{ caller: string, secret: string }[]} */ accepted, given = token) => {
    const attempt = { keyIds: [], secret: -1 };
    try {
      return { caller: admitCall(accepted, given, expected, attempt).caller, ...attempt };
    } catch (error) {
      return { code: /** @type {any} */ (error).code, ...attempt };
    }
  };
  const [web, worker, cron] = [{ caller: "web", secret: others[0] }, { caller: "worker", secret }, { caller: "cron", secret: others[1] }];
  const [webId, cronId] = others.map((each) => createKeyring(each).keyIds[0]);
  assert.deepEqual(admit([web, worker, cron]), { caller: "worker", keyIds: [webId, keyId, cronId], secret: 1 });
  assert.deepEqual(admit([web, cron]), { code: "key_unknown", keyIds: [webId, cronId], secret: 0 });
  assert.deepEqual(admit([web, worker], token.slice(0, -1) + (token.endsWith("A") ? "E" : "A")), { code: "signature_invalid", keyIds: [webId, keyId], secret: 1 });
  assert.deepEqual(admit([web, worker], ""), { code: "signature_missing", keyIds: [webId, keyId], secret: 1 });
  assert.deepEqual(admit([worker, { caller: "web", secret }]), { code: "key_conflict", keyIds: [keyId], secret: 1 });
  assert.deepEqual(admit([worker, worker]), { caller: "worker", keyIds: [keyId, keyId], secret: 1 });
  assert.deepEqual(admit([web, { caller: "worker", secret: "changeme" }]), { code: "secret_weak", keyIds: [webId], secret: 1 });
  assert.deepEqual(admit([]), { code: "secret_missing", keyIds: [], secret: 0 });
  const many = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => ({ caller: "web", secret: `${i}-Secret_0123456789-abcdefghijklmn` }));
  assert.deepEqual(admit([...many(63), worker]).caller, "worker");
  assert.equal(admit([...many(64), worker]).code, "misconfigured");
  assert.equal(admit([web, { caller: "worker", secret: "x".repeat(16_385) }]).code, "secret_malformed");
  assert.equal(admit(Array.from({ length: 4 }, (_, i) => ({ caller: "web", secret: `${i}${"long-Secret".repeat(1480)}` }))).code, "secret_malformed", "too much at once");
});

test("refused tokens: the first check that does not hold in the rich module has the code that the lean module refuses with", () => {
  const refused = vectors("refused");
  assert.ok(refused.length >= 20);
  let explained = 0;
  for (const { name, secret, audience, type, fn, now, toleranceMs, args, idempotencyKey, token, code } of refused) {
    const expected = { audience, type, name: fn, args: fromConvexJson(args), idempotencyKey, now, ...(toleranceMs === undefined ? {} : { toleranceMs }) };
    if (!isObject(expected.args)) continue;
    assert.equal(codeOf(() => explainCall(createKeyring(secret), token, expected)), code, name);
    explained++;
  }
  assert.ok(explained >= 20);
});

/** Of the first check that failed; of the error, where the call itself could not be looked at. @param {() => { ok: boolean, detail: string }[]} explain */
function codeOf(explain) {
  try {
    return explain().find(({ ok }) => !ok)?.detail.split(":")[0];
  } catch (error) {
    if (error instanceof CountersignError) return error.code;
    throw error;
  }
}
