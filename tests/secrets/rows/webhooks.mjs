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
export function forbidMacs({ forbid }, headers) {
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
      const headers = /** @type {[string, string][]} */ (api.signWebhook(provider, { secret: right, body, timestamp: now, id: "id-1", url }));
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
  webhookRoute: (given) => route(given, (provider, handler, options) => given.api.webhookRoute(provider, handler, options)),
  webhookHttpAction: (given) => route(given, (provider, handler, options) => {
    const action = given.api.webhookHttpAction(provider, handler === undefined ? handler : (/** @type {unknown} */ _, /** @type {unknown} */ delivery) => handler(delivery), options);
    return (request) => action({}, request);
  }),
  async firstDelivery({ watch, api, secret }) {
    const component = { replay: { consume: {} } };
    for (const status of ["fresh", "replayed", secret]) await watch.settled(() => api.firstDelivery({ db: {}, runMutation: async () => ({ status }) }, component, "github:evt_1"));
    for (const thing of odd(secret)) {
      await watch.settled(() => api.firstDelivery({ db: {}, runMutation: async () => ({ status: "fresh" }) }, component, thing));
      await watch.settled(() => api.firstDelivery(thing, component, "github:evt_1"));
    }
  },
};

/** @param {Given} given @param {(provider: any, handler: any, options: any) => (request: Request) => Promise<Response>} make */
async function route(given, make) {
  const { watch, api, secret, other } = given;
  const noted = async (/** @type {Response} */ response) => [response.status, [...response.headers], await response.text()];
  for (const provider of [...named, api.hmac(zoom)]) {
    const [right, wrong] = [formed(provider, secret), formed(provider, other)];
    const headers = /** @type {[string, string][]} */ (api.signWebhook(provider, { secret: right, body, timestamp: now, id: "id-1", url }));
    forbidMacs(given, headers);
    const request = (/** @type {[string, string][]} */ list = headers, sent = body) => new Request(`${url}?secret=${encodeURIComponent(secret)}`, { method: "POST", headers: list, body: sent });
    // What the handler gets back is its own request, signature and all.
    const handler = (/** @type {any} */ { id, timestamp, event, idempotencyKey }) => Response.json({ id, timestamp, event, idempotencyKey });
    for (const options of [{ secret: right }, { secret: wrong }, { secret: [wrong, right] }, { secret: () => right }, { secret: undefined }, { secret: "" }, ...damaged(secret).map((text) => ({ secret: formed(provider, text) }))]) {
      const post = watch.run(() => make(provider, handler, { url, ...options }));
      if (post === undefined) continue;
      for (const sent of [request(), request([]), request(headers, `${body} `), request(headers, secret)]) await watch.settled(async () => noted(await post(sent)));
    }
  }
  for (const thing of odd(secret)) {
    for (const options of [thing, { secret: thing }, { secret: [secret, thing] }, { secret: () => thing }, { secret, maxBodyBytes: thing }, { secret, toleranceMs: thing }]) {
      const post = watch.run(() => make("github", () => undefined, options));
      if (post !== undefined) await watch.settled(async () => noted(await post(new Request(url, { method: "POST", body, headers: api.signWebhook("github", { secret, body }) }))));
    }
    watch.run(() => make("github", undefined, { secret: thing }));
    const post = watch.run(() => make(thing, () => undefined, { secret }));
    if (post !== undefined) await watch.settled(async () => noted(await post(new Request(url, { method: "POST", body }))));
  }
}
