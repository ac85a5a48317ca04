// Tokens: the vectors of our own format, and everything that is not quite a token (attacks.md 15, 19-21).
import { BASE64URL, SECRETS, fromConvexJson, hex, unhex } from "./checks.mjs";

const NOW = 1_800_000_000_000;
const CALL = { audience: "https://happy-animal-123.convex.cloud", type: "query", name: "m:f", args: { a: 1 }, now: NOW };

/** The crate signs any value; the package takes what Convex takes as arguments: an object. @param {any} args */
const isObject = (args) => typeof args === "object" && args !== null && !Array.isArray(args);

/** The options that a vector is about. @param {any} vector */
function described({ audience, type, fn, args, now, toleranceMs, idempotencyKey }) {
  const call = { audience, type, name: fn, args: fromConvexJson(args), now };
  return { ...call, ...(toleranceMs === undefined ? {} : { toleranceMs }), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
}

/** @param {import("../suite.mjs").Suite} suite */
export function tokens({ api, vectors, check, test }) {
  for (const vector of vectors.tokens) {
    test(`token vector: ${vector.name}`, () => {
      const keyring = api.createKeyring(vector.secret);
      const call = described(vector);
      check.equal(keyring.keyIds, [vector.keyId], "key id");
      if (!isObject(call.args)) return void check.refuses(() => api.signCall(keyring, call), "type_invalid", "args that are no object");
      check.equal(api.signCall(keyring, { ...call, nonce: unhex(vector.nonce) }), vector.token, "signCall");
      const verified = api.verifyCall(keyring, vector.token, call);
      check.equal([verified.caller, verified.keyId, verified.issuedAt, hex(verified.nonce)], ["default", vector.keyId, vector.now, vector.nonce], "verifyCall");
      keyring.free();
    });
  }
  for (const vector of vectors.refused) {
    test(`refused vector: ${vector.name}`, () => {
      const keyring = api.createKeyring(vector.secret);
      const call = described(vector);
      check.refuses(() => api.verifyCall(keyring, vector.token, call), isObject(call.args) ? vector.code : "type_invalid", "verifyCall");
      keyring.free();
    });
  }
  test("there are enough token vectors", () => {
    check.ok(vectors.tokens.length >= 10, "at least 10 tokens");
    check.ok(vectors.refused.length >= 20, "at least 20 refused");
  });

  const keyring = api.createKeyring(SECRETS.a);
  const token = api.signCall(keyring, CALL);
  const verify = (/** @type {unknown} */ text) => api.verifyCall(keyring, text, CALL);
  /** @param {number} index @param {(part: string) => string} change */
  const changed = (index, change) => token.split(".").map((/** @type {string} */ part, /** @type {number} */ i) => (i === index ? change(part) : part)).join(".");

  test("no token is a missing signature, and what is not text is none", () => {
    check.equal(verify(token).keyId, keyring.keyIds[0], "the token itself");
    for (const missing of [undefined, null, ""]) check.refuses(() => verify(missing), "signature_missing", String(missing));
    for (const wrong of [0, 1, true, {}, [token], new String(token), { toString: () => token }, Symbol("t"), new Uint8Array(3)]) {
      check.refuses(() => verify(wrong), ["signature_malformed", "type_invalid"], Object.prototype.toString.call(wrong));
    }
  });
  test("a token cut short or changed anywhere is refused", () => {
    for (let length = 1; length < token.length; length++) check.refuses(() => verify(token.slice(0, length)), ["signature_malformed", "version_unsupported"], `its first ${length} characters`);
    const codes = ["signature_malformed", "signature_invalid", "version_unsupported", "key_unknown"];
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "0" ? "1" : "0";
      check.refuses(() => verify(token.slice(0, at) + other + token.slice(at + 1)), codes, `character ${at} changed`);
      check.refuses(() => verify(token.slice(0, at) + token.slice(at + 1)), codes, `character ${at} removed`);
      check.refuses(() => verify(`${token.slice(0, at)}${token[at]}${token.slice(at)}`), codes, `character ${at} doubled`);
    }
  });
  test("MACs that are too short, too long, empty or zero", () => {
    for (const mac of ["", "A", "A".repeat(22), "A".repeat(42), "A".repeat(44), "A".repeat(86)]) {
      check.refuses(() => verify(changed(4, () => mac)), "signature_malformed", `a MAC of ${mac.length} characters`);
    }
    check.refuses(() => verify(changed(4, () => "A".repeat(43))), "signature_invalid", "zeros");
    check.refuses(() => verify(changed(4, (mac) => mac.slice(0, 22))), "signature_malformed", "a tag of 128 bits");
    check.refuses(() => verify("v1,"), "signature_malformed", "another scheme's empty signature");
    check.refuses(() => verify("...."), "signature_malformed", "empty parts");
    for (const nonce of ["", "A".repeat(21), "A".repeat(23), "A".repeat(43)]) {
      check.refuses(() => verify(changed(3, () => nonce)), "signature_malformed", `a nonce of ${nonce.length} characters`);
    }
  });
  test("encodings have one form", () => {
    for (const index of [3, 4]) {
      const tails = { 3: 4, 4: 2 }[/** @type {3 | 4} */ (index)];
      check.refuses(() => verify(changed(index, (part) => {
        const last = BASE64URL.indexOf(part[part.length - 1]);
        return part.slice(0, -1) + BASE64URL[last | ((1 << tails) - 1)];
      })), "signature_malformed", "bits set after the last byte");
      for (const char of ["+", "/", "=", " ", "\n", "\0", ".", ",", "%", "\u0410", "\uff21", "\ud800"]) {
        check.refuses(() => verify(changed(index, (part) => char + part.slice(1))), ["signature_malformed", "text_malformed"], `${JSON.stringify(char)} for a character`);
        check.refuses(() => verify(changed(index, (part) => part + char)), ["signature_malformed", "text_malformed"], `${JSON.stringify(char)} appended`);
      }
    }
    check.refuses(() => verify(changed(1, () => "ABCDEF0123456789")), "signature_malformed", "a key id in upper case");
    for (const around of [` ${token}`, `${token} `, `${token}\n`, `"${token}"`, `Bearer ${token}`, `\ufeff${token}`, `${token}.`, `.${token}`, `${token}.x`]) {
      check.refuses(() => verify(around), "signature_malformed", JSON.stringify(around.replace(token, "TOKEN")));
    }
  });
  test("times have one form: digits, no more than a number can hold", () => {
    for (const time of ["", "0180000000000", "+1800000000000", "-1800000000000", "1800000000000 ", " 1800000000000", "1.8e12", "18e11", "0x1a3185c5000", "1800000000000n",
      "1800000000000.0", "1_800_000_000_000", "\u0661\u0668", "NaN", "Infinity", "9007199254740992", "99999999999999999999", "9".repeat(400)]) {
      check.refuses(() => verify(changed(2, () => time)), "signature_malformed", `the time ${time.slice(0, 30)}`);
    }
    for (const time of ["0", "1", "1800000000", "1800000000001", "9007199254740991"]) {
      check.refuses(() => verify(changed(2, () => time)), "signature_invalid", `the time ${time}`);
    }
  });
  test("versions and key ids that nobody knows", () => {
    for (const version of ["cs2", "cs0", "cs10", "cs11", "cs99999999999999999999"]) check.refuses(() => verify(changed(0, () => version)), "version_unsupported", version);
    for (const version of ["", "cs", "CS1", "cs1 ", "cs+1", "cs1a", "v1", "cs-1"]) check.refuses(() => verify(changed(0, () => version)), "signature_malformed", `"${version}"`);
    check.refuses(() => verify(changed(1, () => "0123456789abcdef")), "key_unknown", "an unknown key id");
    for (const id of ["", "__proto__", "constructor", "__proto__aaaaaaa", "../../../../../..", "0".repeat(15), "0".repeat(17)]) {
      check.refuses(() => verify(changed(1, () => id)), "signature_malformed", `the key id ${id}`);
    }
  });
  test("thousands of tokens, or a token without end, are refused as one", () => {
    for (const separator of [", ", ",", " ", ".", "\n"]) check.refuses(() => verify(Array(5000).fill(token).join(separator)), ["signature_malformed", "version_unsupported"], "5000 tokens");
    check.refuses(() => verify(`cs1.${"a".repeat(5_000_000)}`), "signature_malformed", "5 MB");
    check.refuses(() => verify(`cs1${".".repeat(1_000_000)}`), "signature_malformed", "a million parts");
    check.equal(verify(token).keyId, keyring.keyIds[0], "and the token itself is still good");
  });
}
