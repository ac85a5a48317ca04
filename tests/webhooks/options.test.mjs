// Each option of a route counts, and that of verifyWebhook too: a verifier whose option was never passed on looks like one that works.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { hmac, signWebhook, verifyWebhook, webhookHttpAction, webhookRoute } from "countersign/webhooks";

const secret = "whsec_QpIbDhAoq5n7yqKVYwBxHh1tNjM0sQcL";
const qstash = "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r";
const body = '{"id":"evt_1","type":"invoice.paid"}';
const url = "https://app.example/api/queue";

/** @param {"stripe" | "qstash"} provider @param {object} options @param {[string, string][]} headers */
async function statuses(provider, options, headers) {
  const given = { secret: provider === "stripe" ? secret : qstash, ...options };
  const request = () => new Request("http://internal.invalid/api", { method: "POST", headers, body });
  const warnings = mock.method(console, "warn", () => {});
  try {
    const route = await webhookRoute(provider, () => {}, given)(request());
    const action = await webhookHttpAction(provider, () => {}, given)({}, request());
    assert.equal(route.status, action.status, "both are one");
    return [route.status, ...warnings.mock.calls.map(({ arguments: [line] }) => /code=(\w+)/.exec(line)?.[1])].slice(0, 2);
  } finally {
    warnings.mock.restore();
  }
}
/** @param {number} age in seconds */
const stripe = (age) => signWebhook("stripe", { secret, body, timestamp: Date.now() - age * 1000 });

test("toleranceMs", async () => {
  assert.deepEqual(await statuses("stripe", {}, stripe(290)), [200]);
  assert.deepEqual(await statuses("stripe", {}, stripe(310)), [401, "expired"]);
  assert.deepEqual(await statuses("stripe", { toleranceMs: 600_000 }, stripe(590)), [200]);
  assert.deepEqual(await statuses("stripe", { toleranceMs: 600_000 }, stripe(-610)), [401, "not_yet_valid"]);
  assert.deepEqual(await statuses("stripe", { toleranceMs: 10_000 }, stripe(15)), [401, "expired"]);
  assert.throws(() => verifyWebhook("stripe", { secret, headers: stripe(1), body, toleranceMs: 0 }), { code: "expired" }, "no tolerance is not no check");
});

test("maxBodyBytes", async () => {
  assert.deepEqual(await statuses("stripe", { maxBodyBytes: body.length }, stripe(0)), [200]);
  assert.deepEqual(await statuses("stripe", { maxBodyBytes: body.length - 1 }, stripe(0)), [413, "body_too_large"]);
});

test("qstash: url, which the message was signed for", async () => {
  const headers = signWebhook("qstash", { secret: qstash, body, url });
  assert.deepEqual(await statuses("qstash", { url }, headers), [200]);
  assert.deepEqual(await statuses("qstash", { url: "https://app.example/api/other" }, headers), [401, "signature_invalid"]);
  verifyWebhook("qstash", { secret: qstash, headers, body, url });
  assert.throws(() => verifyWebhook("qstash", { secret: qstash, headers, body, url: "https://other.example/api/queue" }), { code: "signature_invalid" });
});

test("hmac(): where a time is signed, something stands between it and the body", () => {
  const shape = { header: "x-acme-signature", encoding: /** @type {const} */ ("hex") };
  for (const after of ["", "1", "0."]) {
    const make = () => signWebhook(hmac({ ...shape, timestamp: { header: "x-acme-time", unit: "s", after } }), { secret: "0123456789abcdefABCDEF", body: "1" });
    assert.throws(make, { code: "misconfigured" }, JSON.stringify(after));
  }
});
