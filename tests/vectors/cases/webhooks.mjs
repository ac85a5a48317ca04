// Deliveries: those that the providers document, others made by the second implementation, and what must be refused of them. Every entry
// holds the body in hexadecimal. `inBody` says that a refusal comes of what stands in the JSON body, which TypeScript reads.
import { base64url, bodyHash, byBody, hex, hmac, standard, standardHeaders, token, whsec } from "../reference-webhooks.mjs";

const SECONDS = 1_800_000_000;
const NOW = SECONDS * 1000;
const ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
const WHSEC = "whsec_bXlzdGFuZGFyZGtleTEyMzQ1Njc4OTA+Pz8/";
const OTHER_WHSEC = "whsec_T3RoZXIga2V5IG9mIHRoZSBzdWl0ZSwgMzIgYnl0ZXM=";
const TEXT = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const OTHER = "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5";
const STRIPE = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH";
const PADDLE = "pdl_ntfset_01hsdn8d43dt7mezr1ef2jtbaw_hKkRiCGyyRhbFwIUuqiTBgI7gnWoV0Gr";
const QSTASH = "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r";
const URL = "https://app.example/api/hook?a=1&b=2";

const slackBody =
  "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const paddleBody =
  '{"data":{"id":"pri_01hsdn96k2hxjzsq5yerecdj9j","name":null,"status":"active","quantity":{"maximum":999999,"minimum":1},"tax_mode":"account_setting","product_id":"pro_01hsdn8qp7yydry3x1yeg6a9rv","unit_price":{"amount":"1000","currency_code":"USD"},"custom_data":null,"description":"testing","import_meta":null,"trial_period":null,"billing_cycle":{"interval":"month","frequency":1},"unit_price_overrides":[]},"event_id":"evt_01hsdn97563968dy0szkmgjwh3","event_type":"price.created","occurred_at":"2024-03-20T10:07:35.590857Z","notification_id":"ntf_01hsdn977e920kbgzt6r6c9rqc"}';

/** @typedef {{ name: string, provider: string, custom?: object, secret: string[], headers: [string, string][], body: string | Uint8Array, url?: string, now?: number, toleranceMs?: number, source?: string, covered?: string, id?: string, timestamp?: number | null, event?: string | null, idempotencyKey?: string, code?: string, inBody?: true }} Case */

