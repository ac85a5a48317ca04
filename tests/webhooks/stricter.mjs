// Deliveries that a maker's own library takes and we refuse: the rows of a table in www/docs/webhooks.md. Each is made, shown to the maker's
// library, which takes it, and to us.

import { createHash } from "node:crypto";
import { verify as githubVerify } from "@octokit/webhooks-methods";
import { webhooks as polar } from "@polar-sh/sdk/2026-10";
import bolt from "@slack/bolt";
import { Receiver } from "@upstash/qstash";
import { SignJWT } from "jose";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { asRecord, mac, qstashClaims } from "./makers.mjs";

/** @typedef {import("./makers.mjs").Headers} Headers */
/** @typedef {{ secret: string, headers: Headers, body: string | Uint8Array }} Delivery */

/**
 * @typedef {object} Row
 * @property {string} library
 * @property {string} takes what it takes, as the document has it
 * @property {string} provider ours
 * @property {string} code what we say
 * @property {() => Delivery | Promise<Delivery>} make
 * @property {(delivery: Delivery) => unknown} accept the library; it throws, or returns false, if it does not take it
 */

export const url = "https://app.example/api/webhooks";
const body = '{"type":"order.paid"}';
const key = Buffer.from("0123456789abcdef0123456789abcdef");
const whsec = `whsec_${key.toString("base64")}`;
const stripeSecret = "whsec_QpIbDhAoq5n7yqKVYwBxHh1tNjM0sQcL";
const slackSecret = "8f742231b10e8888abcd99edabcd85a5";
const polarSecret = "polar_whs_ovyN6cPrTv56AApvzCaJno08SSmGJ";
const qstashKey = "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r";
const now = () => Math.floor(Date.now() / 1000);
const invalid = Buffer.from([0x7b, 0xff, 0x7d]); // {?}, and the ? is no UTF-8
const asText = "{\ufffd}"; // what a decoder makes of it

/** @param {string} t @param {string} signed @param {string | Uint8Array} sent @param {(hex: string) => string} [write] @returns {Delivery} */
const stripe = (t, signed, sent, write = (hex) => `v1=${hex}`) => ({ secret: stripeSecret, body: sent, headers: [["stripe-signature", `t=${t},${write(mac(stripeSecret, signed))}`]] });
const stripeTakes = (/** @type {Delivery} */ { secret, headers, body: sent }) => Stripe.webhooks.signature?.verifyHeader(sent, asRecord(headers)["stripe-signature"] ?? "", secret) ?? false;

/** @param {string} family @param {string} timestamp as it is sent @param {string} signed the time that is signed @param {(mac: string) => string} [write] @returns {Delivery} */
const standard = (family, timestamp, signed, write = (text) => `v1,${text}`) => ({
  secret: whsec,
  body,
  headers: [[`${family}-id`, "msg_1"], [`${family}-timestamp`, timestamp], [`${family}-signature`, write(mac(key, `msg_1.${signed}.${body}`, "base64"))]],
});
const standardTakes = (/** @type {Delivery} */ { secret, headers, body: sent }) => new StandardWebhook(secret).verify(/** @type {any} */ (sent), asRecord(headers), { jsonParse: false });

/** @param {string} time @param {(hex: string) => string} [write] @returns {Delivery} */
const slack = (time, write = (hex) => `v0=${hex}`) => ({ secret: slackSecret, body, headers: [["x-slack-request-timestamp", time], ["x-slack-signature", write(mac(slackSecret, `v0:${time}:${body}`))]] });
const slackTakes = (/** @type {Delivery} */ { secret, headers, body: sent }) => bolt.verifySlackRequest({ signingSecret: secret, body: String(sent), headers: /** @type {any} */ (asRecord(headers)) });

/** @param {string} timestamp @param {string} signed @param {(mac: string) => string} [write] @returns {Delivery} */
const fromPolar = (timestamp, signed, write = (text) => `v1,${text}`) => ({
  secret: polarSecret,
  body,
  headers: [["webhook-id", "msg_1"], ["webhook-timestamp", timestamp], ["webhook-signature", write(mac(polarSecret, `msg_1.${signed}.${body}`, "base64"))]],
});
const polarTakes = (/** @type {Delivery} */ { secret, headers, body: sent }) => polar.validateEvent(/** @type {any} */ (sent), asRecord(headers), secret).catch((error) => {
  if (error instanceof polar.PolarWebhookVerificationError) throw error;
  return true; // its signature was right; what it says against a body is another matter
});

