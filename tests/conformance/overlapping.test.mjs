// Calls that overlap: many at once, and calls from inside the traps of a Proxy while its value is encoded (attacks.md 25).
// Run with `node --test tests/conformance/overlapping.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from "convex/server";
import { AUDIENCE, NONCE, NOW } from "./outside/material.mjs";
import { capture, indexOf, search } from "./outside/memory.mjs";
import { instances, watchWebAssembly } from "./outside/webassembly.mjs";

watchWebAssembly();
const { World } = await import("./outside/world.mjs");

const world = new World("overlapping");
const { api, inspection, m } = world;
const reference = /** @type {any} */ (anyApi.webhooks.mark);

test("many calls at once, of clients and guards with different secrets, each get their own answer", async () => {
  const parties = [m.secret, m.other, m.third].map((secret) => {
    const { signedMutation } = world.convex.countersign({ query: queryGeneric, mutation: mutationGeneric, action: actionGeneric, replay: false, keys: secret, audience: AUDIENCE });
    const guarded = /** @type {any} */ (signedMutation({ args: {}, handler: async (/** @type {any} */ ctx, /** @type {any} */ args) => {
      await null;
      return { keyId: ctx.caller.keyId, number: args.number };
    } }));
    return { secret, guarded };
  });
  const ctx = { meta: { getFunctionMetadata: async () => (await null, { name: "webhooks:mark", componentPath: "" }) } };
  const warn = console.warn;
  console.warn = () => {};
  try {
    const calls = Array.from({ length: 300 }, async (_, number) => {
      const [sender, receiver] = [parties[number % 3], parties[Math.floor(number / 3) % 3]];
      const fetch = /** @type {any} */ (async (/** @type {unknown} */ __, /** @type {any} */ init) => {
        for (let i = number % 5; i > 0; i--) await null;
        const { args } = JSON.parse(init.body);
        try {
          return new Response(JSON.stringify({ status: "success", value: await receiver.guarded._handler(ctx, args[0]), logLines: [] }));
        } catch (error) {
          const { data } = /** @type {any} */ (error);
          return new Response(JSON.stringify({ status: "error", errorMessage: "Server Error", errorData: data, logLines: [] }), { status: 560 });
        }
      });
      const client = /** @type {any} */ (new world.client.CountersignClient(AUDIENCE, { secret: sender.secret, fetch }));
      const [keyId] = (await null, api.createKeyring(sender.secret).keyIds);
      const args = number % 7 === 0 ? { number, text: m.largeField } : { number };
      if (sender === receiver) return assert.deepEqual(await client.mutation(reference, args), { keyId, number });
      await assert.rejects(client.mutation(reference, args), { code: "unauthorized" });
    });
    await Promise.all(calls);
  } finally {
    console.warn = warn;
  }
});

/** What a trap of a Proxy, or a conversion, might try in the middle of a call. */
const keyring = world.keyring();
const key = world.handle(api.importKey(m.key));
const imported = world.handle(api.importSecret(m.secret));
const token = world.sign(keyring);
const mac = api.hmacSha256(key, m.message);
/** @type {Record<string, () => unknown>} */
const inner = {
  generateSecret: () => api.generateSecret(),
  verifySecret: () => api.verifySecret(m.secret, m.secret),
  importSecret: () => api.importSecret(m.secret),
  matches: () => imported.matches(m.secret),
  fingerprint: () => api.fingerprint(m.secret),
  hmacSha256: () => api.hmacSha256(key, m.message),
  "hmacSha256 with bytes": () => api.hmacSha256(m.key, m.message),
  verifyHmacSha256: () => api.verifyHmacSha256(key, m.message, mac),
  importKey: () => api.importKey(m.key),
  createKeyring: () => api.createKeyring(m.other),
  signCall: () => world.sign(keyring),
  verifyCall: () => api.verifyCall(keyring, token, world.call()),
  encodeValue: () => api.encodeValue(m.largeField),
  explainCall: () => inspection.explainCall(keyring, token, world.call()),
};
/** A plain value behind a Proxy each of whose traps does something first. @param {() => void} act */
const proxied = (act) => new Proxy({ a: 1, field: m.field }, {
  ownKeys: (target) => (act(), Reflect.ownKeys(target)),
  getOwnPropertyDescriptor: (target, name) => (act(), Reflect.getOwnPropertyDescriptor(target, name)),
  getPrototypeOf: (target) => (act(), Reflect.getPrototypeOf(target)),
});

