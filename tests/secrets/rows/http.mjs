// One row for each export of "countersign/http", and that of "countersign/next" which takes requests: the secret as a key, and in every place where it does not belong.

import { odd } from "../odd.mjs";
import { environment, environments } from "./convex.mjs";

/** @typedef {import("./primitives.mjs").Given} Given @typedef {import("./primitives.mjs").Rows} Rows */

const audience = "https://app.example";
const target = "/api/orders?a=1";
const message = { method: "POST", target, headers: [["content-type", "text/plain"]], body: "two books", audience };
const key = "A".repeat(43);
const site = "SITE_URL";

/** The MAC that header fields hold: nobody may learn it from a refusal. @param {Given} given @param {Iterable<[string, string]>} fields */
export function forbidMac({ forbid }, fields) {
  for (const [name, value] of fields) {
    const mac = /:([A-Za-z0-9+/]{43})=:$/.exec(value)?.[1];
    if (name === "signature" && mac !== undefined) forbid("a message's MAC", `...${mac.replaceAll("+", "-").replaceAll("/", "_")}`);
  }
}

/** @param {Given} given @param {any} [more] @param {string} [secret] @returns {Promise<Request>} signed by the given secret */
async function signedRequest(given, more = {}, secret = given.secret) {
  const keyring = given.entries["."].createKeyring(secret);
  const request = await given.entries["./http"].signRequest(keyring, new Request(`${audience}${target}`, { method: "POST", body: "two books" }), more);
  keyring.free();
  forbidMac(given, request.headers);
  return request;
}

/** What somebody may send: rightly signed, wrongly, not at all, and with the secret where it does not belong. @param {Given} given @returns {Promise<Request[]>} */
async function requests(given) {
  const { secret } = given;
  const good = await signedRequest(given);
  const changed = (/** @type {Record<string, string>} */ headers, body = "two books") => new Request(good.url, { method: "POST", headers: { ...Object.fromEntries(good.headers), ...headers }, body });
  const text = secret.replace(/[^\x20-\x7e]/gu, "x");
  return [
    good, await signedRequest(given, { now: 1 }), await signedRequest(given, { now: 1_900_000_000_000 }), await signedRequest(given, { audience: "https://other.example" }), await signedRequest(given, {}, "Stranger-5f8c0b7e2a9d4613-of-nobody-here"),
    changed({}, secret), changed({}, "x".repeat(5000)), changed({ signature: text }), changed({ "signature-input": text }), changed({ "signature-input": `countersign=();keyid="${text}"` }), changed({ "content-type": text }),
    // In the path it would be in every access log on the way, and in ours.
    new Request(`${audience}/a?${encodeURIComponent(secret)}`, { headers: { authorization: `Bearer ${text}`, cookie: text } }),
  ];
}

/** @param {(given: Given, keyring: any) => unknown} use @returns {Rows[string]} with a keyring of the secret */
const withKeyring = (use) => async (given) => {
  const keyring = given.entries["."].createKeyring([given.secret, given.other]);
  await use(given, keyring);
  keyring.free();
};

