// The makers' own libraries under one roof: each signs a delivery as the maker does, and says whether it takes one.
// Where a maker has none for JavaScript, or it is not on npm by itself, the recipe of its documentation stands in, on node:crypto.

import { createHash, createHmac } from "node:crypto";
import { sign as githubSign, verify as githubVerify } from "@octokit/webhooks-methods";
import { webhooks as polar } from "@polar-sh/sdk/2026-10";
import bolt from "@slack/bolt";
import { Receiver } from "@upstash/qstash";
import { SignJWT, jwtVerify } from "jose";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { alphanumeric, randomBytes, randomText, randomWord } from "./random.mjs";

/** @typedef {[name: string, value: string][]} Headers */
/** @typedef {{ id: string, seconds: number, body: string, url: string }} Outgoing */

/**
 * @typedef {object} Maker
 * @property {string} name whose code it is
 * @property {string} provider ours
 * @property {() => string} secret a new one
 * @property {(secret: string, outgoing: Outgoing) => Promise<Headers>} sign
 * @property {(secret: string, headers: Headers, body: string, url: string) => Promise<boolean>} verify
 * @property {(body: string) => boolean} [takes] which bodies it can do at all
 * @property {boolean} signs whether `sign` is the maker's code, and not the recipe
 * @property {boolean} verifies whether `verify` is
 */

/** @param {Headers} headers @returns {Record<string, string>} */
export const asRecord = (headers) => Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));

/** @param {() => unknown} run @returns {Promise<boolean>} whether it does not throw, and does not say false */
const takes = async (run) => {
  try {
    return (await run()) !== false;
  } catch {
    return false; // every library here says no by throwing
  }
};

/** @param {string | Uint8Array} key @param {string} text @param {"hex" | "base64"} encoding */
export const mac = (key, text, encoding = "hex") => createHmac("sha256", key).update(text).digest(encoding);

const whsec = () => `whsec_${randomBytes(24 + (randomBytes(1)[0] ?? 0) % 41).toString("base64")}`;
const word = (/** @type {string} */ prefix) => () => prefix + randomWord(alphanumeric, 32);

/** @param {string} family @param {(secret: string) => { sign(id: string, at: Date, body: string): string, verify(body: string, headers: Record<string, string>): unknown }} open */
const standard = (family, open) => ({
  secret: whsec,
  signs: true,
  verifies: true,
  sign: async (/** @type {string} */ secret, /** @type {Outgoing} */ { id, seconds, body }) => /** @type {Headers} */ ([
    [`${family}-id`, id],
    [`${family}-timestamp`, String(seconds)],
    [`${family}-signature`, open(secret).sign(id, new Date(seconds * 1000), body)],
  ]),
  verify: (/** @type {string} */ secret, /** @type {Headers} */ headers, /** @type {string} */ body) => takes(() => {
    open(secret).verify(body, asRecord(headers));
  }),
});

const openStandard = (/** @type {string} */ secret) => {
  const webhook = new StandardWebhook(secret);
  return { sign: webhook.sign.bind(webhook), verify: (/** @type {string} */ body, /** @type {any} */ headers) => webhook.verify(body, headers, { jsonParse: false }) };
};
const openSvix = (/** @type {string} */ secret) => new SvixWebhook(secret);

/** Whether the signature is right for @polar-sh/sdk, which also wants a body that it knows. */
const polarTakes = async (/** @type {string} */ secret, /** @type {Headers} */ headers, /** @type {string} */ body) => {
  try {
    await polar.validateEvent(body, asRecord(headers), secret);
    return true;
  } catch (error) {
    return !(error instanceof polar.PolarWebhookVerificationError);
  }
};
const polarSigned = (/** @type {string | Uint8Array} */ key, /** @type {Outgoing} */ { id, seconds, body }) => /** @type {Headers} */ ([
  ["webhook-id", id],
  ["webhook-timestamp", String(seconds)],
  ["webhook-signature", `v1,${mac(key, `${id}.${seconds}.${body}`, "base64")}`],
]);

/** A scheme of one header: the MAC of the body. @param {string} header @param {"hex" | "base64"} encoding */
const bodyMac = (header, encoding) => ({
  signs: false,
  verifies: false,
  sign: async (/** @type {string} */ secret, /** @type {Outgoing} */ { body }) => /** @type {Headers} */ ([[header, mac(secret, body, encoding)]]),
  verify: async (/** @type {string} */ secret, /** @type {Headers} */ headers, /** @type {string} */ body) => asRecord(headers)[header] === mac(secret, body, encoding),
});

/** A scheme of one header that holds the time too. @param {string} header @param {RegExp} form @param {(time: string, mac: string) => string} write @param {string} separator @param {number} unit of its time, in ms */
const timedMac = (header, form, write, separator, unit) => ({
  signs: false,
  verifies: false,
  sign: async (/** @type {string} */ secret, /** @type {Outgoing} */ { seconds, body }) => {
    const time = String((seconds * 1000) / unit);
    return /** @type {Headers} */ ([[header, write(time, mac(secret, `${time}${separator}${body}`))]]);
  },
  verify: async (/** @type {string} */ secret, /** @type {Headers} */ headers, /** @type {string} */ body) => {
    const [, time = "", found = ""] = form.exec(asRecord(headers)[header] ?? "") ?? [];
    return found !== "" && found === mac(secret, `${time}${separator}${body}`) && Math.abs(Date.now() - Number(time) * unit) <= 300_000;
  },
});

