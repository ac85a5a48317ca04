// `countersign verify webhook`: deliveries that the makers' own libraries sign, tampered with and not, as a user's shell runs it.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sign as githubSign } from "@octokit/webhooks-methods";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { makers } from "../webhooks/makers.mjs";
import { temporaryFolder } from "./support/run.mjs";
import { asText, runWithMistake, runWithin, stepsOf, watchedRun } from "./support/signing.mjs";

/** @typedef {[string, string][]} Headers */

const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const other = "whsec_c29tZXRoaW5nLWVsc2UtMDEyMzQ1Njc4OWFi";
const github = "It's a Secret to Everybody";
const run = watchedRun([whsec, other, github]);
const within = runWithin([whsec, other, github]);
const cwd = temporaryFolder("verify-webhook");
writeFileSync(join(cwd, ".env.local"), `WEBHOOK_SECRET=${whsec}\nCLERK_WEBHOOK_SIGNING_SECRET='${whsec}'\nSTRIPE_WEBHOOK_SECRET="${whsec}"\nGITHUB_WEBHOOK_SECRET="${github}"\nOTHER_SECRET=${other}\n`);
const NOW = Date.parse("2025-11-22T08:30:00Z");
const seconds = NOW / 1000;
const at = ["--now", "2025-11-22T08:30:10Z"];
const body = '{"id":"evt_1","type":"order.paid","text":"\u00e9"}';

/** @type {Record<string, Headers>} */
const signed = {
  standard: [["webhook-id", "msg_1"], ["webhook-timestamp", String(seconds)], ["webhook-signature", new StandardWebhook(whsec).sign("msg_1", new Date(NOW), body)]],
  clerk: [["svix-id", "msg_1"], ["svix-timestamp", String(seconds)], ["svix-signature", new SvixWebhook(whsec).sign("msg_1", new Date(NOW), body)]],
  stripe: [["Stripe-Signature", Stripe.webhooks.generateTestHeaderString({ payload: body, secret: whsec, timestamp: seconds })]],
  github: [["X-GitHub-Delivery", "72d3162e"], ["X-GitHub-Event", "push"], ["X-Hub-Signature-256", await githubSign(github, body)]],
};

/** @param {string} provider @param {{ headers?: Headers, body?: string, args?: string[] }} [changed] */
const judge = (provider, { headers = signed[provider] ?? [], body: sent = body, args = at } = {}) =>
  within(["verify", "webhook", provider, ...args, "--json"], { cwd, stdin: asText("POST /api/webhooks HTTP/1.1", [["host", "x"], ...headers], sent) });

test("what the makers' libraries sign verifies, with the provider's usual variable", async () => {
  for (const [provider, id] of [["standard", "msg_1"], ["clerk", "msg_1"], ["stripe", "evt_1"], ["github", "72d3162e"]]) {
    const result = await judge(/** @type {string} */ (provider));
    assert.equal(result.status, 0, result.output);
    assert.equal(result.json().found.id, id);
  }
});

test("every provider's delivery verifies, and not with another body", async () => {
  const text = JSON.stringify({ id: "evt_1", webhookTimestamp: NOW });
  const url = "https://app.example/hook";
  const providers = [...new Set(makers.map(({ provider }) => provider))];
  assert.ok(providers.length >= 14);
  await Promise.all(providers.map(async (provider) => {
    const maker = makers.find((each) => each.provider === provider && each.name !== "@upstash/qstash") ?? assert.fail();
    // An environment variable holds no NUL.
    const own = maker.secret().replaceAll("\0", "0");
    const headers = await maker.sign(own, { id: "msg_1", seconds, body: text, url });
    const args = ["verify", "webhook", provider, "--var", "THE_SECRET", ...at, ...(provider === "qstash" ? ["--url", url] : [])];
    const [good, bad] = await Promise.all([text, `${text} `].map((sent) => runWithin([own])(args, { cwd, env: { THE_SECRET: own }, stdin: asText("POST / HTTP/1.1", headers, sent) })));
    assert.equal(good?.status, 0, `${provider}: ${good?.output}`);
    assert.equal(bad?.status, 1, `${provider}: ${bad?.output}`);
    assert.match(bad?.stdout ?? "", /✖ Refused: signature_invalid, at the check "(mac|claims)"/, provider);
  }));
});

