// Signed HTTP messages: on plain values, and as Request and Response.
import assert from "node:assert/strict";
import { actionGeneric, httpActionGeneric, mutationGeneric, queryGeneric } from "convex/server";
import { NONCE, NOW } from "../material.mjs";
import { held, rowsOf } from "../world.mjs";

/** @typedef {import("../world.mjs").World} World */
/** @typedef {{ method: string, target: string, headers: [string, string][], body?: any, audience: string }} Request */

const ORIGIN = "https://app.example";

/** @param {World} world @param {any} [body] @returns {Request} */
const requestOf = ({ m }, body = m.field) => ({ method: "POST", target: "/api/events?a=1", headers: [["content-type", "text/plain"], ["x-field", m.field]], body, audience: ORIGIN });

/** Takes the MAC among a message's new header fields into the search. @param {World} world @param {[string, string][]} fields */
function hideSignature(world, fields) {
  for (const [name, value] of fields) {
    if (name.toLowerCase() !== "signature") continue;
    const mac = value.slice(value.indexOf(":") + 1, -1);
    world.hide("message's MAC, base64", mac);
    world.hide("message's MAC", Buffer.from(mac, "base64"));
  }
  return fields;
}

/** @param {World} world @param {any} keyring @param {any} message @param {object} [options] */
const sign = (world, keyring, message, options) => hideSignature(world, world.http.signMessage(keyring, message, { now: NOW, ...("status" in message ? {} : { nonce: NONCE }), ...options }));

/** @param {World} world @param {any} keyring @param {any} message @param {object} [options] @returns {any} */
const signed = (world, keyring, message, options) => ({ ...message, headers: [...message.headers, ...sign(world, keyring, message, options)] });

/** @param {World} world @returns {[name: string, body: any][]} */
const bodies = ({ m }) => [["none", ""], ["a text", m.field], ["bytes", Buffer.from(m.field)], ["large", m.largeField], ["large bytes", Buffer.from(m.largeField)], ["beyond ASCII", `${m.field}\u00e9`.repeat(100)]];

