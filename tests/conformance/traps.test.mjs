// A trap inside the module is an error, never a yes; the next call starts from a fresh instance and has the right answer; and nothing of a
// secret is left in the instance that trapped (attacks.md 25, 26).
//
// The package's own modules run here as a test build (outside/instrument.mjs): a countdown falls at the start of each function and of each
// round of a loop, and before each write to memory, and where it comes to 0 there is an `unreachable`. Each use is trapped at all of these
// places, or at some hundred of them, the first and the last included.
//
// Run with `node --test tests/conformance/traps.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { anyApi, mutationGeneric, queryGeneric, actionGeneric } from "convex/server";
import { compareFigures } from "./outside/figures.mjs";
import { trappingModule } from "./outside/instrument.mjs";
import { AUDIENCE, NONCE, NOW } from "./outside/material.mjs";
import { capture, indexOf, search } from "./outside/memory.mjs";
import { dropInstance, dropMessagesInstance, dropRichInstance, hooks, instances, replaceModules, watchWebAssembly } from "./outside/webassembly.mjs";

/** @typedef {import("./outside/webassembly.mjs").Watched} Watched */

watchWebAssembly();
replaceModules(trappingModule, "lean", "guard", "messages", "rich");
const { World } = await import("./outside/world.mjs");
/** What guards and gateways ask, and nobody else. @type {{ checkScope(what: "caller" | "function", name: string, list: readonly string[]): void }} */
const { checkScope } = await import(new URL("./core/scope.js", import.meta.resolve("countersign")).href);

const FAR = 2 ** 31 - 1;
const POINTS = 150;
/** Where the memory grows by 16 MiB each time. */
const LARGE_POINTS = 40;
const figures = { "trap points": 0, "uses that were trapped": 0, "bytes left by a trap": 0 };

const world = new World("traps");
const { api, inspection, m, webhooks } = world;
const { signWebhook, verifyWebhook } = webhooks;
const keyring = world.keyring([m.secret, m.other]);
const key = world.handle(api.importKey(m.longKey));
const expected = world.handle(api.importSecret(m.secret));
const token = world.sign(keyring);
const largeToken = world.sign(keyring, { field: m.largeField });
const once = { ...world.call(), idempotencyKey: m.field };
const tokenOnce = world.sign(keyring, undefined, { idempotencyKey: m.field });
const wrongToken = world.changed(token, token.length - 9);
world.hideToken(wrongToken);
const mac = api.hmacSha256(key, m.message);
const wrongMac = mac.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
const largeMac = api.hmacSha256(m.hugeKey, m.largeMessage);
const patterns = indexOf(world.patterns.all);

/** @param {() => unknown} use @param {string} code what a refusal comes to */
function refused(use, code) {
  try {
    return use();
  } catch (error) {
    if (error instanceof api.CountersignError && error.code === code) return `refused: ${code}`;
    throw error;
  }
}

/** @param {string} sent what comes as the token */
async function guarded(sent) {
  const { signedMutation } = world.convex.countersign({ query: queryGeneric, mutation: mutationGeneric, action: actionGeneric, replay: false, keys: m.secret, audience: AUDIENCE });
  const ctx = { meta: { getFunctionMetadata: async () => ({ name: "webhooks:mark", componentPath: "" }) } };
  const { _handler } = /** @type {any} */ (signedMutation({ args: {}, handler: async () => "let in" }));
  const [now, warn] = [Date.now, console.warn];
  Date.now = () => NOW;
  console.warn = () => {};
  try {
    return await _handler(ctx, { ...world.call().args, countersign: sent });
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return "refused";
  } finally {
    Date.now = now;
    console.warn = warn;
  }
}

async function sent() {
  let calls = 0;
  const fetch = /** @type {any} */ (async () => (calls++, new Response(JSON.stringify({ status: "success", value: "fine", logLines: [] }))));
  const client = /** @type {any} */ (new world.client.CountersignClient(AUDIENCE, { secret: m.secret, fetch }));
  try {
    return await client.mutation(anyApi.webhooks.mark, { field: m.field });
  } catch (error) {
    assert.equal(calls, 0, "a call was sent although it could not be signed");
    throw error;
  }
}