// Written down from the documentation that `source` names: headers and secret are theirs.
/** @type {Case[]} */
const documented = [
  ...["standard", "svix", "clerk", "resend"].map((provider) => ({
    name: `${provider}: the documented example`,
    source: "docs.svix.com/receiving/verifying-payloads/how-manual",
    provider,
    secret: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    headers: standardHeaders(provider === "standard" ? "webhook" : "svix", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    body: '{"test": 2432232314}',
    now: 1_614_265_330_000,
    covered: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: 1_614_265_330_000,
    idempotencyKey: `${provider}:msg_p5jXN8AQM9LWM0D4loKWxJek`,
  })),
  {
    name: "github: the documented example",
    source: "docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries",
    provider: "github",
    secret: ["It's a Secret to Everybody"],
    headers: [["X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"]],
    body: "Hello, World!",
    id: byBody("", "Hello, World!").slice(1),
    idempotencyKey: byBody("github", "Hello, World!"),
  },
  {
    name: "slack: the documented example",
    source: "docs.slack.dev/authentication/verifying-requests-from-slack",
    provider: "slack",
    secret: ["8f742231b10e8888abcd99yyyzzz85a5"],
    headers: [["X-Slack-Request-Timestamp", "1531420618"], ["X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"]],
    body: slackBody,
    now: 1_531_420_618_000,
    id: byBody("", slackBody).slice(1),
    timestamp: 1_531_420_618_000,
    idempotencyKey: byBody("slack", slackBody),
  },
  {
    name: "paddle: the example of the maker's tests",
    source: "github.com/PaddleHQ/paddle-go-sdk",
    provider: "paddle",
    secret: [PADDLE],
    headers: [["Paddle-Signature", "ts=1710929255;h1=6c05ef8fa83c44d751be6d259ec955ce5638e2c54095bf128e408e2fce1589c8"]],
    body: paddleBody,
    now: 1_710_929_255_000,
    id: "evt_01hsdn97563968dy0szkmgjwh3",
    timestamp: 1_710_929_255_000,
    event: "price.created",
    idempotencyKey: "paddle:evt_01hsdn97563968dy0szkmgjwh3",
  },
];

const json = '{"type":"order.paid","data":{"id":"or_1"}}';
const bytes = Buffer.from("efbbbf7b2261223affc328c0800d0a7d", "hex");
const stripeBody = '{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","object":"event","type":"invoice.paid"}';
const linearBody = JSON.stringify({ action: "create", type: "Issue", data: { id: "x" }, webhookTimestamp: NOW });
const slackEvent = '{"type":"event_callback","event_id":"Ev08MFMKH6","event":{"type":"app_mention"}}';
const lemonBody = '{"meta":{"event_name":"order_created"},"data":{"id":"1"}}';
const workosBody = '{"id":"event_01J9","event":"dsync.user.created","data":{}}';
const own = (/** @type {string} */ key = WHSEC, /** @type {string | Uint8Array} */ body = json) => standard(whsec(key), ID, SECONDS, body);
const signed = { covered: ID, id: ID, timestamp: NOW, event: "order.paid" };
const claims = { iss: "Upstash", sub: URL, exp: SECONDS + 300, nbf: SECONDS, iat: SECONDS, jti: "jwt_67kxXD6UBAk7DqU6hzuHMDdXFXfP", body: `${bodyHash(json)}=` };
const jose = '{"alg":"HS256","typ":"JWT"}';
const tokenOf = (/** @type {object} */ changed = {}, header = jose, secret = QSTASH) => token(secret, header, JSON.stringify({ ...claims, ...changed }));
const zoom = { header: "X-Zm-Signature", encoding: "hex", prefix: "v0=", timestamp: { header: "x-zm-request-timestamp", unit: "s", before: "v0:", after: ":" }, name: "zoom" };

/** @type {Case[]} */
const made = [
  { name: "standard", provider: "standard", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, own()), body: json, ...signed },
  { name: "standard: header names in any case", provider: "standard", secret: [WHSEC], headers: standardHeaders("WEBHOOK", ID, SECONDS, own()), body: json, ...signed },
  { name: "standard: an empty body", provider: "standard", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, own(WHSEC, "")), body: "", ...signed, event: null },
  { name: "standard: a body that is not UTF-8", provider: "standard", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, own(WHSEC, bytes)), body: bytes, ...signed, event: null },
  { name: "standard: the second of two secrets", provider: "standard", secret: [OTHER_WHSEC, WHSEC], headers: standardHeaders("webhook", ID, SECONDS, own()), body: json, ...signed },
  { name: "standard: the last of several signatures", provider: "standard", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, `v1a,${"A".repeat(86)}== ${own(OTHER_WHSEC)} v2,x ${own()}`), body: json, ...signed },
  { name: "standard: 16 signatures", provider: "standard", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, [...Array(15).fill(own(OTHER_WHSEC)), own()].join(" ")), body: json, ...signed },
  { name: "standard: the window's edge in the past", provider: "standard", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, own()), body: json, now: NOW + 300_000, ...signed },
  { name: "standard: the window's edge in the future", provider: "standard", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, own()), body: json, now: NOW - 300_000, ...signed },
  { name: "polar: a secret from before", provider: "polar", secret: [`polar_whs_${TEXT}`], headers: standardHeaders("webhook", ID, SECONDS, standard(`polar_whs_${TEXT}`, ID, SECONDS, json)), body: json, ...signed },
  { name: "polar: whsec_ as it was used before", provider: "polar", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, standard(WHSEC, ID, SECONDS, json)), body: json, ...signed },
  { name: "polar: whsec_ as it is used since 2026-09-08", provider: "polar", secret: [WHSEC], headers: standardHeaders("webhook", ID, SECONDS, own()), body: json, ...signed },
  { name: "stripe", provider: "stripe", secret: [STRIPE], headers: [["Stripe-Signature", `t=${SECONDS},v1=${hex(STRIPE, `${SECONDS}.`, stripeBody)},v0=${"0".repeat(64)}`]], body: stripeBody, id: "evt_1NG8Du2eZvKYlo2CUI79vXWy", timestamp: NOW, event: "invoice.paid", idempotencyKey: "stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy" },
  { name: "stripe: while a secret is rolled", provider: "stripe", secret: [STRIPE], headers: [["stripe-signature", `t=${SECONDS},v1=${hex(`${STRIPE}x`, `${SECONDS}.`, stripeBody)},v1=${hex(STRIPE, `${SECONDS}.`, stripeBody)}`]], body: stripeBody, id: "evt_1NG8Du2eZvKYlo2CUI79vXWy", timestamp: NOW, event: "invoice.paid", idempotencyKey: "stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy" },
  { name: "stripe: a body without an id", provider: "stripe", secret: [STRIPE], headers: [["stripe-signature", `t=${SECONDS},v1=${hex(STRIPE, `${SECONDS}.`, json)}`]], body: json, id: byBody("", json).slice(1), timestamp: NOW, event: "order.paid", idempotencyKey: byBody("stripe", json) },
  { name: "github", provider: "github", secret: [TEXT], headers: [["x-hub-signature-256", `sha256=${hex(TEXT, "", json)}`], ["x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"], ["x-github-event", "push"]], body: json, id: "72d3162e-cc78-11e3-81ab-4c9367dc0958", event: "push", idempotencyKey: byBody("github", json) },
  { name: "slack: an event", provider: "slack", secret: [TEXT], headers: [["x-slack-request-timestamp", String(SECONDS)], ["x-slack-signature", `v0=${hex(TEXT, `v0:${SECONDS}:`, slackEvent)}`]], body: slackEvent, id: "Ev08MFMKH6", timestamp: NOW, event: "app_mention", idempotencyKey: "slack:Ev08MFMKH6" },
  { name: "shopify", provider: "shopify", secret: [`shpss_${TEXT}`], headers: [["X-Shopify-Hmac-SHA256", hmac(`shpss_${TEXT}`, json).toString("base64")], ["X-Shopify-Topic", "orders/create"], ["X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"]], body: json, id: "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", event: "orders/create", idempotencyKey: byBody("shopify", json) },
  { name: "linear", provider: "linear", secret: [`lin_wh_${TEXT}`], headers: [["Linear-Signature", hex(`lin_wh_${TEXT}`, "", linearBody)], ["Linear-Delivery", "234d1a4e-b617-4388-90fe-adc3633d6b72"], ["Linear-Event", "Issue"]], body: linearBody, id: "234d1a4e-b617-4388-90fe-adc3633d6b72", timestamp: NOW, event: "Issue", idempotencyKey: byBody("linear", linearBody) },
  { name: "lemonsqueezy", provider: "lemonsqueezy", secret: [TEXT], headers: [["X-Signature", hex(TEXT, "", lemonBody)], ["X-Event-Name", "order_refunded"]], body: lemonBody, id: byBody("", lemonBody).slice(1), event: "order_created", idempotencyKey: byBody("lemonsqueezy", lemonBody) },
  { name: "paddle: while a secret is rotated", provider: "paddle", secret: [PADDLE], headers: [["paddle-signature", `ts=${SECONDS};h1=${hex(`${PADDLE}x`, `${SECONDS}:`, json)};h1=${hex(PADDLE, `${SECONDS}:`, json)}`]], body: json, id: byBody("", json).slice(1), timestamp: NOW, idempotencyKey: byBody("paddle", json) },
  { name: "workos", provider: "workos", secret: [TEXT], headers: [["WorkOS-Signature", `t=${NOW + 123}, v1=${hex(TEXT, `${NOW + 123}.`, workosBody)}`]], body: workosBody, id: "event_01J9", timestamp: NOW + 123, event: "dsync.user.created", idempotencyKey: "workos:event_01J9" },
  { name: "qstash", provider: "qstash", secret: [QSTASH], headers: [["Upstash-Signature", tokenOf()]], url: URL, body: json, covered: claims.jti, id: claims.jti, timestamp: NOW },
  { name: "qstash: the next key, and the hash without padding", provider: "qstash", secret: [`${QSTASH}x`, QSTASH], headers: [["upstash-signature", tokenOf({ body: bodyHash(json) })]], url: URL, body: json, covered: claims.jti, id: claims.jti, timestamp: NOW },
  { name: "qstash: an address with escapes", provider: "qstash", secret: [QSTASH], headers: [["upstash-signature", token(QSTASH, jose, JSON.stringify({ ...claims, more: [1, { a: null }] }).replaceAll("&", "\\u0026"))]], url: URL, body: json, covered: claims.jti, id: claims.jti, timestamp: NOW },
  { name: "hmac: a time in a header", provider: "hmac", custom: zoom, secret: [TEXT], headers: [["x-zm-signature", `v0=${hex(TEXT, `v0:${SECONDS}:`, json)}`], ["x-zm-request-timestamp", String(SECONDS)]], body: json, id: byBody("", json).slice(1), timestamp: NOW, idempotencyKey: byBody("zoom", json) },
  { name: "hmac: base64 behind a prefix", provider: "hmac", custom: { header: "typeform-signature", encoding: "base64", prefix: "sha256=", idHeader: "x-id", eventHeader: "x-event" }, secret: [TEXT], headers: [["Typeform-Signature", `sha256=${hmac(TEXT, json).toString("base64")}`], ["X-Id", "a.b"], ["X-Event", "submitted"]], body: json, id: "a.b", event: "submitted", idempotencyKey: byBody("hmac", json) },
  { name: "hmac: base64url, a key in hexadecimal", provider: "hmac", custom: { header: "x-mac", encoding: "base64url", secretEncoding: "hex" }, secret: [Buffer.from(TEXT).toString("hex")], headers: [["x-mac", hmac(TEXT, json).toString("base64url")]], body: json, id: byBody("", json).slice(1), idempotencyKey: byBody("hmac", json) },
  { name: "hmac: a key in base64, milliseconds", provider: "hmac", custom: { header: "x-mac", encoding: "hex", secretEncoding: "base64", timestamp: { header: "x-time", unit: "ms", after: "." } }, secret: [Buffer.from(TEXT).toString("base64")], headers: [["x-mac", hex(TEXT, `${NOW}.`, json)], ["x-time", String(NOW)]], body: json, id: byBody("", json).slice(1), timestamp: NOW, idempotencyKey: byBody("hmac", json) },
];