/** @param {World} world @param {any} good @returns {[name: string, message: any, code: string][]} */
const refusedMessages = (world, good) => {
  const replaced = (/** @type {string} */ name, /** @type {(value: string) => string} */ change) =>
    ({ ...good, headers: good.headers.map((/** @type {[string, string]} */ [other, value]) => [other, other === name ? change(value) : value]) });
  const wrong = (/** @type {number} */ at) => replaced("signature", (value) => world.changed(value, value.indexOf(":") + 1 + at));
  const rows = /** @type {[string, any, string][]} */ ([
    ["no signature", { ...good, headers: good.headers.slice(0, 2) }, "signature_missing"],
    ["another tag", replaced("signature-input", (value) => value.replace('tag="countersign', 'tag="x')), "signature_missing"],
    ["cut off", replaced("signature", (value) => value.slice(0, -1)), "signature_malformed"],
    ["the label twice", replaced("signature", (value) => `${value}, ${value}`), "signature_malformed"],
    ["hopelessly long", replaced("signature-input", (value) => value.repeat(100)), "signature_malformed"],
    ["an unknown key id", replaced("signature-input", (value) => value.replace(/keyid="[^"]*"/, 'keyid="0123456789abcdef"')), "key_unknown"],
    ["the MAC's first character wrong", wrong(0), "signature_invalid"],
    ["the MAC's middle wrong", wrong(20), "signature_invalid"],
    ["another body", { ...good, body: world.m.text("another body", 80) }, "signature_invalid"],
    ["CR and LF in a value", { ...good, headers: [...good.headers, ["x-a", `${world.m.field}\r\n`]] }, "header_invalid"],
    ["a body that is half of a surrogate pair", { ...good, body: `${world.m.field}\ud800` }, "text_malformed"],
    ["a header field that is a number", { ...good, headers: [...good.headers, ["x-a", 1]] }, "type_invalid"],
  ]);
  for (const [, { headers }] of rows) hideSignature(world, headers.filter((/** @type {any[]} */ [, value]) => typeof value === "string"));
  return rows;
};

/** @param {World} world @param {any} keyring @returns {any} a response to a signed request */
const responseOf = (world, keyring, body = world.m.other) =>
  ({ status: 200, headers: [["content-type", "text/plain"]], body, request: signed(world, keyring, requestOf(world)) });

/** @param {World} world */
const plainRequest = ({ m }, body = m.field) => new Request(`${ORIGIN}/api/events?a=1`, { method: "POST", headers: { "content-type": "text/plain" }, body });

/** @param {World} world @param {any} message a Request or a Response @returns {any} */
function hidden(world, message) {
  hideSignature(world, [...message.headers]);
  return message;
}

/** A request that was signed, twice: as it is sent, and as it can be sent again. @param {World} world @param {string} [secret] @returns {Promise<any>} */
async function sentRequest(world, secret = world.m.secret) {
  const keyring = world.api.createKeyring(secret);
  const request = hidden(world, await world.http.signRequest(keyring, plainRequest(world)));
  keyring.free();
  return request;
}

/**
 * What a server with a guarded handler may see.
 * @param {(world: World, handler: (request: any, body: Uint8Array) => Response, options: any) => (request: any) => Promise<Response>} open
 * @param {string} [of]
 */
const serves = (open, of = "a server") => {
  const options = (/** @type {World} */ { m }) => ({ keys: () => ({ web: [m.secret, m.other], worker: m.third }), audience: ORIGIN });
  return {
    [`${of}: a request that is let in, and comes again`]: async (/** @type {World} */ world) => {
      const serve = open(world, (_, body) => (world.look("in the handler"), new Response(body.slice(0, 80).reverse())), { ...options(world), replay: world.http.memoryReplayStore() });
      const request = await sentRequest(world);
      const again = request.clone();
      const response = hidden(world, await serve(request));
      assert.equal(response.status, 200);
      await response.arrayBuffer();
      world.look("afterwards");
      assert.equal((await serve(again)).status, 401);
    },
    [`${of}: requests that are refused`]: async (/** @type {World} */ world) => {
      const serve = open(world, () => new Response(null), { ...options(world), callers: ["web"], maxBodyBytes: 100, replay: false });
      const stranger = await sentRequest(world, world.m.field.slice(0, 43));
      const tooLarge = hidden(world, await world.http.signRequest(world.keyring(), plainRequest(world, world.m.largeField)));
      for (const [request, status] of [[plainRequest(world), 401], [stranger, 401], [await sentRequest(world, world.m.third), 403], [tooLarge, 413]]) {
        assert.equal((await serve(request)).status, status);
        world.look(String(status));
      }
    },
    [`${of}: not set up`]: async (/** @type {World} */ world) => {
      for (const secret of [`"${world.m.secret}"`, world.m.secret.slice(0, 30), ""]) {
        const serve = open(world, () => new Response(null), { ...options(world), keys: () => secret });
        assert.equal((await serve(await sentRequest(world))).status, 500);
        world.look(`${secret.length} bytes`);
      }
    },
  };
};

/** A store, and what it says the first and the second time. @param {(world: World) => any} open */
const remembers = (open) => ({
  "a request that comes twice": async (/** @type {World} */ world) => {
    const [keyring, replay] = [world.keyring(), open(world)];
    const request = hidden(world, await world.http.signRequest(keyring, plainRequest(world)));
    const again = request.clone();
    await world.http.verifyRequest(keyring, request, { audience: ORIGIN, replay });
    world.look("the first time");
    await assert.rejects(world.http.verifyRequest(keyring, again, { audience: ORIGIN, replay }), { code: "replayed" });
  },
});
/** True the first time. */
const once = () => {
  const seen = new Set();
  return (/** @type {string} */ key) => !seen.has(key) && seen.add(key) !== undefined;
};

/** The first row that loads what http actions do. */
export const httpAction = "an http action: a request that is let in, and comes again";

/**
 * What verifies, and what explains.
 * @param {(world: World, keyring: any, message: any, options: any) => unknown} verify
 * @returns {Record<string, (world: World) => unknown>}
 */
const verifying = (verify) => ({
  "requests with bodies of all sizes": (world) => {
    const keyring = world.keyring([world.m.other, world.m.secret]);
    const signer = world.keyring();
    for (const [name, body] of bodies(world)) {
      verify(world, keyring, signed(world, signer, requestOf(world, body)), { now: NOW });
      world.look(name);
    }
  },
  "requests that are refused": (world) => {
    const keyring = world.keyring([world.m.other, world.m.secret]);
    for (const [name, message, code] of refusedMessages(world, signed(world, keyring, requestOf(world)))) {
      world.refuses(() => verify(world, keyring, message, { now: NOW }), code);
      world.look(name);
    }
  },
  "a request outside its window": (world) => {
    const keyring = world.keyring();
    const message = signed(world, keyring, requestOf(world));
    world.refuses(() => verify(world, keyring, message, { now: NOW + 301_000 }), "expired");
    world.look("late");
    world.refuses(() => verify(world, keyring, message, { now: NOW - 301_000 }), "not_yet_valid");
  },
  "responses with bodies of all sizes": (world) => {
    const keyring = world.keyring([world.m.other, world.m.secret]);
    for (const [name, body] of bodies(world)) {
      verify(world, keyring, signed(world, keyring, responseOf(world, keyring, body)), { now: NOW });
      world.look(name);
    }
  },
  "responses that are refused": (world) => {
    const keyring = world.keyring();
    const good = signed(world, keyring, responseOf(world, keyring));
    for (const [name, message, code] of refusedMessages(world, good).filter(([, , code]) => code !== "key_unknown" && code !== "signature_missing")) {
      world.refuses(() => verify(world, keyring, message, { now: NOW }), code);
      world.look(name);
    }
  },
});

export const messageRows = [
  ...rowsOf("signedRoute", serves((world, handler, options) => /** @type {any} */ (world.next.signedRoute((request, { body }) => handler(request, body), options)))),
  ...rowsOf("countersign", serves((world, handler, { replay, ...options }) => {
    const take = once();
    const builders = { query: queryGeneric, mutation: mutationGeneric, action: actionGeneric, httpAction: httpActionGeneric, keys: () => world.m.secret, audience: ORIGIN };
    const { signedHttpAction } = /** @type {any} */ (world.convex).countersign(({ ...builders, replay: replay === false ? false : { replay: { consume: "consume" } } }));
    const action = signedHttpAction(/** @type {any} */ ((/** @type {any} */ _, /** @type {any} */ request, /** @type {any} */ { body }) => handler(request, body)), options);
    const ctx = { runMutation: async (/** @type {any} */ _, /** @type {any} */ { key }) => ({ status: take(key) ? "fresh" : "replayed" }) };
    return (request) => /** @type {any} */ (action)._handler(ctx, request);
  }, "an http action")),
  ...rowsOf("memoryReplayStore", remembers((world) => world.http.memoryReplayStore())),
  ...rowsOf("redisReplayStore", remembers((world) => {
    const take = once();
    return world.http.redisReplayStore(async (/** @type {string[]} */ [, key]) => (take(key) ? "OK" : null));
  })),
  ...rowsOf("convexReplayStore", remembers((world) => {
    const take = once();
    return world.http.convexReplayStore(async (/** @type {{ key: string }} */ { key }) => ({ status: take(key) ? "fresh" : "replayed" }));
  })),
  ...rowsOf("signMessage", {
    "requests with bodies of all sizes": (world) => {
      const keyring = world.keyring();
      for (const [name, body] of bodies(world)) {
        sign(world, keyring, requestOf(world, body), { components: ["x-field"] });
        world.look(name);
      }
    },
    "with the second caller's key": (world) => sign(world, world.keyring({ web: world.m.secret, worker: world.m.other }), requestOf(world), { caller: "worker" }),
    "responses with bodies of all sizes": (world) => {
      const keyring = world.keyring([world.m.other, world.m.secret]);
      const signer = world.keyring();
      for (const [name, body] of bodies(world)) {
        sign(world, keyring, responseOf(world, signer, body));
        world.look(name);
      }
    },
    "what cannot be signed": (world) => {
      const keyring = world.keyring();
      const message = requestOf(world);
      for (const [name, bad, code] of /** @type {[string, any, string][]} */ ([
        ["a target that is none", { ...message, target: "/a/../b" }, "header_invalid"], ["CR and LF", { ...message, headers: [["x-a", `${world.m.field}\r\n`]] }, "header_invalid"],
        ["half of a surrogate pair", { ...message, body: `${world.m.field}\ud800` }, "text_malformed"], ["a number", { ...message, body: 1 }, "type_invalid"],
        ["a response to what is not signed", { status: 200, headers: [], body: world.m.field, request: message }, "signature_missing"],
      ])) {
        world.refuses(() => world.http.signMessage(keyring, bad, { now: NOW }), code);
        world.look(name);
      }
    },
  }),
  ...rowsOf("verifyMessage", verifying((world, keyring, message, options) => world.http.verifyMessage(keyring, message, options))),
  ...rowsOf("explainMessage", verifying((world, keyring, message, options) => held(world, world.inspection.explainMessage(keyring, message, options)))),
  ...rowsOf("signRequest", {
    "a body": async (world) => hidden(world, await world.http.signRequest(world.keyring(), plainRequest(world))),
    "what cannot be signed": (world) => assert.rejects(world.http.signRequest(world.keyring(), plainRequest(world), { audience: `${ORIGIN}/${world.m.field}` }), { name: "CountersignError" }),
  }),
  ...rowsOf("verifyRequest", {
    "a body": async (world) => {
      const keyring = world.keyring();
      await world.http.verifyRequest(keyring, hidden(world, await world.http.signRequest(keyring, plainRequest(world))), { audience: ORIGIN });
    },
    "requests that are refused": async (world) => {
      const [keyring, stranger] = [world.keyring(), world.keyring(world.m.third)];
      const good = hidden(world, await world.http.signRequest(keyring, plainRequest(world, world.m.largeField)));
      await assert.rejects(world.http.verifyRequest(keyring, good.clone(), { audience: "https://other.example" }), { code: "signature_invalid" });
      world.look("another audience");
      await assert.rejects(world.http.verifyRequest(stranger, good.clone(), { audience: ORIGIN }), { code: "key_unknown" });
      world.look("another keyring");
      await assert.rejects(world.http.verifyRequest(keyring, good.clone(), { audience: ORIGIN, maxBodyBytes: 100 }), { code: "body_too_large" });
    },
  }),
  ...rowsOf("signResponse", {
    "a body": async (world) => {
      const keyring = world.keyring();
      const request = hidden(world, await world.http.signRequest(keyring, plainRequest(world)));
      hidden(world, await world.http.signResponse(keyring, request, new Response(world.m.other), { audience: ORIGIN }));
    },
  }),
  ...rowsOf("verifyResponse", {
    "a body, and another one": async (world) => {
      const keyring = world.keyring();
      const request = hidden(world, await world.http.signRequest(keyring, plainRequest(world)));
      const response = hidden(world, await world.http.signResponse(keyring, request, new Response(world.m.other, { headers: { "content-type": "text/plain" } }), { audience: ORIGIN }));
      const forged = new Response(world.m.third, { headers: response.headers });
      await world.http.verifyResponse(keyring, request, response);
      world.look("verified");
      await assert.rejects(world.http.verifyResponse(keyring, request, forged), { code: "signature_invalid" });
    },
  }),
  ...rowsOf("signedFetch", {
    "a request and its signed response": async (world) => {
      const keyring = world.keyring();
      const fetch = async (/** @type {any} */ input) => {
        world.look("while the request is under way");
        return hidden(world, await world.http.signResponse(keyring, hidden(world, input), new Response(world.m.other), { audience: ORIGIN }));
      };
      const response = await world.http.signedFetch(`${ORIGIN}/a`, { method: "POST", body: world.m.field }, { secret: world.m.secret, fetch: /** @type {any} */ (fetch) });
      assert.equal(await response.text(), world.m.other);
    },
    "a response that is not signed": (world) =>
      assert.rejects(world.http.signedFetch(`${ORIGIN}/a`, { method: "POST", body: world.m.field }, { secret: world.m.secret, fetch: /** @type {any} */ (async (/** @type {any} */ input) => (hidden(world, input), new Response(world.m.other))) }), { name: "CountersignError" }),
    "secrets that cannot be used": async (world) => {
      for (const secret of [`${world.m.secret} `, world.m.secret.slice(0, 30)]) {
        await assert.rejects(world.http.signedFetch(`${ORIGIN}/a`, {}, { secret }), (/** @type {any} */ error) => /^secret_/.test(error.code));
        world.look(`${secret.length} bytes`);
      }
    },
  }),
];
