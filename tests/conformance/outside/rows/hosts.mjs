// The guards and the clients, driven directly: a guarded function's handler, and a `fetch` that answers as Convex does.
import assert from "node:assert/strict";
import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from "convex/server";
import { AUDIENCE } from "../material.mjs";
import { rowsOf } from "../world.mjs";

/** @typedef {import("../world.mjs").World} World */

const kinds = /** @type {const} */ (["query", "mutation", "action"]);
const builderOf = /** @type {const} */ ({ query: "signedQuery", mutation: "signedMutation", action: "signedAction" });
const ctx = { meta: { getFunctionMetadata: async () => ({ name: "webhooks:mark", componentPath: "" }) } };

/** @param {World} world @param {object} [options] */
const guards = (world, options) => world.convex.countersign({ query: queryGeneric, mutation: mutationGeneric, action: actionGeneric, replay: false, keys: () => [world.m.secret, world.m.other], audience: AUDIENCE, ...options });

/** Calls a guarded function as Convex would. @param {World} world @param {(typeof kinds)[number]} kind @param {object} args @param {object} [options] of the guard */
function callGuarded(world, kind, args, options) {
  const define = /** @type {any} */ (guards(world, options)[builderOf[kind]]);
  return define({ handler: (/** @type {unknown} */ _, /** @type {unknown} */ got) => (world.look(`in the ${kind}'s handler`), got) })._handler(ctx, args);
}

/** @param {World} world @param {(typeof kinds)[number]} kind @param {object} args */
function tokenFor(world, kind, args, secret = world.m.secret) {
  const keyring = world.api.createKeyring(secret);
  const token = world.sign(keyring, args, { type: kind });
  keyring.free();
  return token;
}

/** @param {(typeof kinds)[number]} kind */
const guardRows = (kind) => ({
  [`a ${kind} that is let in`]: async (/** @type {World} */ world) => {
    for (const args of [{ field: world.m.field }, { field: world.m.largeField }]) {
      assert.deepEqual(await callGuarded(world, kind, { ...args, countersign: tokenFor(world, kind, args) }), args);
      world.look("afterwards");
    }
  },
  [`a ${kind} that is refused`]: async (/** @type {World} */ world) => {
    const args = { field: world.m.field };
    const token = tokenFor(world, kind, args);
    const stranger = tokenFor(world, kind, args, world.m.third);
    const wrong = `${token.slice(0, -10)}${token[60] === "A" ? "B" : "A"}${token.slice(-9)}`;
    world.hideToken(wrong);
    for (const [name, sent] of Object.entries({ missing: undefined, malformed: "nonsense", stranger, wrong })) {
      await assert.rejects(callGuarded(world, kind, { ...args, countersign: sent }), { data: { code: "unauthorized" } }, name);
      world.look(name);
    }
    await assert.rejects(callGuarded(world, kind, { field: world.m.other, countersign: token }), { data: { code: "unauthorized" } });
    world.look("other arguments");
    await assert.rejects(callGuarded(world, kind, { field: world.m.other, when: new Date(0), countersign: token }), { data: { code: "unauthorized" } });
  },
  [`a ${kind} of a deployment that is not set up`]: async (/** @type {World} */ world) => {
    const args = { field: world.m.field };
    for (const [name, secret] of Object.entries({ quoted: `"${world.m.secret}"`, short: world.m.secret.slice(0, 30), missing: undefined, pair: [world.m.other, ` ${world.m.secret}`], shared: { web: world.m.secret, worker: world.m.secret } })) {
      await assert.rejects(callGuarded(world, kind, { ...args, countersign: tokenFor(world, kind, args) }, { keys: () => secret }), (/** @type {any} */ error) => error.data.code === "misconfigured");
      world.look(name);
    }
  },
});

/** Calls a gateway's function as Convex would. @param {World} world @param {(typeof kinds)[number]} kind @param {object} request @param {object} [options] of the gateway */
function callGateway(world, kind, request, options) {
  const settings = { query: queryGeneric, mutation: mutationGeneric, action: actionGeneric, replay: false, keys: () => [world.m.secret, world.m.other], audience: AUDIENCE, allow: ["webhooks:mark"], ...options };
  const run = async (/** @type {unknown} */ _, /** @type {unknown} */ got) => (world.look(`in the internal ${kind}`), got);
  const runner = { ...ctx, runQuery: run, runMutation: run, runAction: run };
  return /** @type {any} */ (world.convex.gateway(/** @type {any} */ (settings))[kind])._handler(runner, request);
}