/** What is trapped, and returns a text, a number or a boolean. @type {Record<string, () => unknown>} */
const uses = {
  "verifySecret, yes": () => api.verifySecret(m.secret, m.secret),
  "verifySecret, no": () => api.verifySecret(m.other, m.secret),
  "matches, yes": () => expected.matches(m.secret),
  "matches, no": () => expected.matches(m.other),
  importSecret: () => (api.importSecret(m.secret).free(), "freed"),
  fingerprint: () => api.fingerprint(m.secret),
  generateSecret: () => api.generateSecret().length,
  "importKey, a huge one": () => (api.importKey(m.hugeKey).free(), "freed"),
  "hmacSha256, a handle": () => Buffer.from(api.hmacSha256(key, m.message)).toString("hex"),
  "hmacSha256, bytes": () => Buffer.from(api.hmacSha256(m.key, m.message)).toString("hex"),
  "verifyHmacSha256, yes": () => api.verifyHmacSha256(key, m.message, mac),
  "verifyHmacSha256, no": () => api.verifyHmacSha256(key, m.message, wrongMac),
  "verifyHmacSha256, large, yes": () => api.verifyHmacSha256(m.hugeKey, m.largeMessage, largeMac),
  "verifyHmacSha256, large, no": () => api.verifyHmacSha256(m.hugeKey, m.largeMessage, wrongMac),
  createKeyring: () => {
    const made = api.createKeyring({ web: m.third, worker: m.other });
    made.free();
    return made.keyIds.length;
  },
  "free of a key in use": () => {
    const used = api.importKey(m.key);
    api.hmacSha256(used, "");
    used.free();
    return "freed";
  },
  signCall: () => world.sign(keyring),
  "signCall, large": () => world.sign(keyring, { field: m.largeField }),
  "verifyCall, yes": () => api.verifyCall(keyring, token, world.call()).keyId,
  "verifyCall, no": () => refused(() => api.verifyCall(keyring, wrongToken, world.call()), "signature_invalid"),
  "verifyCall, another key": () => refused(() => api.verifyCall(keyring, token.replace(/\.[0-9a-f]{16}\./, ".0123456789abcdef."), world.call()), "key_unknown"),
  "verifyCall, large, yes": () => api.verifyCall(keyring, largeToken, world.call({ field: m.largeField })).keyId,
  "verifyCall, large, no": () => refused(() => api.verifyCall(keyring, largeToken, world.call({ field: `${m.largeField}x` })), "signature_invalid"),
  "signCall, an idempotency key": () => world.sign(keyring, undefined, { idempotencyKey: m.field }),
  "verifyCall, an idempotency key, yes": () => api.verifyCall(keyring, tokenOnce, once).keyId,
  "verifyCall, an idempotency key, no": () => refused(() => api.verifyCall(keyring, tokenOnce, { ...once, idempotencyKey: `${m.field}x` }), "signature_invalid"),
  "a function on a list": () => checkScope("function", "orders:create", ["a:b", "orders:*", "c:d"]),
  "a function on no list": () => refused(() => checkScope("function", "orders:create", ["a:b", "c:*"]), "function_forbidden"),
  "a caller on a list": () => checkScope("caller", "worker", ["web", "worker"]),
  "a caller on no list": () => refused(() => checkScope("caller", "worker", ["web", "works"]), "caller_forbidden"),
  encodeValue: () => Buffer.from(api.encodeValue({ field: m.field })).toString("hex"),
  requireSecret: () => (world.convex.requireSecret(m.secret, { secret: [m.other, m.secret] }), "let in"),
  "a guarded call, yes": () => guarded(token),
  "a guarded call, no": () => guarded(wrongToken),
  "a client's call": sent,
};

/** Some of the numbers from 1 to `last`, both included. @param {number} last @param {number} [points] */
const sample = (last, points = POINTS) => Array.from({ length: Math.min(last, points) }, (_, i) => (last <= points ? i + 1 : 1 + Math.round((i * (last - 1)) / (points - 1))));

