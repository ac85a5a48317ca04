// Webhooks: every provider, what is refused, and secrets that cannot be used.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { firstDelivery, hmac, signWebhook, verifyWebhook, webhookHttpAction, webhookRoute } from "countersign/webhooks";
import { NOW } from "../material.mjs";
import { held, rowsOf } from "../world.mjs";

/** @typedef {import("../world.mjs").World} World */

const url = "https://app.example/api/hook";
/** Not one letter of it depends on the seed but those of the secret: texts of a secret's length are equal in length. @param {World} world */
const whsec = ({ m }) => `whsec_${m.bytes("webhook key", 33).toString("base64")}`;

/** @param {World} world @returns {Record<string, string>} */
const secretsOf = (world) => ({
  standard: whsec(world), svix: whsec(world), clerk: whsec(world), resend: whsec(world), polar: whsec(world), stripe: whsec(world), github: world.m.secret, slack: world.m.secret, shopify: world.m.secret,
  linear: world.m.secret, lemonsqueezy: world.m.secret, paddle: `pdl_ntfset_${world.m.secret}`, workos: world.m.secret, qstash: `sig_${world.m.secret}`,
});

/** A body with a secret field, and what the providers look for. @param {World} world @param {string} [field] */
const bodyOf = (world, field = world.m.field) => JSON.stringify({ id: "evt_1", event_id: "evt_1", type: "paid", webhookTimestamp: NOW, field });

/** Takes the key, the texts and the MACs of a delivery into the search. @param {World} world @param {string} secret @param {[string, string][]} headers */
function hide(world, secret, headers) {
  world.hide("webhook secret", secret);
  if (secret.startsWith("whsec_")) world.hide("webhook key", Buffer.from(secret.slice(6), "base64"));
  for (const [name, value] of headers) {
    const mac = /(?:[A-Za-z0-9+/_-]{43}=?|[0-9a-f]{64})$/.exec(value)?.[0];
    if (mac === undefined) continue;
    world.hide(`MAC in ${name}`, mac);
    world.hide(`MAC of ${name}, bytes`, Buffer.from(mac, mac.length === 64 ? "hex" : mac.endsWith("=") ? "base64" : "base64url"));
  }
  return headers;
}

/** @param {World} world @param {any} provider @param {string} secret @param {string} body @param {object} [options] */
const signed = (world, provider, secret, body, options) => hide(world, secret, signWebhook(provider, { secret, body, timestamp: NOW, id: "id-1", url, ...options }));

const zoom = { header: "x-sig", encoding: /** @type {const} */ ("hex"), prefix: "v0=", timestamp: { header: "x-time", unit: /** @type {const} */ ("s"), before: "v0:", after: ":" } };

/** @param {(provider: any, handler: any, options: any) => (request: Request) => Promise<Response>} make */
const routeRows = (make) => ({
  "deliveries of every provider": async (/** @type {World} */ world) => {
    for (const [provider, secret] of Object.entries(secretsOf(world))) {
      const body = bodyOf(world);
      const handler = () => world.look(`in the handler of ${provider}`);
      const request = () => new Request(url, { method: "POST", body, headers: signed(world, provider, secret, body) });
      assert.equal((await make(provider, handler, { secret, url })(request())).status, 200);
      world.look(provider);
      assert.equal((await make(provider, handler, { secret: secret.replace(/.{8}$/, world.m.bytes("tail", 6).toString("base64")), url })(request())).status, 401);
      world.look(`${provider}, another secret`);
      assert.equal((await make(provider, handler, { secret, url, maxBodyBytes: 10 })(request())).status, 413);
    }
  },
  "secrets that cannot be used": async (/** @type {World} */ world) => {
    for (const secret of [undefined, "", ` ${world.m.secret}`, world.m.secret.slice(0, 15)]) {
      const request = new Request(url, { method: "POST", body: world.m.field, headers: signed(world, "github", world.m.secret, world.m.field) });
      assert.equal((await make("github", () => {}, { secret })(request)).status, 500);
      world.look(`${secret?.length} bytes`);
    }
  },
});

/**
 * What verifies, and what explains.
 * @param {(world: World, provider: any, options: any) => unknown} verify
 * @returns {Record<string, (world: World) => unknown>}
 */
