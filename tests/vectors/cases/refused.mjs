// Tokens that are refused: what was expected of them, and the code. Row numbers are those of the threat list in the comments.
import { createHmac } from "node:crypto";
import { bytes, derive, float, integer, keyIdOf, sign, tokenParts } from "../reference.mjs";
import { AUDIENCE, GENERATED, NOW, SECRET, base } from "./tokens.mjs";

const OTHER_SECRET = "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5";
const MAX_TOLERANCE = 15 * 60_000;
const { nonce, ...call } = base;
const good = sign(base);
const [keyId, issuedAt, nonceText, mac] = tokenParts(base);

/** @param {number} at the part's place: 0 is the version @param {string} part */
const withPart = (at, part) => ["cs1", keyId, issuedAt, nonceText, mac].map((old, i) => (i === at ? part : old)).join(".");

/** The good token with a comma after part `at`. @param {number} at */
const comma = (at) => ["cs1", keyId, issuedAt, nonceText, mac].reduce((text, part, i) => `${text}${i === at + 1 ? "," : "."}${part}`);

/** The next character of the alphabet: other bits at the end. @param {string} text */
const lastStepped = (text) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);

/** The good token, expected of another call. @param {string} name @param {Partial<typeof call>} expected */
const otherCall = (name, expected) => ({ ...call, ...expected, name, token: good, code: "signature_invalid" });

/** A token made for something else than `base`. @param {string} name @param {Partial<import("../reference.mjs").Call>} signed */
const otherToken = (name, signed) => ({ ...call, name, token: sign({ ...base, ...signed }), code: "signature_invalid" });

/** @param {string} name @param {number} age @param {string} code @param {number} [toleranceMs] */
const aged = (name, age, code, toleranceMs) =>
  ({ ...call, ...(toleranceMs === undefined ? {} : { toleranceMs }), name, token: sign({ ...base, now: NOW - age }), code });

/** @param {any} innermost @param {number} depth */
const nested = (innermost, depth) => Array.from({ length: depth }).reduce((inner) => [inner], innermost);

/** @type {[name: string, token: string][]} */
const malformed = [
  // Parts missing, doubled, or in another place.
  ["only the version", "cs1"],
  ["only full stops", "...."],
  ["a version without parts", "cs1...."],
  ["no MAC", ["cs1", keyId, issuedAt, nonceText].join(".")],
  ["a sixth part", `${good}.x`],
  ["a full stop at the end", `${good}.`],
  ["two tokens, as a doubled header joins them", `${good}, ${good}`],
  ["two tokens, one after the other", `${good}${good}`],
  ["white space in front", ` ${good}`],
  ["a line end", `${good}\n`],
  ["CR and LF inside", withPart(2, `${issuedAt}\r\n`)],
  ["NUL at the end", `${good}\0`],
  ["quotes", `"${good}"`],
  ["10,000 characters", "cs1.".padEnd(10_000, "A")],
  ["the secret in place of a token", SECRET],
  ["JSON in place of a token", '{"v":"cs1"}'],
  ...[0, 1, 2, 3].map((at) => /** @type {[string, string]} */ ([`a comma in place of full stop ${at + 1}`, comma(at)])),
  ["a full stop less, a digit more", ["cs1", keyId, `${issuedAt}0${nonceText}`, mac].join(".")],
  // The version.
  ["an upper-case version", withPart(0, "CS1")],
  ["a version of another scheme", withPart(0, "v1")],
  ["no version", withPart(0, "")],
  ["a version without its number", withPart(0, "cs")],
  ["a letter after the version", withPart(0, "cs1x")],
  // The key id.
  ["__proto__ as key id", withPart(1, "__proto__")],
  ["no key id", withPart(1, "")],
  ["an upper-case key id", withPart(1, "ABCDEF0123456789")],
  ["a key id of 15 digits", withPart(1, keyId.slice(1))],
  ["a key id of 17 digits", withPart(1, `${keyId}0`)],
  ["a key id with a letter after f", withPart(1, `g${keyId.slice(1)}`)],
  ["a thousand key ids", withPart(1, `${keyId},`.repeat(1000))],
  // The time.
  ["no time", withPart(2, "")],
  ["junk after the digits", withPart(2, `${issuedAt}x`)],
  ["a sign", withPart(2, `+${issuedAt}`)],
  ["a negative time", withPart(2, `-${issuedAt}`)],
  ["an exponent", withPart(2, "18e11")],
  ["a hexadecimal time", withPart(2, "0x1a3185c5000")],
  ["a fraction", withPart(2, "1800000000000.0")],
  ["a fraction with a comma", withPart(2, "1800000000000,0")],
  ["a leading zero", withPart(2, `0${issuedAt}`)],
  ["20 digits", withPart(2, "18446744073709551616")],
  ["2^53, which JavaScript cannot tell from 2^53 + 1", withPart(2, "9007199254740992")],
  ["digits outside ASCII", withPart(2, "\uff11800000000000")],
  ["a space in front of the time", withPart(2, ` ${issuedAt}`)],
  // Encodings have one form.
  ["no nonce", withPart(3, "")],
  ["a nonce of 15 bytes", withPart(3, Buffer.alloc(15, 1).toString("base64url"))],
  ["a nonce of 17 bytes", withPart(3, Buffer.alloc(17, 1).toString("base64url"))],
  ["a nonce with padding", withPart(3, `${nonceText}==`)],
  ["a nonce with bits that no byte holds", withPart(3, lastStepped(nonceText))],
  ["a nonce in hexadecimal", withPart(3, nonce)],
  ["no MAC after the last full stop", withPart(4, "")],
  ["a truncated MAC", withPart(4, mac.slice(0, -1))],
  ["a MAC of 128 bits", withPart(4, Buffer.from(mac, "base64url").subarray(0, 16).toString("base64url"))],
  ["a MAC of 33 bytes", withPart(4, Buffer.alloc(33, 1).toString("base64url"))],
  ["a MAC with padding", withPart(4, `${mac}=`)],
  ["a MAC with bits that no byte holds", withPart(4, lastStepped(mac))],
  ["a MAC in base64, not base64url", withPart(4, Buffer.alloc(32, 0xfb).toString("base64").replace("=", ""))],
  ["a MAC in hexadecimal", withPart(4, Buffer.from(mac, "base64url").toString("hex"))],
  ["a MAC with a space inside", withPart(4, `${mac.slice(0, 20)} ${mac.slice(21)}`)],
  ["a MAC with a character outside ASCII", withPart(4, `${mac.slice(0, 41)}\u00e9`)],
];

