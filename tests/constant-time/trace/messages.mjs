// HTTP messages and webhooks: what is signed, and what is refused. Whether a MAC is right shows, because what comes after is another check; where
// it is wrong does not, nor with which key or over which body it was made. The header fields that came are public, and read as such.

import { NOW, STREAMED, bytesOf, orCode, text, variants } from "./material.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./cases.mjs").Run} Run */

const bodyLengths = [0, 1, 40, 300, STREAMED];
const ORIGIN = "https://app.example";
const SIGNATURE_INVALID = 10;
const [HIGH, LOW] = [Math.floor(NOW / 2 ** 32), NOW >>> 0];

/** @param {string} of @param {string | number} length @param {Run[]} runs @returns {Case} */
const entry = (of, length, runs) => ({ name: `${of}, ${length}`, of, module: "messages", length: `${length}`, runs });

/** Inputs as the package packs them: each behind its length. @param {(string | Uint8Array)[]} inputs */
function packed(...inputs) {
  return Buffer.concat(inputs.flatMap((input) => [Buffer.from(Uint32Array.of(input.length).buffer), Buffer.from(/** @type {string} */ (input))]));
}

/**
 * With keys of one id, which no two secrets have.
 * @param {any} messages the module's exports @returns {Case[]}
 */
function keyCases(messages) {
  const request = (/** @type {string} */ key, /** @type {string[]} */ headers, /** @type {string} */ body) => [`0123456789abcdef${key}`, "POST", ORIGIN, "/a?b", packed(...headers), body];
  /** What is written into the area, and then called. @param {(string | Uint8Array)[]} inputs @param {(length: number) => number} use */
  const call = (inputs, use) => {
    const bytes = packed(...inputs);
    new Uint8Array(messages.memory.buffer).set(bytes, messages.area());
    const answer = use(bytes.length);
    const result = Buffer.from(messages.memory.buffer.slice(messages.area(), messages.area() + Math.max(0, answer - 256))).toString();
    return { answer, result };
  };
  const nonce = new Uint8Array(16).fill(7);
  const sign = (/** @type {string} */ key, /** @type {string} */ body) => call([...request(key, [], body), nonce, ""], (length) => messages.sign_request(length, HIGH, LOW));
  const verify = (/** @type {string} */ key, /** @type {string[]} */ headers, /** @type {string} */ body) => call(request(key, headers, body), (length) => messages.verify_request(length, HIGH, LOW, 300_000)).answer;
  const macOf = (/** @type {string} */ key, /** @type {string} */ body) => new Uint8Array(Buffer.from(/:([^:]+):$/.exec(sign(key, body).result)?.[1] ?? "", "base64"));
  const keys = [text(32, 1), text(32, 2)];
  return [1, 40, 300].flatMap((length) => {
    const bodies = [text(length, 3), text(length, 4)];
    const signing = keys.flatMap((key, k) => bodies.map((body, b) => ({ label: `key ${k}, body ${b}`, use: () => sign(key, body).answer, answer: sign(keys[0], bodies[0]).answer })));
    const [body] = bodies;
    const headers = sign(keys[0], body).result.split("\n");
    // One that is right for no key, and for some in parts. What came is public, so it is the same each time.
    const [, , , wrong] = variants(macOf(keys[0], body)).map(([, mac]) => mac);
    const forged = headers.map((value) => (value.startsWith("countersign=:") ? `countersign=:${Buffer.from(wrong).toString("base64")}:` : value));
    const beginning = Array.from({ length: 5000 }, (_, i) => text(32, 100 + i)).find((key) => macOf(key, body)[0] === wrong[0]);
    if (beginning === undefined) throw new Error("No key makes a MAC that begins so.");
    const candidates = { "all but its last byte": keys[0], "its first byte": beginning, "nothing, or so": keys[1] };
    const verifying = Object.entries(candidates).map(([label, key]) => ({ label: `right is ${label}`, use: () => verify(key, forged, body), answer: SIGNATURE_INVALID }));
    return [entry("sign_request, keys", length, signing), entry("verify_request, keys", length, verifying)];
  });
}

/**
 * @param {import("./cases.mjs").Api} api @param {import("./cases.mjs").Http} http @param {any} messages the exports of an instance
 * @returns {Case[]}
 */
