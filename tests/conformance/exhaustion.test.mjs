// What runs out: JavaScript's stack in the middle of a call, and the memory for large arguments. Neither is ever a yes, the next call is right,
// and nothing of a secret is left (attacks.md 25, 26).
//
// Run with `node --test tests/conformance/exhaustion.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareFigures } from "./outside/figures.mjs";
import { narrowModule } from "./outside/instrument.mjs";
import { NONCE, NOW } from "./outside/material.mjs";
import { capture, indexOf, search } from "./outside/memory.mjs";
import { dropInstance, hooks, instances, replaceModules, watchWebAssembly } from "./outside/webassembly.mjs";

// Calls go straight into the module: a function in between would need stack too, and the module's own calls would never be the ones to fail.
watchWebAssembly({ bare: true });
const { World } = await import("./outside/world.mjs");

const world = new World("exhaustion");
const { api, http, m, webhooks } = world;
const ofLarge = { field: m.largeField };
const keyring = api.createKeyring(m.secret);
const token = world.sign(keyring);
const largeToken = world.sign(keyring, ofLarge);
const mac = api.hmacSha256(m.key, m.message);
const largeMac = api.hmacSha256(m.hugeKey, m.largeMessage);
keyring.free();
const delivery = { secret: m.secret, headers: webhooks.signWebhook("github", { secret: m.secret, body: m.message }), now: NOW };
const received = (/** @type {string} */ body) => {
  try {
    return webhooks.verifyWebhook("github", { ...delivery, body }).idempotencyKey;
  } catch (error) {
    if (error instanceof api.CountersignError && error.code === "signature_invalid") return "refused";
    throw error;
  }
};
const messageKeys = api.createKeyring(m.secret);
const plainRequest = { method: "POST", target: "/a?b", headers: [["content-type", "text/plain"]], body: m.field, audience: "https://app.example" };
const request = { ...plainRequest, headers: [...plainRequest.headers, ...http.signMessage(messageKeys, plainRequest, { now: NOW, nonce: NONCE })] };
const patterns = indexOf(world.patterns.all);
const figures = { "calls that ran out of stack": 0, "bytes left without stack": 0 };

/** Verifies with a keyring of its own. @param {string} given @param {object} [args] */
function verified(given, args) {
  const own = api.createKeyring(m.secret);
  try {
    return api.verifyCall(own, given, world.call(args)).keyId.length;
  } finally {
    own.free();
  }
}

/**
 * Each returns something that can be compared without a call.
 * @type {Record<string, () => string | number | boolean>}
 */
const uses = {
  "verifySecret, yes": () => api.verifySecret(m.secret, m.secret),
  "verifySecret, no": () => api.verifySecret(m.other, m.secret),
  "verifyHmacSha256, yes": () => api.verifyHmacSha256(m.key, m.message, mac),
  "verifyHmacSha256, no": () => api.verifyHmacSha256(m.key, m.largeField, mac),
  "verifyHmacSha256, large, yes": () => api.verifyHmacSha256(m.hugeKey, m.largeMessage, largeMac),
  "verifyHmacSha256, large, no": () => api.verifyHmacSha256(m.hugeKey, m.largeMessage, mac),
  fingerprint: () => api.fingerprint(m.secret),
  verifyCall: () => verified(token),
  "encodeValue, large": () => api.encodeValue(ofLarge).length,
  signWebhook: () => webhooks.signWebhook("github", { secret: m.secret, body: m.message }).length,
  "verifyWebhook, yes": () => received(m.message),
  "verifyWebhook, no": () => received(m.largeField),
  signMessage: () => http.signMessage(messageKeys, plainRequest, { now: NOW, nonce: NONCE }).length,
  "verifyMessage, yes": () => http.verifyMessage(messageKeys, request, { now: NOW }).keyId,
};

/** Runs `use` with as little stack as there is `frames` frames above where it ends. @param {() => void} use @param {number} frames */
function nearTheEnd(use, frames) {
  outcome = { began: false, result: undefined, failure: undefined };
  let left = frames;
  const dive = () => {
    try {
      dive();
    } catch (error) {
      // Here the stack has run out: on the way back, as often as was asked for.
      if (!(error instanceof RangeError)) throw error;
    }
    if (left-- === 0) use();
  };
  dive();
}

/** What came of the last attempt. @type {{ began: boolean, result: unknown, failure: unknown }} */
let outcome;
/** @param {() => unknown} use */
function attempt(use) {
  outcome.began = true;
  try {
    outcome.result = use();
  } catch (error) {
    outcome.failure = error;
  }
}

/** @param {string} when */
function assertNothingLeft(when) {
  const found = instances.flatMap(({ memory }) => search(capture(memory), patterns));
  figures["bytes left without stack"] += found.reduce((sum, { from, to }) => sum + to - from, 0);
  assert.deepEqual(found.map(({ name }) => name), [], when);
}

for (const [name, use] of Object.entries(uses)) {
  test(`${name}: JavaScript's stack runs out`, () => {
    dropInstance(api);
    const good = use();
    let worked = 0;
    let failed = 0;
    // Twice: the compiler may have made one function of several, which then has the stack for all of them or for none, until that went wrong.
    for (let frames = 0, walks = 2; walks > 0; frames++) {
      assert.ok(frames < 2000, "there is always too little stack");
      // The last few of them only.
      instances.splice(0, instances.length - 1);
      const { began, result, failure } = (nearTheEnd(() => attempt(use), frames), outcome);
      // Not even enough stack to begin.
      if (!began) continue;
      if (failure === undefined) {
        assert.equal(result, good, `${name} with ${frames} frames`);
        worked++;
      } else {
        assert.ok(failure instanceof RangeError, `${name} with ${frames} frames: ${failure}`);
        assert.equal(result, undefined);
        worked = 0;
        failed++;
      }
      assertNothingLeft(`${name} with ${frames} frames`);
      assert.equal(use(), good, `${name}, the next time after ${frames} frames`);
      if (worked === 5) [frames, worked, walks] = [0, 0, walks - 1];
    }
    assert.ok(failed > 0);
    figures["calls that ran out of stack"] += failed;
  });
}

test("no memory for large arguments is a clear error and no yes", () => {
  replaceModules(narrowModule, "lean");
  dropInstance(api);
  instances.length = 0;
  const own = api.createKeyring(m.secret);
  for (const use of [() => world.sign(own, ofLarge), () => api.verifyCall(own, largeToken, world.call(ofLarge)), () => api.encodeValue(ofLarge)]) {
    assert.throws(use, { name: "CountersignError", code: "value_unsupported", message: /there is no memory for its size/ });
    assert.equal(api.verifyCall(own, token, world.call()).caller, "default", "the next call works");
  }
  own.free();
  assertNothingLeft("without memory");
  assert.equal(instances.filter(({ kind }) => kind === "lean").length, 1, "nothing trapped");
  assert.equal(api.verifyHmacSha256(m.hugeKey, m.largeMessage, largeMac), true, "messages are streamed and need no memory");
  hooks.replace = undefined;
  dropInstance(api);
  assert.equal(api.encodeValue(ofLarge).length > m.largeField.length, true);
});

test("the figures are those in tests/figures/memory.json", () => {
  // How many calls fail depends on the sizes of the engine's stack frames; that none leaves anything does not.
  assert.ok(figures["calls that ran out of stack"] > 50);
  compareFigures({ "bytes left without stack": figures["bytes left without stack"] });
});