/** @type {[name: string, token: string][]} */
const otherVersions = [
  ["version 2", withPart(0, "cs2")],
  ["version 0", withPart(0, "cs0")],
  ["version 10", withPart(0, "cs10")],
  ["version 01", withPart(0, "cs01")],
  ["a version of 60 digits", withPart(0, `cs${"9".repeat(60)}`)],
  ["version 2, with parts that version 1 does not know", "cs2.a.b"],
];

const flipped = Buffer.from(mac, "base64url");
/** @param {number} byte @param {number} bit */
function flip(byte, bit) {
  const changed = Buffer.from(flipped);
  changed[byte] ^= 1 << bit;
  return withPart(4, changed.toString("base64url"));
}

const invalid = [
  // The call is another one.
  otherCall("args changed on the way", { args: { eventId: "evt_2", provider: "polar" } }),
  otherCall("an argument added", { args: { ...call.args, isAdmin: true } }),
  otherCall("an argument taken away", { args: { eventId: "evt_1" } }),
  otherCall("the boundary between two arguments moved", { args: { eventId: "evt_1p", provider: "olar" } }),
  otherCall("signed for another function", { fn: "webhooks:deleteEverything" }),
  otherCall("signed for another module", { fn: "admin/webhooks:markEventProcessed" }),
  otherCall("a function by its alias", { fn: "webhooks.js:markEventProcessed" }),
  otherCall("signed for another type of function", { type: "query" }),
  otherCall("signed for a mutation, used for an action", { type: "action" }),
  otherCall("signed for another deployment", { audience: "https://other-animal-456.convex.cloud" }),
  otherCall("an audience with a slash at the end", { audience: `${AUDIENCE}/` }),
  otherCall("an audience in upper case", { audience: AUDIENCE.toUpperCase() }),
  otherCall("the boundary between audience and function moved", { audience: `${AUDIENCE}w`, fn: "ebhooks:markEventProcessed" }),
  otherToken("a number in place of a text", { args: { ...call.args, eventId: 1 } }),
  { ...otherToken("1n in place of 1", { args: { n: integer(1n) } }), args: { n: 1 } },
  { ...otherToken("0 in place of -0", { args: { n: 0 } }), args: { n: float(-0) } },
  { ...otherToken("null in place of nothing", { args: { n: null } }), args: {} },
  { ...otherToken("bytes in place of text", { args: { n: bytes("1") } }), args: { n: "1" } },
  { ...otherToken("NFD in place of NFC", { args: { n: "e\u0301" } }), args: { n: "\u00e9" } },
  // The token is another one.
  { ...call, name: "the time changed", token: withPart(2, String(NOW + 1)), code: "signature_invalid" },
  { ...call, name: "the nonce changed", token: withPart(3, "AAECAwQFBgcICQoLDA0ODg"), code: "signature_invalid" },
  { ...call, name: "the MAC's first bit wrong", token: flip(0, 7), code: "signature_invalid" },
  { ...call, name: "the MAC's last bit wrong", token: flip(31, 0), code: "signature_invalid" },
  { ...call, name: "a MAC of zeros", token: withPart(4, Buffer.alloc(32).toString("base64url")), code: "signature_invalid" },
  { ...call, name: "a MAC of 128 bits, filled up with zeros", token: withPart(4, Buffer.concat([flipped.subarray(0, 16), Buffer.alloc(16)]).toString("base64url")), code: "signature_invalid" },
  { ...call, name: "a MAC of 128 bits, twice", token: withPart(4, Buffer.concat([flipped.subarray(0, 16), flipped.subarray(0, 16)]).toString("base64url")), code: "signature_invalid" },
  // The key is another one.
  otherToken("another secret under this key id", { secret: OTHER_SECRET, keyId }),
  otherToken("the secret itself as the key", { key: Buffer.from(SECRET) }),
  otherToken("the key for HTTP messages", { key: derive(SECRET, "http", 32) }),
  otherToken("the key with a zero byte appended, which HMAC alone cannot tell apart", { key: derive(`${SECRET}\0`, "call", 32) }),
  otherToken("another purpose", { domain: "countersign.http.v1" }),
  { ...call, name: "an HMAC over JSON", token: withPart(4, createHmac("sha256", derive(SECRET, "call", 32)).update(JSON.stringify(call)).digest("base64url")), code: "signature_invalid" },
  // Whoever cannot sign learns nothing about the window.
  { ...call, name: "forged and too old", token: withPart(2, "0"), code: "signature_invalid" },
  { ...call, name: "forged and from the future", token: withPart(2, "9007199254740991"), code: "signature_invalid" },
];