/** @param {import("./outside/webassembly.mjs").Kind} kind @returns {Watched} */
function newest(kind) {
  const instance = instances.findLast((candidate) => candidate.kind === kind);
  assert.ok(instance !== undefined, `there is no instance of the ${kind} module`);
  return instance;
}

/** @param {string} name @param {() => unknown} use @param {number} point */
async function trapped(name, use, point) {
  /** @type {unknown} */
  let result;
  try {
    result = await use();
  } catch (error) {
    assert.ok(error instanceof WebAssembly.RuntimeError && /unreachable/.test(error.message), `${name}, trapped at ${point}: ${error}`);
    return;
  }
  assert.fail(`${name}, trapped at ${point}, returned ${result}`);
}

/** Instances that trapped, and how often one was called once more. @type {WeakSet<Watched>} */
const over = new WeakSet();
let usedAgain = 0;
hooks.failed = (instance) => over.add(instance);
hooks.enter = (instance) => void (over.has(instance) && usedAgain++);

/** @param {Watched} instance @param {string} name @param {number} point */
function assertNothingLeft(instance, name, point) {
  const found = search(capture(instance.memory), patterns);
  figures["bytes left by a trap"] += found.reduce((sum, { from, to }) => sum + to - from, 0);
  assert.deepEqual(found.map((place) => place.name), [], `${name}, trapped at ${point}`);
}

/** What runs in the guard module; or in the lean one, if that is there already. */
const ofGuards = new Set(["a function on a list", "a function on no list", "a caller on a list", "a caller on no list", "a guarded call, yes", "a guarded call, no"]);
/** @type {(readonly [string, "lean" | "guard"])[]} */
const runs = Object.keys(uses).flatMap((name) => [/** @type {const} */ ([name, "lean"]), ...(ofGuards.has(name) ? [/** @type {const} */ ([name, "guard"])] : [])]);

for (const [name, kind] of runs) {
  test(`${name}: trapped inside the ${kind} module`, async () => {
    const use = /** @type {() => unknown} */ (uses[name]);
    /** Leaves one instance, which is new. */
    const renew = () => {
      instances.length = 0;
      dropInstance(api);
      if (kind === "lean") api.fingerprint(m.other);
    };
    renew();
    const good = await use();
    newest(kind).exports.countdown.value = FAR;
    assert.deepEqual(await use(), good);
    const grows = newest(kind).memory.buffer.byteLength > 1 << 20;
    const ticks = FAR - newest(kind).exports.countdown.value;
    assert.ok(ticks > 0);
    for (const point of sample(ticks, grows ? LARGE_POINTS : POINTS)) {
      const instance = newest(kind);
      instance.exports.countdown.value = point;
      await trapped(name, use, point);
      assert.deepEqual(await use(), good, `${name}, the next time after a trap at ${point}`);
      assert.deepEqual([over.has(instance), usedAgain], [true, 0], `${name}, trapped at ${point}: an instance that trapped is used again`);
      assertNothingLeft(instance, name, point);
      renew();
      await use();
      figures["trap points"]++;
    }
    figures["uses that were trapped"]++;
  });
}

const { http } = world;
const plainRequest = { method: "POST", target: "/a?b", headers: [["content-type", "text/plain"]], body: m.field, audience: "https://app.example" };
/** @param {any} message @param {object} [options] */
const dressed = (message, options) => ({ ...message, headers: [...message.headers, ...http.signMessage(keyring, message, { now: NOW, ...options })] });
const request = dressed(plainRequest, { nonce: NONCE });
const response = dressed({ status: 200, headers: [], body: m.other, request });
/** The same message, whose MAC's last letter but two is another. @param {any} message */
const forged = ({ headers, ...rest }) => ({ ...rest, headers: headers.map((/** @type {[string, string]} */ [name, value]) => [name, name === "signature" ? world.changed(value, value.length - 5) : value]) });
/** @param {any} message */
const verified = (message) => http.verifyMessage(keyring, message, { now: NOW }).keyId;
const delivery = signWebhook("github", { secret: m.secret, body: m.message });
const largeDelivery = signWebhook("github", { secret: m.secret, body: m.largeField });
/** @param {string} body */
const received = (body) => verifyWebhook("github", { secret: m.secret, headers: delivery, body, now: NOW }).idempotencyKey;