for (const [name, use] of Object.entries(inner)) {
  test(`${name} inside a Proxy's traps is refused, and the call around it is right`, () => {
    const plain = { a: 1, field: m.field };
    let tries = 0;
    const act = () => {
      tries++;
      assert.throws(use, { name: "CountersignError", code: "value_unsupported" }, name);
    };
    assert.deepEqual(api.encodeValue(proxied(act)), api.encodeValue(plain));
    assert.equal(world.sign(keyring, proxied(act)), world.sign(keyring, plain));
    assert.equal(api.verifyCall(keyring, world.sign(keyring, plain), world.call(proxied(act))).caller, "default");
    assert.ok(tries > 6);
    // Unless the trap lets the error out: then it is the answer.
    assert.throws(() => world.sign(keyring, proxied(() => void use())), { name: "CountersignError" });
    assert.equal(api.verifyCall(keyring, token, world.call()).caller, "default");
  });
}

test("inspectSecret, which has a memory of its own, works inside a Proxy's traps", () => {
  assert.deepEqual(api.encodeValue(proxied(() => assert.equal(inspection.inspectSecret(m.secret).ok, true))), api.encodeValue({ a: 1, field: m.field }));
});

test("messages and deliveries work inside a Proxy's traps, and the message or delivery around them is right", () => {
  const { http, webhooks } = world;
  const plain = { method: "POST", target: "/a?b", headers: [["x-field", m.field]], body: m.message, audience: "https://app.example" };
  const fields = http.signMessage(keyring, plain, { now: NOW, nonce: NONCE });
  const request = { ...plain, headers: [...plain.headers, ...fields] };
  const delivery = { secret: m.secret, headers: webhooks.signWebhook("github", { secret: m.secret, body: m.field }), body: m.field, now: NOW };
  const other = { ...delivery, secret: m.other, headers: webhooks.signWebhook("github", { secret: m.other, body: m.largeField }), body: m.largeField };
  const [key, otherKey] = [delivery, other].map((each) => webhooks.verifyWebhook("github", each).idempotencyKey);
  let tries = 0;
  const act = () => {
    tries++;
    assert.equal(webhooks.verifyWebhook("github", other).idempotencyKey, otherKey);
    assert.throws(() => http.verifyMessage(keyring, { ...request, body: m.field }, { now: NOW }), { code: "signature_invalid" });
  };
  const acting = (/** @type {any} */ object) => new Proxy(object, {
    get: (target, name) => (act(), target[name]),
    has: (target, name) => (act(), name in target),
    ownKeys: (target) => (act(), Reflect.ownKeys(target)),
    getOwnPropertyDescriptor: (target, name) => (act(), Reflect.getOwnPropertyDescriptor(target, name)),
  });
  assert.equal(webhooks.verifyWebhook("github", acting(delivery)).idempotencyKey, key);
  assert.equal(webhooks.verifyWebhook("github", { ...delivery, headers: acting(delivery.headers) }).idempotencyKey, key);
  assert.deepEqual(http.signMessage(keyring, acting({ ...plain, headers: acting(plain.headers.map(acting)) }), acting({ now: NOW, nonce: NONCE })), fields);
  assert.equal(http.verifyMessage(keyring, acting({ ...request, headers: acting(request.headers) }), acting({ now: NOW })).caller, "default");
  assert.ok(tries > 20, `${tries}`);
});