/** The claims of QStash's token. @param {Outgoing} outgoing */
export const qstashClaims = ({ id, seconds, body, url }) => ({ iss: "Upstash", sub: url, iat: seconds, nbf: seconds, exp: seconds + 300, jti: id, body: createHash("sha256").update(body).digest("base64url") + "=" });

const qstashSign = async (/** @type {string} */ secret, /** @type {Outgoing} */ outgoing) => /** @type {Headers} */ ([
  ["upstash-signature", await new SignJWT(qstashClaims(outgoing)).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(Buffer.from(secret))],
]);

/** @type {readonly Maker[]} */
export const makers = [
  { name: "standardwebhooks", provider: "standard", ...standard("webhook", openStandard) },
  { name: "svix", provider: "svix", ...standard("svix", openSvix) },
  { name: "svix", provider: "clerk", ...standard("svix", openSvix) },
  { name: "svix", provider: "resend", ...standard("svix", openSvix) },
  {
    name: "stripe",
    provider: "stripe",
    secret: word("whsec_"),
    takes: (body) => body !== "",
    signs: true,
    verifies: true,
    sign: async (secret, { seconds, body }) => [["stripe-signature", Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: seconds })]],
    verify: (secret, headers, body) => takes(() => Stripe.webhooks.signature?.verifyHeader(body, asRecord(headers)["stripe-signature"] ?? "", secret) ?? false),
  },
  {
    name: "@octokit/webhooks-methods",
    provider: "github",
    secret: () => `${randomWord(alphanumeric, 9)}${randomText(40)}${randomWord(alphanumeric, 9)}`,
    takes: (body) => body !== "",
    signs: true,
    verifies: true,
    sign: async (secret, { id, body }) => [["x-github-delivery", id], ["x-github-event", "push"], ["x-hub-signature-256", await githubSign(secret, body)]],
    verify: (secret, headers, body) => takes(() => githubVerify(secret, body, asRecord(headers)["x-hub-signature-256"] ?? "")),
  },
  {
    name: "@slack/bolt",
    provider: "slack",
    secret: () => randomBytes(16).toString("hex"),
    signs: false,
    verifies: true,
    sign: async (secret, { seconds, body }) => [["x-slack-request-timestamp", String(seconds)], ["x-slack-signature", `v0=${mac(secret, `v0:${seconds}:${body}`)}`]],
    verify: (secret, headers, body) => takes(() => bolt.verifySlackRequest({ signingSecret: secret, body, headers: /** @type {any} */ (asRecord(headers)) })),
  },
  { name: "@polar-sh/sdk, a secret made before 2026-09-08", provider: "polar", secret: whsec, signs: false, verifies: true, sign: async (secret, outgoing) => polarSigned(Buffer.from(secret), outgoing), verify: polarTakes },
  { name: "@polar-sh/sdk, a secret that its user made up", provider: "polar", secret: () => `polar_whs_${randomWord(alphanumeric, 22)}!`, signs: false, verifies: true, sign: async (secret, outgoing) => polarSigned(Buffer.from(secret), outgoing), verify: polarTakes },
  { name: "@polar-sh/sdk, a secret made on or after 2026-09-08", provider: "polar", secret: whsec, signs: false, verifies: true, sign: async (secret, outgoing) => polarSigned(Buffer.from(secret.slice(6), "base64"), outgoing), verify: polarTakes },
  {
    name: "@upstash/qstash",
    provider: "qstash",
    secret: word("sig_"),
    signs: false,
    verifies: true,
    sign: qstashSign,
    verify: (secret, headers, body, url) => takes(() => new Receiver({ currentSigningKey: secret, nextSigningKey: secret }).verify({ signature: asRecord(headers)["upstash-signature"] ?? "", body, url })),
  },
  {
    name: "jose",
    provider: "qstash",
    secret: word("sig_"),
    signs: true,
    verifies: true,
    sign: qstashSign,
    verify: (secret, headers, body, url) => takes(async () => {
      const { payload } = await jwtVerify(asRecord(headers)["upstash-signature"] ?? "", Buffer.from(secret), { issuer: "Upstash", subject: url, algorithms: ["HS256"] });
      return String(payload["body"]).replace(/=+$/, "") === createHash("sha256").update(body).digest("base64url");
    }),
  },
  { name: "the documented recipe", provider: "shopify", secret: () => `shpss_${randomBytes(16).toString("hex")}`, ...bodyMac("x-shopify-hmac-sha256", "base64") },
  { name: "the documented recipe", provider: "lemonsqueezy", secret: word(""), ...bodyMac("x-signature", "hex") },
  { name: "the documented recipe", provider: "paddle", secret: word("pdl_ntfset_01gkpjp8bkm3tm53kdgkx6sms7_"), ...timedMac("paddle-signature", /^ts=(\d+);h1=([0-9a-f]{64})$/, (time, hex) => `ts=${time};h1=${hex}`, ":", 1000) },
  { name: "the documented recipe", provider: "workos", secret: word(""), ...timedMac("workos-signature", /^t=(\d+), v1=([0-9a-f]{64})$/, (time, hex) => `t=${time}, v1=${hex}`, ".", 1) },
  {
    name: "the documented recipe",
    provider: "linear",
    secret: word("lin_wh_"),
    ...bodyMac("linear-signature", "hex"),
    // Its time is a field of the body.
    takes: (body) => body.startsWith("{") && "webhookTimestamp" in JSON.parse(body),
  },
];
