// Memory stays flat: WebAssembly's and JavaScript's, over a million calls, with keys that come and go, freed or forgotten, and in contexts
// that live for one call, as Convex's do (attacks.md 25).
// Run with `node --test tests/conformance/flat.test.mjs`.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { setImmediate } from "node:timers/promises";
import v8 from "node:v8";
import vm from "node:vm";
import { build } from "esbuild";
import { compareFigures } from "./outside/figures.mjs";
import { NONCE, NOW, shortKey, statesOf } from "./outside/material.mjs";
import { capture, indexOf, search } from "./outside/memory.mjs";
import { instances, watchWebAssembly } from "./outside/webassembly.mjs";

watchWebAssembly({ bare: true });
const { World } = await import("./outside/world.mjs");

v8.setFlagsFromString("--expose-gc");
const collect = /** @type {() => void} */ (vm.runInNewContext("gc"));

/** What JavaScript may have more of after a test: the engine's own caches and compiled code. */
const SLACK = 2 << 20;
const CALLS = 1_000_000;
const MESSAGES = 100_000;
const KEYRINGS = 100_000;
const CONTEXTS = 300;
const figures = { "calls with flat memory": 0, "messages and deliveries with flat memory": 0, "keyrings with flat memory": 0, "contexts with forgotten handles": 0, "bytes that WebAssembly's memory grew": 0 };

const world = new World("flat");
const { api, http, m, webhooks } = world;
const bytesOfMemory = () => instances.map(({ memory }) => memory.buffer.byteLength);

