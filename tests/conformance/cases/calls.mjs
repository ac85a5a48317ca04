// Signed calls: round trips, what a signature binds, the window, and options (attacks.md 1, 3, 9, 12, 21, 24).
import { SECRETS, fromConvexJson, hex, isBytes } from "./checks.mjs";

const NOW = 1_800_000_000_000;
const CALL = { audience: "https://happy-animal-123.convex.cloud", type: "mutation", name: "webhooks:markEventProcessed", args: { eventId: "evt_1", provider: "polar" } };
const NONCE = Uint8Array.from({ length: 16 }, (_, i) => i);
const MAX = Number.MAX_SAFE_INTEGER;

/** @param {import("../suite.mjs").Suite} suite */
export function calls({ api, vectors, check, test }) {
  const keyring = api.createKeyring(SECRETS.a);
  const sign = (/** @type {object} */ options = {}) => api.signCall(keyring, { ...CALL, now: NOW, ...options });
  const verify = (/** @type {unknown} */ token, /** @type {object} */ options = {}) => api.verifyCall(keyring, token, { ...CALL, now: NOW, ...options });

  test("a call signed is a call verified, and says who, when and with what", () => {
    const token = sign({ nonce: NONCE });
    const verified = verify(token);
    check.equal(Object.keys(verified).sort(), ["caller", "issuedAt", "keyId", "nonce"], "what is known afterwards");
    check.equal([verified.caller, verified.keyId, verified.issuedAt], ["default", keyring.keyIds[0], NOW], "caller, key and time");
    check.ok(isBytes(verified.nonce), "the nonce is bytes");
    check.equal(hex(verified.nonce), hex(NONCE), "the nonce");
    check.equal(sign({ nonce: NONCE }), token, "signing is deterministic");
    check.ok(/^cs1\.[0-9a-f]{16}\.1800000000000\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/.test(token) || token, "the form of a token");
    check.holdsNoSecret([token], "a token");
  });
  test("without a nonce there is a new one each time, and without a time it is now", () => {
    const nonces = Array.from({ length: 50 }, () => api.signCall(keyring, CALL).split(".")[3]);
    check.equal(new Set(nonces).size, 50, "different nonces");
    const issuedAt = Number(api.signCall(keyring, CALL).split(".")[2]);
    check.ok(Math.abs(Date.now() - issuedAt) < 60000, "the clock's time");
  });
  test("every value of the vectors, and of each type of function, goes round", () => {
    for (const vector of vectors.values) {
      // Objects that are as deep as values can be are args as they are.
      const value = fromConvexJson(vector.value);
      const args = vector.name.endsWith("64 deep") ? value : { value, list: [value] };
      check.equal(verify(sign({ args }), { args }).issuedAt, NOW, vector.name);
    }
    for (const type of ["query", "mutation", "action"]) check.equal(verify(sign({ type }), { type }).issuedAt, NOW, type);
    for (const args of [{}, { text: "x".repeat(65536) }, { text: "\u00e9".repeat(300000) }, { bytes: new ArrayBuffer(1 << 20) }]) {
      check.equal(verify(sign({ args }), { args }).issuedAt, NOW, "args of many sizes");
    }
    check.equal(verify(sign({ args: { b: 1, a: 2 } }), { args: { a: 2, b: 1, c: undefined } }).issuedAt, NOW, "the order of keys, and undefined");
  });

  test("a signature is for one call only", () => {
    const token = sign();
    /** @type {[string, object][]} */
    const others = [
      ["another function", { name: "webhooks:markEventProcesseD" }], ["another module", { name: "webhook:smarkEventProcessed" }],
      ["a longer name", { name: `${CALL.name}s` }], ["an alias", { name: "webhooks.js:markEventProcessed" }],
      ["a query", { type: "query" }], ["an action", { type: "action" }],
      ["another deployment", { audience: "https://happy-animal-124.convex.cloud" }], ["http", { audience: "http://happy-animal-123.convex.cloud" }],
      ["a slash", { audience: `${CALL.audience}/` }], ["other args", { args: { ...CALL.args, eventId: "evt_2" } }],
      ["args added", { args: { ...CALL.args, isAdmin: true } }], ["args left out", { args: { eventId: "evt_1" } }], ["no args", { args: {} }],
      ["an argument of another type", { args: { ...CALL.args, eventId: ["evt_1"] } }], ["swapped", { args: { eventId: "polar", provider: "evt_1" } }],
      ["another audience and name with one joined text", { audience: `${CALL.audience}w`, name: CALL.name.slice(1) }],
    ];
    for (const [name, options] of others) check.refuses(() => verify(token, options), "signature_invalid", name);
    for (const [one, other] of [[1, 1n], [1, "1"], [0, -0], [true, "true"], [null, "null"], ["\u00e9", "e\u0301"], [[], {}], ["", []]]) {
      check.refuses(() => verify(sign({ args: { a: one } }), { args: { a: other } }), "signature_invalid", `${typeof one} for ${typeof other}`);
    }
    check.refuses(() => verify(sign({ args: { a: null } }), { args: {} }), "signature_invalid", "null for missing");
    const stranger = api.createKeyring(SECRETS.b);
    check.refuses(() => api.verifyCall(stranger, token, { ...CALL, now: NOW }), "key_unknown", "another secret");
    const parts = token.split(".");
    parts[1] = stranger.keyIds[0];
    check.refuses(() => api.verifyCall(stranger, parts.join("."), { ...CALL, now: NOW }), "signature_invalid", "another secret's key id");
    stranger.free();
  });
  test("audiences and names have no boundaries to shift", () => {
    const macs = [["https://a.example", "bc:d"], ["https://a.exampleb", "c:d"], ["https://a.example\n", "bc:d"], ["https://a.example", "\nbc:d"], ["https://a.examplebc:", "d"]]
      .map(([audience, name]) => sign({ audience, name, nonce: NONCE }).split(".")[4]);
    check.equal(new Set(macs).size, macs.length, "different MACs");
    for (const options of [{ audience: "" }, { name: "" }]) check.refuses(() => sign(options), "type_invalid", "an empty text");
  });

  test("the window counts in both directions, and its edges are in it", () => {
    const token = sign();
    for (const now of [NOW - 60000, NOW, NOW + 60000]) check.equal(verify(token, { now }).issuedAt, NOW, `${now - NOW} ms`);
    check.refuses(() => verify(token, { now: NOW + 60001 }), "expired", "a millisecond too late");
    check.refuses(() => verify(token, { now: NOW - 60001 }), "not_yet_valid", "a millisecond too early");
    check.equal(verify(token, { toleranceMs: 0 }).issuedAt, NOW, "no tolerance, on time");
    check.refuses(() => verify(token, { now: NOW + 1, toleranceMs: 0 }), "expired", "zero is a tolerance and not its absence");
    check.refuses(() => verify(token, { now: NOW - 1, toleranceMs: 0 }), "not_yet_valid", "in the future too");
    check.equal(verify(token, { now: NOW + 900000, toleranceMs: 900000 }).issuedAt, NOW, "15 minutes");
    check.refuses(() => verify(token, { now: NOW + 900001, toleranceMs: 900000 }), "expired", "and no more");
    check.equal(verify(token, { now: NOW + 60000, toleranceMs: undefined }).issuedAt, NOW, "undefined is the default");
    check.refuses(() => verify(sign({ now: 0 })), "expired", "1970");
    check.refuses(() => verify(sign({ now: NOW / 1000 })), "expired", "seconds for milliseconds");
    check.refuses(() => verify(sign({ now: MAX })), "not_yet_valid", "the far future");
    check.refuses(() => verify(sign({ now: MAX }), { now: 0 }), "not_yet_valid", "the farthest");
    check.refuses(() => verify(sign({ now: 0 }), { now: MAX }), "expired", "the longest ago");
    check.refuses(() => verify(token.replace("1800000000000", "1800000000001"), { now: NOW + 1 }), "signature_invalid", "a time moved by hand");
  });

  test("options of the wrong type or out of range are refused", () => {
    const token = sign();
    for (const now of [NaN, Infinity, -1, 1.5, MAX + 1, 1e21, "1800000000000", 1800000000000n, new Date(NOW), {}, [NOW]]) {
      check.refuses(() => sign({ now }), "type_invalid", `signing: now ${String(now)}`);
      check.refuses(() => verify(token, { now }), "type_invalid", `verifying: now ${String(now)}`);
    }
    check.refuses(() => verify(token, { now: undefined }), "type_invalid", "verifying without the time");
    for (const toleranceMs of [NaN, Infinity, -1, 0.5, 900001, MAX, "60000", 60000n, {}]) {
      check.refuses(() => verify(token, { toleranceMs }), "type_invalid", `toleranceMs ${String(toleranceMs)}`);
    }
    for (const nonce of ["AAECAwQFBgcICQoLDA0ODw", new Uint8Array(15), new Uint8Array(17), new Uint8Array(0), new ArrayBuffer(16), new DataView(new ArrayBuffer(16)), new Uint16Array(8), new Uint8ClampedArray(16), Array.from(NONCE), { length: 16 }]) {
      check.refuses(() => sign({ nonce }), "type_invalid", `nonce of type ${Object.prototype.toString.call(nonce)}`);
    }
    for (const type of [undefined, null, "", "Mutation", "httpAction", "mutation ", 1, {}, "__proto__"]) {
      check.refuses(() => sign({ type }), "type_invalid", `signing: type ${String(type)}`);
      check.refuses(() => verify(token, { type }), "type_invalid", `verifying: type ${String(type)}`);
    }
    for (const text of [undefined, null, 1, {}, [CALL.name], new String(CALL.name), "x".repeat(1025)]) {
      for (const field of ["name", "audience"]) {
        check.refuses(() => sign({ [field]: text }), "type_invalid", `signing: ${field} of type ${typeof text}`);
        check.refuses(() => verify(token, { [field]: text }), "type_invalid", `verifying: ${field} of type ${typeof text}`);
      }
    }
    for (const field of ["name", "audience"]) check.refuses(() => sign({ [field]: "a\ud800" }), "text_malformed", field);
    for (const args of [undefined, null, [], "{}", 1, () => ({}), new ArrayBuffer(8), new ArrayBuffer(100_000)]) {
      check.refuses(() => sign({ args }), "type_invalid", "signing args that are no object");
      check.refuses(() => verify(token, { args }), "type_invalid", "verifying args that are no object");
    }
    for (const options of [undefined, null, 1, "x", []]) {
      check.refuses(() => api.signCall(keyring, options), "type_invalid", "options that are none");
      check.refuses(() => api.verifyCall(keyring, token, options), "type_invalid", "options that are none");
    }
  });
  test("a nonce is copied, in and out", () => {
    const nonce = NONCE.slice();
    const framed = new Uint8Array(20);
    framed.set(NONCE, 2);
    const token = sign({ nonce });
    nonce.fill(0);
    check.equal(sign({ nonce: framed.subarray(2, 18) }), token, "a view of it");
    const verified = verify(token);
    sign();
    check.equal(hex(verified.nonce), hex(NONCE), "not overwritten by the next call");
  });
  test("args too deep or too large are refused when signing and when verifying", () => {
    const token = sign();
    let deep = /** @type {any} */ (1);
    for (let i = 0; i < 100000; i++) deep = [deep];
    for (const args of [{ deep }, { large: new ArrayBuffer(17 << 20) }]) {
      check.refuses(() => sign({ args }), "value_unsupported", "signing");
      check.refuses(() => verify(token, { args }), "value_unsupported", "verifying");
    }
    check.equal(verify(token).issuedAt, NOW, "and the next call works");
  });
}
