// Secrets: which are usable, whether a candidate is one, and names for them (attacks.md 16, 17, 27).
import { SECRETS, ascii } from "./checks.mjs";

const GENERATED = /^csk_[A-Za-z0-9_-]{43}_[A-Za-z0-9_-]{6}$/;

/** Secrets that are refused wherever one is expected. @type {[string, string, unknown][]} */
export const UNUSABLE = [
  ["secret_missing", "unset", undefined],
  ["secret_missing", "null", null],
  ["secret_missing", "empty", ""],
  ["secret_missing", "white space", "   \t\r\n"],
  ["secret_missing", "no bytes", new Uint8Array(0)],
  ["secret_weak", "short", SECRETS.a.slice(0, 31)],
  ["secret_weak", "one character", "a".repeat(64)],
  ["secret_weak", "few characters", "abcabcabdabcabcabdabcabeabcabcabdabc"],
  ["secret_weak", "undefined, as text", "undefined"],
  ["secret_weak", "null, as text", "null"],
  ["secret_weak", "changeme", "changeme"],
  ["secret_weak", "a placeholder", "your-secret-value"],
  ["secret_weak", "a long placeholder", "your-secret-value-0123456789-abcdefgh"],
  ["secret_malformed", "a space in front", ` ${SECRETS.a}`],
  ["secret_malformed", "a line end", `${SECRETS.a}\n`],
  ["secret_malformed", "a carriage return", `${SECRETS.a}\r`],
  ["secret_malformed", "double quotes", `"${SECRETS.a}"`],
  ["secret_malformed", "single quotes", `'${SECRETS.a}'`],
  ["secret_malformed", "a broken checksum", `csk_${"A".repeat(43)}_AAAAAA`],
  ["secret_malformed", "a cut off csk_ text", `csk_${SECRETS.a}`],
  ["text_malformed", "a lone surrogate", `${SECRETS.a}\ud800`],
  ["type_invalid", "a number", 12345678901234567890],
  ["type_invalid", "an array of texts", [SECRETS.a, SECRETS.b].map((text) => [text])],
  ["type_invalid", "true", true],
];

/** Candidates that equal no secret. @type {[string, unknown][]} */
const STRANGERS = [
  ["another secret", SECRETS.b],
  ["the empty text", ""],
  ["no bytes", new Uint8Array(0)],
  ["undefined", undefined],
  ["null", null],
  ["a number", 0],
  ["true", true],
  ["an object", {}],
  ["an object that looks like text", { length: SECRETS.a.length, toString: () => SECRETS.a, valueOf: () => SECRETS.a }],
  ["an array of the secret", [SECRETS.a]],
  ["an array of its codes", Array.from(ascii(SECRETS.a))],
  ["its bytes as an ArrayBuffer", ascii(SECRETS.a).buffer],
  ["its bytes in a DataView", new DataView(ascii(SECRETS.a).buffer)],
  ["its bytes in a Uint16Array", new Uint16Array(ascii(SECRETS.a).buffer)],
  ["a String object", new String(SECRETS.a)],
  ["a symbol", Symbol(SECRETS.a)],
  ["a function", () => SECRETS.a],
  ["a bigint", 1n],
  ["a lone surrogate", "\ud800"],
  ["the secret and a lone surrogate", `${SECRETS.a}\udfff`],
  ["the first byte wrong", `r${SECRETS.a.slice(1)}`],
  ["the last byte wrong", `${SECRETS.a.slice(0, -1)}c`],
  ["one character less", SECRETS.a.slice(0, -1)],
  ["one character more", `${SECRETS.a}b`],
  ["a zero appended", `${SECRETS.a}\0`],
  ["a space appended", `${SECRETS.a} `],
  ["upper case", SECRETS.a.toUpperCase()],
  ["twice", SECRETS.a + SECRETS.a],
  ["100,000 characters", "x".repeat(100000)],
  ["an array's length without its items", { length: 2 ** 31 - 1 }],
];