/** @param {import("countersign/inspect").Explanation} explanation */
const explained = ({ steps, signed }) => JSON.stringify([steps, Buffer.from(signed ?? []).toString("hex")]);

/** What runs in an instance that has just been made. @type {[name: string, kind: "lean" | "messages" | "rich", use: () => unknown][]} */
const firstUses = [
  ["inspectSecret", "rich", () => inspection.inspectSecret(m.secret).keyId],
  ["explainCall", "rich", () => inspection.explainCall(keyring, token, world.call()).map(({ ok }) => ok).join()],
  ["explainCall of a wrong token", "rich", () => inspection.explainCall(keyring, wrongToken, world.call()).map(({ ok }) => ok).join()],
  ["signMessage", "messages", () => JSON.stringify(http.signMessage(keyring, plainRequest, { now: NOW, nonce: NONCE }))],
  ["signMessage, a response", "messages", () => JSON.stringify(http.signMessage(keyring, { status: 200, headers: [], body: m.other, request }, { now: NOW }))],
  ["verifyMessage, yes", "messages", () => verified(request)],
  ["verifyMessage, no", "messages", () => refused(() => verified(forged(request)), "signature_invalid")],
  ["verifyMessage, a response, yes", "messages", () => verified(response)],
  ["verifyMessage, a response, no", "messages", () => refused(() => verified(forged(response)), "signature_invalid")],
  ["explainMessage", "rich", () => explained(inspection.explainMessage(keyring, request, { now: NOW }))],
  ["explainMessage, a response, no", "rich", () => explained(inspection.explainMessage(keyring, forged(response), { now: NOW }))],
  ["explainWebhook", "rich", () => explained(inspection.explainWebhook("github", { secret: m.secret, headers: delivery, body: m.message, now: NOW }))],
  ["signedCallBytes", "rich", () => Buffer.from(inspection.signedCallBytes(token, world.call())).toString("hex")],
  ["signWebhook", "messages", () => JSON.stringify(signWebhook("github", { secret: m.secret, body: m.message }))],
  ["verifyWebhook, yes", "messages", () => received(m.message)],
  ["verifyWebhook, no", "messages", () => refused(() => received(`${m.message}x`), "signature_invalid")],
  ["verifyWebhook, large, yes", "messages", () => verifyWebhook("github", { secret: m.secret, headers: largeDelivery, body: m.largeField, now: NOW }).idempotencyKey],
  ["verifySecret, the first use", "lean", uses["verifySecret, yes"]],
  ["verifyCall, the first use", "lean", uses["verifyCall, yes"]],
];
for (const [name, kind, use] of firstUses) {
  test(`${name}: trapped inside a new instance of the ${kind} module`, async () => {
    /** @param {number} count */
    const withCountdown = (count) => {
      hooks.made = undefined;
      dropInstance(api);
      dropMessagesInstance(webhooks);
      dropRichInstance(inspection);
      instances.length = 0;
      hooks.made = (instance) => void (instance.kind === kind && (instance.exports.countdown.value = count));
    };
    withCountdown(FAR);
    const good = use();
    const ticks = FAR - newest(kind).exports.countdown.value;
    assert.ok(ticks > 0);
    for (const point of sample(ticks)) {
      withCountdown(point);
      await trapped(name, use, point);
      // While a call is under way the glue lets what it called finish, of which nothing but the error comes out.
      usedAgain = 0;
      const instance = newest(kind);
      hooks.made = undefined;
      assert.deepEqual(use(), good, `${name}, the next time after a trap at ${point}`);
      assert.deepEqual([over.has(instance), usedAgain], [true, 0], `${name}, trapped at ${point}: an instance that trapped is used again`);
      assertNothingLeft(instance, name, point);
      figures["trap points"]++;
    }
    figures["uses that were trapped"]++;
  });
}

test("the figures are those in tests/figures/memory.json", () => compareFigures(figures, { slack: 0.1 }));
