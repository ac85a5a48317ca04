// The rows of the table: what is held against what, the least that is asked for (`gate`), and what is aimed at (`aim`). A row without a gate informs.

/**
 * @typedef {object} Row
 * @property {string} part
 * @property {string} name
 * @property {string} ours what is measured of ours
 * @property {string} theirs what it is held against
 * @property {"us" | "ms" | "per second" | "bytes" | "pages" | "MB" | "times"} unit of the figures; a ratio has none
 * @property {"ratio" | "value"} kind of a ratio more is better, of a value less
 * @property {number} [gate]
 * @property {number} [aim]
 * @property {number} [floor] asserted in place of a gate that cannot be met
 * @property {string} [why] what shows that it cannot
 */

/** @typedef {Omit<Row, "part" | "kind" | "unit">} Goal */

/** @param {string} name @param {string} ours @param {string} theirs @param {number} [gate] @param {number} [aim] @returns {Goal} */
const goal = (name, ours, theirs, gate, aim) => ({ name, ours, theirs, ...(gate === undefined ? {} : { gate, aim }) });

/** A goal that is not reached, what is asserted in its place, and why it is not. @param {Goal} missed @param {number} floor @param {string} why @returns {Goal} */
const held = (missed, floor, why) => ({ ...missed, floor, why });

const compressions = "four fifths of our time are the compressions of SHA-256 in WebAssembly (`npm run bench:breakdown`), and V8 runs @noble/hashes a fifth faster since Node.js 22";
const webhook = "of about 7.5 us on a quiet machine, 3.1 us are the 20 compressions of SHA-256 in WebAssembly, where OpenSSL with the processor's own instructions takes 0.8 us, and 1 to 3 us are JSON.parse of the body, which the peer does too";
const shared = "WebAssembly takes under 0.5 ms of what a guard adds; the rest is the guard's own JavaScript, compiled when it first runs, and the guard over the peer runs it too (`npm run bench:cold -- --breakdown`)";

const sign = "hmacSha256, imported key";
const verify = "verifyHmacSha256, imported key";
const node = "createHmac(KeyObject)";
const nodeVerify = "createHmac(KeyObject) + timingSafeEqual";
const digests = "timingSafeEqual over two SHA-256 digests";

/** Of pairs, by part: microseconds, and how many times ours theirs takes. @type {Readonly<Record<typeof import("./parts.mjs").pairParts[number], readonly Goal[]>>} */
const pairs = {
  hmac: [
    goal("sign 100 B, node:crypto", sign, node, 1.6, 2.2),
    goal("sign 300 B, node:crypto", sign, node, 1.05, 1.3),
    goal("sign 512 B, node:crypto", sign, node),
    goal("sign 1024 B, node:crypto", sign, node),
    goal("verify 100 B, node:crypto", verify, nodeVerify, 1.9, 2.8),
    goal("verify 300 B, node:crypto", verify, nodeVerify, 1.4, 1.8),
    goal("verify 512 B, node:crypto", verify, nodeVerify, 1.05, 1.35),
    goal("verify 1024 B, node:crypto", verify, nodeVerify, 0.7, 0.9),
    held(goal("sign 100 B, @noble/hashes", sign, "hmac(sha256, key, message)", 5.5, 8), 4.6, compressions),
    held(goal("sign 300 B, @noble/hashes", sign, "hmac(sha256, key, message)", 4.5, 6), 3.6, compressions),
    goal("sign 1024 B, @noble/hashes", sign, "hmac(sha256, key, message)", 2.5, 3.5),
    goal("sign 1048576 B, @noble/hashes", sign, "hmac(sha256, key, message)", 1.6, 2.3),
    goal("sign 300 B, hash-wasm", sign, "createHMAC(createSHA256(), key)"),
    goal("sign 1048576 B, hash-wasm", sign, "createHMAC(createSHA256(), key)"),
    goal("sign 300 B, WebCrypto", sign, "crypto.subtle.sign"),
    goal("verify 300 B, WebCrypto", verify, "crypto.subtle.verify"),
    held(goal("verifySecret, SHA-256 digests", "verifySecret, texts of 64 characters", `${digests} (createHash)`, 1.5, 3), 1.25, "it is near enough to the goal to miss it in some runs: half of our time are the checks of the expected secret, which the peer does not make"),
    goal("verifySecret, one-shot digests", "verifySecret, texts of 64 characters", `${digests} (crypto.hash)`),
    goal("verifySecret, tsscmp", "verifySecret, texts of 64 characters", "tsscmp"),
    goal("matches, tsscmp", "importSecret().matches, texts of 64 characters", "tsscmp"),
  ],
  calls: [
    held(goal("signCall + verifyCall, canonicalize + createHmac", "signCall + verifyCall, 5 arguments", "canonicalize + createHmac + timingSafeEqual, the same claims", 2, 3), 1.7, "it is near enough to the goal to miss it in some runs: over half of our time is JavaScript that reads the options and writes the values, where the peer has JSON.stringify"),
    goal("signCall + verifyCall, jose", "signCall + verifyCall, 5 arguments", "SignJWT + jwtVerify, HS256, the same claims", 6, 12),
  ],
  webhooks: [
    held(goal("verifyWebhook, stripe", "verifyWebhook, 1024 B", "stripe", 1.8, 2.5), 0.7, webhook),
    held(goal("verifyWebhook, standardwebhooks", "verifyWebhook, 1024 B", "standardwebhooks", 4, 8), 1.4, webhook),
    held(goal("verifyWebhook, svix", "verifyWebhook, 1024 B", "svix", 4, 8), 1.2, `${webhook.replace(", which the peer does too", "")}, and svix 2 parses nothing`),
    held(goal("verifyWebhook, octokit (Node.js)", "verifyWebhook, 1024 B", "@octokit/webhooks-methods, its entry for Node.js (node:crypto)", 1.3, 2), 0.24, "two hashes of the body in WebAssembly, the MAC and the idempotency key, take longer than the peer in all: 0.58 is the limit, if ours did nothing else"),
    goal("verifyWebhook, octokit (edge, Convex)", "verifyWebhook, 1024 B", "@octokit/webhooks-methods, what edge runtimes and Convex get (WebCrypto)", 1.3, 2),
  ],
  http: [
    held(goal("signMessage + verifyMessage, http-message-signatures", "signMessage + verifyMessage, 300 B", "http-message-signatures, plain messages", 5, 20), 4, "it is near enough to the goal to miss it in some runs"),
    held(goal("signRequest + verifyRequest, http-message-signatures", "signRequest + verifyRequest, 300 B", "http-message-signatures, from Request to body", 5, 20), 1.6, "WebAssembly takes a tenth of it; the rest are the host's Request, Headers and streams, of which both sides make as many. The same without them is the row above"),
    goal("signRequest, aws4fetch", "signRequest, 300 B", "AwsClient.sign, SigV4"),
  ],
};