/** @param {(typeof kinds)[number]} kind */
const throughGateway = (kind) => ({
  [`a ${kind} that is let in`]: async (/** @type {World} */ world) => {
    for (const args of [{ field: world.m.field }, { field: world.m.largeField }]) {
      assert.deepEqual(await callGateway(world, kind, { name: "webhooks:mark", args, countersign: tokenFor(world, kind, args) }), args);
      world.look("afterwards");
    }
  },
  [`a ${kind} that is refused`]: async (/** @type {World} */ world) => {
    const args = { field: world.m.field };
    const token = tokenFor(world, kind, args);
    for (const [name, request] of Object.entries({ unsigned: { name: "webhooks:mark", args }, stranger: { name: "webhooks:mark", args, countersign: tokenFor(world, kind, args, world.m.third) }, "another function": { name: "webhooks:other", args, countersign: token }, "no arguments": { name: "webhooks:mark", countersign: token } })) {
      await assert.rejects(callGateway(world, kind, request), { data: { code: "unauthorized" } }, name);
      world.look(name);
    }
    for (const allow of [["webhooks:other"], { default: [], worker: ["webhooks:mark"] }]) {
      await assert.rejects(callGateway(world, kind, { name: "webhooks:mark", args, countersign: token }, { allow }), { data: { code: "unauthorized" } });
      world.look("not on the list");
    }
  },
});

/** @param {World} world @param {object} [answer] @param {number} [status] */
function fakeFetch(world, answer = { status: "success", value: "fine", logLines: [] }, status = 200) {
  return async (/** @type {unknown} */ _, /** @type {any} */ init) => {
    const { args } = JSON.parse(init.body);
    const { countersign } = Array.isArray(args) ? args[0] : args;
    world.hideToken(typeof countersign === "string" ? countersign : countersign.token);
    world.look("while the call is under way");
    return new Response(JSON.stringify(answer), { status, headers: { "content-type": "application/json" } });
  };
}

/** @param {World} world @param {object} [options] */
const clientOf = (world, options) => new world.client.CountersignClient(AUDIENCE, { secret: world.m.secret, fetch: fakeFetch(world), ...options });
const reference = /** @type {any} */ (anyApi.webhooks.mark);
const refusal = { status: "error", errorMessage: "Server Error", errorData: { code: "unauthorized" }, logLines: [] };

/** What a user's call may come to, whichever function it is. @param {(world: World, args: any, changes?: { secret?: any, answer?: any, status?: number }) => Promise<unknown>} send */
const sends = (send) => ({
  "a call": async (/** @type {World} */ world) => {
    assert.equal(await send(world, { field: world.m.field }), "fine");
    world.look("small");
    assert.equal(await send(world, { field: world.m.largeField }), "fine");
  },
  "a call that is refused": (/** @type {World} */ world) => assert.rejects(send(world, { field: world.m.field }, { answer: refusal, status: 560 }), { code: "unauthorized" }),
  "arguments that cannot be signed": async (/** @type {World} */ world) => {
    for (const bad of [new Date(0), { $name: 1 }, `${world.m.largeField}\ud800`, 1n << 64n]) {
      await assert.rejects(send(world, { field: world.m.field, more: { text: world.m.largeField }, most: bad }), { name: "CountersignError" });
      world.look(typeof bad);
    }
  },
  "secrets that cannot be used": async (/** @type {World} */ world) => {
    for (const secret of [`${world.m.secret} `, world.m.secret.slice(0, 30), `csk_${world.m.secret}_AAAAAA`, ""]) {
      await assert.rejects(send(world, { field: world.m.field }, { secret }), (/** @type {any} */ error) => /^secret_/.test(error.code));
      world.look(`${secret.length} bytes`);
    }
  },
  "several at once": async (/** @type {World} */ world) => {
    const results = await Promise.all(Array.from({ length: 5 }, (_, i) => send(world, { field: world.m.field, number: i })));
    assert.deepEqual(results, Array(5).fill("fine"));
  },
});

/** @param {(typeof kinds)[number]} kind */
const clientRows = (kind) => sends((world, args, { secret = world.m.secret, answer, status } = {}) => /** @type {any} */ (clientOf(world, { secret, fetch: fakeFetch(world, answer, status) }))[kind](reference, args));

/** The same through the gateway. @param {(typeof kinds)[number]} kind */
const gatewayRows = (kind) =>
  Object.entries(sends((world, args, { secret = world.m.secret, answer, status } = {}) => /** @type {any} */ (clientOf(world, { secret, fetch: fakeFetch(world, answer, status) })).gateway[kind](reference, args)))
    .flatMap(([title, run]) => rowsOf("CountersignClient.gateway", { [`${kind}: ${title}`]: run }));