/** @type {Rows} */
export const http = {
  signMessage: withKeyring((given, keyring) => {
    const { watch, api, secret } = given;
    const fields = api.signMessage(keyring, message);
    forbidMac(given, fields);
    for (const thing of odd(secret)) {
      for (const changes of [{ method: thing }, { target: thing }, { audience: thing }, { headers: thing }, { headers: [thing] }, { headers: [["x-a", thing]] }, { headers: [[thing, "a"]] }, { status: thing }]) watch.run(() => api.signMessage(keyring, { ...message, ...changes }));
      for (const options of [{ now: thing }, { nonce: thing }, { caller: thing }, { components: thing }, { components: [thing] }, thing]) watch.run(() => api.signMessage(keyring, message, options));
      watch.run(() => api.signMessage(thing, message));
      watch.run(() => api.signMessage(keyring, { status: 200, headers: [], request: thing }));
    }
  }),
  verifyMessage: withKeyring((given, keyring) => {
    const { watch, api, entries, secret } = given;
    const now = Date.now();
    const fields = entries["./http"].signMessage(keyring, message);
    forbidMac(given, fields);
    const good = { ...message, headers: [...message.headers, ...fields] };
    watch.shown(() => api.verifyMessage(keyring, good, { now }));
    for (const thing of odd(secret)) {
      for (const changes of [{ method: thing }, { target: thing }, { audience: thing }, { headers: thing }, { headers: [["signature-input", thing], ["signature", thing]] }, { headers: [...good.headers, ["signature", thing]] }, { body: thing }]) watch.shown(() => api.verifyMessage(keyring, { ...good, ...changes }, { now }));
      for (const options of [{ now: thing }, { now, toleranceMs: thing }, thing]) watch.shown(() => api.verifyMessage(keyring, good, options));
      watch.shown(() => api.verifyMessage(thing, good, { now }));
      watch.shown(() => api.verifyMessage(keyring, { status: 200, headers: fields, body: thing, request: good }, { now }));
    }
  }),
  signRequest: withKeyring(async (given, keyring) => {
    const { watch, api, secret } = given;
    const send = () => new Request(`${audience}${target}`, { method: "POST", body: "x" });
    forbidMac(given, (await api.signRequest(keyring, send())).headers);
    for (const thing of odd(secret)) {
      for (const options of [{ audience: thing }, { now: thing }, { caller: thing }, { components: [thing] }]) await watch.failed(() => api.signRequest(keyring, send(), options));
      await watch.failed(() => api.signRequest(thing, send()));
      await watch.failed(() => api.signRequest(keyring, thing));
    }
  }),
  verifyRequest: withKeyring(async (given, keyring) => {
    const { watch, api, secret } = given;
    for (const request of await requests(given)) await watch.failed(() => api.verifyRequest(keyring, request, { audience, maxBodyBytes: 1000 }));
    for (const thing of odd(secret)) {
      for (const options of [{ audience: thing }, { audience, maxBodyBytes: thing }, { audience, toleranceMs: thing }, { audience, now: thing }, { audience, replay: { consume: async () => thing } }]) await watch.failed(async () => api.verifyRequest(keyring, await signedRequest(given), options));
    }
  }),
  signResponse: withKeyring(async (given, keyring) => {
    const { watch, api, secret } = given;
    for (const request of await requests(given)) await watch.failed(() => api.signResponse(keyring, request, new Response("x"), { audience }));
    for (const thing of odd(secret)) await watch.failed(async () => api.signResponse(keyring, await signedRequest(given), new Response("x"), { audience: thing }));
  }),
  verifyResponse: withKeyring(async (given, keyring) => {
    const { watch, api, entries, secret } = given;
    const request = await signedRequest(given);
    const response = await entries["./http"].signResponse(keyring, request, new Response("x"), { audience });
    forbidMac(given, response.headers);
    const fields = Object.fromEntries(response.headers);
    for (const [body, headers] of /** @type {[string, any][]} */ ([["x", {}], [secret, fields], ["x", { ...fields, signature: "x" }], ["x".repeat(2000), fields]])) await watch.failed(() => api.verifyResponse(keyring, request, new Response(body, { headers }), { maxBodyBytes: 1000 }));
    for (const thing of odd(secret)) await watch.failed(() => api.verifyResponse(keyring, request, response.clone(), { audience: thing }));
  }),
  async signedFetch(given) {
    const { watch, api, entries, secret, other } = given;
    const [keyring, stranger] = [entries["."].createKeyring(secret), entries["."].createKeyring("Stranger-5f8c0b7e2a9d4613-of-nobody-here")];
    /** Looks at what is sent: a signature, and no secret. @param {(request: Request) => unknown} answer */
    const network = (answer) => async (/** @type {Request} */ request) => {
      const { signature, ...headers } = Object.fromEntries(request.headers);
      forbidMac(given, request.headers);
      watch.result([request.url, headers, await request.clone().text()]);
      return await answer(request);
    };
    const problem = (/** @type {object} */ more) => new Response(JSON.stringify({ status: 401, ...more }), { status: 401, headers: { "content-type": "application/problem+json" } });
    const right = (/** @type {Request} */ request) => entries["./http"].signResponse(keyring, request, new Response("x"), { audience });
    /** @type {((request: Request) => unknown)[]} */
    const answers = [
      right, () => new Response("x"), (request) => new Response("x", { headers: request.headers }), async (request) => new Response("y", { headers: (await right(request)).headers }), () => problem({}), ...entries.codes.map((/** @type {string} */ code) => () => problem({ code })),
      () => problem({ code: secret, detail: secret }), () => new Response(null, { status: 307, headers: { location: "https://evil.example" } }), () => { throw new TypeError("fetch failed"); },
    ];
    for (const answer of answers) await watch.failed(() => api.signedFetch(`${audience}/a`, { method: "POST", body: "x" }, { secret, fetch: network(answer) }));
    for (const thing of odd(secret)) {
      for (const options of [{ secret: thing }, { secret: () => thing }, { secret, audience: thing }, { secret, components: [thing] }, { secret, maxBodyBytes: thing }, { secret, toleranceMs: thing }]) await watch.failed(() => api.signedFetch(`${audience}/a`, {}, { fetch: async (/** @type {Request} */ request) => right(request), ...options }));
    }
    for (const url of [`http://app.example/?${encodeURIComponent(secret)}`, `${audience}/?${encodeURIComponent(secret)}`]) await watch.failed(() => api.signedFetch(url, {}, { secret, fetch: async () => new Response() }));
    for (const values of environments(secret, other)) {
      environment(values);
      await watch.failed(() => api.signedFetch(`${audience}/a`, {}, { fetch: async (/** @type {Request} */ request) => right(request) }));
    }
    environment({});
    for (const ring of [keyring, stranger]) ring.free();
  },
  // No secret belongs into a store.
  memoryReplayStore: storeRow((api, thing) => api.memoryReplayStore({ maxEntries: thing }), (api) => api.memoryReplayStore({ maxEntries: 1 })),
  redisReplayStore: storeRow((api, thing) => api.redisReplayStore(thing, { prefix: thing }), (api) => api.redisReplayStore({ set: async () => { throw new Error("no connection"); } })),
  convexReplayStore: storeRow((api, thing) => api.convexReplayStore(thing), (api) => api.convexReplayStore(async () => ({ status: "odd" }))),
};