/** @param {Record<string, unknown>} changes to the claims @param {string} [alg] @returns {Promise<Delivery>} */
async function qstash(changes, alg = "HS256") {
  const claims = { ...qstashClaims({ id: "jwt_1", seconds: now(), body, url }), ...changes };
  const token = await new SignJWT(claims).setProtectedHeader({ alg, typ: "JWT" }).sign(Buffer.from(qstashKey));
  return { secret: qstashKey, body, headers: [["upstash-signature", token]] };
}
/** @param {(token: string) => string} change that leaves its bytes as they are @returns {Promise<Delivery>} */
async function respelled(change) {
  const { headers: [[name = "", token = ""] = []], ...rest } = await qstash({});
  return { ...rest, headers: [[name, change(token)]] };
}
const qstashTakes = (/** @type {Delivery} */ { secret, headers, body: sent }) => new Receiver({ currentSigningKey: secret, nextSigningKey: secret }).verify({ signature: asRecord(headers)["upstash-signature"] ?? "", body: String(sent), url });

/** The same 32 bytes in base64, with one of the two bits set that no byte has. @param {string} text */
export function otherBits(text) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return `${text.slice(0, 42)}${alphabet[alphabet.indexOf(text[42] ?? "") + 1]}${text.slice(43)}`;
}

