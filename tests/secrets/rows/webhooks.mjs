// One row for each export of "countersign/webhooks". The secret goes where a webhook's belongs, as it is and in each provider's form, and everywhere else.

import { damaged, odd } from "../odd.mjs";
import { now } from "./primitives.mjs";

/** @typedef {import("./primitives.mjs").Given} Given @typedef {import("./primitives.mjs").Rows} Rows */

const url = "https://app.example/api/hook";
const body = JSON.stringify({ id: "evt_1", event_id: "evt_1", type: "paid", webhookTimestamp: now });
const named = ["standard", "svix", "clerk", "resend", "polar", "stripe", "github", "slack", "shopify", "linear", "lemonsqueezy", "paddle", "workos", "qstash"];
const zoom = { header: "x-sig", encoding: "hex", prefix: "v0=", timestamp: { header: "x-time", unit: "s", before: "v0:", after: ":" } };

/** A secret in a provider's form. @param {any} provider @param {string} secret */
function formed(provider, secret) {
  if (/^(standard|svix|clerk|resend)$/.test(provider)) return `whsec_${Buffer.from(secret).toString("base64")}`;
  const prefix = { polar: "polar_whs_", stripe: "whsec_", paddle: "pdl_ntfset_", qstash: "sig_" }[/** @type {"stripe"} */ (provider)];
  return `${prefix ?? ""}${secret}`;
}

/** Every MAC that headers hold: nobody may learn the right one from a refusal. @param {Given} given @param {[string, string][]} headers */
function forbidMacs({ forbid }, headers) {
  for (const [name, value] of headers) {
    const mac = /(?:[A-Za-z0-9+/_-]{43}=?|[0-9a-f]{64})$/.exec(value)?.[0];
    if (mac !== undefined) forbid(`the MAC in ${name}`, `...${mac}`);
  }
}

/** @type {Rows} */
export const webhooks = {
  verifyWebhook(given) {
    const { watch, api, secret, other } = given;
    for (const provider of [...named, api.hmac(zoom)]) {
      const [right, wrong] = [formed(provider, secret), formed(provider, other)];
      const headers = api.signWebhook(provider, { secret: right, body, timestamp: now, id: "id-1", url });
      forbidMacs(given, headers);
      const verify = (/** @type {object} */ changes) => watch.shown(() => api.verifyWebhook(provider, { secret: right, headers, body, now, url, ...changes }));
      for (const changes of [
        {}, { secret: wrong }, { secret: [wrong, right] }, { body: `${body} ` }, { body: secret }, { now: now + 300_001 }, { now: now - 300_001 }, { toleranceMs: 900_001 }, { headers: [] }, { headers: [...headers, ...headers] },
        { secret: Array(17).fill(right) }, { url: `${url}/x` }, { headers: headers.map(([name, value]) => [name, `${value},${secret}`]) }, { headers: headers.map(([name]) => [name, secret]) },
        { headers: headers.map(([name, value]) => [name, value.replace(/.$/, "!")]) },
      ]) verify(changes);
      for (const thing of odd(secret)) {
        for (const changes of [{ secret: thing }, { secret: [right, thing] }, { headers: thing }, { body: thing }, { now: thing }, { toleranceMs: thing }, { url: thing }, { headers: Object.fromEntries(headers.map(([name]) => [name, thing])) }]) verify(changes);
      }
      for (const text of damaged(secret)) verify({ secret: formed(provider, text) });
    }
    for (const thing of odd(secret)) {
      watch.shown(() => api.verifyWebhook(thing, { secret, headers: [], body }));
      watch.shown(() => api.verifyWebhook("github", thing));
    }
  },
  signWebhook({ watch, api, secret }) {
    for (const provider of [...named, api.hmac(zoom)]) {
      const right = formed(provider, secret);
      // Its result is the MAC that was asked for, and an id or an address that was given.
      const sign = (/** @type {object} */ changes) => watch.run(() => api.signWebhook(provider, { secret: right, body, timestamp: now, url, ...changes }));
      for (const thing of odd(secret)) for (const name of ["secret", "body", "id", "timestamp", "event", "url"]) sign({ [name]: thing });
      for (const text of damaged(secret)) sign({ secret: formed(provider, text) });
    }
    for (const thing of odd(secret)) {
      watch.run(() => api.signWebhook(thing, { secret, body }));
      watch.run(() => api.signWebhook("github", thing));
    }
  },
  hmac(given) {
    const { watch, api, secret, other } = given;
    watch.handle(api.hmac(zoom));
    String(api.hmac(zoom));
    for (const thing of odd(secret)) {
      watch.run(() => api.hmac(thing));
      for (const name of ["header", "encoding", "prefix", "secretEncoding", "timestamp", "idHeader", "eventHeader", "name"]) {
        const provider = watch.run(() => api.hmac({ ...zoom, [name]: thing }));
        if (provider === undefined) continue;
        watch.result(provider);
        // A secret that was taken for the name of a header is one, and not repeated by Rust.
        watch.run(() => api.verifyWebhook(provider, { secret: other, headers: [["x-sig", `v0=${"0".repeat(64)}`], ["x-time", "1800000000"]], body, now }));
        watch.run(() => api.verifyWebhook(provider, { secret: other, headers: [], body, now }));
      }
    }
  },
};
