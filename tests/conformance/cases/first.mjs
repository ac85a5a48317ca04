// The first call into the package, with nothing set up before: it answers at once, and everything else does too.
import { SECRETS } from "./checks.mjs";

/** @param {import("../suite.mjs").Suite} suite */
export function first({ api, check, test }) {
  const call = { audience: "https://a-b-1.convex.cloud", type: "mutation", name: "m:f", args: { a: 1 } };

  test("zero configuration: the first call signs, without being waited for", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const token = api.signCall(keyring, call);
    check.equal(typeof token, "string", "a token is text");
    const verified = api.verifyCall(keyring, token, { ...call, now: Date.now() });
    check.equal(verified.caller, "default", "caller");
    keyring.free();
  });

  test("every function answers at once: nothing returns a promise", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const key = api.importKey("k");
    const secret = api.importSecret(SECRETS.a);
    const token = api.signCall(keyring, call);
    const mac = api.hmacSha256(key, "m");
    const results = {
      keyring, key, secret, token, mac,
      generated: api.generateSecret(),
      verified: api.verifySecret(SECRETS.a, SECRETS.a),
      matches: secret.matches(SECRETS.a),
      fingerprint: api.fingerprint(SECRETS.a),
      verifiedMac: api.verifyHmacSha256(key, "m", mac),
      call: api.verifyCall(keyring, token, { ...call, now: Date.now() }),
      encoded: api.encodeValue(call.args),
      freed: [keyring.free(), key.free(), secret.free()],
    };
    for (const [name, result] of Object.entries(results)) {
      check.equal(typeof result.then, "undefined", `${name} is no promise`);
    }
  });

  test("the package exports the primitives and its error", () => {
    const functions = ["generateSecret", "verifySecret", "importSecret", "fingerprint", "hmacSha256", "verifyHmacSha256", "importKey",
      "createKeyring", "signCall", "verifyCall", "encodeValue", "CountersignError"];
    for (const name of functions) check.equal(typeof api[name], "function", name);
    check.ok(Object.create(api.CountersignError.prototype) instanceof Error, "CountersignError is an Error");
  });
}