test("freeing a handle inside a Proxy's trap never leaves a key of zeros in use, and can be done again", () => {
  const own = world.keyring([m.other, m.third]);
  const signed = world.sign(own);
  assert.throws(() => world.sign(own, proxied(() => own.free())), { name: "CountersignError" });
  const zeros = new Uint8Array(32);
  for (const use of [() => world.sign(own), () => api.verifyCall(own, signed, world.call())]) {
    try {
      use();
    } catch (error) {
      assert.ok(error instanceof api.CountersignError && error.code === "type_invalid", `${error}`);
    }
  }
  const ofZeros = api.importKey(zeros);
  api.hmacSha256(ofZeros, "");
  ofZeros.free();
  own.free();
  const live = world.patterns;
  const states = new Map([...live.all].filter(([name]) => /^(other|third) secret, call key, (inner|outer) state/.test(name)));
  assert.ok(states.size > 0);
  const found = instances.flatMap(({ memory }) => search(capture(memory), indexOf(states)));
  assert.deepEqual(found.map(({ name }) => name), [], "the keys of a keyring that was freed twice");
});

test("a key that was displaced, and freed while its arguments are encoded, is not loaded again as zeros", () => {
  const own = world.keyring([m.other, m.third]);
  const signed = world.sign(own);
  const { args } = world.call();
  const freeing = () => new Proxy(args, {
    ownKeys(target) {
      assert.throws(() => own.free(), { code: "value_unsupported" });
      return Reflect.ownKeys(target);
    },
  });
  for (const use of [() => world.sign(own, freeing()), () => api.verifyCall(own, signed, { ...world.call(), args: freeing() })]) {
    // One after the other, these take all slots.
    const others = Array.from({ length: 64 }, (_, i) => api.importKey(`another key, ${i}`));
    for (const key of others) api.hmacSha256(key, "");
    assert.throws(use, { code: "type_invalid" });
    for (const key of others) key.free();
  }
  own.free();
});

test("nothing is converted behind the user's back", () => {
  let conversions = 0;
  const convert = () => (conversions++, m.secret);
  const object = /** @type {any} */ ({ toString: convert, valueOf: convert, toJSON: convert, [Symbol.toPrimitive]: convert, length: 32, 0: 1 });
  for (const use of [
    () => api.createKeyring(/** @type {any} */ ([object])), () => api.importKey(object), () => api.importSecret(object), () => api.fingerprint(object),
    () => api.verifySecret(m.secret, object), () => api.hmacSha256(object, "m"), () => api.hmacSha256("k", object), () => api.verifyHmacSha256("k", "m", object),
    () => world.sign(keyring, undefined, { audience: object }), () => world.sign(keyring, undefined, { name: object }), () => world.sign(keyring, undefined, { now: object }),
    () => world.sign(keyring, undefined, { nonce: object }), () => api.encodeValue({ object: new (class { valueOf() { return convert(); } })() }),
  ]) assert.throws(use, { name: "CountersignError" });
  assert.equal(api.verifySecret(object, m.secret), false);
  assert.equal(imported.matches(object), false);
  assert.throws(() => api.verifyCall(keyring, object, world.call()), { code: "signature_malformed" });
  assert.equal(conversions, 0);
});

test("two keyrings in turn do not take each other's place", () => {
  const keyrings = Array.from({ length: 100 }, (_, i) => api.createKeyring(m.text(`in turn ${i}`, 43)));
  const tokens = keyrings.map((own) => api.signCall(own, world.call()));
  for (let round = 0; round < 3; round++) {
    keyrings.forEach((own, i) => {
      assert.equal(api.verifyCall(own, tokens[i], { ...world.call(), now: NOW }).keyId, own.keyIds[0]);
      assert.throws(() => api.verifyCall(own, tokens[(i + 1) % 100], world.call()), { code: "key_unknown" });
    });
  }
});