/** A token made for the mutation with one idempotency key, or none, expected with another. @param {string} name @param {string | undefined} signed @param {string | undefined} expected @param {Partial<typeof call>} [rest] */
const otherUse = (name, signed, expected, rest) =>
  ({ ...call, ...rest, ...(expected === undefined ? {} : { idempotencyKey: expected }), name, token: sign({ ...base, idempotencyKey: signed }), code: "signature_invalid" });

const uses = [
  otherUse("an idempotency key taken away", "evt_1", undefined),
  otherUse("an idempotency key added", undefined, "evt_1"),
  otherUse("another idempotency key", "evt_1", "evt_2"),
  otherUse("an idempotency key in another case", "evt_1", "EVT_1"),
  otherUse("an idempotency key and a space", "evt_1", "evt_1 "),
  otherUse("an idempotency key and NUL", "evt_1", "evt_1\0"),
  otherUse("an idempotency key in NFD in place of NFC", "\u00e9", "e\u0301"),
  otherUse("an idempotency key a byte longer than its length had room for", "k".repeat(23), "k".repeat(24)),
  otherUse("a good idempotency key for other arguments", "evt_1", "evt_1", { args: { eventId: "evt_2", provider: "polar" } }),
  otherUse("a good idempotency key for another function", "evt_1", "evt_1", { fn: "webhooks:deleteEverything" }),
  { ...otherUse("the boundary between function and idempotency key moved", "sevt_1", "evt_1"), fn: `${base.fn}s` },
  { ...otherToken("an idempotency key as an argument in place of one", { args: { idempotencyKey: "evt_1" } }), args: {}, idempotencyKey: "evt_1" },
  { ...otherUse("an idempotency key in place of one as an argument", "evt_1", undefined), args: { ...call.args, idempotencyKey: "evt_1" } },
  { ...otherToken("a query with an idempotency key, called as a mutation", { type: "query", idempotencyKey: "evt_1" }), idempotencyKey: "evt_1" },
];

