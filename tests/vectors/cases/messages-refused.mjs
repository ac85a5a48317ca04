// Signed messages that are refused, with their codes. Wherever it can be, the MAC is genuine: whoever holds the secret made it over just this.
import {
  bodyOf, bytesText, contentDigest, digestOf, httpKey, listText, requestComponents, requestParameters, responseComponents, responseParameters, seconds,
  signatureOver, withFields,
} from "../reference-http.mjs";
import { derive, keyIdOf } from "../reference.mjs";
import { ORIGIN, among, base, get, hex, peerRequest, peerResponse, post, signedByUs, signedPost } from "./messages.mjs";
import { GENERATED, NOW, SECRET } from "./tokens.mjs";

/** @typedef {import("../reference-http.mjs").Headers} Headers */
/** @typedef {import("../reference-http.mjs").Request} Request */
/** @typedef {import("../reference-http.mjs").Response} Response */
/** @typedef {import("../reference-http.mjs").Parameters} HttpParameters */

const OTHER_SECRET = "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5";
const MALFORMED = "signature_malformed";

/**
 * What arrives in place of a signed message.
 * @param {string} code @param {any} entry what `peerRequest` or `peerResponse` gives
 * @param {any} [received] what is different when it arrives
 */
function refused(code, { name, now, toleranceMs, request, response, signed }, received = {}) {
  const message = request === undefined ? { response: { ...response, headers: signed, ...received } } : { request: { ...request, headers: signed, ...received } };
  // Whoever signed: the receiver's secret is this one.
  return { name, secret: SECRET, now, ...(toleranceMs === undefined ? {} : { toleranceMs }), ...message, code };
}

/** @param {string} code @param {string} name @param {Parameters<typeof peerRequest>[1]} peer @param {any} [received] */
const request = (code, name, peer, received) => refused(code, peerRequest(name, peer), received);
/** @param {string} code @param {string} name @param {Parameters<typeof peerResponse>[1]} peer @param {any} [received] */
const response = (code, name, peer, received) => refused(code, peerResponse(name, peer), received);

/**
 * The signature fields changed as texts after signing: the MAC may not be right, and the form must be refused before it is looked at.
 * @param {string} code @param {string} name @param {(input: string, signature: string) => [input: string, signature: string]} change
 */
const edited = (code, name, change) => request(code, name, { dress: (fields) => {
  const [input, signature] = change(fields[0][1], fields[1][1]);
  return [["signature-input", input], ["signature", signature]];
} });

/**
 * Signed over a list of components with parameters as it is written here.
 * @param {string} code @param {string} name @param {string} written @param {readonly string[]} [components]
 */
function asWritten(code, name, written, components = requestComponents(post)) {
  const message = withFields(post, [["content-digest", contentDigest(bodyOf(post))]]);
  const { fields } = signatureOver(message, { parameters: written, key: httpKey(SECRET), label: "sig1", components });
  return { name, secret: SECRET, now: NOW, request: withFields(message, fields), code };
}

const parameters = requestParameters(SECRET, NOW, base.nonce);
const components = requestComponents(post);
const list = `(${components.join(" ")})`;
const tail = listText(components, parameters).slice(list.length);
/** @param {HttpParameters[number]} parameter in place of the one with its name */
const withParameter = (parameter) => parameters.map((old) => (old[0] === parameter[0] ? parameter : old));
/** @param {string} name */
const withoutParameter = (name) => parameters.filter(([other]) => other !== name);
/** @param {string} value of `created`, as it is written */
const createdAs = (value) => withParameter(["created", { raw: value }]);

const missing = [
  refused("signature_missing", { ...peerRequest("no signature"), signed: post.headers }),
  request("signature_missing", "only Signature-Input", { dress: ([input]) => [input] }),
  request("signature_missing", "only Signature", { dress: ([, signature]) => [signature] }),
  request("signature_missing", "both fields empty", { dress: (fields) => fields.map(([name]) => [name, ""]) }),
  ...["countersign-response", "Countersign", "countersign ", "countersign.http.v1", "", "web-bot-auth"].map((text) =>
    request("signature_missing", `the tag ${JSON.stringify(text)}`, { parameters: withParameter(["tag", text]) })),
  request("signature_missing", "no tag", { parameters: withoutParameter("tag") }),
  request("signature_missing", "a tag that is a Token", { parameters: withParameter(["tag", { raw: "countersign" }]) }),
];

