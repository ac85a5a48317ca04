// The makers' own libraries, as their documentation calls them: each opened with a secret, and then it verifies deliveries.

import { verify as githubVerify } from "@octokit/webhooks-methods";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";

/** @typedef {Record<string, string>} Headers */
/** @typedef {(headers: Headers, body: string) => unknown} Verify gives false, throws or rejects if a delivery is not right */
/** @typedef {(secret: string) => Verify} Open */

/** @type {Open} */
export function openStandard(secret) {
  const webhook = new StandardWebhook(secret);
  return (headers, body) => webhook.verify(body, headers);
}

/** @type {Open} */
export function openSvix(secret) {
  const webhook = new SvixWebhook(secret);
  return (headers, body) => webhook.verify(body, headers);
}

/** @type {Open} */
export const openStripe = (secret) => (headers, body) => Stripe.webhooks.constructEvent(body, headers["stripe-signature"] ?? "", secret);

/** @type {Open} */
export const openOctokit = (secret) => (headers, body) => githubVerify(secret, body, headers["x-hub-signature-256"] ?? "");

/** What edge runtimes, browsers and Convex get of the same package: it hashes with WebCrypto. @returns {Promise<Open>} */
export async function loadOctokitWeb() {
  /** @type {{ verify: typeof githubVerify }} */
  const web = await import(new URL("../dist-web/index.js", import.meta.resolve("@octokit/webhooks-methods")).href);
  return (secret) => (headers, body) => web.verify(secret, body, headers["x-hub-signature-256"] ?? "");
}