/** @type {[name: string, key: string, type: string][]} */
const unusable = [
  ["an idempotency key of 257 bytes", "k".repeat(257), "mutation"],
  ["an idempotency key of 258 bytes in 129 characters", "\u00e9".repeat(129), "mutation"],
  ["an idempotency key of no bytes", "", "mutation"],
  ["an idempotency key of a query", "evt_1", "query"],
  ["an idempotency key of an action", "evt_1", "action"],
];

const unknown = [
  { ...call, name: "another secret, and an idempotency key", idempotencyKey: "evt_1", token: sign({ ...base, secret: OTHER_SECRET, idempotencyKey: "evt_1" }), code: "key_unknown" },
  { ...call, name: "another secret", token: sign({ ...base, secret: OTHER_SECRET }), code: "key_unknown" },
  { ...call, name: "a secret that was rotated out", secret: GENERATED, token: good, code: "key_unknown" },
  { ...call, name: "a key id of zeros", token: withPart(1, "0".repeat(16)), code: "key_unknown" },
  { ...call, name: "a key id with its last digit wrong", token: withPart(1, keyId.slice(0, -1) + (keyId.endsWith("0") ? "1" : "0")), code: "key_unknown" },
  { ...call, name: "another key id over a genuine MAC for it", token: sign({ ...base, keyId: keyIdOf(OTHER_SECRET) }), code: "key_unknown" },
  { ...call, name: "another secret, and too old", token: sign({ ...base, secret: OTHER_SECRET, now: 0 }), code: "key_unknown" },
];

const outside = [
  aged("a millisecond too old", 60_001, "expired"),
  aged("a millisecond too old for the widest window", MAX_TOLERANCE + 1, "expired", MAX_TOLERANCE),
  aged("a window of zero, a millisecond late", 1, "expired", 0),
  aged("a narrow window", 1001, "expired", 1000),
  { ...aged("too old, with an idempotency key", 60_001, "expired"), idempotencyKey: "evt_1", token: sign({ ...base, now: NOW - 60_001, idempotencyKey: "evt_1" }) },
  aged("time zero", NOW, "expired", MAX_TOLERANCE),
  aged("seconds in place of milliseconds", NOW - NOW / 1000, "expired", MAX_TOLERANCE),
  aged("a millisecond too early", -60_001, "not_yet_valid"),
  aged("a millisecond too early for the widest window", -MAX_TOLERANCE - 1, "not_yet_valid", MAX_TOLERANCE),
  aged("a window of zero, a millisecond early", -1, "not_yet_valid", 0),
  { ...call, name: "the end of time", token: sign({ ...base, now: Number.MAX_SAFE_INTEGER }), code: "not_yet_valid" },
  { ...call, name: "now is zero", now: 0, toleranceMs: MAX_TOLERANCE, token: good, code: "not_yet_valid" },
];

const inputs = [
  // The token is good, but for what cannot be called.
  ...unusable.map(([name, idempotencyKey, type]) => ({ ...call, name, type, idempotencyKey, token: sign({ ...base, type, idempotencyKey }), code: "type_invalid" })),
  { ...call, name: "a window of over 15 minutes", toleranceMs: MAX_TOLERANCE + 1, token: good, code: "type_invalid" },
  { ...call, name: "now is 2^53", now: 2 ** 53, token: good, code: "type_invalid" },
  { ...call, name: "no audience", audience: "", token: good, code: "type_invalid" },
  { ...call, name: "no function", fn: "", token: good, code: "type_invalid" },
  { ...call, name: "an audience of 1025 bytes", audience: "https://".padEnd(1025, "a"), token: good, code: "type_invalid" },
  { ...call, name: "a function's name of 1026 bytes in 513 characters", fn: "\u00e9".repeat(513), token: good, code: "type_invalid" },
  { ...call, name: "a field that begins with $", args: { a: 1, $b: 2 }, token: good, code: "value_unsupported" },
  { ...call, name: "a field outside ASCII", args: { "\u00e9": 1 }, token: good, code: "value_unsupported" },
  { ...call, name: "a field of 1025 bytes", args: { ["x".repeat(1025)]: 1 }, token: good, code: "value_unsupported" },
  { ...call, name: "arguments 65 deep", args: nested(null, 65), token: good, code: "value_unsupported" },
];

export const refused = [
  { ...call, name: "no token", token: "", code: "signature_missing" },
  ...malformed.map(([name, token]) => ({ ...call, name, token, code: "signature_malformed" })),
  ...otherVersions.map(([name, token]) => ({ ...call, name, token, code: "version_unsupported" })),
  ...unknown,
  ...invalid,
  ...uses,
  ...outside,
  ...inputs,
];