export function messageCases(api, http, messages) {
  const keyring = api.createKeyring([text(32, 1), text(32, 2)]);
  const signed = (/** @type {any} */ message, options = {}) => ({ ...message, headers: [...message.headers, ...http.signMessage(keyring, message, { now: NOW, ...options })] });
  const cases = bodyLengths.flatMap((length) => {
    const bodies = [text(length, 5), text(length, 6)];
    const requests = bodies.map((body) => ({ method: "POST", target: "/api/events?after=evt_1", headers: [["content-type", "text/plain"]], body, audience: ORIGIN }));
    const request = signed(requests[0], { nonce: new Uint8Array(16).fill(7) });
    const response = signed({ status: 200, headers: [], body: bodies[0], request });
    const cases = [];
    for (const [of, message] of /** @type {const} */ ([["request", request], ["response", response]])) {
      const verify = (/** @type {any} */ given) => orCode(() => http.verifyMessage(keyring, given, { now: NOW }).keyId);
      if (length === 0) continue;
      const others = variants(bytesOf(message.body)).slice(1);
      cases.push(entry(`verifyMessage, a ${of} with another body`, length, others.map(([label, body]) => ({ label, use: verify({ ...message, body }), answer: "signature_invalid" }))));
    }
    const nonce = new Uint8Array(16).fill(7);
    cases.push(entry("signMessage", length, requests.map((message, i) => ({ label: `body ${i}`, use: () => http.signMessage(keyring, /** @type {any} */ (message), { now: NOW, nonce }).length, answer: length === 0 ? 2 : 3 }))));
    return cases;
  });
  return [...cases, ...keyCases(messages)];
}

const base64Key = (/** @type {number} */ seed) => `whsec_${Buffer.from(text(32, seed)).toString("base64")}`;
/** Two secrets of a length each. */
const providers = /** @type {const} */ ({
  standard: [base64Key(1), base64Key(2)],
  polar: [base64Key(1), base64Key(2)],
  stripe: [`whsec_${text(32, 1)}`, `whsec_${text(32, 2)}`],
  github: [text(40, 1), text(40, 2)],
  shopify: [text(40, 1), text(40, 2)],
  slack: [text(32, 1), text(32, 2)],
  paddle: [`pdl_ntfset_${text(40, 1)}`, `pdl_ntfset_${text(40, 2)}`],
  qstash: [`sig_${text(32, 1)}`, `sig_${text(32, 2)}`],
});

/** @param {import("./cases.mjs").Webhooks} webhooks @returns {Case[]} */
export function webhookCases({ signWebhook, verifyWebhook }) {
  const url = "https://app.example/api/hook";
  return Object.entries(providers).flatMap(([name, secrets]) => [40, 300].flatMap((length) => {
    const provider = /** @type {keyof typeof providers} */ (name);
    const bodies = [text(length, 3), text(length, 4)];
    const sign = (/** @type {string} */ secret, /** @type {string} */ body) => signWebhook(provider, { secret, body, id: "id-1", timestamp: NOW, url });
    const given = secrets.flatMap((secret, s) => bodies.map((body, b) => ({ secret, body, headers: sign(secret, body), label: `secret ${s}, body ${b}` })));
    const verify = (/** @type {any} */ options) => orCode(() => verifyWebhook(provider, { url, now: NOW, ...options }).idempotencyKey.length > 0);
    const [{ secret, body, headers }] = given;
    const others = variants(bytesOf(body)).slice(1).map(([label, changed]) => ({ label, use: verify({ secret, headers, body: changed }), answer: "signature_invalid" }));
    // Of a secret and two that are none of it, in each place.
    const strangers = [secrets[1], secrets[1]];
    const places = [0, 1, 2].map((place) => ({ label: `place ${place}`, use: verify({ secret: strangers.toSpliced(place, 0, secret), headers, body }), answer: true }));
    return [
      entry(`signWebhook, ${name}`, length, given.map(({ secret, body, headers, label }) => ({ label, use: () => sign(secret, body).length, answer: headers.length }))),
      // The token holds what is signed as text, which differs from body to body.
      ...(provider === "qstash" ? [] : [entry(`verifyWebhook, ${name}`, length, given.map(({ label, ...options }) => ({ label, use: verify(options), answer: true })))]),
      entry(`verifyWebhook, ${name}, another body`, length, others),
      entry(`verifyWebhook, ${name}, several secrets`, length, places),
    ];
  }));
}
