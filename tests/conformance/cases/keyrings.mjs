// Keyrings: who holds which secret, rotation, and what a keyring gives away (attacks.md 15-17, 27).
import { SECRETS, unhex } from "./checks.mjs";
import { UNUSABLE } from "./secrets.mjs";

const NOW = 1_800_000_000_000;
const CALL = { audience: "https://happy-animal-123.convex.cloud", type: "mutation", name: "webhooks:mark", args: { id: "e" }, now: NOW };

/** @param {import("../suite.mjs").Suite} suite */
export function keyrings({ api, check, test }) {
  /** @param {any} from @param {any} to @param {object} [options] */
  const pass = (from, to, options) => api.verifyCall(to, api.signCall(from, { ...CALL, ...options }), CALL);

  test("each form of keyring names its callers and keys", () => {
    const forms = [api.createKeyring(SECRETS.a), api.createKeyring([SECRETS.a, SECRETS.b]), api.createKeyring({ web: SECRETS.a, worker: [SECRETS.b, SECRETS.c] })];
    check.equal(forms.map((keyring) => keyring.keyIds.length), [1, 2, 3], "how many keys");
    for (const keyring of forms) for (const id of keyring.keyIds) check.ok(/^[0-9a-f]{16}$/.test(id) || id, "a key id is 16 hex digits");
    check.equal(forms[1].keyIds[0], forms[0].keyIds[0], "the id is the secret's");
    check.equal(forms[2].keyIds.slice(0, 2), forms[1].keyIds, "in the order given");
    check.equal(pass(forms[0], forms[1]).caller, "default", "the caller of a plain keyring");
    check.equal(pass(forms[2], forms[2], { caller: "worker" }).caller, "worker", "the caller who signs");
    check.equal(pass(forms[2], forms[2], { caller: "worker" }).keyId, forms[2].keyIds[1], "with its newest key");
    check.equal(pass(forms[2], forms[2]).caller, "web", "the first caller signs unless another is named");
    for (const keyring of forms) keyring.free();
  });

  test("rotation: old and new keys verify, a removed one does not", () => {
    const [old, both, next] = [api.createKeyring(SECRETS.a), api.createKeyring([SECRETS.b, SECRETS.a]), api.createKeyring(SECRETS.b)];
    check.equal(pass(old, both).keyId, old.keyIds[0], "the old key is still taken");
    check.equal(pass(both, next).keyId, next.keyIds[0], "the first key signs");
    check.refuses(() => pass(old, next), "key_unknown", "a revoked key");
    check.refuses(() => pass(next, old), "key_unknown", "a key not there yet");
    for (const keyring of [old, both, next]) keyring.free();
  });

  test("one secret belongs to one caller", () => {
    check.refuses(() => api.createKeyring({ web: SECRETS.a, worker: SECRETS.a }), "key_conflict", "two callers, one secret");
    check.refuses(() => api.createKeyring({ web: [SECRETS.a, SECRETS.b], worker: [SECRETS.c, SECRETS.b] }), "key_conflict", "two callers, one of the secrets");
    const twice = api.createKeyring([SECRETS.a, SECRETS.a]);
    check.equal(twice.keyIds.length, 1, "twice under one caller counts once");
    twice.free();
  });

  test("a caller without a key, and a caller nobody knows, do not sign", () => {
    const keyring = api.createKeyring({ web: SECRETS.a });
    for (const caller of ["worker", "", "__proto__", "constructor", "WEB"]) check.refuses(() => pass(keyring, keyring, { caller }), "misconfigured", `caller ${caller}`);
    for (const caller of [null, 1, {}, ["web"]]) check.refuses(() => pass(keyring, keyring, { caller }), ["type_invalid", "misconfigured"], `caller of type ${typeof caller}`);
    keyring.free();
  });

  test("a secret that is missing or weak makes no keyring, wherever it stands", () => {
    for (const [code, name, secret] of UNUSABLE) {
      // A keyring takes text only, and an array or a record is a form of its own.
      if (typeof secret === "object" && secret !== null) continue;
      check.refuses(() => api.createKeyring(secret), code, name);
      check.refuses(() => api.createKeyring([SECRETS.a, secret]), code, `${name}, beside a good one`);
      check.refuses(() => api.createKeyring({ web: SECRETS.a, worker: [secret] }), code, `${name}, of one of the callers`);
    }
    for (const empty of [[], {}, { web: [] }]) check.refuses(() => api.createKeyring(empty), ["secret_missing", "misconfigured"], `no keys at all: ${JSON.stringify(empty)}`);
    const inherited = Object.create({ web: SECRETS.a });
    check.refuses(() => api.createKeyring(inherited), ["secret_missing", "misconfigured", "type_invalid"], "an inherited caller");
  });

  test("a key and the same key with zeros appended, or a secret and its hash, are not the same", () => {
    const [one, zero] = [api.createKeyring(SECRETS.a), api.createKeyring(`${SECRETS.a}\0x`)];
    check.refuses(() => pass(one, zero), "key_unknown", "another key");
    check.ok(one.keyIds[0] !== zero.keyIds[0], "another id");
    check.refuses(() => api.createKeyring(`${SECRETS.a}\0`), "secret_malformed", "a secret that ends in a zero");
    // SHA-256 of the three: what HMAC would put in place of a key as long as they are together.
    const hash = unhex("b5d196589e4c71cbefcccbcd7709c44f69fbcf9ec714ece2513e74a21ed6dab5");
    check.ok(api.fingerprint(SECRETS.c + SECRETS.b + SECRETS.a) !== api.fingerprint(hash), "a long secret and its hash");
    one.free();
    zero.free();
  });

  test("a keyring shows its ids and nothing more, and is gone once freed", () => {
    const [keyring, other] = [api.createKeyring({ web: SECRETS.a, worker: SECRETS.b }), api.createKeyring(SECRETS.c)];
    const own = Object.getOwnPropertyNames(keyring).map((name) => String(keyring[name]));
    check.holdsNoSecret([String(keyring), JSON.stringify(keyring), Object.entries(keyring).join(), ...own], "a keyring");
    keyring.free();
    check.refuses(() => api.signCall(keyring, CALL), ["misconfigured", "type_invalid"], "signing with a freed keyring");
    check.refuses(() => api.verifyCall(keyring, api.signCall(other, CALL), CALL), ["misconfigured", "type_invalid"], "verifying with a freed keyring");
    keyring.free();
    check.equal(pass(other, other).caller, "default", "freeing one leaves the others");
    const dispose = /** @type {any} */ (Symbol).dispose;
    if (dispose === undefined) other.free();
    else other[dispose]();
    check.refuses(() => api.signCall(other, CALL), ["misconfigured", "type_invalid"], "a disposed keyring");
  });

  test("what is not a keyring is refused", () => {
    for (const keyring of [undefined, null, {}, "", SECRETS.a, { keyIds: [] }, [], 0]) {
      check.refuses(() => api.signCall(keyring, CALL), "type_invalid", "signing");
      check.refuses(() => api.verifyCall(keyring, "cs1", CALL), "type_invalid", "verifying");
    }
  });

  test("many keyrings, one after another and some at once", () => {
    for (let i = 0; i < 300; i++) api.createKeyring([SECRETS.a, SECRETS.b]).free();
    const secrets = Array.from({ length: 60 }, (_, i) => `${SECRETS.a}-${i}`);
    const rings = secrets.map((secret) => api.createKeyring(secret));
    rings.push(...secrets.map((secret) => api.createKeyring(`${secret}-again`)));
    const tokens = rings.map((keyring) => api.signCall(keyring, CALL));
    rings.forEach((keyring, i) => check.equal(api.verifyCall(keyring, tokens[i], CALL).keyId, keyring.keyIds[0], `keyring ${i}`));
    check.refuses(() => api.verifyCall(rings[0], tokens[1], CALL), "key_unknown", "another's token");
    for (const keyring of rings) keyring.free();
    const large = api.createKeyring(secrets);
    check.equal(secrets.map((secret) => api.createKeyring(secret)).map((keyring) => [pass(keyring, large).keyId, keyring.free()][0]), large.keyIds, "a keyring of sixty");
    large.free();
  });
}
