// verifyWebhook beside the makers' own libraries, a body of 1,024 bytes.

import { signWebhook, verifyWebhook } from "countersign/webhooks";
import { loadOctokitWeb, openOctokit, openStandard, openStripe, openSvix } from "../../peers/warm/webhooks.mjs";
import { at, randomTexts } from "./inputs.mjs";

/** @typedef {import("../measure.mjs").Pair} Pair */

const BODY_BYTES = 1024;
const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/** A secret of each provider's. */
export const providers = { stripe: whsec, standard: whsec, svix: whsec, github: "It's a Secret to Everybody" };

/** @param {string} id */
export function bodyOf(id) {
  const body = JSON.stringify({ id: `evt_${id.slice(0, 24)}`, object: "event", type: "order.paid", timestamp: "2026-11-01T00:00:00Z", data: { id, amount: 4900, currency: "usd", items: Array.from({ length: 16 }, (_, at) => ({ id: `item_${at}`, amount: 1000 + at })), note: "" } });
  return `${body.slice(0, -3)}${"x".repeat(BODY_BYTES - body.length)}"}}`;
}

/** @param {string} name @param {keyof typeof providers} provider @param {import("../../peers/warm/webhooks.mjs").Open} open @param {boolean} [isAsync] @returns {Pair} */
function verifying(name, provider, open, isAsync = false) {
  const secret = providers[provider];
  const deliveries = randomTexts().map((text, index) => {
    const body = bodyOf(text);
    return { body, headers: Object.fromEntries(signWebhook(provider, { secret, body, ...(provider === "github" ? {} : { id: `msg_${index}` }) })) };
  });
  const theirs = open(secret);
  const ours = (/** @type {Record<string, string>} */ headers, /** @type {string} */ body) => verifyWebhook(provider, { secret, headers, body });
  const { headers, body } = at(deliveries, 0);
  const changed = body.replace("4900", "4901");
  const another = at(deliveries, 1).headers;
  return {
    name,
    ours: (index) => ours(at(deliveries, index).headers, at(deliveries, index).body),
    theirs: (index) => theirs(at(deliveries, index).headers, at(deliveries, index).body),
    theirsIsAsync: isAsync,
    isRight: (verified) => typeof verified === "object" && verified !== null,
    // Octokit says true, Svix nothing if it is right, the others give the body's JSON.
    isTheirsRight: (result, index) => (provider === "svix" ? result === undefined : result === true) || result?.id === JSON.parse(at(deliveries, index).body).id,
    refused: [() => ours(headers, changed), () => theirs(headers, changed), () => ours(another, body), () => theirs(another, body)],
  };
}

export async function createPairs() {
  return [
    verifying("verifyWebhook, stripe", "stripe", openStripe),
    verifying("verifyWebhook, standardwebhooks", "standard", openStandard),
    verifying("verifyWebhook, svix", "svix", openSvix),
    verifying("verifyWebhook, octokit (Node.js)", "github", openOctokit, true),
    verifying("verifyWebhook, octokit (edge, Convex)", "github", await loadOctokitWeb(), true),
  ];
}