/** @param {(api: any, thing: unknown) => unknown} odds @param {(api: any) => any} make @returns {Rows[string]} */
function storeRow(odds, make) {
  return async ({ watch, api, secret }) => {
    for (const thing of odd(secret)) {
      watch.run(() => odds(api, thing));
      const store = watch.run(() => make(api));
      for (const entry of [thing, { key: thing, expiresAt: 1.8e12 }, { key, expiresAt: thing }, { key, expiresAt: 1.9e12 }, { key: `B${key.slice(1)}`, expiresAt: 1.9e12 }]) await watch.failed(() => store?.consume(entry));
    }
  };
}

/** @param {Given} given */
export async function signedRoute(given) {
  const { watch, api, entries, secret, other } = given;
  const signer = entries["."].createKeyring(secret);
  /** @param {any} options @param {Request} request */
  const answer = async (options, request) => {
    const route = watch.run(() => api.signedRoute((/** @type {Request} */ _request, /** @type {any} */ context) => Response.json({ ...context, body: context.body.length }), options));
    if (route === undefined) return;
    await watch.settled(async () => {
      const response = await route(request);
      const { signature, ...headers } = Object.fromEntries(response.headers);
      forbidMac(given, response.headers);
      return [response.status, headers, (await response.text()).replace(/"nonce":"[^"]*"/, "")];
    });
  };
  for (const options of [{}, { explain: true }, { callers: ["nobody"], explain: true }, { maxBodyBytes: 5, explain: true }]) {
    // Each is refused or answered in its own way once; the second keyring is for the caller's name.
    for (const request of await requests(given)) {
      await answer({ keys: secret, audience, replay: false, ...options }, request.clone());
      await answer({ keys: { web: other, worker: secret }, audience, ...options }, request);
    }
  }
  for (const thing of odd(secret)) {
    for (const options of [{ keys: () => thing }, { keys: { web: thing } }, { keys: secret, audience: thing }, { keys: secret, callers: [thing] }, { keys: secret, replay: { consume: async () => thing } }]) {
      await answer({ audience, explain: true, ...options }, await signedRequest(given));
    }
    watch.run(() => api.signedRoute(thing, {}));
  }
  for (const values of environments(secret, other)) {
    environment(values);
    process.env[site] = audience;
    await answer({ explain: true }, await signedRequest(given));
    process.env[site] = `ftp://${encodeURIComponent(secret)}@x`;
    await answer({ explain: true }, await signedRequest(given));
    delete process.env[site];
    await answer({ explain: true }, await signedRequest(given));
  }
  environment({});
  signer.free();
}
