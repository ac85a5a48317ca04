// What shows only from outside the package, in Node: that importing does nothing, that a trap at any call into the module is an error and never
// a yes, and what util.inspect prints (attacks.md 25, 27, 29). What is left in memory, and how much of it there is: left-behind.test.mjs,
// traps.test.mjs, exhaustion.test.mjs, flat.test.mjs, overlapping.test.mjs.
// Run with `node --test tests/conformance/outside.test.mjs`.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inspect } from "node:util";
import { AUDIENCE, NOW, Patterns } from "./outside/material.mjs";
import { compiled, hooks, instances, watchWebAssembly } from "./outside/webassembly.mjs";

/** @typedef {typeof import("countersign")} Api */

const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const OTHER = "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5";
const CALL = { audience: AUDIENCE, type: /** @type {const} */ ("mutation"), name: "webhooks:mark", args: { id: "evt_1", list: [1n, 2, "three"] } };

/** A trap to come: how many calls into the module are let through first. @type {number | undefined} */
let trapAfter;
const lean = () => instances.filter(({ kind }) => kind === "lean").length;

/** @type {Api} */
let api;
before(async () => {
  const environment = process.env;
  /** @type {string[]} */
  const read = [];
  process.env = new Proxy(environment, { get: (target, name) => (read.push(String(name)), Reflect.get(target, name)) });
  const globals = Object.getOwnPropertyNames(globalThis).length;
  watchWebAssembly();
  hooks.enter = () => {
    if (trapAfter !== undefined && trapAfter-- === 0) {
      trapAfter = undefined;
      throw new WebAssembly.RuntimeError("unreachable");
    }
  };
  api = await import("countersign");
  await import("countersign/inspect");
  process.env = environment;
  assert.deepEqual(read.filter((name) => name.startsWith("COUNTERSIGN") || name.startsWith("CONVEX")), [], "environment variables read at import");
  assert.equal(compiled + instances.length, 0, "WebAssembly compiled or instantiated at import");
  assert.equal(Object.getOwnPropertyNames(globalThis).length, globals, "globals added at import");
});

test("a trap at any call into the module is an error, never a yes, and the next call works", () => {
  const keyring = api.createKeyring([SECRET, OTHER]);
  const key = api.importKey("key");
  const expected = api.importSecret(SECRET);
  const token = api.signCall(keyring, { ...CALL, now: NOW, nonce: new Uint8Array(16) });
  const mac = api.hmacSha256(key, "message");
  /** @type {Record<string, () => unknown>} */
  const uses = {
    signCall: () => api.signCall(keyring, { ...CALL, now: NOW, nonce: new Uint8Array(16) }),
    verifyCall: () => api.verifyCall(keyring, token, { ...CALL, now: NOW }).keyId,
    "verifyCall, large": () => api.encodeValue({ text: "x".repeat(100_000) }).length,
    verifySecret: () => api.verifySecret(SECRET, SECRET),
    matches: () => expected.matches(SECRET),
    hmacSha256: () => api.hmacSha256(key, "message").join(),
    verifyHmacSha256: () => api.verifyHmacSha256(key, "message", mac),
    "verifyHmacSha256, a large message": () => api.verifyHmacSha256("key", "x".repeat(200_000), api.hmacSha256("key", "x".repeat(200_000))),
    fingerprint: () => api.fingerprint(SECRET),
    createKeyring: () => api.createKeyring(OTHER).keyIds.join(),
    encodeValue: () => api.encodeValue({ a: 1 }).join(),
  };
  for (const [name, use] of Object.entries(uses)) {
    const good = use();
    const before = lean();
    let traps = 0;
    for (let calls = 0; ; calls++) {
      trapAfter = calls;
      let result;
      try {
        result = use();
      } catch {
        traps++;
        assert.equal(trapAfter, undefined, `${name} failed without a trap`);
        assert.deepEqual(use(), good, `${name}, the next time after a trap at call ${calls}`);
        continue;
      }
      // A call that came back either was not trapped any more, or got its answer from a new instance: the same one.
      assert.deepEqual(result, good, `${name} with a trap at call ${calls}`);
      if (trapAfter !== undefined) break;
    }
    trapAfter = undefined;
    assert.ok(traps > 0, `${name} never calls into the module`);
    assert.equal(lean() - before, traps, `${name}: an instance that trapped is not used again`);
  }
  for (const handle of [keyring, key, expected]) handle.free();
});

test("nothing that can be printed holds a secret", () => {
  const handles = [api.createKeyring({ web: SECRET }), api.importKey(SECRET), api.importSecret(SECRET)];
  const patterns = new Patterns();
  patterns.addSecret("secret", SECRET);
  const secrets = [...patterns.all.values()].flatMap((bytes) => [Buffer.from(bytes).toString("latin1"), Buffer.from(bytes).toString("hex"), Buffer.from(bytes).toString("base64"), Array.from(bytes).join(", ")]);
  for (const handle of handles) {
    const texts = [inspect(handle, { showHidden: true, depth: 9, customInspect: false }), inspect(handle, { showHidden: true, depth: 9 }), String(handle), JSON.stringify(handle), `${Object.entries(handle)}`];
    for (const text of texts) for (const secret of secrets) assert.ok(!text.includes(secret), `${text.slice(0, 40)}... holds a secret`);
    handle.free();
  }
  for (const bad of [` ${SECRET}`, `"${SECRET}"`, `csk_${SECRET}`, SECRET.slice(0, 31)]) {
    try {
      api.createKeyring(bad);
      assert.fail("an unusable secret was taken");
    } catch (error) {
      assert.ok(error instanceof api.CountersignError);
      assert.ok(!inspect(error, { showHidden: true, depth: 9 }).includes(SECRET.slice(0, 30)), "an error holds a secret");
    }
  }
});