/** A mutation with an idempotency key, which is tried again. @param {(world: World, client: any) => Promise<unknown>} send */
const triesAgain = (send) => async (/** @type {World} */ world) => {
  let calls = 0;
  const [fine, random] = [fakeFetch(world), Math.random];
  const fetch = async (/** @type {unknown} */ input, /** @type {any} */ init) => {
    const response = await fine(input, init);
    calls += 1;
    if (calls === 1) throw new TypeError("fetch failed");
    return calls === 2 ? new Response("Overloaded", { status: 503 }) : response;
  };
  Math.random = () => 0;
  try {
    assert.equal(await send(world, clientOf(world, { fetch })), "fine");
  } finally {
    Math.random = random;
  }
  assert.equal(calls, 3);
};
const once = { idempotencyKey: "evt_1" };

/** @param {"fetchQuery" | "fetchMutation" | "fetchAction"} name */
const nextRows = (name) => sends(async (world, args, { secret = world.m.secret, answer, status } = {}) => {
  const { fetch } = globalThis;
  globalThis.fetch = /** @type {any} */ (fakeFetch(world, answer, status));
  try {
    return await /** @type {any} */ (world.next)[name](reference, args, { url: AUDIENCE, secret });
  } finally {
    globalThis.fetch = fetch;
  }
});

export const hostRows = [
  ...rowsOf("countersign", {
    "options that make no sense": (world) => world.refuses(() => guards(world, { replay: true }), "misconfigured"),
  }),
  ...kinds.flatMap((kind) => rowsOf("countersign", guardRows(kind))),
  ...rowsOf("gateway", {
    "options that make no sense": (world) => world.refuses(() => callGateway(world, "query", {}, { allow: ["_system/a:b"] }), "misconfigured"),
  }),
  ...kinds.flatMap((kind) => rowsOf("gateway", throughGateway(kind))),
  ...rowsOf("requireSecret", {
    "the right secret": (world) => world.convex.requireSecret(world.m.secret, { secret: [world.m.other, world.m.secret] }),
    "wrong candidates": (world) => {
      for (const candidate of [world.m.third, world.changed(world.m.secret), "", undefined, 42, `${world.m.secret}\ud800`, world.m.hugeKey]) {
        assert.throws(() => world.convex.requireSecret(candidate, { secret: [world.m.other, world.m.secret] }), { data: { code: "unauthorized" } });
        world.look(`${typeof candidate}`);
      }
    },
    "unusable secrets": (world) => {
      for (const secret of [` ${world.m.secret}`, world.m.secret.slice(0, 31), "", world.m.hugeKey]) {
        // In a list, one that is not set is passed over.
        const accepted = secret === "" ? secret : [world.m.other, secret];
        assert.throws(() => world.convex.requireSecret(world.m.other, { secret: accepted }), (/** @type {any} */ error) => error.data.code === "misconfigured");
        world.look(`${secret.length} bytes`);
      }
    },
  }),
  ...rowsOf("CountersignClient", { "to where it must not go": (world) => world.refuses(() => new world.client.CountersignClient("http://example.com", { secret: world.m.secret }), "misconfigured") }),
  ...rowsOf("CountersignClient.url", { read: (world) => assert.equal(clientOf(world).url, AUDIENCE) }),
  ...rowsOf("CountersignClient.setAuth", { "between calls": async (world) => {
    const client = clientOf(world);
    client.setAuth("a user's token");
    await /** @type {any} */ (client).mutation(reference, { field: world.m.field });
  } }),
  ...rowsOf("CountersignClient.clearAuth", { "after setting it": async (world) => {
    const client = clientOf(world, { auth: "a user's token" });
    client.clearAuth();
    await /** @type {any} */ (client).mutation(reference, { field: world.m.field });
  } }),
  ...kinds.flatMap((kind) => rowsOf(`CountersignClient.${kind}`, clientRows(kind))),
  ...kinds.flatMap(gatewayRows),
  ...rowsOf("CountersignClient.mutation", {
    "a call that is tried again": triesAgain((world, client) => client.mutation(reference, { field: world.m.field }, once)),
    "a key that is none": (world) => assert.rejects(/** @type {any} */ (clientOf(world)).mutation(reference, { field: world.m.field }, { idempotencyKey: "" }), { code: "type_invalid" }),
  }),
  ...rowsOf("CountersignClient.gateway", {
    "mutation: a call that is tried again": triesAgain((world, client) => client.gateway.mutation(reference, { field: world.m.field }, once)),
  }),
  ...(/** @type {const} */ (["fetchQuery", "fetchMutation", "fetchAction"])).flatMap((name) => rowsOf(name, nextRows(name))),
];