const guard = "what a guard adds to a query in a fresh context";
const cold = [
  held(goal("cold guard seen, @noble/hashes", guard, "the same guard over @noble/hashes", 3, 4), 1.7, shared),
  held(goal("cold guard unseen, @noble/hashes", guard, "the same guard over @noble/hashes", 1.8, 2.5), 1.3, shared),
  goal("cold guard seen, crypto.subtle", guard, "the same guard over crypto.subtle", 0.95, 1.2),
  goal("cold guard unseen, crypto.subtle", guard, "the same guard over crypto.subtle", 0.6, 1),
  ...["seen", "unseen"].flatMap((state) => ["@noble/hashes", "crypto.subtle"].map((peer) => goal(`cold guard ${state}, ${peer}, older V8`, guard, `the same guard over ${peer}`))),
];

/** Without a gate: what a request costs is up to the app. */
const cost = [
  goal("request, the secret as an argument", "a request to Next.js that calls a mutation which compares a secret", "the same, unguarded"),
  goal("request, signed", "a request to Next.js that calls a signed mutation, replay: false", "the same, unguarded"),
  goal("request, signed, once", "a request to Next.js that calls a signed mutation with replay protection", "the same, unguarded"),
];

/** In proportion it is 10 times for ten times the arguments, and 4 times for four times the body. @type {readonly Row[]} */
const growth = [
  { part: "growth", kind: "value", unit: "us", name: "growth of calls, slope", ours: "signCall + verifyCall, each argument more", theirs: "" },
  { part: "growth", kind: "value", unit: "times", name: "growth of calls, the last two sizes", ours: "signCall + verifyCall, 1000 arguments against 100", theirs: "", gate: 12 },
  ...["hmac", "webhooks", "messages"].flatMap((name) => /** @type {Row[]} */ ([
    { part: "growth", kind: "value", unit: "us", name: `growth of ${name}, slope`, ours: "each kB of body more", theirs: "" },
    { part: "growth", kind: "value", unit: "times", name: `growth of ${name}, the last two sizes`, ours: "1 MB against 256 kB", theirs: "", gate: 4.8 },
  ])),
];

/** @type {readonly Row[]} */
export const rows = [
  ...Object.entries(pairs).flatMap(([part, goals]) => goals.map((each) => /** @type {Row} */ ({ part, kind: "ratio", unit: "us", ...each }))),
  ...cold.map((each) => /** @type {Row} */ ({ part: "cold", kind: "ratio", unit: "ms", ...each })),
  ...cost.map((each) => /** @type {Row} */ ({ part: "cost", kind: "ratio", unit: "us", ...each })),
  ...growth,
  { part: "size", kind: "value", unit: "bytes", name: "lean.wasm", ours: "bytes of the module", theirs: "", gate: 14_336, aim: 10_240 },
  { part: "size", kind: "value", unit: "bytes", name: "bundle of a guard", ours: "bytes a guard adds, minified, WebAssembly included", theirs: "", gate: 25_600, aim: 18_432 },
  { part: "memory", kind: "value", unit: "pages", name: "memory, WebAssembly", ours: "pages more after 1,000,000 verifications", theirs: "", gate: 0 },
  { part: "memory", kind: "value", unit: "MB", name: "memory, process", ours: "resident bytes more after 1,000,000 verifications", theirs: "", gate: 5 },
  { part: "workers", kind: "ratio", unit: "per second", name: "two workers", ours: "verifyCall in two workers", theirs: "verifyCall in one", gate: 1.6, aim: 1.9 },
];
