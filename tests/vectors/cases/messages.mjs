// Signed requests and responses: as countersign makes them, and as another implementation of RFC 9421 may.
import { keyIdOf } from "../reference.mjs";
import {
  bodyFields, bodyOf, claimOf, contentDigest, digestOf, httpKey, listText, requestComponents, requestParameters, responseComponents,
  responseParameters, seconds, signRequest, signResponse, signatureOver, withFields,
} from "../reference-http.mjs";
import { GENERATED, NONCE, NOW, SECRET } from "./tokens.mjs";

/** @typedef {import("../reference-http.mjs").Request} Request */
/** @typedef {import("../reference-http.mjs").Response} Response */
/** @typedef {import("../reference-http.mjs").Headers} Headers */

export const ORIGIN = "https://app.example";
/** @param {string | Uint8Array} body */
export const hex = (body) => Buffer.from(body).toString("hex");
const nonceText = Buffer.from(NONCE, "hex").toString("base64url");

/** @type {Request} */
export const get = { method: "GET", target: "/api/events?after=evt_1&limit=20", headers: [], audience: ORIGIN, body: "" };
/** @type {Request} */
export const post = {
  method: "POST", target: "/api/events", headers: [["content-type", "application/json"]], audience: ORIGIN, body: hex('{"eventId":"evt_1","provider":"polar"}'),
};
export const base = { secret: SECRET, now: NOW, nonce: nonceText };

/** @param {string} name @param {Partial<Request>} [changes] @param {{ secret?: string, now?: number, nonce?: string, components?: string[] }} [options] */
function ours(name, changes, options) {
  const request = { ...(changes?.body === undefined ? get : post), ...changes };
  const given = { ...base, ...options };
  const { fields, base: signed } = signRequest({ ...given, request });
  const [keyId, created] = [keyIdOf(given.secret), seconds(given.now) * 1000];
  const entry = { name, ...given, nonceBytes: hex(Buffer.from(given.nonce, "base64url")), request, fields, signed: withFields(request, fields).headers };
  return { ...entry, base: signed, keyId, created, claim: claimOf(keyId, given.nonce, created) };
}

/** @type {[name: string, body: string | Uint8Array][]} */
const bodies = [
  ["one byte", "x"],
  ["NUL", "\0"],
  ["a byte-order mark and text", "\ufeff{}"],
  ["only a byte-order mark", "\ufeff"],
  ["what is not UTF-8", Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80)],
  ["CRLF", "a\r\nb\r\n"],
  ["LF in place of CRLF", "a\nb\n"],
  ["JSON with white space", '{ "b" : 1, "a" : 2 }\n'],
  ["composed", "\u00e9"],
  ["decomposed", "e\u0301"],
  ["a form", "a=1&a=2&b=+%2B"],
  ["a signature base", '"@method": GET\n"@signature-params": ()'],
  ["55 bytes, the last length of one block", "x".repeat(55)],
  ["56 bytes", "x".repeat(56)],
  ["64 bytes", "x".repeat(64)],
  ["every byte", Uint8Array.from({ length: 256 }, (_, i) => i)],
];

export const targets = [
  "/", "/a//b", "/a//", "/a/", "/a?", "/?", "/?a=1&b=2", "/?b=2&a=1", "/?a=1&a=2", "/?a=2&a=1", "/?a=&b", "/?&&", "/?a=1?b=2",
  "/??", "/?a=+", "/?a=%20", "/?a=%2B", "/%2F", "/a%2Fb", "/%7e", "/%7E", "/~", "/%2e%2ea", "/...", "/.well-known/a", "/a.", "/..a/b",
  "/:80", "/a:b@c", "/!$&'()*+,;=:@-._~", "/a;b=c;d", "/[a]", "/a|b", "/%00", "/%0d%0a", "/%C3%BC", "/%ff", "/?%zz".replace("zz", "5A"),
  "/?[]{}|`^", "/?/../..", "/?a=https://b.example/c", "/?http://b.example", "/a=b&c", "/*", "/?*",
];

/** @type {[name: string, audience: string][]} */
const audiences = [
  ["a port", "https://app.example:8443"],
  ["port 80 of https", "https://app.example:80"],
  ["http", "http://app.example"],
  ["localhost", "http://localhost:3000"],
  ["an IPv4 address", "http://127.0.0.1:3210"],
  ["an IPv6 address", "http://[::1]:3000"],
  ["a name outside ASCII", "https://xn--bcher-kva.example"],
  ["a deployment of Convex", "https://happy-animal-123.convex.site"],
];