const coverage = [
  ...components.map((component) => request(MALFORMED, `not covered: ${component}`, { components: components.filter((other) => other !== component) })),
  ...requestComponents(get).map((component) => request(MALFORMED, `not covered, of a request without a body: ${component}`, {
    request: get, components: requestComponents(get).filter((other) => other !== component),
  })),
  request(MALFORMED, "nothing covered", { components: [] }),
  request(MALFORMED, "@target-uri in place of authority, path and query", { components: ['"@method"', '"@target-uri"', '"content-digest"', '"content-type"'] }),
  request(MALFORMED, "@request-target in place of path and query", { components: ['"@method"', '"@authority"', '"@request-target"', '"content-digest"', '"content-type"'] }),
  request(MALFORMED, "the header field Host in place of @authority", {
    request: { headers: [...post.headers, ["host", "app.example"]] }, components: components.map((component) => (component === '"@authority"' ? '"host"' : component)),
  }),
  request(MALFORMED, "a body that came without a digest", { request: get, components: requestComponents(get) }, { body: post.body }),
  request(MALFORMED, "a body whose digest is not covered", { components: requestComponents(get) }),
  ...["@signature-params", "@status", "@query-param", "@unknown", "@Method", "@", "Content-Type", "content type", "content-type:", "", "content-type\\\\"].map((name) =>
    request(MALFORMED, `covered: "${name}"`, { components: [...components, `"${name}"`] })),
  request(MALFORMED, "a component twice", { components: [...components, '"@method"'] }),
  request(MALFORMED, "a header field twice", { components: [...components, '"content-type"'] }),
  ...[";sf", ";bs", ';key="sha-256"', ";tr", ";req", ";unknown", ";req=?0", ";req=1"].map((parameter) =>
    request(MALFORMED, `a component with ${parameter}`, { components: components.map((component) => (component === '"content-digest"' ? `${component}${parameter}` : component)) })),
  request(MALFORMED, "@method with a parameter", { components: components.map((component) => (component === '"@method"' ? `${component};req` : component)) }),
  request(MALFORMED, "@query-param with its name", { components: [...components, '"@query-param";name="a"'] }),
  request(MALFORMED, "65 components", {
    request: { headers: [...post.headers, ...Array.from({ length: 59 }, (_, i) => /** @type {[string, string]} */ ([`x-${i}`, "a"]))] },
    components: [...components, ...Array.from({ length: 59 }, (_, i) => `"x-${i}"`)],
  }),
  request(MALFORMED, "a header field that the message does not have", { components: [...components, '"x-absent"'] }),
];

