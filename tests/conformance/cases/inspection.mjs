// "countersign/inspect", the rich module: what is wrong with a secret, and at which step a call fails.
import { SECRETS, ascii, hex } from "./checks.mjs";
import { UNUSABLE } from "./secrets.mjs";

const NOW = 1_800_000_000_000;
const CALL = { audience: "https://happy-animal-123.convex.cloud", type: "query", name: "m:f", args: { a: 1 }, now: NOW };

/** @param {import("../suite.mjs").Suite} suite */
export function inspection({ api, inspect, vectors, check, test }) {
  if (inspect === undefined) return;

  for (const vector of vectors.secrets) {
    test(`inspected secret vector: ${vector.name}`, () => {
      const inspected = inspect.inspectSecret(vector.secret);
      check.equal(inspected.ok, vector.code === null, "ok");
      check.equal(inspected.keyId, vector.keyId, "key id");
      check.equal(inspected.problems.length, vector.problems.length, "how many problems");
      check.equal(inspected.problems.length === 0 ? null : inspected.problems[0].code, vector.code, "the first problem's code");
    });
  }

  test("each problem has a kind of its own", () => {
    const kindsOf = (/** @type {unknown} */ secret) => inspect.inspectSecret(secret).problems.map((/** @type {any} */ { kind }) => kind).join();
    const long = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
    const expected = {
      missing: "", padded: `${long} `, quoted: `"${long}"`, checksum: `${api.generateSecret().slice(0, -1)}!`, too_long: long.repeat(600), too_short: "a1b2c3d4", few_distinct: "abcabc1abcabc2abcabc1abcabc2abcabc3",
      repeated: "abcdefgh".repeat(5), placeholder: "your-secret-value-0123456789-abcdefg", unreadable: 1,
    };
    for (const [kind, secret] of Object.entries(expected)) check.equal(kindsOf(secret), kind, kind);
  });
  test("signedCallBytes are the deterministic form of what was signed, for this call and no other", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const token = api.signCall(keyring, CALL);
    const bytes = hex(inspect.signedCallBytes(token, CALL));
    const [, keyId, issuedAt, nonce] = token.split(".");
    check.equal(bytes.startsWith(`8873${hex(ascii("countersign.call.v1"))}70${hex(ascii(keyId))}`), true, "begins with the name and the key id");
    check.equal(bytes.endsWith(hex(api.encodeValue(CALL.args))), true, "ends with the arguments");
    check.equal(bytes.includes(hex(api.encodeValue(BigInt(issuedAt)))), true, "the time");
    check.equal(nonce.length, 22, "the nonce");
    check.ok(bytes !== hex(inspect.signedCallBytes(token, { ...CALL, name: "m:g" })), "another call");
    check.ok(bytes !== hex(inspect.signedCallBytes(api.signCall(keyring, CALL), CALL)), "another token");
    check.refuses(() => inspect.signedCallBytes("nonsense", CALL), "signature_malformed", "no token");
    check.refuses(() => inspect.signedCallBytes(undefined, CALL), "signature_malformed", "nothing");
    keyring.free();
  });
  test("a good secret has no problems, and the key id that signing uses", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const inspected = inspect.inspectSecret(SECRETS.a);
    check.equal(inspected, { ok: true, keyId: keyring.keyIds[0], problems: [] }, "inspectSecret");
    check.equal(inspect.inspectSecret(api.generateSecret()).ok, true, "a generated secret");
    keyring.free();
  });
  test("a secret that is refused elsewhere has problems here, with a remedy and without the secret", () => {
    for (const [code, name, secret] of UNUSABLE) {
      const inspected = inspect.inspectSecret(secret);
      check.equal(inspected.ok, false, name);
      check.equal(inspected.keyId, undefined, `${name}: no key id`);
      check.ok(inspected.problems.length > 0, `${name}: problems`);
      check.equal(inspected.problems[0].code, code, `${name}: the first problem`);
      for (const problem of inspected.problems) check.ok(problem.message.length > 10, `${name}: a message`);
      check.holdsNoSecret([JSON.stringify(inspected)], name);
    }
  });
  test("explainCall says which check fails, in the order they are made", () => {
    const [keyring, stranger] = [api.createKeyring(SECRETS.a), api.createKeyring(SECRETS.b)];
    const token = api.signCall(keyring, CALL);
    /** @param {any} ring @param {unknown} text @param {object} [options] */
    const explain = (ring, text, options = {}) => {
      const steps = inspect.explainCall(ring, text, { ...CALL, ...options });
      check.ok(Array.isArray(steps) && steps.length > 0, "there are steps");
      for (const step of steps) check.equal([typeof step.step, typeof step.ok, typeof step.detail], ["string", "boolean", "string"], "a step");
      check.holdsNoSecret([JSON.stringify(steps)], "the steps");
      return steps;
    };
    const good = explain(keyring, token);
    check.equal(good.every((/** @type {any} */ step) => step.ok), true, "a good call passes every step");
    const failing = [
      explain(keyring, "nonsense"), explain(keyring, token.replace("cs1.", "cs2.")), explain(stranger, token),
      explain(keyring, token, { name: "m:g" }), explain(keyring, token, { now: NOW + 60001 }), explain(keyring, token, { now: NOW - 60001 }),
    ].map((steps) => steps.find((/** @type {any} */ step) => !step.ok)?.step);
    const order = failing.map((step) => good.findIndex((/** @type {any} */ other) => other.step === step));
    check.ok(!failing.includes(undefined), "each bad call fails a step");
    check.ok(order.every((at, i) => at >= 0 && (i === 0 || at >= order[i - 1])) || order.join(), "and later checks fail later");
    keyring.free();
    stranger.free();
  });
}
