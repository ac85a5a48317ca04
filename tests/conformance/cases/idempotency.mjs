// Idempotency keys of signed calls: what is signed, which texts are keys, and that a call without one is what it always was.
import { SECRETS } from "./checks.mjs";

const NOW = 1_800_000_000_000;
const CALL = { audience: "https://happy-animal-123.convex.cloud", type: "mutation", name: "webhooks:markEventProcessed", args: { eventId: "evt_1", provider: "polar" } };
const NONCE = Uint8Array.from({ length: 16 }, (_, i) => i);
/** What the call above was signed with before there were idempotency keys. */
const TOKEN = "cs1.e8dd488f20832e9d.1800000000000.AAECAwQFBgcICQoLDA0ODw.wtbO60Vgzt7v61lJfgiznf3jOWFc5q2WjFf4hdKmD94";
/** Computed by hand, with Python: the same call, with the idempotency key evt_1. */
const TOKEN_OF_EVT_1 = "cs1.e8dd488f20832e9d.1800000000000.AAECAwQFBgcICQoLDA0ODw.LN9as9rJKdlJodwOXrq5fZZa2zWAbIXaLjWGIYde5sU";

/** @param {import("../suite.mjs").Suite} suite */
export function idempotency({ api, inspect, check, test }) {
  const keyring = api.createKeyring(SECRETS.a);
  const sign = (/** @type {object} */ options = {}) => api.signCall(keyring, { ...CALL, now: NOW, nonce: NONCE, ...options });
  const verify = (/** @type {unknown} */ token, /** @type {object} */ options = {}) => api.verifyCall(keyring, token, { ...CALL, now: NOW, ...options });
  /** The code of the first check that does not hold, or of the error. @param {unknown} token @param {object} options */
  const explained = (token, options) => {
    try {
      const steps = inspect.explainCall(keyring, token, { ...CALL, now: NOW, ...options });
      return steps.find((/** @type {any} */ step) => !step.ok)?.detail.split(":")[0] ?? "ok";
    } catch (error) {
      return /** @type {any} */ (error).code;
    }
  };
  /** Signing, verifying and explaining. @param {object} options @param {string} code @param {string} what */
  const refused = (options, code, what) => {
    check.refuses(() => sign(options), code, `signing: ${what}`);
    check.refuses(() => verify(TOKEN, options), code, `verifying: ${what}`);
    if (inspect !== undefined) check.equal(explained(TOKEN, options), code, `explaining: ${what}`);
  };

  test("a call without an idempotency key has the token that it always had", () => {
    check.equal(sign(), TOKEN, "none");
    check.equal(sign({ idempotencyKey: undefined }), TOKEN, "undefined");
    check.equal(sign(Object.setPrototypeOf({ ...CALL, now: NOW, nonce: NONCE }, { idempotencyKey: "evt_1" })), TOKEN, "inherited");
    check.equal(verify(TOKEN).issuedAt, NOW, "verified");
    check.equal(verify(TOKEN, { idempotencyKey: undefined }).issuedAt, NOW, "verified, undefined");
  });
  test("a call with an idempotency key is signed with it", () => {
    const token = sign({ idempotencyKey: "evt_1" });
    check.equal(token, TOKEN_OF_EVT_1, "its token");
    const verified = verify(token, { idempotencyKey: "evt_1" });
    check.equal(Object.keys(verified).sort(), ["caller", "issuedAt", "keyId", "nonce"], "what is known afterwards is no more than without");
    check.equal([verified.caller, verified.keyId, verified.issuedAt], ["default", keyring.keyIds[0], NOW], "caller, key and time");
  });
  test("texts of 1 to 256 bytes are keys, whatever they say", () => {
    const texts = ["k", "k".repeat(23), "k".repeat(24), "k".repeat(255), "k".repeat(256), "\u00e9".repeat(128), "\u{1f511}".repeat(64), "\0", " ", "\n", "0", "__proto__", "undefined", "null", "\ufeff", "\uffff", TOKEN];
    const tokens = texts.map((idempotencyKey) => sign({ idempotencyKey }));
    check.equal(new Set([...tokens, TOKEN]).size, texts.length + 1, "different tokens");
    texts.forEach((idempotencyKey, at) => {
      tokens.forEach((token, of) => {
        if (of === at) check.equal(verify(token, { idempotencyKey }).issuedAt, NOW, JSON.stringify(idempotencyKey));
        else check.refuses(() => verify(token, { idempotencyKey }), "signature_invalid", `${JSON.stringify(texts[of])} for ${JSON.stringify(idempotencyKey)}`);
      });
      check.refuses(() => verify(tokens[at]), "signature_invalid", `${JSON.stringify(idempotencyKey)} taken away`);
      check.refuses(() => verify(TOKEN, { idempotencyKey }), "signature_invalid", `${JSON.stringify(idempotencyKey)} added`);
    });
  });
  test("a key is for one call only", () => {
    const token = sign({ idempotencyKey: "evt_1" });
    for (const [what, options] of /** @type {[string, object][]} */ ([
      ["another key", { idempotencyKey: "evt_2" }], ["another case", { idempotencyKey: "Evt_1" }], ["a longer one", { idempotencyKey: "evt_10" }],
      ["composed otherwise", { idempotencyKey: "e\u0301vt_1" }], ["other arguments", { idempotencyKey: "evt_1", args: { ...CALL.args, eventId: "evt_2" } }],
      ["another function", { idempotencyKey: "evt_1", name: "webhooks:markEventProcesse" }], ["another deployment", { idempotencyKey: "evt_1", audience: `${CALL.audience}/` }],
      ["as an argument", { args: { ...CALL.args, idempotencyKey: "evt_1" } }], ["as the only argument", { args: { idempotencyKey: "evt_1" } }],
      ["a letter moved into the name", { name: `${CALL.name}e`, idempotencyKey: "vt_1" }], ["the name's last letter moved into it", { name: CALL.name.slice(0, -1), idempotencyKey: "devt_1" }],
    ])) {
      check.refuses(() => verify(token, options), "signature_invalid", what);
      if (inspect !== undefined) check.equal(explained(token, options), "signature_invalid", `explained: ${what}`);
    }
    if (inspect !== undefined) check.equal(explained(token, { idempotencyKey: "evt_1" }), "ok", "explained: the call itself");
  });
  test("arguments that look like a key are arguments, large ones too", () => {
    const args = { idempotencyKey: "evt_1" };
    const tokens = [sign({ args }), sign({ args, idempotencyKey: "evt_1" }), sign({ args: {}, idempotencyKey: "evt_1" }), sign({ args: {} })];
    check.equal(new Set(tokens).size, 4, "different tokens");
    const large = { args: { text: "x".repeat(100_000) }, idempotencyKey: "evt_1" };
    check.equal(verify(sign(large), large).issuedAt, NOW, "large arguments");
    check.refuses(() => verify(sign(large), { args: large.args }), "signature_invalid", "large arguments, and no key");
    check.refuses(() => verify(sign(large), { ...large, idempotencyKey: "evt_2" }), "signature_invalid", "large arguments, and another key");
    const filling = { args: { text: "x".repeat(65_000) }, idempotencyKey: "k".repeat(256) };
    check.equal(verify(sign(filling), filling).issuedAt, NOW, "arguments that just fit beside no key");
  });

  test("only mutations take a key", () => {
    for (const type of ["query", "action"]) {
      refused({ type, idempotencyKey: "evt_1" }, "type_invalid", type);
      check.equal(verify(sign({ type }), { type }).issuedAt, NOW, `${type} without one`);
    }
  });
  test("what is empty, too long, ill-formed or no text is no key", () => {
    refused({ idempotencyKey: "" }, "type_invalid", "empty");
    for (const idempotencyKey of ["k".repeat(257), "\u00e9".repeat(129), "\u{1f511}".repeat(65), "k".repeat(5000), "k".repeat(1_000_000)]) {
      refused({ idempotencyKey }, "type_invalid", `${idempotencyKey.length} characters`);
    }
    for (const idempotencyKey of ["\ud800", "\udc00", "evt_\ud83d", "\udd11\ud83d", `${"k".repeat(255)}\ud800`]) {
      refused({ idempotencyKey }, "text_malformed", JSON.stringify(idempotencyKey.slice(-9)));
    }
    for (const idempotencyKey of [null, 0, 1, 1n, true, false, {}, [], ["evt_1"], new String("evt_1"), { toString: () => "evt_1" }, Symbol("evt_1"), () => "evt_1", new Uint8Array(5)]) {
      refused({ idempotencyKey }, "type_invalid", Object.prototype.toString.call(idempotencyKey));
    }
    check.equal(sign(), TOKEN, "and the next call is what it was");
    check.equal(verify(TOKEN_OF_EVT_1, { idempotencyKey: "evt_1" }).issuedAt, NOW, "with a key, too");
  });
}