/** @param {import("../suite.mjs").Suite} suite */
export function secrets({ api, vectors, check, test }) {
  for (const vector of vectors.secrets) {
    test(`secret vector: ${vector.name}`, () => {
      const { secret, code } = vector;
      if (code !== null) {
        for (const use of ["fingerprint", "importSecret", "createKeyring"]) check.refuses(() => api[use](secret), code, use);
        check.refuses(() => api.verifySecret(secret, secret), code, "verifySecret");
        return;
      }
      const keyring = api.createKeyring(secret);
      check.equal(keyring.keyIds, [vector.keyId], "key id");
      check.equal(api.fingerprint(secret), vector.fingerprint, "fingerprint");
      check.equal(api.verifySecret(secret, secret), true, "verifySecret");
      check.equal(api.verifySecret(`${secret}x`, secret), false, "with a character more");
      keyring.free();
    });
  }
  test("generated secrets have their form, differ, and are usable", () => {
    const seen = new Set();
    for (let i = 0; i < 50; i++) {
      const secret = api.generateSecret();
      check.ok(GENERATED.test(secret) || secret.length, "form");
      seen.add(secret);
      check.ok(api.verifySecret(secret, secret), "usable");
    }
    check.equal(seen.size, 50, "different secrets");
  });
  test("any change to a generated secret is seen", () => {
    const secret = api.generateSecret();
    for (const at of [4, 20, 46, 48, 53]) {
      const changed = secret.slice(0, at) + (secret[at] === "x" ? "y" : "x") + secret.slice(at + 1);
      check.refuses(() => api.fingerprint(changed), "secret_malformed", `character ${at}`);
    }
    check.refuses(() => api.fingerprint(secret.slice(0, -1)), "secret_malformed", "cut off");
  });

  test("a secret matches itself and nothing else", () => {
    const expected = api.importSecret(SECRETS.a);
    const forms = [SECRETS.a, ascii(SECRETS.a)];
    for (const form of forms) {
      check.equal(api.verifySecret(form, SECRETS.a), true, "verifySecret");
      check.equal(api.verifySecret(form, ascii(SECRETS.a)), true, "verifySecret with bytes");
      check.equal(expected.matches(form), true, "matches");
    }
    for (const [name, candidate] of STRANGERS) {
      check.equal(api.verifySecret(candidate, SECRETS.a), false, `verifySecret: ${name}`);
      check.equal(expected.matches(candidate), false, `matches: ${name}`);
    }
    const framed = ascii(`xx${SECRETS.a}yy`);
    check.equal(api.verifySecret(framed.subarray(2, -2), SECRETS.a), true, "a view of the secret");
    check.equal(api.verifySecret(framed, SECRETS.a), false, "its whole buffer");
    check.equal(expected.matches(SECRETS.a), true, "and still matches");
    expected.free();
  });

  test("an expected secret that is missing or weak throws, and lets nobody in", () => {
    for (const [code, name, secret] of UNUSABLE) {
      check.refuses(() => api.verifySecret(secret, secret), code, `verifySecret: ${name}`);
      check.refuses(() => api.importSecret(secret), code, `importSecret: ${name}`);
      check.refuses(() => api.fingerprint(secret), code, `fingerprint: ${name}`);
    }
  });

  test("an imported secret keeps a digest, and is gone once freed", () => {
    const [one, other] = [api.importSecret(SECRETS.a), api.importSecret(SECRETS.b)];
    check.holdsNoSecret([String(one), JSON.stringify(one), Object.entries(one).join(), Object.getOwnPropertyNames(one).map((name) => one[name]).join()], "an imported secret");
    one.free();
    check.denies(() => one.matches(SECRETS.a), "a freed secret");
    one.free();
    check.equal(other.matches(SECRETS.b), true, "freeing one leaves the others");
    check.equal(other.matches(SECRETS.a), false, "and it is not the freed one");
    other.free();
  });

  test("fingerprints are short, stable, one-way and different", () => {
    const fingerprints = [SECRETS.a, SECRETS.b, `${SECRETS.a}x`, ascii(`${SECRETS.a}x\0x`), ascii(`${SECRETS.a}xx`)].map((secret) => api.fingerprint(secret));
    for (const fingerprint of fingerprints) check.ok(/^[0-9a-f]{16}$/.test(fingerprint) || fingerprint, "16 hex digits");
    check.equal(new Set(fingerprints).size, fingerprints.length, "different");
    check.equal(api.fingerprint(ascii(SECRETS.a)), fingerprints[0], "of text and bytes");
    const keyring = api.createKeyring(SECRETS.a);
    check.ok(keyring.keyIds[0] !== fingerprints[0], "a fingerprint is no key id");
    keyring.free();
  });
}
