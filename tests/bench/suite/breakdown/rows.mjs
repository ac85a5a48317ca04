// What is taken apart: uses of the package, the blocks each must hash, and what of JavaScript and of the peer can be measured by itself.

import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { openCanonical } from "../../peers/warm/calls.mjs";
import { openHttpMessageSignatures } from "../../peers/warm/http.mjs";
import { compareDigests, openNode } from "../../peers/warm/hmac.mjs";
import { openOctokit, openStandard, openStripe } from "../../peers/warm/webhooks.mjs";
import { bodyOf, providers } from "../pairs/webhooks.mjs";
import { at, randomBytes, randomTexts } from "../pairs/inputs.mjs";
import { callBlocks, hashBlocks, hmacBlocks, rawHmacBlocks, requestBlocks } from "./compressions.mjs";

/** @typedef {{ core: typeof import("countersign"), http: typeof import("countersign/http"), webhooks: typeof import("countersign/webhooks") }} Api the package, or another copy of it */
/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} blocks that ours must hash
 * @property {number} theirBlocks
 * @property {(api: Api) => () => unknown} open gives a use of the package
 * @property {() => unknown} theirs
 * @property {Readonly<Record<string, () => unknown>>} parts of JavaScript, which ours cannot do without
 * @property {Readonly<Record<string, () => unknown>>} theirParts beside the blocks
 */

const bytes = randomBytes(32);
const keyObject = createSecretKey(bytes);
const empty = new Uint8Array(0);
const uuid = () => crypto.randomUUID();
const random = () => crypto.getRandomValues(new Uint8Array(16));
const node = openNode(bytes);

/** HMACs over node:crypto's KeyObject hash the key's two blocks each time; ours are hashed when it is imported. @param {number} length @returns {Row[]} */
function hmacRows(length) {
  const message = randomBytes(length);
  const mac = new Uint8Array(createHmac("sha256", bytes).update(message).digest());
  const call = { "createHmac, update, digest of nothing, with its 4 blocks": () => createHmac("sha256", keyObject).update(empty).digest() };
  const shared = { blocks: hmacBlocks(length), theirBlocks: rawHmacBlocks(length), parts: {} };
  return [
    { ...shared, name: `sign ${length} B, node:crypto`, open: ({ core }) => ((key) => () => core.hmacSha256(key, message))(core.importKey(bytes)), theirs: () => node.sign(message), theirParts: call },
    { ...shared, name: `verify ${length} B, node:crypto`, open: ({ core }) => ((key) => () => core.verifyHmacSha256(key, message, mac))(core.importKey(bytes)), theirs: () => node.verify(message, mac), theirParts: { ...call, timingSafeEqual: () => timingSafeEqual(mac, mac) } },
  ];
}

/** @returns {Row} */
function secretRow() {
  const secret = at(randomTexts(1), 0);
  const candidate = Buffer.from(secret).toString();
  return { name: "verifySecret, SHA-256 digests", blocks: 2 * hashBlocks(64), theirBlocks: 2 * hashBlocks(64), open: ({ core }) => () => core.verifySecret(candidate, secret), theirs: () => compareDigests(candidate, secret), parts: {}, theirParts: { timingSafeEqual: () => timingSafeEqual(bytes, bytes) } };
}

/** @param {Api} api @returns {Row} */
function callRow(api) {
  const secret = api.core.generateSecret();
  const args = { eventId: "evt_1NG8Du2eZvKYlo2CUI79vXWy", provider: "polar", test: false, amount: 4900, note: "x".repeat(40) };
  const call = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "webhooks:markEventProcessed", args };
  const blocks = 2 * callBlocks(api.core.signCall(api.core.createKeyring(secret), call), call);
  const peer = openCanonical(bytes, "0123456789abcdef");
  return {
    name: "signCall + verifyCall, canonicalize + createHmac", blocks, theirBlocks: blocks + 4,
    open: ({ core }) => ((keyring) => () => core.verifyCall(keyring, core.signCall(keyring, call), { ...call, now: Date.now() }))(core.createKeyring(secret)),
    theirs: () => peer.verify(peer.sign(call), call, Date.now()),
    parts: { "a random UUID": uuid, "the time, twice": () => Date.now() + Date.now() },
    theirParts: { "16 random bytes": random },
  };
}

/** @param {Api} api @param {keyof typeof providers} provider @param {string} name @param {import("../../peers/warm/webhooks.mjs").Open} open @param {number} [more] bytes under the MAC beside the body @returns {Row} */
function webhookRow(api, provider, name, open, more = 0) {
  const secret = providers[provider];
  const body = bodyOf(at(randomTexts(1), 0));
  const headers = Object.fromEntries(api.webhooks.signWebhook(provider, { secret, body, ...(provider === "github" ? {} : { id: "msg_1" }) }));
  const verify = open(secret);
  const theirBlocks = rawHmacBlocks(body.length + more);
  const parsed = { "JSON.parse of the body": () => JSON.parse(body) };
  const hmac = { "createHmac, update, digest of the body, by itself": () => createHmac("sha256", secret).update(body).digest("hex") };
  // GitHub signs no id, so the body's hash is the idempotency key; and its body is not parsed, on either side.
  const [blocks, parts] = provider === "github" ? [theirBlocks + hashBlocks(body.length), {}] : [theirBlocks, parsed];
  return { name, blocks, theirBlocks, open: ({ webhooks }) => () => webhooks.verifyWebhook(provider, { secret, headers, body }), theirs: () => verify(headers, body), parts, theirParts: { ...hmac, ...parts } };
}

/** @param {Api} api @returns {Promise<Row>} */
async function requestRow(api) {
  const secret = api.core.generateSecret();
  const audience = "https://app.example";
  const body = JSON.stringify({ note: "x".repeat(289) });
  const fresh = () => new Request(`${audience}/api/orders?page=1`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const signed = await api.http.signRequest(api.core.createKeyring(secret), fresh());
  const base = requestBlocks(signed);
  const peer = openHttpMessageSignatures(bytes, "0123456789abcdef");
  const headers = Object.fromEntries(signed.headers);
  return {
    name: "signRequest + verifyRequest, http-message-signatures", blocks: 2 * (base + hashBlocks(body.length)), theirBlocks: 2 * (base + 2 + hashBlocks(body.length)),
    open: ({ core, http }) => ((keyring) => async () => http.verifyRequest(keyring, await http.signRequest(keyring, fresh()), { audience }))(core.createKeyring(secret)),
    theirs: async () => peer.verify(await peer.sign(fresh()), audience),
    parts: {
      "the Request that is signed, made and read": () => fresh().arrayBuffer(),
      "a Request with the signature, made and read": () => new Request(audience, { method: "POST", headers, body }).arrayBuffer(),
      "a random UUID": uuid,
    },
    theirParts: { "16 random bytes": random },
  };
}

/** @param {Api} api @returns {Promise<Row[]>} */
export async function createRows(api) {
  return [
    ...[100, 300, 512, 1024].flatMap(hmacRows),
    secretRow(),
    callRow(api),
    webhookRow(api, "stripe", "verifyWebhook, stripe", openStripe, 11),
    webhookRow(api, "standard", "verifyWebhook, standardwebhooks", openStandard, 17),
    webhookRow(api, "github", "verifyWebhook, octokit (Node.js)", openOctokit),
    await requestRow(api),
  ];
}