const parametersRefused = [
  ...["rsa-pss-sha512", "hmac-sha512", "none", "HMAC-SHA256", "ed25519", ""].map((text) => request(MALFORMED, `the algorithm ${text}`, { parameters: withParameter(["alg", text]) })),
  ...["created", "nonce", "keyid", "alg"].map((name) => request(MALFORMED, `no ${name}`, { parameters: withoutParameter(name) })),
  ...["keyid", "alg", "nonce"].map((name) => request(MALFORMED, `${name} as a Token`, { parameters: withParameter([name, { raw: "abc" }]) })),
  request(MALFORMED, "an empty nonce", { parameters: withParameter(["nonce", ""]) }),
  request(MALFORMED, "a nonce that is a number", { parameters: withParameter(["nonce", 1]) }),
  request(MALFORMED, "a nonce that is bytes", { parameters: withParameter(["nonce", { raw: ":AAAA:" }]) }),
  request(MALFORMED, "a nonce that is true", { parameters: withParameter(["nonce", true]) }),
  ...[
    ["a minus sign", "-1800000000"], ["a plus sign", "+1800000000"], ["a fraction", "1800000000.5"], ["a fraction of zero", "1800000000.0"],
    ["20 digits", "18446744073709551616"], ["16 digits", "1800000000000000"], ["an exponent", "18e8"], ["hexadecimal", "0x6b49d200"], ["a leading zero", "01800000000"],
    ["a String", '"1800000000"'], ["junk behind the digits", "1800000000x"], ["nothing", ""], ["a Boolean", "?1"], ["a Date of RFC 9651", "@1800000000"],
    ["a space in front", " 1800000000"], ["minus zero", "-0"],
  ].map(([name, value]) => request(MALFORMED, `created: ${name}`, { parameters: createdAs(value) })),
  request(MALFORMED, "created without a value", { parameters: withParameter(["created", true]) }),
  ...[["a String", '"1800000060"'], ["a fraction", "1800000060.5"], ["a minus sign", "-1"], ["a Boolean", "?1"]].map(([name, value]) =>
    request(MALFORMED, `expires: ${name}`, { parameters: [...parameters, ["expires", { raw: value }]] })),
  ...parameters.map((parameter) => request(MALFORMED, `${parameter[0]} twice`, { parameters: [...parameters, parameter] })),
];