const verifying = (verify) => ({
  "every provider": (world) => {
    for (const [provider, secret] of Object.entries(secretsOf(world))) {
      for (const body of [bodyOf(world), bodyOf(world, world.m.largeField)]) {
        const options = { secret: [world.m.other, secret].slice(-1), headers: signed(world, provider, secret, body), body, now: NOW, url };
        verify(world, /** @type {any} */ (provider), options);
        world.look(`${provider}, ${body.length} bytes`);
      }
    }
  },
  "several secrets and several signatures": (world) => {
    const [secret, other] = [whsec(world), `whsec_${world.m.bytes("other webhook key", 24).toString("base64")}`];
    for (const provider of /** @type {const} */ (["standard", "stripe", "polar"])) {
      const body = bodyOf(world);
      const headers = hide(world, secret, signWebhook(provider, { secret: [other, secret], body, timestamp: NOW }));
      verify(world, provider, { secret: [secret, other], headers, body, now: NOW });
      world.look(provider);
    }
  },
  "what is refused": (world) => {
    for (const [provider, secret] of Object.entries(secretsOf(world))) {
      const body = bodyOf(world);
      const headers = signed(world, provider, secret, body);
      const options = { secret, headers, body, now: NOW, url };
      const refuses = (/** @type {object} */ changes, /** @type {string} */ code) => {
        world.refuses(() => verify(world, /** @type {any} */ (provider), { ...options, ...changes }), code);
        world.look(`${provider}: ${code}`);
      };
      refuses({ body: bodyOf(world, world.m.other) }, "signature_invalid");
      refuses({ headers: [] }, "signature_missing");
      refuses({ headers: [...headers, ...headers] }, "header_invalid");
      refuses({ toleranceMs: 900_001 }, "type_invalid");
      refuses({ secret: ` ${secret}` }, "secret_malformed");
      refuses({ secret: [secret, "changeme"] }, "secret_weak");
      refuses({ secret: "" }, "secret_missing");
      refuses({ body: `${body}\ud800` }, "text_malformed");
    }
  },
  "too old, and from the future": (world) => {
    const body = bodyOf(world);
    for (const [provider, secret] of Object.entries(secretsOf(world)).filter(([name]) => !/github|shopify|lemon/.test(name))) {
      const options = { secret, headers: signed(world, provider, secret, body), body, url };
      world.refuses(() => verify(world, /** @type {any} */ (provider), { ...options, now: NOW + 300_001 }), "expired");
      world.look(`${provider}: too old`);
      world.refuses(() => verify(world, /** @type {any} */ (provider), { ...options, now: NOW - 300_001 }), "not_yet_valid");
      world.look(`${provider}: from the future`);
    }
  },
  "a token that is signed and no good": (world) => {
    const secret = secretsOf(world).qstash;
    for (const [header, claims] of [['{"alg":"none"}', "{}"], ['{"alg":"HS256"}', "{}"], ['{"alg":"HS256"}', `{"jti":"${world.m.field}","iat":1}`], ["[]", world.m.field]]) {
      const text = [header, claims].map((part) => Buffer.from(part).toString("base64url")).join(".");
      const token = `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
      world.refuses(() => verify(world, "qstash", { secret, headers: hide(world, secret, [["upstash-signature", token]]), body: world.m.field, url, now: NOW }), "signature_malformed");
      world.look(`${header}, ${claims.length}`);
    }
  },
});

export const webhookRows = [
  ...rowsOf("verifyWebhook", verifying((_world, provider, options) => {
    const { idempotencyKey } = verifyWebhook(provider, options);
    assert.ok(idempotencyKey.startsWith(`${provider}:`));
  })),
  ...rowsOf("explainWebhook", verifying((world, provider, options) => held(world, world.inspection.explainWebhook(provider, options)))),
  ...rowsOf("signWebhook", {
    "every provider": (world) => {
      for (const [provider, secret] of Object.entries(secretsOf(world))) {
        signed(world, provider, secret, bodyOf(world, world.m.largeField));
        world.look(provider);
      }
    },
    "what cannot be signed": (world) => {
      for (const [name, options, code] of /** @type {const} */ ([["an id", { id: "a\nb" }, "header_invalid"], ["a time", { timestamp: -1 }, "type_invalid"], ["a secret", { secret: "whsec_c2hvcnQ=" }, "secret_weak"], ["a body", { body: "\ud800" }, "text_malformed"]])) {
        world.refuses(() => signWebhook("standard", { secret: whsec(world), body: world.m.field, ...options }), code);
        world.look(name);
      }
    },
  }),
  ...rowsOf("hmac", {
    "signed and verified": (world) => {
      for (const [encoding, secretEncoding] of /** @type {const} */ ([["hex", "utf8"], ["base64", "hex"], ["base64url", "base64"]])) {
        const provider = hmac({ ...zoom, encoding, secretEncoding });
        const key = world.m.bytes("webhook key", 33);
        const secret = secretEncoding === "utf8" ? world.m.secret : key.toString(secretEncoding);
        world.hide("webhook key", key);
        const headers = signed(world, provider, secret, world.m.field);
        verifyWebhook(provider, { secret, headers, body: world.m.field, now: NOW });
        world.look(encoding);
        world.refuses(() => verifyWebhook(provider, { secret, headers, body: world.m.message, now: NOW }), "signature_invalid");
        world.look(`${encoding}, refused`);
      }
    },
    "headers that there cannot be": (world) => {
      const provider = hmac({ ...zoom, header: "x sig" });
      world.refuses(() => signed(world, provider, world.m.secret, world.m.field), "misconfigured");
    },
  }),
  ...rowsOf("webhookRoute", routeRows(webhookRoute)),
  ...rowsOf("webhookHttpAction", routeRows((provider, handler, options) => (request) => webhookHttpAction(provider, handler, options)({}, request))),
  ...rowsOf("firstDelivery", {
    asked: async (world) => {
      const ctx = { db: {}, runMutation: async () => (world.look("under way"), { status: "fresh" }) };
      assert.equal(await firstDelivery(ctx, { replay: { consume: {} } }, "github:evt_1"), true);
    },
  }),
];