/** @type {[name: string, headers: Headers, components: string[]][]} */
const covered = [
  ["a header field", [["date", "Tue, 20 Apr 2021 02:07:55 GMT"]], ["date"]],
  ["a name in mixed case", [["Idempotency-Key", "evt_1"]], ["idempotency-key"]],
  ["two lines of one name", [["x-list", "a, b"], ["X-List", "c"]], ["x-list"]],
  ["two lines with others between them", [["x-list", "a"], ["x-other", "b"], ["x-list", "c"]], ["x-other", "x-list"]],
  ["white space around a value", [["x-space", " \t a  b \t "]], ["x-space"]],
  ["an empty value", [["x-empty", ""]], ["x-empty"]],
  ["two empty values", [["x-empty", ""], ["x-empty", ""]], ["x-empty"]],
  ["a value that looks like a line of the signature base", [["x-odd", '"@method": DELETE']], ["x-odd"]],
  ["the cookie", [["cookie", "a=1; b=2"]], ["cookie"]],
  ["a content type without a body", [["content-type", "text/plain"]], ["content-type"]],
  ["@target-uri", [], ["@target-uri"]],
  ["@scheme and @request-target", [], ["@scheme", "@request-target"]],
];

const requests = [
  ours("GET"),
  ours("GET without a query", { target: "/api/events" }),
  ours("POST", post),
  ours("POST without a body", { method: "POST" }),
  ours("POST with a body of no bytes", { method: "POST", body: "" }),
  ours("a body without a content type", { ...post, headers: [] }),
  ours("a body and an empty content type", { ...post, headers: [["content-type", ""]] }),
  ours("a content type in mixed case", { ...post, headers: [["Content-Type", "Text/Plain; charset=UTF-8"]] }),
  ours("a digest of something else, which is replaced", { ...post, headers: [...post.headers, ["Content-Digest", contentDigest(Buffer.from("x"))]] }),
  ours("header fields that are not covered", { ...post, headers: [["host", "evil.example"], ["x-forwarded-host", "evil.example"], ...post.headers, ["user-agent", "a"]] }),
  ours("a generated secret", post, { secret: GENERATED }),
  ours("a time inside a second", post, { now: NOW + 999 }),
  ours("a time before the year 2000", {}, { now: 1000 }),
  ours("the last second that is a time", {}, { now: Number.MAX_SAFE_INTEGER }),
  ours("another nonce", {}, { nonce: Buffer.alloc(16, 0xff).toString("base64url") }),
  ...["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "patch", "M-SEARCH", "!#$%&'*+-.^_`|~0aZ"].map((method) => ours(`the method ${method}`, { method })),
  ...bodies.map(([name, body]) => ours(`a body: ${name}`, { body: hex(body) })),
  ...targets.map((target) => ours(`the target ${target}`, { target })),
  ours("a long target", { target: `/${"a".repeat(1000)}?${"b".repeat(1000)}` }),
  ...audiences.map(([name, audience]) => ours(`an audience: ${name}`, { audience })),
  ...covered.map(([name, headers, components]) => ours(`covered besides: ${name}`, { headers }, { components })),
  ours("covered besides, with a body", { ...post, headers: [...post.headers, ["date", "Tue, 20 Apr 2021 02:07:55 GMT"]] }, { components: ["date", "@target-uri"] }),
];

/**
 * A request that a peer signed.
 * @param {string} name
 * @param {object} peer
 * @param {Partial<Request>} [peer.request] @param {string} [peer.label] @param {string} [peer.secret] @param {readonly string[]} [peer.components]
 * @param {import("../reference-http.mjs").Parameters} [peer.parameters] @param {number} [peer.signedAt] @param {number} [peer.now]
 * @param {number} [peer.toleranceMs] @param {Headers} [peer.before] in place of the fields that go with a body
 * @param {(fields: Headers) => Headers} [peer.dress] what becomes of the two header fields
 */
export function peerRequest(name, { request: changes = {}, label = "sig1", secret = SECRET, signedAt = NOW, now = NOW, dress = (fields) => fields, ...peer } = {}) {
  const plain = { ...post, ...changes };
  const request = withFields(plain, peer.before ?? bodyFields(plain));
  const parameters = peer.parameters ?? requestParameters(secret, signedAt, nonceText);
  const { base: signed, fields } = signatureOver(request, { label, key: httpKey(secret), parameters: listText(peer.components ?? requestComponents(plain), parameters) });
  const given = parameters.find(([other]) => other === "nonce")?.[1];
  const nonce = typeof given === "string" ? given : "";
  const [keyId, created] = [keyIdOf(secret), seconds(signedAt) * 1000];
  const entry = { name, secret, now, nonce, request: plain, signed: withFields(request, dress(fields)).headers, base: signed };
  return { ...entry, keyId, created, claim: claimOf(keyId, nonce, created), ...(peer.toleranceMs === undefined ? {} : { toleranceMs: peer.toleranceMs }) };
}

const [created, nonce, keyid, alg, tag] = requestParameters(SECRET, NOW, nonceText);
const OTHER_INPUT = '=("@method");created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256"';
/** Members of other signers, before or behind ours. @param {number} count @param {boolean} [inFront] @returns {(fields: Headers) => Headers} */
export const among = (count, inFront = true) => (fields) => fields.map(([name, value]) => {
  const others = Array.from({ length: count }, (_, i) => (name === "signature" ? `p${i}=${digestOf(Buffer.from([i]))}` : `p${i}${OTHER_INPUT}`));
  return [name, (inFront ? [...others, value] : [value, ...others]).join(", ")];
});
const sha512 = `sha-512=${digestOf(bodyOf(post), "sha512")}`;
const sha256 = contentDigest(bodyOf(post));

const peers = [
  peerRequest("a peer's, with a label of its own"),
  peerRequest("a peer's, with the label that is ours", { label: "countersign" }),
  ...["a", "*", "z-_.*9", "l".repeat(64)].map((label) => peerRequest(`the label ${label.slice(0, 10)}`, { label })),
  peerRequest("components in another order", { components: [...requestComponents(post)].reverse() }),
  peerRequest("parameters in another order", { parameters: [tag, alg, keyid, nonce, created] }),
  peerRequest("an expiry", { parameters: [created, ["expires", seconds(NOW) + 60], nonce, keyid, alg, tag] }),
  peerRequest("an expiry at the end, far away", { parameters: [created, nonce, keyid, alg, tag, ["expires", 999_999_999_999_999]] }),
  ...["x", "b3k2pp5k7z-50gnwp.yemd", 'a "quoted" \\ nonce', " ", "0", "AAAAAAAAAAAAAAAAAAAAAA==", "n".repeat(64)].map((text) =>
    peerRequest(`the nonce ${text.slice(0, 24)}`, { parameters: [created, ["nonce", text], keyid, alg, tag] })),
  peerRequest("300 s ago", { signedAt: NOW - 300_000 }),
  peerRequest("in 300 s", { signedAt: NOW + 300_000 }),
  peerRequest("15 minutes ago, in the widest window", { signedAt: NOW - 900_000, toleranceMs: 900_000 }),
  peerRequest("this second, in no window", { toleranceMs: 0 }),
  peerRequest("another signature in front", { dress: among(1) }),
  peerRequest("another signature behind", { dress: among(1, false) }),
  peerRequest("15 other signatures", { dress: among(15) }),
  peerRequest("two signatures on two lines", { dress: (fields) => among(1)(fields).flatMap(([name, value]) =>
    value.split(/, (?=sig1)/).map((line) => /** @type {[string, string]} */ ([name, line]))) }),
  peerRequest("names of header fields in capitals", { dress: (fields) => fields.map(([name, value]) => [name.toUpperCase(), value]) }),
  peerRequest("two digests", { before: [["content-digest", `${sha512}, ${sha256}`]] }),
  peerRequest("two digests, ours first", { before: [["content-digest", `${sha256}, ${sha512}`]] }),
  peerRequest("two digests on two lines", { before: [["content-digest", sha512], ["content-digest", sha256]] }),
  peerRequest("a digest of no bytes", { request: get, before: [["content-digest", contentDigest(Buffer.alloc(0))]], components: [...requestComponents(get), '"content-digest"'] }),
  peerRequest("a digest and a content type without a body", {
    request: { ...get, headers: [["content-type", "text/plain"]] }, before: [["content-digest", contentDigest(Buffer.alloc(0))]],
    components: [...requestComponents(get), '"content-type"', '"content-digest"'],
  }),
  peerRequest("all that is understood", {
    request: { headers: [["Content-Type", "application/json"], ["Date", "Tue, 20 Apr 2021 02:07:55 GMT"]] },
    components: ['"date"', '"@target-uri"', '"@scheme"', ...requestComponents(post), '"@request-target"'],
  }),
  peerRequest("a peer's GET", { request: get, components: requestComponents(get) }),
];

/** @param {string} name @param {Partial<Response>} [changes] @param {{ now?: number, secret?: string, label?: string, request?: Request }} [options] */
function ourResponse(name, changes, options) {
  const { now = NOW + 1000, secret = SECRET, label = "countersign", request = signedPost } = options ?? {};
  /** @type {Response} */
  const response = { status: 200, headers: [["content-type", "application/json"]], body: hex('{"ok":true}'), ...changes, request };
  const { fields, base: signed } = signResponse({ secret, response, now, label });
  return { name, secret, now, response, fields, signed: withFields(response, fields).headers, base: signed, keyId: keyIdOf(secret), created: seconds(now) * 1000 };
}

/** @param {Request} request @param {string} [secret] */
export const signedByUs = (request, secret = SECRET) => withFields(request, signRequest({ ...base, secret, request }).fields);
export const signedPost = signedByUs(post);
const signedByPeer = { ...post, headers: peerRequest("", { label: "sig1" }).signed };

const responses = [
  ourResponse("200"),
  ourResponse("204 without a body", { status: 204, headers: [], body: "" }),
  ourResponse("a body without a content type", { headers: [] }),
  ourResponse("a problem", { status: 404, headers: [["Content-Type", "application/problem+json"]], body: hex('{"status":404}') }),
  ...[101, 199, 302, 401, 413, 500, 599, 999].map((status) => ourResponse(`the status ${status}`, { status })),
  ...bodies.map(([name, body]) => ourResponse(`a body: ${name}`, { body: hex(body) })),
  ourResponse("to a GET", {}, { request: signedByUs(get) }),
  ourResponse("to a target with an empty query", {}, { request: signedByUs({ ...get, target: "/a?" }) }),
  ourResponse("to a request that a peer signed", {}, { request: signedByPeer, label: "sig1" }),
  ourResponse("to a request with other signatures", {}, { request: { ...post, headers: peerRequest("", { dress: among(3) }).signed }, label: "sig1" }),
  ourResponse("with another secret", {}, { request: signedByUs(post, GENERATED), secret: GENERATED }),
  ourResponse("a time inside a second", {}, { now: NOW + 1999 }),
];

/**
 * A response that a peer signed.
 * @param {string} name
 * @param {object} peer
 * @param {Partial<Response>} [peer.response] @param {string} [peer.label] @param {readonly string[]} [peer.components] @param {string} [peer.requestLabel]
 * @param {import("../reference-http.mjs").Parameters} [peer.parameters] @param {number} [peer.signedAt] @param {number} [peer.toleranceMs]
 * @param {(fields: Headers) => Headers} [peer.dress] @param {Headers} [peer.before] @param {Uint8Array} [peer.key]
 */
export function peerResponse(name, { response: changes, label = "resp", requestLabel = "countersign", signedAt = NOW, dress = (fields) => fields, key = httpKey(SECRET), ...peer } = {}) {
  /** @type {Response} */
  const plain = { status: 200, headers: [["content-type", "application/json"]], body: hex('{"ok":true}'), request: signedPost, ...changes };
  const response = withFields(plain, peer.before ?? bodyFields(plain));
  const components = peer.components ?? responseComponents(plain, requestLabel);
  const { base: signed, fields } = signatureOver(response, { label, key, parameters: listText(components, peer.parameters ?? responseParameters(SECRET, signedAt)) });
  const entry = { name, secret: SECRET, now: NOW, response: plain, signed: withFields(response, dress(fields)).headers, base: signed };
  return { ...entry, keyId: keyIdOf(SECRET), created: seconds(signedAt) * 1000, ...(peer.toleranceMs === undefined ? {} : { toleranceMs: peer.toleranceMs }) };
}

const whole = { status: 200, headers: [], body: hex('{"ok":true}'), request: signedPost };
const peerResponses = [
  peerResponse("a peer's, with a label of its own"),
  peerResponse("a peer's, with our label", { label: "countersign" }),
  peerResponse("components in another order", { components: [...responseComponents(whole, "countersign")].reverse() }),
  peerResponse("parameters in another order", { parameters: [...responseParameters(SECRET, NOW)].reverse() }),
  peerResponse("an expiry", { parameters: [...responseParameters(SECRET, NOW), ["expires", seconds(NOW) + 60]] }),
  peerResponse("more of the request", { components: [...responseComponents(whole, "countersign"), '"content-digest";req', '"content-type";req', '"@target-uri";req'] }),
  peerResponse("more of the response", {
    response: { headers: [["content-type", "application/json"], ["location", "/a"]] }, components: [...responseComponents(whole, "countersign"), '"location"'],
  }),
  peerResponse("another signature in front", { dress: among(1) }),
  peerResponse("300 s ago", { signedAt: NOW - 300_000 }),
];

export const messages = [...requests, ...peers, ...responses, ...peerResponses];
