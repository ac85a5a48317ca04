// "countersign/webhooks", the messages module: deliveries of other services, verified and signed.
import { SECRETS, ascii, unhex, withPollution } from "./checks.mjs";

const NOW = 1_800_000_000_000;
const WHSEC = "whsec_bXlzdGFuZGFyZGtleTEyMzQ1Njc4OTA+Pz8/";
const BODY = '{"id":"evt_1","event_id":"evt_2","type":"order.paid","event_type":"order.paid","event":"order.paid","meta":{"event_name":"order.paid"},"webhookTimestamp":1800000000000}';
const URL = "https://app.example/api/hook?a=1&b=2";

/** What each provider's secret may look like. */
const PROVIDERS = {
  standard: WHSEC, svix: WHSEC, clerk: WHSEC, resend: WHSEC, polar: WHSEC, stripe: WHSEC, github: SECRETS.a, slack: SECRETS.a, shopify: SECRETS.a, linear: SECRETS.a,
  lemonsqueezy: SECRETS.a, paddle: `pdl_ntfset_${SECRETS.a}`, workos: SECRETS.a, qstash: `sig_${SECRETS.a}`,
};
/** Those that sign a time, and those that sign an id or have one in the body. */
const TIMED = ["standard", "svix", "clerk", "resend", "polar", "stripe", "slack", "linear", "paddle", "workos", "qstash"];

