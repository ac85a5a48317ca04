// What shows only from outside the package, in Node: that importing does nothing, that the WebAssembly memory stays flat and
// keeps no secrets, that a trap is an error and never a yes, and what util.inspect prints (attacks.md 25-27, 29).
// Run with `node --test tests/conformance/outside.test.mjs`.
import assert from "node:assert/strict";
import { createHash, hkdfSync } from "node:crypto";
import { before, test } from "node:test";
import { inspect } from "node:util";
import { midstates } from "./midstates.mjs";

/** @typedef {typeof import("countersign")} Api */

const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const OTHER = "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5";
const NOW = 1_800_000_000_000;
const CALL = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "webhooks:mark", args: { id: "evt_1", list: [1n, 2, "three"] } };

/** Every instance the package has made, the newest last. @type {{ memory: WebAssembly.Memory }[]} */
const instances = [];
/** Traps to come: how many calls into the module are let through first. @type {number | undefined} */
let trapAfter;
let compiled = 0;

/** Stands in front of WebAssembly.Instance and Module: notes the memory, and lets calls trap. */
function watchWebAssembly() {
  const { Instance, Module } = WebAssembly;
  /** @param {Record<string, any>} exports */
  const guarded = (exports) => Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value !== "function" ? value : (/** @type {unknown[]} */ ...args) => {
    if (trapAfter !== undefined && trapAfter-- === 0) {
      trapAfter = undefined;
      throw new WebAssembly.RuntimeError("unreachable");
    }
    return value(...args);
  }]));
  WebAssembly.Instance = /** @type {any} */ (new Proxy(Instance, {
    construct(target, args) {
      const { exports } = Reflect.construct(target, args);
      // What unpacks the lean module sees no secret and decides nothing, and is garbage afterwards.
      if ("unpack" in exports) return { exports };
      instances.push(exports);
      return { exports: guarded(exports) };
    },
  }));
  WebAssembly.Module = /** @type {any} */ (new Proxy(Module, {
    construct(target, args) {
      compiled++;
      return Reflect.construct(target, args);
    },
  }));
}

const memories = () => instances.map(({ memory: { buffer } }) => Buffer.from(/** @type {ArrayBuffer} */ (buffer)));
const bytesOfMemory = () => instances.map(({ memory: { buffer } }) => buffer.byteLength);

/** @type {Api} */
let api;
/** @type {typeof import("countersign/inspect")} */
let rich;
before(async () => {
  const environment = process.env;
  /** @type {string[]} */
  const read = [];
  process.env = new Proxy(environment, { get: (target, name) => (read.push(String(name)), Reflect.get(target, name)) });
  const globals = Object.getOwnPropertyNames(globalThis).length;
  watchWebAssembly();
  api = await import("countersign");
  rich = await import("countersign/inspect");
  process.env = environment;
  assert.deepEqual(read.filter((name) => name.startsWith("COUNTERSIGN") || name.startsWith("CONVEX")), [], "environment variables read at import");
  assert.equal(compiled + instances.length, 0, "WebAssembly compiled or instantiated at import");
  assert.equal(Object.getOwnPropertyNames(globalThis).length, globals, "globals added at import");
});

/** @param {import("countersign").Keyring} keyring @param {object} [options] */
function roundTrip(keyring, options) {
  const call = { ...CALL, ...options };
  return api.verifyCall(keyring, api.signCall(keyring, { ...call, now: NOW }), { ...call, now: NOW });
}

test("100,000 signed and verified calls keep the memory flat, in one instance", () => {
  const keyring = api.createKeyring([SECRET, OTHER]);
  roundTrip(keyring);
  const start = bytesOfMemory();
  for (let i = 0; i < 100_000; i++) roundTrip(keyring);
  assert.deepEqual(bytesOfMemory(), start);
  assert.equal(start.length, 1);
  keyring.free();
});

test("10,000 keyrings, keys and secrets, freed or forgotten, keep the memory flat", () => {
  const start = bytesOfMemory();
  for (let i = 0; i < 10_000; i++) {
    const handles = [api.createKeyring({ web: SECRET, worker: OTHER }), api.importKey("key"), api.importSecret(SECRET)];
    if (i % 2 === 0) for (const handle of handles) handle.free();
  }
  assert.deepEqual(bytesOfMemory(), start);
});

test("refusals keep the memory flat", () => {
  const keyring = api.createKeyring(SECRET);
  const start = bytesOfMemory();
  for (let i = 0; i < 10_000; i++) {
    assert.throws(() => api.verifyCall(keyring, `cs1.${"0".repeat(16)}.1.x.y`, { ...CALL, now: NOW }), { code: "signature_malformed" });
    assert.throws(() => api.encodeValue({ when: new Date(0) }), { code: "value_unsupported" });
  }
  assert.deepEqual(bytesOfMemory(), start);
  keyring.free();
});