const fields = [
  // The dictionaries.
  request(MALFORMED, "17 signatures", { dress: among(16) }),
  request(MALFORMED, "201 signatures", { dress: among(200) }),
  edited(MALFORMED, "Signature-Input over 8 KiB", (input, signature) => [`${input}, other=();a="${"x".repeat(8192)}"`, `${signature}, other=:AA==:`]),
  edited(MALFORMED, "our label twice", (input, signature) => [`${input}, ${input}`, signature]),
  edited(MALFORMED, "our label twice in Signature", (input, signature) => [input, `${signature}, ${signature}`]),
  edited(MALFORMED, "another's label twice", (input, signature) => [`${input}, o=(), o=()`, `${signature}, o=:AA==:`]),
  edited(MALFORMED, "two signatures with our tag", (input, signature) => [`${input}, ${input.replace("sig1", "sig2")}`, `${signature}, ${signature.replace("sig1", "sig2")}`]),
  request(MALFORMED, "both fields twice", { dress: (pair) => [...pair, ...pair] }),
  edited(MALFORMED, "another label in Signature", (input, signature) => [input, signature.replace("sig1", "sig2")]),
  ...[
    ["no label", (/** @type {string} */ text) => text.slice("sig1=".length)], ["a label in upper case", (/** @type {string} */ text) => `S${text.slice(1)}`],
    ["a label that begins with a digit", (/** @type {string} */ text) => `1${text}`], ["a comma at the end", (/** @type {string} */ text) => `${text},`],
    ["a comma in front", (/** @type {string} */ text) => `,${text}`], ["junk at the end", (/** @type {string} */ text) => `${text}x`],
    ["a tab in front of a member", (/** @type {string} */ text) => `o=1,\t${text}`], ["no space in front of a member", (/** @type {string} */ text) => `o=1,${text}`],
    ["two spaces in front of a member", (/** @type {string} */ text) => `o=1,  ${text}`], ["cut off", (/** @type {string} */ text) => text.slice(0, -1)],
    ["__proto__ as a label", (/** @type {string} */ text) => text.replace("sig1", "__proto__")],
  ].flatMap(([name, change]) => /** @type {const} */ ([0, 1]).map((at) =>
    edited(MALFORMED, `${name} in ${at === 0 ? "Signature-Input" : "Signature"}`, (...pair) => /** @type {[string, string]} */ (pair.map((text, i) => (i === at ? /** @type {any} */ (change)(text) : text)))))),
  // The list of components: each is signed as it is written.
  asWritten(MALFORMED, "two spaces between components", `${list.replace(" ", "  ")}${tail}`),
  asWritten(MALFORMED, "a space behind the bracket", `${list.replace("(", "( ")}${tail}`),
  asWritten(MALFORMED, "a space in front of the bracket", `${list.replace(")", " )")}${tail}`),
  asWritten(MALFORMED, "a space in front of a parameter", `${list}${tail.replace(";nonce", "; nonce")}`),
  asWritten(MALFORMED, "a tab between components", `${list.replace(" ", "\t")}${tail}`),
  asWritten(MALFORMED, "commas between components", `${list.replaceAll(" ", ", ")}${tail}`),
  asWritten(MALFORMED, "no space between components", `${list.replace(" ", "")}${tail}`),
  asWritten(MALFORMED, "components that are Tokens", `(method authority path query)${tail}`),
  asWritten(MALFORMED, "a String escaped where it need not be", `${list.replace('"@method"', '"\\@method"')}${tail}`),
  asWritten(MALFORMED, "a list in a list", `(${list})${tail}`),
  asWritten(MALFORMED, "an Item in place of a list", `"@method"${tail}`),
  asWritten(MALFORMED, "a parameter in upper case", `${list}${tail.replace(";tag", ";Tag")}`),
  asWritten(MALFORMED, "a parameter that is true, written out", `${list}${tail};x=?1`),
  asWritten(MALFORMED, "quotes that do not end", `${list}${tail.slice(0, -1)}`),
  // The signature's bytes.
  ...[
    ["no padding", (/** @type {string} */ text) => text.replace(/=:$/, ":")], ["padding doubled", (/** @type {string} */ text) => text.replace(/=:$/, "==:")],
    ["bits left over", (/** @type {string} */ text) => text.replace(/(.)=:$/, (_, last) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=:`)],
    ["junk", (/** @type {string} */ text) => `${text.slice(0, 20)}!${text.slice(20)}`], ["a space", (/** @type {string} */ text) => `${text.slice(0, 20)} ${text.slice(20)}`],
    ["no colon", (/** @type {string} */ text) => text.replace("=:", "=").slice(0, -1)], ["a String", (/** @type {string} */ text) => text.replace("=:", '="').replace(/:$/, '"')],
    ["a parameter", (/** @type {string} */ text) => `${text};a=1`],
  ].map(([name, change]) => edited(MALFORMED, `the signature: ${name}`, (input, signature) => [input, /** @type {any} */ (change)(signature)])),
  ...[["no bytes", 0], ["16 bytes", 16], ["31 bytes", 31], ["33 bytes", 33], ["64 bytes", 64]].map(([name, length]) =>
    edited(MALFORMED, `the signature: ${name}`, (input, signature) => {
      const mac = Buffer.from(signature.slice("sig1=:".length, -1), "base64");
      return [input, `sig1=${bytesText(Buffer.concat([mac, mac]).subarray(0, Number(length)))}`];
    })),
  edited(MALFORMED, "the signature: base64url", (input, signature) => [input, signature.replaceAll("+", "-").replaceAll("/", "_").replace(/[A-Za-z0-9](?=.{8}:$)/, "_")]),
];

/** @param {string} signature @param {(mac: Buffer) => void} change */
function withMac(signature, change) {
  const mac = Buffer.from(signature.slice("sig1=:".length, -1), "base64");
  change(mac);
  return `sig1=${bytesText(mac)}`;
}
const INVALID = "signature_invalid";

/** Signed for one target, sent to another. @param {string} signed @param {string} received */
const moved = (signed, received) => request(INVALID, `signed for ${signed}, sent to ${received}`, { request: { target: signed } }, { target: received });

const invalid = [
  edited(INVALID, "the MAC's first bit", (input, signature) => [input, withMac(signature, (mac) => { mac[0] ^= 0x80; })]),
  edited(INVALID, "the MAC's last bit", (input, signature) => [input, withMac(signature, (mac) => { mac[31] ^= 1; })]),
  edited(INVALID, "a MAC of zeros", (input, signature) => [input, withMac(signature, (mac) => { mac.fill(0); })]),
  request(INVALID, "another method", {}, { method: "PUT" }),
  request(INVALID, "the method in another case", {}, { method: "post" }),
  request(INVALID, "another host", {}, { audience: "https://other.example" }),
  request(INVALID, "another port", {}, { audience: `${ORIGIN}:8443` }),
  request(INVALID, "the host with a full stop", {}, { audience: "https://app.example." }),
  moved("/a", "/b"), moved("/a", "/A"), moved("/a", "/a/"), moved("/a/b", "/a//b"), moved("/a%2Fb", "/a/b"), moved("/%7e", "/%7E"), moved("/%7E", "/~"),
  moved("/a?b=1", "/a"), moved("/a?b=1", "/a?b=2"), moved("/?a=1&b=2", "/?b=2&a=1"), moved("/?a=1&a=2", "/?a=2&a=1"), moved("/?a=+", "/?a=%20"), moved("/?a=+", "/?a=%2B"),
  moved("/?a", "/?a="), moved("/?a", "/?a&"), moved("/?", "/??"), moved("/a?b", "/a%3Fb"),
  request(INVALID, "another body", {}, { body: hex('{"eventId":"evt_2","provider":"polar"}') }),
  request(INVALID, "the body with a byte more", {}, { body: `${post.body}0a` }),
  request(INVALID, "the body with a byte-order mark", {}, { body: `efbbbf${post.body}` }),
  request(INVALID, "no body in place of one", {}, { body: "" }),
  request(INVALID, "CRLF in place of LF", { request: { body: hex("a\nb") } }, { body: hex("a\r\nb") }),
  request(INVALID, "what is not UTF-8, decoded and encoded", { request: { body: "ff" } }, { body: "efbfbd" }),
  request(INVALID, "the digest of another body, signed", { before: [["content-digest", contentDigest(Buffer.from("x"))]] }),
  request(INVALID, "two digests, ours of another body", { before: [["content-digest", `sha-512=${digestOf(bodyOf(post), "sha512")}, ${contentDigest(Buffer.from("x"))}`]] }),
  request(INVALID, "the digest of no bytes, of a body", { before: [["content-digest", contentDigest(Buffer.alloc(0))]] }),
  request(INVALID, "the digest of a body, of no bytes", {
    request: get, before: [["content-digest", contentDigest(Buffer.from("x"))]], components: [...requestComponents(get), '"content-digest"'],
  }),
  ...(() => {
    const entry = peerRequest("another content type");
    const other = entry.signed.map(([name, value]) => /** @type {[string, string]} */ (name === "content-type" ? [name, "text/plain"] : [name, value]));
    const twice = [...entry.signed, /** @type {[string, string]} */ (["content-type", "application/json"])];
    const digest = entry.signed.map(([name, value]) => /** @type {[string, string]} */ (name === "content-digest" ? [name, contentDigest(Buffer.from("x"))] : [name, value]));
    return [
      refused(INVALID, { ...entry, signed: other }), refused(INVALID, { ...entry, name: "the content type twice", signed: twice }),
      refused(INVALID, { ...entry, name: "another digest", signed: digest }, { body: hex("x") }),
    ];
  })(),
  // The key is another one.
  request(INVALID, "another secret under this key id", { secret: OTHER_SECRET, parameters }),
  ...[
    ["the key of calls", derive(SECRET, "call", 32)], ["the secret itself as the key", Buffer.from(SECRET)], ["the fingerprint as the key", derive(SECRET, "fingerprint", 32)],
    ["a key of zeros", Buffer.alloc(32)], ["no key", Buffer.alloc(0)], ["the key of the secret and a zero byte", httpKey(`${SECRET}\0`)],
    ["the key in hexadecimal", Buffer.from(httpKey(SECRET).toString("hex"))], ["the key without its last byte", httpKey(SECRET).subarray(0, 31)],
  ].map(([name, key]) => {
    const message = withFields(post, [["content-digest", contentDigest(bodyOf(post))]]);
    const { fields } = signatureOver(message, { parameters: listText(components, parameters), key: /** @type {Buffer} */ (key), label: "sig1" });
    return { name, secret: SECRET, now: NOW, request: withFields(message, fields), code: INVALID };
  }),
  // Whoever cannot sign learns nothing about the window.
  edited(INVALID, "forged and too old", (input, signature) => [input.replace("created=1800000000", "created=1"), signature]),
  edited(INVALID, "forged and from the future", (input, signature) => [input.replace("created=1800000000", "created=1900000000"), signature]),
  edited(INVALID, "another nonce", (input, signature) => [input.replace('nonce="A', 'nonce="B'), signature]),
  edited(INVALID, "an expiry taken along", (input, signature) => [`${input};expires=1900000000`, signature]),
  edited(INVALID, "parameters in another order", (input, signature) => [input.replace(/(;alg="[^"]*")(;tag="[^"]*")/, "$2$1"), signature]),
  edited(INVALID, "components in another order", (input, signature) => [input.replace('"@method" "@authority"', '"@authority" "@method"'), signature]),
];

const digests = [
  request(INVALID, "only a digest of SHA-512", { before: [["content-digest", `sha-512=${digestOf(bodyOf(post), "sha512")}`]] }),
  request(INVALID, "only a digest of MD5", { before: [["content-digest", `md5=${digestOf(bodyOf(post), "md5")}`]] }),
  request(INVALID, "a digest of SHA-512 that calls itself sha-256", { before: [["content-digest", `sha-256=${digestOf(bodyOf(post), "sha512")}`]] }),
  ...[
    ["twice", `${contentDigest(bodyOf(post))}, ${contentDigest(bodyOf(post))}`], ["in hexadecimal", `sha-256=:${Buffer.from(digestOf(bodyOf(post)).slice(1, -1), "base64").toString("hex")}:`],
    ["without padding", contentDigest(bodyOf(post)).replace(/=:$/, ":")], ["of the form of RFC 3230", contentDigest(bodyOf(post)).replace(":", "").replace(/:$/, "")],
    ["with a parameter", `${contentDigest(bodyOf(post))};a=1`], ["in upper case", contentDigest(bodyOf(post)).replace("sha-256", "SHA-256")], ["empty", ""],
    ["with a comma at its end", `${contentDigest(bodyOf(post))},`],
  ].map(([name, value]) => request(INVALID, `the digest ${name}`, { before: [["content-digest", value]] })),
];

const keys = [
  request("key_unknown", "another secret", { secret: OTHER_SECRET }),
  request("key_unknown", "a key id of zeros", { parameters: withParameter(["keyid", "0".repeat(16)]) }),
  request("key_unknown", "another secret, and too old", { secret: OTHER_SECRET, signedAt: 0 }),
  request(MALFORMED, "a key id in upper case", { parameters: withParameter(["keyid", keyIdOf(SECRET).toUpperCase()]) }),
  request(MALFORMED, "an empty key id", { parameters: withParameter(["keyid", ""]) }),
  request(MALFORMED, "__proto__ as a key id", { parameters: withParameter(["keyid", "__proto__"]) }),
  request(MALFORMED, "a key id of 15 digits", { parameters: withParameter(["keyid", keyIdOf(SECRET).slice(1)]) }),
];

const times = [
  request("expired", "301 s ago", { signedAt: NOW - 301_000 }),
  request("expired", "a millisecond too old", { signedAt: NOW - 300_000, now: NOW + 1 }),
  request("expired", "a window of zero, a second late", { signedAt: NOW - 1000, toleranceMs: 0 }),
  request("expired", "901 s ago, in the widest window", { signedAt: NOW - 901_000, toleranceMs: 900_000 }),
  request("expired", "time zero", { signedAt: 0 }),
  request("expired", "an expiry in the past", { parameters: [...parameters, ["expires", seconds(NOW) - 60]], signedAt: NOW }),
  request("expired", "an expiry at time zero", { parameters: [...parameters, ["expires", 0]] }),
  request("not_yet_valid", "in 301 s", { signedAt: NOW + 301_000 }),
  request("not_yet_valid", "milliseconds in place of seconds", { parameters: withParameter(["created", NOW]) }),
  request("not_yet_valid", "15 digits", { parameters: withParameter(["created", 999_999_999_999_999]) }),
  request("type_invalid", "a window of over 15 minutes", { toleranceMs: 900_001 }),
];

const HEADER = "header_invalid";
export const badTargets = [
  "//", "//a", "//other.example/a",
  "", "*", "api", "?a=1", "app.example:443", "https://app.example/a", "http://app.example/a", "//app.example/../a", "/a#b", "/#", "/a?b#c", "/a\\b", "\\a", "/\\a", "/?\\",
  "/.", "/..", "/a/.", "/a/..", "/a/../b", "/a/./b", "/%2e", "/%2E%2e", "/a/%2e%2E/b", "/.%2e/a", "/%2e./a", "/a/%2e/b", "/..?a", "/./?a", "/%2e?a",
  "/a b", "/?a b", "/a\tb", "/a\nb", "/a\r\nx: y", "/a\0b", "/\u007f", "/\u00fc", "/?\u00fc", "/\ufeff", " /a", "/a ", "/a\n",
  '/"', "/<", "/>", "/`", "/{", "/}", "/^", '/?"', "/?'", "/?<", "/?>", "/%", "/%2", "/%zz", "/%2g", "/a%", "/?%", "/?a=%2", "/?%u00fc",
];
const targets = badTargets.map((target) => request(HEADER, `the target ${JSON.stringify(target)}`, { request: { ...get, target }, components: requestComponents(get) }));

/** @type {[name: string, header: [string, string]][]} */
const badHeaders = [
  ["CR in a value", ["x-a", "a\rb"]], ["LF in a value", ["x-a", "a\nb"]], ["CR and LF in a value", ["x-a", "a\r\nx-b: c"]], ["NUL in a value", ["x-a", "a\0b"]],
  ["a folded value", ["x-a", "a\r\n b"]], ["an empty name", ["", "a"]], ["a space in a name", ["x a", "b"]], ["a colon in a name", ["x-a:", "b"]], ["LF in a name", ["x-a\nx-b", "c"]],
  ["NUL in a name", ["x\0a", "b"]], ["a name outside ASCII", ["x-\u00fc", "a"]],
];
const headers = [
  ...badHeaders.map(([name, header]) => refused(HEADER, { ...peerRequest(name), signed: [...peerRequest("").signed, header] })),
  ...badHeaders.slice(0, 5).map(([name, header]) => request(HEADER, `covered: ${name}`, { request: { headers: [...post.headers, header] }, components: [...components, '"x-a"'] })),
  request(HEADER, "covered: a value outside ASCII", { request: { headers: [...post.headers, ["x-a", "\u00fc"]] }, components: [...components, '"x-a"'] }),
  ...["", "GE T", "GET\n", "GET\r\nx: y", "G\u00c9T", "GET/", "GET\0"].map((method) => request(HEADER, `the method ${JSON.stringify(method)}`, { request: { method } })),
];

const responsesTo = (/** @type {Request} */ other) => ({ request: other });
const whole = { status: 200, headers: /** @type {Headers} */ ([["content-type", "application/json"]]), body: hex('{"ok":true}'), request: signedPost };
const covering = responseComponents(whole, "countersign");
const otherNonce = { ...base, nonce: Buffer.alloc(16, 7).toString("base64url") };
const answer = responseParameters(SECRET, NOW);

const responses = [
  refused("signature_missing", { ...peerResponse("a response without a signature"), signed: whole.headers }),
  refused("signature_missing", { ...peerResponse("a request's signature on a response"), signed: [...whole.headers, ...signedPost.headers.filter(([name]) => name.startsWith("signature"))] }),
  refused("signature_missing", { ...peerRequest("a response's signature on a request"), signed: [...post.headers, ...peerResponse("").signed.filter(([name]) => name !== "content-type")] }),
  response("signature_missing", "a response with the tag of requests", { parameters: answer.map(([name, value]) => [name, name === "tag" ? "countersign" : value]) }),
  request("signature_missing", "a request with the tag of responses", { parameters: withParameter(["tag", "countersign-response"]) }),
  ...covering.map((component) => response(MALFORMED, `a response that does not cover ${component}`, { components: covering.filter((other) => other !== component) })),
  ...["@method", "@path", "@target-uri", "@unknown"].map((name) => response(MALFORMED, `a response that covers "${name}" of its own`, { components: [...covering, `"${name}"`] })),
  response(MALFORMED, "a response that covers @status of the request", { components: [...covering, '"@status";req'] }),
  response(MALFORMED, "a response that covers a component twice", { components: [...covering, '"@status"'] }),
  response(MALFORMED, "a response bound to the whole field Signature in place of its member", { components: covering.map((component) => (component.startsWith('"signature"') ? '"signature";req' : component)) }),
  response(MALFORMED, "a response bound to another label", { components: covering.map((component) => (component.startsWith('"signature"') ? '"signature";req;key="sig1"' : component)) }),
  response(MALFORMED, "parameters of the binding in another order", { components: covering.map((component) => (component.startsWith('"signature"') ? '"signature";key="countersign";req' : component)) }),
  ...["created", "keyid", "alg"].map((name) => response(MALFORMED, `a response without ${name}`, { parameters: answer.filter(([other]) => other !== name) })),
  response(MALFORMED, "a response with another algorithm", { parameters: answer.map(([name, value]) => [name, name === "alg" ? "hmac-sha512" : value]) }),
  response(INVALID, "a response with another status", {}, { status: 201 }),
  response(INVALID, "a response with another body", {}, { body: hex('{"ok":false}') }),
  response(INVALID, "a response's body taken away", {}, { body: "" }),
  response(INVALID, "a response to the same request, signed once more", {}, responsesTo(withOtherNonce(post))),
  response(INVALID, "a response to another body", {}, responsesTo(signedByUs({ ...post, body: hex("{}") }))),
  response(INVALID, "a response to another target", {}, responsesTo(signedByUs({ ...post, target: "/api/other" }))),
  response(INVALID, "a response to another method", {}, responsesTo({ ...signedPost, method: "PUT" })),
  response(INVALID, "a response of another host", {}, responsesTo({ ...signedPost, audience: "https://other.example" })),
  response(INVALID, "a response to another query", {}, responsesTo({ ...signedPost, target: `${signedPost.target}?a` })),
  response("signature_missing", "a response to a request without a signature", {}, responsesTo(post)),
  response(INVALID, "a response with the key of calls", { key: derive(SECRET, "call", 32) }),
  response(INVALID, "a response with another secret under this key id", { key: httpKey(GENERATED) }),
  response(INVALID, "a response that another secret signed", { key: httpKey(GENERATED), parameters: responseParameters(GENERATED, NOW) }),
  response("expired", "a response from 301 s ago", { signedAt: NOW - 301_000 }),
  response("not_yet_valid", "a response in 301 s", { signedAt: NOW + 301_000 }),
  response("expired", "a response with an expiry in the past", { parameters: [...answer, ["expires", seconds(NOW) - 60]] }),
  response(HEADER, "CR and LF in a response's header field", { response: { headers: [...whole.headers, ["x-a", "a\r\nx-b: c"]] } }),
];

/** @param {Request} request */
function withOtherNonce(request) {
  const message = withFields(request, [["content-digest", contentDigest(bodyOf(request))]]);
  const { fields } = signatureOver(message, { parameters: listText(requestComponents(request), requestParameters(SECRET, NOW, otherNonce.nonce)), key: httpKey(SECRET) });
  return withFields(message, fields);
}

export const messagesRefused = [
  ...missing, ...coverage, ...parametersRefused, ...fields, ...invalid, ...digests, ...keys, ...times, ...targets, ...headers, ...responses,
];