/** @param {import("../suite.mjs").Suite} suite */
export function webhooks({ webhooks: api, inspect, vectors, check, test }) {
  if (api === undefined) return;
  const { verifyWebhook, signWebhook, hmac } = api;

  for (const vector of vectors.webhooks) {
    const { name, provider, custom, secret, headers, body, url, now, toleranceMs, code } = vector;
    test(`webhook vector: ${name}`, () => {
      const options = { secret, headers, body: unhex(body), url, now, toleranceMs };
      const verify = (/** @type {unknown} */ list) => verifyWebhook(custom ? hmac(custom) : provider, { ...options, headers: list });
      check.explains(() => inspect?.explainWebhook(custom ? hmac(custom) : provider, options), code, "explainWebhook");
      if (code !== undefined) {
        check.refuses(() => verify(headers), code, name);
        return;
      }
      const { id, timestamp, event, idempotencyKey } = vector;
      const expected = { id, timestamp: timestamp === null ? undefined : timestamp, event: event === null ? undefined : event, idempotencyKey };
      check.equal(verify(headers), expected, name);
      check.equal(verify(recordOf(headers)), expected, `${name}, headers as an object`);
      if (typeof Headers === "function") check.equal(verify(new Headers(headers)), expected, `${name}, headers as Headers`);
    });
  }

  for (const [provider, secret] of Object.entries(PROVIDERS)) {
    const sign = (/** @type {object} */ options = {}) => signWebhook(provider, { secret, body: BODY, timestamp: NOW, url: URL, id: "id-1", event: "order.paid", ...options });
    const verify = (/** @type {object} */ options = {}) => verifyWebhook(provider, { secret, headers: sign(), body: BODY, now: NOW, url: URL, ...options });

    test(`${provider}: what is signed verifies, as text and as bytes`, () => {
      const found = verify();
      check.equal(found.timestamp, TIMED.includes(provider) ? NOW : undefined, "timestamp");
      check.equal(found.event, provider === "qstash" ? undefined : "order.paid", "event");
      check.ok(found.idempotencyKey.startsWith(`${provider}:`), "idempotencyKey");
      check.equal(verify({ body: ascii(BODY) }), found, "a Uint8Array");
      check.equal(verify({ body: ascii(BODY).buffer }), found, "an ArrayBuffer");
      check.equal(verify({ body: new DataView(ascii(`xx${BODY}x`).buffer, 2, BODY.length) }), found, "a view");
      check.equal(verify({ secret: [`${provider === "paddle" ? "pdl_ntfset_" : provider === "qstash" ? "sig_" : ""}${WHSEC.replace("bXlz", "bXlt")}`, secret] }), found, "the second of two secrets");
    });
    test(`${provider}: tampering`, () => {
      check.refuses(() => verify({ body: `${BODY} ` }), "signature_invalid", "another body");
      check.refuses(() => verify({ body: `\ufeff${BODY}` }), "signature_invalid", "a byte-order mark");
      check.refuses(() => verify({ headers: [] }), "signature_missing", "no headers");
      check.refuses(() => verify({ headers: [...sign(), ...sign()] }), "header_invalid", "everything twice");
      for (const now of [NOW - 300_001, NOW + 300_001]) {
        if (TIMED.includes(provider)) check.refuses(() => verify({ now }), now < NOW ? "not_yet_valid" : "expired", `at ${now}`);
      }
    });
    test(`${provider}: secrets that are none`, () => {
      for (const none of [undefined, null, "", "  ", [], [undefined], [secret, ""]]) {
        check.refuses(() => verify({ secret: none }), "secret_missing", `the secret ${JSON.stringify(none)}`);
        check.refuses(() => sign({ secret: none }), "secret_missing", `to sign with ${JSON.stringify(none)}`);
      }
      for (const bad of [`${secret}\n`, `"${secret}"`, ` ${secret}`]) check.refuses(() => verify({ secret: bad }), "secret_malformed", "a padded secret");
      check.refuses(() => verify({ secret: "whsec_c2hvcnQ=" }), ["secret_weak", "secret_malformed"], "a short secret");
      check.refuses(() => verify({ secret: `${secret}\ud800` }), "text_malformed", "half of a surrogate pair");
      for (const type of [1, {}, ascii(secret), [[secret]], () => secret]) check.refuses(() => verify({ secret: type }), "type_invalid", "no text");
    });
  }

  test("webhooks: an id of its own for each delivery that has one", () => {
    for (const provider of ["standard", "svix", "clerk", "resend", "polar", "qstash"]) {
      const secret = PROVIDERS[/** @type {"standard"} */ (provider)];
      const made = () => verifyWebhook(provider, { secret, headers: signWebhook(provider, { secret, body: BODY, url: URL }), body: BODY, url: URL });
      const [one, other] = [made(), made()];
      check.ok(one.id !== other.id && one.id.length > 20, provider);
      check.ok(Math.abs(one.timestamp - Date.now()) < 60_000, `${provider}: now`);
      check.equal(one.idempotencyKey, `${provider}:${one.id}`, `${provider}: its key`);
    }
  });
  test("webhooks: arguments of the wrong type", () => {
    const good = { secret: SECRETS.a, headers: signWebhook("github", { secret: SECRETS.a, body: BODY }), body: BODY, now: NOW };
    const verify = (/** @type {object} */ options) => () => verifyWebhook("github", { ...good, ...options });
    for (const provider of ["", "Github", "vercel", "__proto__", "constructor", undefined, null, 4, {}, [], hmac]) check.refuses(() => verifyWebhook(provider, good), "type_invalid", `the provider ${String(provider)}`);
    for (const body of [undefined, null, {}, 1, [1], JSON.parse(BODY)]) check.refuses(verify({ body }), "type_invalid", "a body that was parsed");
    check.refuses(verify({ body: `${BODY}\ud800` }), "text_malformed", "a body with half of a surrogate pair");
    for (const headers of [undefined, null, "x", 1, () => {}, [["x-hub-signature-256"]], ["x"], { "x-hub-signature-256": 1 }, [["x-hub-signature-256", undefined]], [[1, "x"]], new Map()]) check.refuses(verify({ headers }), ["type_invalid", "signature_missing"], "headers");
    check.refuses(verify({ headers: { "x-hub-signature-256": "sha256=\ud800" } }), "header_invalid", "a header with half of a surrogate pair");
    for (const number of [NaN, -1, 1.5, "1", 2 ** 53, Infinity]) {
      check.refuses(verify({ now: number }), "type_invalid", `now ${number}`);
      check.refuses(verify({ toleranceMs: number }), "type_invalid", `toleranceMs ${number}`);
    }
    check.refuses(verify({ toleranceMs: 900_001 }), "type_invalid", "a tolerance that is too wide");
    for (const options of [undefined, null, "x", 1]) check.refuses(() => verifyWebhook("github", options), "type_invalid", "options");
    check.refuses(() => verifyWebhook("qstash", { ...good, secret: `sig_${SECRETS.a}` }), "type_invalid", "qstash without an address");
    check.refuses(() => signWebhook("qstash", { secret: `sig_${SECRETS.a}`, body: BODY }), "type_invalid", "qstash signed without an address");
    for (const id of ["a b", "a,b", "a\r\nb", "\u00e9", "x".repeat(201)]) check.refuses(() => signWebhook("standard", { secret: WHSEC, body: BODY, id }), "header_invalid", `the id ${JSON.stringify(id)}`);
    check.refuses(() => signWebhook("standard", { secret: WHSEC, body: BODY, id: "a.b" }), "header_invalid", "an id with a full stop");
    check.refuses(() => signWebhook("github", { secret: SECRETS.a, body: BODY, event: "push\r\nx-admin: 1" }), "header_invalid", "an event with a line feed");
    for (const options of [undefined, {}, { header: "x" }, { header: "x", encoding: "HEX" }, { header: 1, encoding: "hex" }, { header: "x", encoding: "hex", name: "A" }, { header: "x", encoding: "hex", secretEncoding: "base32" }, { header: "x", encoding: "hex", timestamp: { unit: "s", after: "." } }, { header: "x", encoding: "hex", timestamp: { header: "", unit: "s", after: "." } }, { header: "x", encoding: "hex", timestamp: { header: "t", unit: "h", after: "." } }, { header: "x", encoding: "hex", timestamp: { header: "t", unit: "s" } }]) {
      check.refuses(() => hmac(options), "type_invalid", `hmac(${JSON.stringify(options)})`);
    }
  });
  test("webhooks: headers as hosts have them", () => {
    const [[name, value]] = signWebhook("github", { secret: SECRETS.a, body: BODY });
    const verify = (/** @type {unknown} */ headers) => verifyWebhook("github", { secret: SECRETS.a, headers, body: BODY }).id;
    const id = verify([[name, value]]);
    check.equal(verify({ [name.toUpperCase()]: [value], other: undefined, "set-cookie": ["a", "b"] }), id, "an object with lists");
    check.equal(verify(Object.assign(Object.create(null), { [name]: value })), id, "an object without a prototype");
    check.refuses(() => verify({ [name]: [value, value] }), "header_invalid", "a list of two");
    check.refuses(() => verify({ [name]: value, [name.toUpperCase()]: value }), "header_invalid", "two names in different cases");
    check.refuses(() => verify([[name, value], [name.toUpperCase(), value]]), "header_invalid", "twice in a list");
    check.refuses(() => verify(Object.create({ [name]: value })), ["type_invalid", "signature_missing"], "an inherited header");
    check.refuses(() => verify({ [name.replace("s", "\u017f")]: value }), "signature_missing", "a name that only lower case makes the same");
  });
  test("webhooks: what stands on Object.prototype is no option, and no member of a body", () => {
    const body = "{}";
    const linear = () => verifyWebhook("linear", { secret: SECRETS.a, headers: signWebhook("linear", { secret: SECRETS.a, body }), body, now: NOW });
    withPollution({ webhookTimestamp: NOW, id: "evt_evil", type: "evil", secret: SECRETS.a, toleranceMs: 900_000, now: NOW, body: BODY }, () => {
      check.refuses(linear, "signature_malformed", "a time");
      check.refuses(() => verifyWebhook("github", { headers: [], body: BODY }), "secret_missing", "a secret");
      const found = verifyWebhook("stripe", { secret: WHSEC, headers: signWebhook("stripe", { secret: WHSEC, body, timestamp: NOW }), body, now: NOW });
      check.equal(found.event, undefined, "an event");
      check.ok(found.id.startsWith("sha256:"), "an id");
      check.refuses(() => verifyWebhook("stripe", { secret: WHSEC, headers: signWebhook("stripe", { secret: WHSEC, body, timestamp: NOW }), body, now: NOW + 300_001 }), "expired", "a tolerance");
    });
  });
  test("webhooks: an idempotency key has 1 to 256 bytes, whatever the body says its id is", () => {
    for (const id of ["", "x".repeat(201), "x".repeat(100_000), "\u00e9", "a b", 1, null, { toString: "x" }, ["x"]]) {
      const body = JSON.stringify({ id });
      const found = verifyWebhook("stripe", { secret: WHSEC, headers: signWebhook("stripe", { secret: WHSEC, body, timestamp: NOW }), body, now: NOW });
      check.ok(/^stripe:sha256:[0-9a-f]{64}$/.test(found.idempotencyKey), JSON.stringify(id).slice(0, 40));
    }
    const body = JSON.stringify({ id: "x".repeat(200) });
    const found = verifyWebhook("stripe", { secret: WHSEC, headers: signWebhook("stripe", { secret: WHSEC, body, timestamp: NOW }), body, now: NOW });
    check.equal(found.idempotencyKey, `stripe:${"x".repeat(200)}`, "the longest id");
  });
  test("hmac() prints nothing of itself, and keeps what it was given", () => {
    const options = { header: "X-Sig", encoding: "hex", prefix: "v1=" };
    const provider = hmac(options);
    options.header = "x-other";
    const headers = signWebhook(provider, { secret: SECRETS.a, body: BODY });
    check.equal(headers[0][0], "X-Sig", "the header");
    check.equal(String(provider), "[object HmacProvider]", "as text");
    check.equal(JSON.stringify(provider), "{}", "as JSON");
    check.ok(verifyWebhook(provider, { secret: SECRETS.a, headers, body: BODY }).idempotencyKey.startsWith("hmac:sha256:"), "verifies");
  });
}

/** @param {[string, string][]} headers */
function recordOf(headers) {
  /** @type {Record<string, string>} */
  const record = {};
  for (const [name, value] of headers) record[name] = value;
  return record;
}
