// The examples that makers document, or test their own libraries with: secret, headers, body and time, all theirs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signWebhook, verifyWebhook } from "countersign/webhooks";

/** @typedef {[string, string][]} Headers */

const examples = /** @type {const} */ ([
  {
    provider: "standard",
    from: "Standard Webhooks, its libraries' tests",
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    now: 1_614_265_330_000,
    body: '{"test": 2432232314}',
    headers: [["webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"], ["webhook-timestamp", "1614265330"], ["webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]],
    found: { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330_000, event: undefined, idempotencyKey: "standard:msg_p5jXN8AQM9LWM0D4loKWxJek" },
  },
  {
    provider: "svix",
    from: "Svix, its documentation",
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    now: 1_614_265_330_000,
    body: '{"test": 2432232314}',
    headers: [["svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"], ["svix-timestamp", "1614265330"], ["svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]],
    found: { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330_000, event: undefined, idempotencyKey: "svix:msg_p5jXN8AQM9LWM0D4loKWxJek" },
  },
  {
    provider: "github",
    from: "GitHub, its documentation",
    secret: "It's a Secret to Everybody",
    now: 0,
    body: "Hello, World!",
    headers: [["X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"]],
    found: { id: "sha256:dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f", timestamp: undefined, event: undefined, idempotencyKey: "github:sha256:dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f" },
  },
  {
    provider: "slack",
    from: "Slack, its documentation",
    secret: "8f742231b10e8888abcd99yyyzzz85a5",
    now: 1_531_420_618_000,
    body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    headers: [["x-slack-request-timestamp", "1531420618"], ["x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"]],
    found: { timestamp: 1_531_420_618_000, event: undefined },
  },
  {
    provider: "paddle",
    from: "Paddle, the tests of its library for Go",
    secret: "pdl_ntfset_01hsdn8d43dt7mezr1ef2jtbaw_hKkRiCGyyRhbFwIUuqiTBgI7gnWoV0Gr",
    now: 1_710_929_255_000,
    body: '{"data":{"id":"pri_01hsdn96k2hxjzsq5yerecdj9j","name":null,"status":"active","quantity":{"maximum":999999,"minimum":1},"tax_mode":"account_setting","product_id":"pro_01hsdn8qp7yydry3x1yeg6a9rv","unit_price":{"amount":"1000","currency_code":"USD"},"custom_data":null,"description":"testing","import_meta":null,"trial_period":null,"billing_cycle":{"interval":"month","frequency":1},"unit_price_overrides":[]},"event_id":"evt_01hsdn97563968dy0szkmgjwh3","event_type":"price.created","occurred_at":"2024-03-20T10:07:35.590857Z","notification_id":"ntf_01hsdn977e920kbgzt6r6c9rqc"}',
    headers: [["paddle-signature", "ts=1710929255;h1=6c05ef8fa83c44d751be6d259ec955ce5638e2c54095bf128e408e2fce1589c8"]],
    found: { id: "evt_01hsdn97563968dy0szkmgjwh3", timestamp: 1_710_929_255_000, event: "price.created", idempotencyKey: "paddle:evt_01hsdn97563968dy0szkmgjwh3" },
  },
]);

for (const { provider, from, secret, now, body, headers, found } of examples) {
  test(`${provider}: the example of ${from}`, () => {
    const list = /** @type {Headers} */ (headers.map(([name, value]) => [name, value]));
    const verified = verifyWebhook(provider, { secret, headers: list, body, now });
    assert.deepEqual({ ...verified, ...found }, verified);
    const id = "id" in found && provider !== "github" ? { id: found.id } : {};
    const signed = new Headers(signWebhook(provider, { secret, body, timestamp: now, ...id }));
    for (const [name, value] of list) assert.equal(signed.get(name), value, "we sign the same");
    assert.throws(() => verifyWebhook(provider, { secret, headers: list, body: `${body} `, now }), { code: "signature_invalid" });
    if (found.timestamp !== undefined) assert.throws(() => verifyWebhook(provider, { secret, headers: list, body }), { code: "expired" }, "by today's clock it is old");
  });
}