test("large arguments grow the memory once", () => {
  const keyring = api.createKeyring(SECRET);
  const args = { text: "x".repeat(15 << 20) };
  roundTrip(keyring, { args });
  const grown = bytesOfMemory();
  assert.ok(grown[0] < 40 << 20, `${grown[0]} bytes`);
  for (let i = 0; i < 5; i++) roundTrip(keyring, { args });
  assert.deepEqual(bytesOfMemory(), grown);
  keyring.free();
});

/** @param {string} secret what of it must not lie around: the text, the keys derived from it, their pads and their SHA-256 states */
function traces(secret) {
  const callKey = Buffer.from(hkdfSync("sha256", secret, "countersign.v1", "call", 32));
  const prk = Buffer.from(hkdfExtract(secret));
  return {
    found: { secret: Buffer.from(secret), "its end": Buffer.from(secret.slice(-16)), "its digest": createHash("sha256").update(secret).digest(), "call key": callKey, "extracted key": prk,
      "inner pad": callKey.map((byte) => byte ^ 0x36), "outer pad": callKey.map((byte) => byte ^ 0x5c) },
    states: midstates(callKey),
  };
}
/** HKDF-Extract: what HKDF-Expand starts from. @param {string} secret */
function hkdfExtract(secret) {
  const block = Buffer.alloc(64);
  block.write("countersign.v1");
  const inner = createHash("sha256").update(block.map((byte) => byte ^ 0x36)).update(secret).digest();
  return createHash("sha256").update(block.map((byte) => byte ^ 0x5c)).update(inner).digest();
}
/** @param {Record<string, Uint8Array>} patterns */
const foundIn = (patterns) => Object.entries(patterns).filter(([, bytes]) => memories().some((memory) => memory.includes(Buffer.from(bytes)))).map(([name]) => name);

test("nothing of a secret is left in the memory after a call, nor of a key after it is freed", () => {
  const { found, states } = traces(SECRET);
  const keyring = api.createKeyring(SECRET);
  assert.deepEqual(foundIn(found), [], "after createKeyring");
  roundTrip(keyring);
  assert.deepEqual(foundIn(found), [], "after sign and verify");
  // That the search finds things at all shows in the state of the loaded key, which has to be there.
  assert.deepEqual(foundIn(states), Object.keys(states), "the loaded key");
  keyring.free();
  assert.deepEqual(foundIn({ ...found, ...states }), [], "after free");

  const expected = api.importSecret(SECRET);
  assert.deepEqual([expected.matches(SECRET), expected.matches(OTHER)], [true, false]);
  expected.free();
  assert.equal(api.verifySecret(OTHER, SECRET), false);
  api.fingerprint(SECRET);
  const key = api.importKey(SECRET);
  const mac = api.hmacSha256(key, "message");
  api.verifyHmacSha256(SECRET, "message", mac);
  key.free();
  const ofSecret = { ...found, "inner pad of the text": Buffer.from(SECRET).map((byte) => byte ^ 0x36), "outer pad of the text": Buffer.from(SECRET).map((byte) => byte ^ 0x5c), ...midstates(Buffer.from(SECRET)) };
  assert.deepEqual(foundIn(ofSecret), [], "after the other primitives");
  assert.deepEqual(foundIn(traces(OTHER).found), [], "of a candidate");
});

test("nothing of a refused secret is left in the memory", () => {
  for (const secret of [`"${SECRET}"`, `csk_${SECRET}`, `${SECRET} `]) {
    assert.throws(() => api.createKeyring(secret), { code: "secret_malformed" });
    assert.throws(() => api.verifySecret(secret, secret), { code: "secret_malformed" });
  }
  assert.deepEqual(foundIn(traces(SECRET).found), []);
});

test("inspecting a secret leaves nothing of it in the memory either", () => {
  assert.equal(rich.inspectSecret(SECRET).ok, true);
  assert.equal(rich.inspectSecret(`"${SECRET}"`).ok, false);
  assert.deepEqual(foundIn(traces(SECRET).found), []);
});

test("a generated secret is not left in the memory", () => {
  const secret = api.generateSecret();
  assert.deepEqual(foundIn({ secret: Buffer.from(secret), random: Buffer.from(secret.slice(4, 47), "base64url") }), []);
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
    const before = instances.length;
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
    assert.equal(instances.length - before, traps, `${name}: an instance that trapped is not used again`);
  }
  for (const handle of [keyring, key, expected]) handle.free();
});

test("nothing that can be printed holds a secret", () => {
  const handles = [api.createKeyring({ web: SECRET }), api.importKey(SECRET), api.importSecret(SECRET)];
  const { found } = traces(SECRET);
  const secrets = Object.values(found).flatMap((bytes) => [Buffer.from(bytes).toString("latin1"), Buffer.from(bytes).toString("hex"), Buffer.from(bytes).toString("base64"), Array.from(bytes).join(", ")]);
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