test("in parts, for people, with its id, event and idempotency key", async () => {
  writeFileSync(join(cwd, "body.json"), body);
  const [[name, value] = ["", ""]] = signed["stripe"] ?? [];
  const { status, stdout } = await run(["verify", "webhook", "stripe", "-H", `${name}: ${value}`, "--data", "body.json", ...at], { cwd });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^· Judged at 2025-11-22T08:30:10\.000Z with STRIPE_WEBHOOK_SECRET \(\.env\.local\)\.\n✔ secret[^]*✔ mac[^]*✔ window[^]*✔ The signature is right\.\n· Its id is evt_1, its event order\.paid, its idempotency key stripe:evt_1\.\n$/);
});

/** @type {[string, string, Parameters<typeof judge>[1], string, string][]} */
const tampered = [
  ["another body", "standard", { body: body.replace("paid", "sent") }, "+secret +form -mac", "signature_invalid"],
  ["a body that was written again", "stripe", { body: JSON.stringify(JSON.parse(body), undefined, 2) }, "+secret +form -mac", "signature_invalid"],
  ["a byte-order mark", "github", { body: `\ufeff${body}` }, "+secret +form -mac", "signature_invalid"],
  ["another secret", "standard", { args: [...at, "--var", "OTHER_SECRET"] }, "+secret +form -mac", "signature_invalid"],
  ["another id", "standard", { headers: (signed["standard"] ?? []).map(([name, value]) => [name, value.replace("msg_1", "msg_2")]) }, "+secret +form -mac", "signature_invalid"],
  ["no signature", "stripe", { headers: [] }, "+secret -form", "signature_missing"],
  ["a signature of another form", "github", { headers: [["x-hub-signature-256", "sha256=00"]] }, "+secret -form", "signature_malformed"],
  ["a header twice", "clerk", { headers: [...(signed["clerk"] ?? []), ["svix-id", "msg_1"]] }, "+secret -form", "header_invalid"],
  ["too old", "standard", { args: ["--now", String(NOW + 301_000)] }, "+secret +form +mac -window", "expired"],
  ["from the future", "stripe", { args: ["--now", String(NOW - 301_000)] }, "+secret +form +mac -window", "not_yet_valid"],
];
test("each tampering is named by the first check that fails, and by what to do", async () => {
  for (const [what, provider, changed, steps, code] of tampered) {
    const result = await judge(provider, changed);
    assert.equal(result.status, 1, `${what}: ${result.output}`);
    const report = result.json();
    assert.deepEqual([stepsOf(result), report.code, report.failed], [steps, code, /-(\w+)$/.exec(steps)?.[1]], what);
    assert.ok(report.advice.length > 20, what);
  }
});

test("several secrets while one is rotated; the secret on stdin", async () => {
  assert.equal((await judge("standard", { args: [...at, "--var", "OTHER_SECRET", "--var", "WEBHOOK_SECRET"] })).status, 0);
  writeFileSync(join(cwd, "message"), asText("POST / HTTP/1.1", signed["standard"] ?? [], body));
  const piped = await run(["verify", "webhook", "standard", "--message", "message", "--secret-stdin", ...at], { cwd, stdin: `${whsec}\n`, env: { WEBHOOK_SECRET: other } });
  assert.equal(piped.status, 0, piped.output);
});