const named = (/** @type {string} */ name) => made.find((each) => each.name === name) ?? (() => { throw new Error(name); })();
/** @param {string} of @param {string} what @param {string} code @param {Partial<Case>} changed @returns {Case} */
const refused = (of, what, code, changed) => {
  const { name, provider, custom, secret, headers, body, url } = named(of);
  return { name: `${name}: ${what}`, provider, ...(custom && { custom }), secret, headers, body, ...(url && { url }), ...changed, code };
};
/** The headers, one of them with another value, or without it. @param {string} of @param {string} header @param {(value: string) => string | undefined} change */
const but = (of, header, change) => ({ headers: named(of).headers.flatMap(([name, value]) => {
  const other = name.toLowerCase() === header ? change(value) : value;
  return other === undefined ? [] : [/** @type {[string, string]} */ ([name, other])];
}) });
/** @param {string} header @param {string} what @param {string} code @param {(value: string) => string | undefined} change @param {string} [of] */
const inHeader = (header, what, code, change, of = "standard") => refused(of, `${header} ${what}`, code, but(of, header, change));
const stripeWith = (/** @type {string} */ what, /** @type {string} */ code, /** @type {(value: string) => string} */ change) => inHeader("stripe-signature", what, code, change, "stripe: a body without an id");
const jwt = (/** @type {string} */ what, /** @type {string} */ code, /** @type {string} */ value) => inHeader("upstash-signature", what, code, () => value, "qstash");
const lastStepped = (/** @type {string} */ text, at = text.length - 1) => text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) + 1) + text.slice(at + 1);
/** Times that are none. */
const times = ["", "0", "-1", "+1800000000", " 1800000000", "1800000000 ", "1800000000junk", "01800000000", "1.8e9", "0x6b49d200", "1800000000.0", "18000000000000000000", "99999999999999999999", "\u0661\u0668\u0660\u0660", "1800000000, 1800000000"];