/** JavaScript's memory that is in use, when all garbage is gone. */
async function javascript() {
  for (let i = 0; i < 3; i++) {
    collect();
    // What a WeakRef was asked for stays until the job ends.
    await setImmediate();
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { heapUsed, external, arrayBuffers };
}

/** @param {(count: number) => void} use @param {number} warm how often beforehand @param {number} times */
async function assertFlat(use, warm, times) {
  for (let i = 0; i < warm; i++) use(i);
  const [wasm, before] = [bytesOfMemory(), await javascript()];
  for (let i = 0; i < times; i++) use(i);
  const after = await javascript();
  figures["bytes that WebAssembly's memory grew"] += bytesOfMemory().reduce((sum, bytes, i) => sum + bytes - (wasm[i] ?? 0), 0);
  assert.deepEqual(bytesOfMemory(), wasm);
  for (const part of /** @type {const} */ (["heapUsed", "external", "arrayBuffers"])) {
    assert.ok(after[part] - before[part] < SLACK, `${part} went from ${before[part]} to ${after[part]} bytes in ${times} rounds`);
  }
}

/** @param {() => unknown} use @param {string} code */
function refused(use, code) {
  try {
    use();
  } catch (error) {
    if (error instanceof api.CountersignError && error.code === code) return true;
    throw error;
  }
  return false;
}

before(() => {
  // Stack traces are what errors cost most.
  Error.stackTraceLimit = 0;
});

test("a million calls of all kinds, in one instance", async () => {
  const keyring = api.createKeyring([m.secret, m.other]);
  const [key, expected] = [api.importKey(m.key), api.importSecret(m.secret)];
  const token = world.sign(keyring);
  const wrong = world.changed(token, token.length - 9);
  const call = world.call();
  const mac = api.hmacSha256(key, m.message);
  const signed = { ...call, nonce: new Uint8Array(16), now: NOW };
  const value = { id: "evt_1", list: [1n, 2, "three", null], nested: { yes: true } };
  /** Each is one call, and true if it did what it should. @type {(() => boolean)[]} */
  const calls = [
    () => api.signCall(keyring, signed).length > 0,
    () => api.verifyCall(keyring, token, call).caller === "default",
    () => api.verifySecret(m.secret, m.secret),
    () => !api.verifySecret(m.other, m.secret),
    () => expected.matches(m.secret),
    () => api.hmacSha256(key, m.message).length === 32,
    () => api.verifyHmacSha256(key, m.message, mac),
    () => api.hmacSha256(m.longKey, m.message).length === 32,
    () => api.encodeValue(value).length > 0,
    () => refused(() => api.verifyCall(keyring, wrong, call), "signature_invalid"),
    () => refused(() => api.verifyCall(keyring, "cs1.nonsense", call), "signature_malformed"),
    () => refused(() => api.encodeValue({ when: new Date(0) }), "value_unsupported"),
    () => refused(() => api.verifySecret(m.secret, "weak"), "secret_weak"),
  ];
  let wentWrong = 0;
  const use = (/** @type {number} */ i) => void (calls[i % calls.length]() || wentWrong++);
  await assertFlat(use, 20_000, CALLS);
  assert.equal(wentWrong, 0);
  assert.equal(instances.filter(({ kind }) => kind === "lean").length, 1);
  figures["calls with flat memory"] = CALLS;
  for (const handle of [keyring, key, expected]) handle.free();
});

/** @param {"github" | "slack"} provider @param {string} body */
const delivery = (provider, body) => ({ secret: m.secret, headers: webhooks.signWebhook(provider, { secret: m.secret, body, timestamp: NOW }), now: NOW, body });

test("a hundred thousand messages and deliveries, in one instance", async () => {
  const keyring = api.createKeyring([m.secret, m.other]);
  const request = { method: "POST", target: "/a?b", headers: [["content-type", "text/plain"]], body: m.message, audience: "https://app.example" };
  const options = { now: NOW, nonce: NONCE };
  const signed = { ...request, headers: [...request.headers, ...http.signMessage(keyring, request, options)] };
  const received = delivery("slack", m.message);
  /** @type {(() => boolean)[]} */
  const calls = [
    () => http.signMessage(keyring, request, options).length === 3,
    () => http.verifyMessage(keyring, signed, options).caller === "default",
    () => refused(() => http.verifyMessage(keyring, { ...signed, body: m.field }, options), "signature_invalid"),
    () => refused(() => http.verifyMessage(keyring, request, options), "signature_missing"),
    () => webhooks.signWebhook("slack", { secret: m.secret, body: m.message, timestamp: NOW }).length === 2,
    () => webhooks.verifyWebhook("slack", received).timestamp === NOW,
    () => refused(() => webhooks.verifyWebhook("slack", { ...received, body: m.field }), "signature_invalid"),
    () => refused(() => webhooks.verifyWebhook("slack", { ...received, secret: "weak" }), "secret_weak"),
  ];
  let wentWrong = 0;
  await assertFlat((i) => void (calls[i % calls.length]() || wentWrong++), 10_000, MESSAGES);
  assert.equal(wentWrong, 0);
  assert.equal(instances.filter(({ kind }) => kind === "messages").length, 1);
  figures["messages and deliveries with flat memory"] = MESSAGES;
  keyring.free();
});

test("an instance of the messages module that a large body has made grow is not kept, and there is nothing left in it", () => {
  const [small, large] = [delivery("github", m.message), delivery("github", m.largeField.repeat(40))];
  const used = () => instances.filter(({ kind }) => kind === "messages");
  webhooks.verifyWebhook("github", small);
  const before = used().length;
  webhooks.verifyWebhook("github", large);
  assert.equal(used().length, before, "the large one is verified where the small one was");
  webhooks.verifyWebhook("github", small);
  const [grown, kept] = used().slice(-2);
  assert.equal(used().length, before + 1);
  assert.ok(grown.memory.buffer.byteLength > 4 << 20 && kept.memory.buffer.byteLength < 1 << 20);
  assert.deepEqual(search(capture(grown.memory), indexOf(world.patterns.all)), []);
});

test("large arguments grow WebAssembly's memory once", async () => {
  const keyring = api.createKeyring(m.secret);
  const args = { text: m.largeField.repeat(100) };
  const token = world.sign(keyring, args);
  const grown = bytesOfMemory();
  assert.ok(Math.max(...grown) < 20 << 20, `${Math.max(...grown)} bytes`);
  for (let i = 0; i < 5; i++) api.verifyCall(keyring, token, world.call(args));
  assert.deepEqual(bytesOfMemory(), grown);
  keyring.free();
});

test("a hundred thousand keyrings, freed or forgotten", async () => {
  const secrets = Array.from({ length: 97 }, (_, i) => m.text(`rotating ${i}`, 43));
  const call = { ...world.call(), nonce: new Uint8Array(16), now: NOW };
  await assertFlat((i) => {
    const keyring = api.createKeyring([secrets[i % 97], secrets[(i + 1) % 97]]);
    const token = api.signCall(keyring, call);
    if (i % 10 === 0) assert.equal(api.verifyCall(keyring, token, call).keyId, keyring.keyIds[0]);
    if (i % 2 === 0) keyring.free();
  }, 2000, KEYRINGS);
  figures["keyrings with flat memory"] = KEYRINGS;
});

test("the places of forgotten keys are used again, and a key that lost its place works", () => {
  const raw = Array.from({ length: 200 }, (_, i) => m.bytes(`forgotten ${i}`, 40));
  const keys = raw.map((bytes) => api.importKey(bytes));
  const macs = keys.map((key) => api.hmacSha256(key, "message"));
  const states = new Map(raw.map((bytes, i) => [`${i}`, statesOf(shortKey(bytes))[0]]));
  const found = instances.flatMap(({ memory }) => search(capture(memory), indexOf(states))).map(({ name }) => Number(name));
  assert.deepEqual(found.sort((one, other) => one - other), Array.from({ length: 64 }, (_, i) => 136 + i));
  assert.deepEqual(keys.map((key) => api.hmacSha256(key, "message")), macs);
});

test("contexts in which handles are forgotten are garbage, with their memories", async () => {
  const stdin = { contents: 'import * as api from "countersign"; globalThis.api = api;', resolveDir: fileURLToPath(new URL(".", import.meta.url)) };
  const { outputFiles: [{ text }] } = await build({ stdin, bundle: true, write: false, format: "iife", platform: "neutral", conditions: ["convex", "module", "browser", "import"] });
  const bundle = new vm.Script(text);
  const watch = new vm.Script(`WebAssembly.Instance = new Proxy(WebAssembly.Instance, { construct(target, args) {
    const instance = Reflect.construct(target, args);
    note(instance.exports.memory);
    return instance;
  } });`);
  const use = new vm.Script(`(() => {
    const keyring = api.createKeyring([secret, other]);
    const key = api.importKey(secret);
    const call = { audience: "https://happy-animal-123.convex.cloud", type: "mutation", name: "webhooks:mark", args: { id: "evt_1" }, now: 1800000000000 };
    const { keyId } = api.verifyCall(keyring, api.signCall(keyring, call), call);
    return keyId === keyring.keyIds[0] && api.verifyHmacSha256(key, "m", api.hmacSha256(key, "m")) && api.importSecret(secret).matches(secret);
  })()`);
  /** @type {WeakRef<object>[]} */
  const memories = [];
  async function one() {
    const context = vm.createContext({ secret: m.secret, other: m.other, TextEncoder, crypto, atob, note: (/** @type {object} */ memory) => void memories.push(new WeakRef(memory)) });
    for (const script of [watch, bundle]) script.runInContext(context);
    assert.equal(use.runInContext(context), true);
    if (memories.length % 50 === 0) await javascript();
  }
  for (let i = 0; i < 50; i++) await one();
  const before = await javascript();
  for (let i = 0; i < CONTEXTS; i++) await one();
  const after = await javascript();
  const alive = memories.filter((memory) => memory.deref() !== undefined).length;
  assert.ok(memories.length >= 2 * (CONTEXTS + 50), "each context makes an instance, and one that unpacks it");
  assert.ok(alive <= 4, `${alive} of ${memories.length} memories are still there`);
  for (const part of /** @type {const} */ (["heapUsed", "external", "arrayBuffers"])) {
    assert.ok(after[part] - before[part] < SLACK, `${part} went from ${before[part]} to ${after[part]} bytes in ${CONTEXTS} contexts`);
  }
  figures["contexts with forgotten handles"] = CONTEXTS;
});

test("the figures are those in tests/figures/memory.json", () => compareFigures(figures));