/** @type {readonly Row[]} */
export const rows = [
  { library: "stripe", takes: "a delivery from the future, however far", provider: "stripe", code: "not_yet_valid", make: () => stripe(String(now() + 86_400), `${now() + 86_400}.${body}`, body), accept: stripeTakes },
  { library: "stripe", takes: "a time with other characters after its digits", provider: "stripe", code: "signature_malformed", make: () => stripe(`${now()}junk`, `${now()}.${body}`, body), accept: stripeTakes },
  { library: "stripe", takes: "two times, of which the last counts", provider: "stripe", code: "signature_malformed", make: () => stripe(`1,t=${now()}`, `${now()}.${body}`, body), accept: stripeTakes },
  { library: "stripe", takes: "anything after `=` behind the signature", provider: "stripe", code: "signature_malformed", make: () => stripe(String(now()), `${now()}.${body}`, body, (hex) => `v1=${hex}=anything`), accept: stripeTakes },
  { library: "stripe", takes: "any number of signatures", provider: "stripe", code: "signature_malformed", make: () => stripe(String(now()), `${now()}.${body}`, body, (hex) => `${`v1=${"0".repeat(64)},`.repeat(100)}v1=${hex}`), accept: stripeTakes },
  { library: "stripe", takes: "bytes that are no UTF-8 in the place of the U+FFFD that was signed", provider: "stripe", code: "signature_invalid", make: () => stripe(String(now()), `${now()}.${asText}`, invalid), accept: stripeTakes },
  { library: "stripe", takes: "a byte order mark in front of the body that was signed", provider: "stripe", code: "signature_invalid", make: () => stripe(String(now()), `${now()}.${body}`, Buffer.from(`\ufeff${body}`)), accept: stripeTakes },
  { library: "stripe", takes: "a secret of one character", provider: "stripe", code: "secret_weak", make: () => ({ secret: "x", body, headers: [["stripe-signature", `t=${now()},v1=${mac("x", `${now()}.${body}`)}`]] }), accept: stripeTakes },
  { library: "standardwebhooks", takes: "a time with other characters after its digits", provider: "standard", code: "header_invalid", make: () => standard("webhook", `${now()}junk`, String(now())), accept: standardTakes },
  { library: "standardwebhooks", takes: "anything after a comma behind the signature", provider: "standard", code: "signature_malformed", make: () => standard("webhook", String(now()), String(now()), (text) => `v1,${text},anything`), accept: standardTakes },
  { library: "standardwebhooks", takes: "any number of signatures", provider: "standard", code: "signature_malformed", make: () => standard("webhook", String(now()), String(now()), (text) => `${`v1,${"A".repeat(43)}= `.repeat(100)}v1,${text}`), accept: standardTakes },
  {
    library: "standardwebhooks",
    takes: "bytes that are no UTF-8 in the place of the U+FFFD that was signed",
    provider: "standard",
    code: "signature_invalid",
    make: () => ({ secret: whsec, body: invalid, headers: [["webhook-id", "msg_1"], ["webhook-timestamp", String(now())], ["webhook-signature", `v1,${mac(key, `msg_1.${now()}.${asText}`, "base64")}`]] }),
    accept: standardTakes,
  },
  {
    library: "standardwebhooks",
    takes: "a secret of one byte",
    provider: "standard",
    code: "secret_weak",
    make: () => ({ secret: "whsec_eA==", body, headers: [["webhook-id", "msg_1"], ["webhook-timestamp", String(now())], ["webhook-signature", `v1,${mac("x", `msg_1.${now()}.${body}`, "base64")}`]] }),
    accept: standardTakes,
  },
  {
    library: "svix",
    takes: "the headers of two families in one delivery",
    provider: "svix",
    code: "signature_missing",
    make: () => ({ ...standard("svix", String(now()), String(now())), headers: /** @type {Headers} */ (standard("svix", String(now()), String(now())).headers.map(([name, value]) => [name === "svix-signature" ? "webhook-signature" : name, value])) }),
    accept: ({ secret, headers, body: sent }) => new SvixWebhook(secret).verify(String(sent), asRecord(headers)),
  },
  { library: "@octokit/webhooks-methods", takes: "a secret of one character", provider: "github", code: "secret_weak", make: () => ({ secret: "x", body, headers: [["x-hub-signature-256", `sha256=${mac("x", body)}`]] }), accept: ({ secret, headers, body: sent }) => githubVerify(secret, String(sent), asRecord(headers)["x-hub-signature-256"] ?? "") },
  { library: "@slack/bolt", takes: "a delivery from the future, however far", provider: "slack", code: "not_yet_valid", make: () => slack(String(now() + 86_400)), accept: slackTakes },
  { library: "@slack/bolt", takes: "a time that is no number, which is never too old", provider: "slack", code: "header_invalid", make: () => slack("yesterday"), accept: slackTakes },
  { library: "@slack/bolt", takes: "anything after `=` behind the signature", provider: "slack", code: "signature_malformed", make: () => slack(String(now()), (hex) => `v0=${hex}=anything`), accept: slackTakes },
  { library: "@polar-sh/sdk", takes: "a time in hexadecimal", provider: "polar", code: "header_invalid", make: () => fromPolar(`0x${now().toString(16)}`, String(now())), accept: polarTakes },
  { library: "@polar-sh/sdk", takes: "a time with a fraction", provider: "polar", code: "header_invalid", make: () => fromPolar(`${now()}.9`, String(now())), accept: polarTakes },
  { library: "@polar-sh/sdk", takes: "a signature without its padding", provider: "polar", code: "signature_malformed", make: () => fromPolar(String(now()), String(now()), (text) => `v1,${text.slice(0, 43)}`), accept: polarTakes },
  { library: "@polar-sh/sdk", takes: "a signature with bits that stand for nothing", provider: "polar", code: "signature_malformed", make: () => fromPolar(String(now()), String(now()), (text) => `v1,${otherBits(text)}`), accept: polarTakes },
  { library: "@polar-sh/sdk", takes: "any number of signatures", provider: "polar", code: "signature_malformed", make: () => fromPolar(String(now()), String(now()), (text) => `${`v1,${"A".repeat(43)}= `.repeat(100)}v1,${text}`), accept: polarTakes },
  { library: "@upstash/qstash", takes: "white space in the token", provider: "qstash", code: "signature_malformed", make: () => respelled((token) => `${token.slice(0, -5)} ${token.slice(-5)}`), accept: qstashTakes },
  { library: "@upstash/qstash", takes: "a token in another alphabet, with padding", provider: "qstash", code: "signature_malformed", make: () => respelled((token) => `${token.replaceAll("-", "+").replaceAll("_", "/")}=`), accept: qstashTakes },
  { library: "@upstash/qstash", takes: "a signature with bits that stand for nothing", provider: "qstash", code: "signature_malformed", make: () => respelled((token) => token.slice(0, -43) + otherBits(token.slice(-43))), accept: qstashTakes },
  { library: "@upstash/qstash", takes: "a token without an end", provider: "qstash", code: "signature_malformed", make: () => qstash({ exp: undefined }), accept: qstashTakes },
  { library: "@upstash/qstash", takes: "a token that is good for a year", provider: "qstash", code: "expired", make: () => qstash({ iat: now() - 3600, nbf: now() - 3600, exp: now() + 31_536_000 }), accept: qstashTakes },
  { library: "@upstash/qstash", takes: "another algorithm than HS256", provider: "qstash", code: "signature_malformed", make: () => qstash({}, "HS512"), accept: qstashTakes },
  { library: "@upstash/qstash", takes: "any padding behind the hash of the body", provider: "qstash", code: "signature_invalid", make: () => qstash({ body: `${createHash("sha256").update(body).digest("base64url")}====` }), accept: qstashTakes },
];