/** @type {Case[]} */
const refusals = [
  refused("standard", "another body", "signature_invalid", { body: `${json} ` }),
  refused("standard", "another secret", "signature_invalid", { secret: [OTHER_WHSEC] }),
  refused("standard", "too old", "expired", { now: NOW + 300_001 }),
  refused("standard", "from the future", "not_yet_valid", { now: NOW - 300_001 }),
  refused("standard", "a tolerance of 0 is a check", "expired", { now: NOW + 1, toleranceMs: 0 }),
  refused("standard", "a tolerance that is too wide", "type_invalid", { toleranceMs: 900_001 }),
  refused("standard", "no headers", "signature_missing", { headers: [] }),
  refused("standard", "headers of svix", "signature_missing", { headers: standardHeaders("svix", ID, SECONDS, own()) }),
  refused("standard", "a header of svix in the place of its own", "header_invalid", { headers: [["svix-id", ID], ...standardHeaders("webhook", ID, SECONDS, own()).slice(1)] }),
  refused("standard", "another id", "signature_invalid", but("standard", "webhook-id", () => `${ID}x`)),
  refused("standard", "another time", "signature_invalid", but("standard", "webhook-timestamp", () => String(SECONDS + 1))),
  refused("standard", "a full stop in the id", "header_invalid", { headers: standardHeaders("webhook", "msg.1", SECONDS, standard(whsec(WHSEC), "msg.1", SECONDS, json)) }),
  refused("standard", "an id that is too long", "header_invalid", { headers: standardHeaders("webhook", "m".repeat(201), SECONDS, standard(whsec(WHSEC), "m".repeat(201), SECONDS, json)) }),
  ...["webhook-id", "webhook-timestamp", "webhook-signature"].flatMap((header) => [
    inHeader(header, "missing", header.endsWith("signature") ? "signature_missing" : "header_invalid", () => undefined),
    inHeader(header, "joined with itself", header.endsWith("signature") ? "signature_malformed" : "header_invalid", (value) => `${value}, ${value}`),
    inHeader(header, "with a line feed", "header_invalid", (value) => `${value}\n`),
    inHeader(header, "with a zero byte", "header_invalid", (value) => `${value}\0`),
    inHeader(header, "with another script", "header_invalid", (value) => `${value}\u00e9`),
    refused("standard", `${header} twice`, "header_invalid", { headers: named("standard").headers.flatMap(([name, value]) => (name === header ? [[name, value], [name.toUpperCase(), value]] : [[name, value]])) }),
  ]),
  ...times.map((time) => refused("standard", `the time ${JSON.stringify(time)}`, "header_invalid", { headers: standardHeaders("webhook", ID, time, standard(whsec(WHSEC), ID, time, json)) })),
  inHeader("webhook-signature", "empty", "signature_missing", () => ""),
  ...["v1,", "v1", ",", "v1,=", " ", `v1,${"A".repeat(43)}`, "v2,AAAA"].map((value) => inHeader("webhook-signature", `is ${value}`, "signature_malformed", () => value)),
  inHeader("webhook-signature", "of zeros", "signature_invalid", () => `v1,${"A".repeat(43)}=`),
  inHeader("webhook-signature", "without padding", "signature_malformed", (value) => value.slice(0, -1)),
  inHeader("webhook-signature", "with more padding", "signature_malformed", (value) => `${value}=`),
  inHeader("webhook-signature", "with other bits at the end", "signature_malformed", (value) => lastStepped(value, value.length - 2)),
  inHeader("webhook-signature", "with something behind it", "signature_malformed", (value) => `${value},junk`),
  inHeader("webhook-signature", "in another alphabet", "signature_malformed", (value) => `v1,-${value.slice(4)}`),
  inHeader("webhook-signature", "in upper case", "signature_malformed", (value) => value.replace("v1", "V1")),
  inHeader("webhook-signature", "of version 1a", "signature_malformed", (value) => value.replace("v1", "v1a")),
  inHeader("webhook-signature", "17 times", "signature_malformed", (value) => Array(17).fill(value).join(" ")),
  inHeader("webhook-signature", "over 8 KiB", "header_invalid", (value) => `${value} v2,${"x".repeat(8192)}`),
  refused("standard", "17 secrets", "misconfigured", { secret: Array(17).fill(WHSEC) }),
  refused("standard", "no secrets", "secret_missing", { secret: [] }),
  refused("standard", "an empty secret", "secret_missing", { secret: [WHSEC, ""] }),
  refused("standard", "a blank secret", "secret_missing", { secret: [" \t"] }),
  refused("standard", "a secret without whsec_", "secret_malformed", { secret: [WHSEC.slice(6)] }),
  refused("standard", "a secret without its padding", "secret_malformed", { secret: [OTHER_WHSEC.slice(0, -1)] }),
  refused("standard", "a quoted secret", "secret_malformed", { secret: [`"${WHSEC}"`] }),
  refused("standard", "a secret with a line feed", "secret_malformed", { secret: [`${WHSEC}\n`] }),
  refused("standard", "a secret in base64url", "secret_malformed", { secret: [WHSEC.replaceAll("/", "_")] }),
  refused("standard", "a short secret", "secret_weak", { secret: [`whsec_${Buffer.from("fifteen bytes..").toString("base64")}`] }),
  refused("standard", "a secret of zeros", "secret_weak", { secret: [`whsec_${"A".repeat(32)}`] }),
  refused("standard", "a bad secret beside a good one", "secret_weak", { secret: [WHSEC, `whsec_${Buffer.from("fifteen bytes..").toString("base64")}`] }),
  refused("polar: a secret from before", "taken as base64", "signature_invalid", { secret: ["abcdefghijklmnopqrstuvwxyz012345"], headers: standardHeaders("webhook", ID, SECONDS, standard(Buffer.from("abcdefghijklmnopqrstuvwxyz012345", "base64"), ID, SECONDS, json)) }),
  refused("polar: a secret from before", "a short secret", "secret_weak", { secret: ["polar_whs_abc"] }),
  refused("polar: a secret from before", "a placeholder", "secret_weak", { secret: ["your-webhook-secret-changeme"] }),
  refused("stripe", "the part behind whsec_ as the secret", "secret_malformed", { secret: [STRIPE.slice(6)] }),
  refused("stripe", "a short secret", "secret_weak", { secret: ["whsec_short"] }),
  refused("stripe", "the key that Standard Webhooks would take", "signature_invalid", { secret: [WHSEC], headers: [["stripe-signature", `t=${SECONDS},v1=${hmac(whsec(WHSEC), `${SECONDS}.`, stripeBody).toString("hex")}`]] }),
  refused("stripe", "too old", "expired", { now: NOW + 300_001 }),
  refused("stripe", "from the future", "not_yet_valid", { now: NOW - 300_001 }),
  refused("stripe", "another body", "signature_invalid", { body: stripeBody.replace("paid", "void") }),
  refused("stripe", "twice", "header_invalid", { headers: [...named("stripe").headers, ...named("stripe").headers] }),
  stripeWith("joined with itself", "signature_malformed", (value) => `${value}, ${value}`),
  stripeWith("without a space, joined with itself", "signature_malformed", (value) => `${value},${value}`),
  stripeWith("with spaces", "signature_malformed", (value) => value.replace(",", ", ")),
  stripeWith("with another time", "signature_invalid", (value) => value.replace("t=1", "t=2")),
  stripeWith("with two times", "signature_malformed", (value) => `t=${SECONDS + 1},${value}`),
  stripeWith("without a time", "signature_malformed", (value) => value.replace(/t=\d+,/, "")),
  stripeWith("without v1", "signature_malformed", (value) => value.replace("v1=", "v0=")),
  stripeWith("in upper case", "signature_malformed", (value) => value.replace(/v1=.*/, (hex) => hex.toUpperCase().replace("V1", "v1"))),
  stripeWith("with something behind it", "signature_malformed", (value) => `${value}=junk`),
  stripeWith("cut off", "signature_malformed", (value) => value.slice(0, -1)),
  stripeWith("too long", "signature_malformed", (value) => `${value}0`),
  stripeWith("with an empty v1", "signature_malformed", (value) => `${value},v1=`),
  stripeWith("with an empty pair", "signature_malformed", (value) => `${value},`),
  stripeWith("with a pair without a name", "signature_malformed", (value) => `${value},=x`),
  stripeWith("with 17 signatures", "signature_malformed", (value) => value + value.slice(value.indexOf(",")).repeat(16)),
  ...times.map((time) => refused("stripe: a body without an id", `the time ${JSON.stringify(time)}`, /[^ -~]/.test(time) ? "header_invalid" : "signature_malformed", { headers: [["stripe-signature", `t=${time},v1=${hex(STRIPE, `${time}.`, json)}`]] })),
  refused("github", "another body", "signature_invalid", { body: `${json}\n` }),
  refused("github", "the id twice", "header_invalid", { headers: [...named("github").headers, ["X-GitHub-Delivery", "x"]] }),
  inHeader("x-hub-signature-256", "without sha256=", "signature_malformed", (value) => value.slice(7), "github"),
  inHeader("x-hub-signature-256", "of SHA-1", "signature_malformed", () => `sha1=${"0".repeat(40)}`, "github"),
  inHeader("x-hub-signature-256", "in upper case", "signature_malformed", (value) => value.toUpperCase().replace("SHA", "sha"), "github"),
  inHeader("x-hub-signature-256", "joined with itself", "signature_malformed", (value) => `${value}, ${value}`, "github"),
  inHeader("x-hub-signature-256", "under the old name", "signature_missing", () => undefined, "github"),
  inHeader("x-github-event", "joined with itself", "header_invalid", (value) => `${value}, ${value}`, "github"),
  inHeader("x-slack-signature", "with something behind it", "signature_malformed", (value) => `${value}=junk`, "slack: an event"),
  inHeader("x-slack-signature", "of version 1", "signature_malformed", (value) => value.replace("v0", "v1"), "slack: an event"),
  inHeader("x-slack-request-timestamp", "no number", "header_invalid", () => "abc", "slack: an event"),
  refused("slack: an event", "from the future", "not_yet_valid", { now: NOW - 300_001 }),
  refused("slack: an event", "too old", "expired", { now: NOW + 300_001 }),
  inHeader("x-shopify-hmac-sha256", "in hexadecimal", "signature_malformed", (value) => Buffer.from(value, "base64").toString("hex"), "shopify"),
  inHeader("x-shopify-hmac-sha256", "of another secret", "signature_invalid", () => hmac(OTHER, json).toString("base64"), "shopify"),
  { ...refused("linear", "too old", "expired", { now: NOW + 300_001 }), inBody: true },
  { ...refused("linear", "from the future", "not_yet_valid", { now: NOW - 300_001 }), inBody: true },
  ...["", "null", "0", "-1", '"1800000000000"', "1800000000000.5", "1e300", "[1800000000000]"].map((time) => {
    const body = time === "" ? '{"type":"Issue"}' : `{"type":"Issue","webhookTimestamp":${time}}`;
    const headers = /** @type {[string, string][]} */ ([["linear-signature", hex(`lin_wh_${TEXT}`, "", body)]]);
    return { ...refused("linear", `the time ${time || "missing"}`, "signature_malformed", { body, headers }), inBody: /** @type {const} */ (true) };
  }),
  refused("lemonsqueezy", "another secret", "signature_invalid", { secret: [OTHER] }),
  refused("lemonsqueezy", "a short secret", "secret_weak", { secret: ["fifteen-letters"] }),
  refused("paddle: while a secret is rotated", "too old", "expired", { now: NOW + 300_001 }),
  inHeader("paddle-signature", "with commas", "signature_malformed", (value) => value.replaceAll(";", ","), "paddle: while a secret is rotated"),
  inHeader("workos-signature", "in seconds", "expired", () => `t=${SECONDS}, v1=${hex(TEXT, `${SECONDS}.`, workosBody)}`, "workos"),
  inHeader("workos-signature", "in microseconds", "not_yet_valid", () => `t=${NOW}000, v1=${hex(TEXT, `${NOW}000.`, workosBody)}`, "workos"),
  inHeader("workos-signature", "under other names", "signature_malformed", (value) => value.replace("t=", "x=").replace("v1=", "y="), "workos"),
  refused("qstash", "another address", "signature_invalid", { url: "https://app.example/api/other" }),
  refused("qstash", "another body", "signature_invalid", { body: "{}" }),
  refused("qstash", "another key", "signature_invalid", { secret: [`${QSTASH}x`] }),
  refused("qstash", "at its end", "expired", { now: NOW + 300_000 }),
  refused("qstash", "from the future", "not_yet_valid", { now: NOW - 300_001 }),
  jwt("without a signature", "signature_malformed", `${base64url('{"alg":"none"}')}.${base64url(claims)}.`),
  jwt("of algorithm none", "signature_malformed", tokenOf({}, '{"alg":"none","typ":"JWT"}')),
  jwt("of algorithm HS512", "signature_malformed", tokenOf({}, '{"alg":"HS512","typ":"JWT"}')),
  jwt("with something critical", "signature_malformed", tokenOf({}, '{"alg":"HS256","crit":["b64"],"b64":false}')),
  jwt("of another issuer", "signature_invalid", tokenOf({ iss: "upstash" })),
  jwt("that ends soon", "expired", tokenOf({ exp: SECONDS })),
  jwt("for later", "not_yet_valid", tokenOf({ nbf: SECONDS + 1 })),
  jwt("too old", "expired", tokenOf({ iat: SECONDS - 301, nbf: SECONDS - 301 })),
  ...["iss", "sub", "body"].map((name) => jwt(`without ${name}`, name === "body" ? "signature_malformed" : "signature_invalid", tokenOf({ [name]: undefined }))),
  ...["exp", "nbf", "iat", "jti"].map((name) => jwt(`without ${name}`, "signature_malformed", tokenOf({ [name]: undefined }))),
  ...["exp", "nbf", "iat"].flatMap((name) => [`${SECONDS}`, SECONDS + 0.5, -SECONDS, null].map((value) => jwt(`with ${name} ${JSON.stringify(value)}`, "signature_malformed", tokenOf({ [name]: value })))),
  jwt("with the subject twice", "signature_malformed", token(QSTASH, jose, JSON.stringify(claims).replace("{", '{"sub":"https://evil.example/",'))),
  jwt("that is no JSON", "signature_malformed", token(QSTASH, jose, "null")),
  jwt("with something behind it", "signature_malformed", `${tokenOf()}.x`),
  jwt("with padding", "signature_malformed", `${tokenOf()}=`),
  jwt("with other bits at the end", "signature_malformed", lastStepped(tokenOf())),
  jwt("of two parts", "signature_malformed", tokenOf().slice(0, tokenOf().lastIndexOf("."))),
  jwt("joined with itself", "signature_malformed", `${tokenOf()}, ${tokenOf()}`),
  refused("hmac: a time in a header", "too old", "expired", { now: NOW + 300_001 }),
  inHeader("x-zm-request-timestamp", "missing", "header_invalid", () => undefined, "hmac: a time in a header"),
  refused("hmac: a time in a header", "no name of a header", "misconfigured", { custom: { ...zoom, header: "x sig" } }),
  refused("hmac: a time in a header", "one header for both", "misconfigured", { custom: { ...zoom, timestamp: { ...zoom.timestamp, header: "X-ZM-Signature" } } }),
  refused("hmac: a time in a header", "nothing between time and body", "misconfigured", { custom: { ...zoom, timestamp: { ...zoom.timestamp, after: "" } } }),
  refused("hmac: a time in a header", "a digit between time and body", "misconfigured", { custom: { ...zoom, timestamp: { ...zoom.timestamp, after: "0" } } }),
  refused("hmac: a time in a header", "a prefix that no header can hold", "misconfigured", { custom: { ...zoom, prefix: "v0\n" } }),
  refused("hmac: base64url, a key in hexadecimal", "a key in upper case", "secret_malformed", { secret: [Buffer.from(TEXT).toString("hex").toUpperCase()] }),
  refused("hmac: base64url, a key in hexadecimal", "a key of 15 bytes", "secret_weak", { secret: [Buffer.from(TEXT).toString("hex").slice(0, 30)] }),
  inHeader("x-mac", "with padding", "signature_malformed", (value) => `${value}=`, "hmac: base64url, a key in hexadecimal"),
];

export const webhooks = [...documented, ...made, ...refusals].map(({ body, now = NOW, toleranceMs = 300_000, ...rest }) => {
  const expected = rest.code !== undefined ? {} : {
    timestamp: rest.timestamp ?? null,
    event: rest.event ?? null,
    covered: rest.covered ?? null,
    idempotencyKey: rest.idempotencyKey ?? `${rest.provider}:${rest.covered}`,
  };
  return { ...rest, url: rest.url ?? "", body: Buffer.from(body).toString("hex"), now, toleranceMs, ...expected };
});