test("a scheme of one's own", async () => {
  const scheme = JSON.stringify({ header: "x-sig", encoding: "hex", prefix: "sha256=" });
  const headers = /** @type {Headers} */ ([["x-sig", await githubSign(github, body)]]);
  assert.equal((await judge("hmac", { headers, args: ["--scheme", scheme, "--var", "GITHUB_WEBHOOK_SECRET"] })).status, 0);
  assert.equal((await judge("hmac", { headers, args: ["--scheme", scheme.replace("hex", "base64"), "--var", "GITHUB_WEBHOOK_SECRET"] })).status, 1);
});

test("--explain prints what was signed: as text, or in hexadecimal where it cannot be shown", async () => {
  const stdin = (/** @type {Headers} */ headers, /** @type {string} */ sent) => asText("POST / HTTP/1.1", headers, sent);
  const { stdout } = await run(["verify", "webhook", "standard", ...at, "--explain"], { cwd, stdin: stdin(signed["standard"] ?? [], body) });
  const content = `msg_1.${seconds}.${body}`;
  assert.match(stdout, new RegExp(`over these ${Buffer.byteLength(content)} bytes, with no line end behind the last:\n`));
  assert.equal(stdout.slice(stdout.indexOf("the last:\n") + 10), `${content}\n`);
  const active = `${body}\u001b[31m\r\n`;
  const hidden = await run(["verify", "webhook", "github", "--explain"], { cwd, stdin: stdin([["x-hub-signature-256", await githubSign(github, active)]], active) });
  assert.equal(hidden.stdout.search(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/), -1);
  const dumped = [...hidden.stdout.matchAll(/^[0-9a-f]{8} {2}([0-9a-f ]{48}) {2}\|/gm)].map(([, hex = ""]) => hex.replaceAll(" ", "")).join("");
  assert.equal(Buffer.from(dumped, "hex").toString(), active);
});

test("an id that a terminal would act on is shown, and not obeyed", async () => {
  const sent = '{"id":"evt_1","type":"a\\u001b[31mb\\u202ec"}';
  const headers = /** @type {Headers} */ ([["stripe-signature", Stripe.webhooks.generateTestHeaderString({ payload: sent, secret: whsec, timestamp: seconds })]]);
  const { status, stdout } = await run(["verify", "webhook", "stripe", ...at], { cwd, stdin: asText("POST / HTTP/1.1", headers, sent) });
  assert.equal(status, 0);
  assert.match(stdout, /its event a\\u001b\[31mb\\u202ec,/);
});

/** @type {[string, string[], RegExp, string?][]} */
const wrong = [
  ["a provider that there is not", ["acme"], /no such provider/],
  ["qstash without the address", ["qstash", "--var", "OTHER_SECRET"], /--url with the address/],
  ["headers without a body", ["stripe", "-H", "a: b"], /--data event\.json/],
  ["a whole and parts", ["stripe", "--message", "message", "--data", "-"], /--message is a whole message/],
  ["a response", ["stripe"], /a delivery is a request/, "HTTP/1.1 200 OK\n\n"],
  ["no secret", ["slack"], /SLACK_SIGNING_SECRET is not set here/, "POST / HTTP/1.1\n\n"],
  ["a secret of another form", ["paddle", "--var", "OTHER_SECRET"], /pdl_ntfset_/, "POST / HTTP/1.1\n\n"],
  ["stdin for two things", ["stripe", "--secret-stdin"], /The message and --secret-stdin both want stdin/],
];
test("what cannot be read is status 2, and says what is right", async () => {
  for (const [what, args, expected, stdin] of wrong) {
    const { status, stdout, stderr } = await within(["verify", "webhook", ...args], { cwd, stdin: stdin ?? "" });
    assert.deepEqual([status, stdout], [2, ""], `${what}: ${stderr}`);
    assert.match(stderr, expected, what);
    assert.ok(!stderr.includes("fault of countersign"), stderr);
  }
  for (const args of [["stripe", "--secret", whsec], ["stripe", "--var", whsec], [whsec]]) assert.equal((await runWithMistake([whsec])(["verify", "webhook", ...args], { cwd })).status, 2);
});
