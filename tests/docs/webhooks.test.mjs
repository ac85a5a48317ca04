// What www/docs/webhooks*.md say, tried: each route loaded as a bundler loads it, signed deliveries and forged ones, the http action in
// the embedded Convex.

import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, mock, test } from "node:test";
import { build } from "esbuild";
import { generateSecret } from "countersign";
import { hmac, signWebhook, verifyWebhook, webhookRoute } from "countersign/webhooks";
import { rows } from "../webhooks/stricter.mjs";
import { startApp } from "./app.mjs";
import { root, snippets, webhookPages } from "./snippets.mjs";

/** @typedef {import("countersign/webhooks").WebhookProvider} WebhookProvider */

/** @type {import("./app.mjs").App} */
let app;
const secret = "whsec_QpIbDhAoq5n7yqKVYwBxHh1tNjM0sQcL";
const event = JSON.stringify({ id: "evt_1", type: "invoice.paid", data: { id: "user_1" } });

before(async () => {
  app = await startApp("webhooks", "www/docs/webhooks.md");
  for (const { title = "", code } of webhookPages.flatMap(snippets)) {
    mkdirSync(dirname(join(app.folder, title)), { recursive: true });
    writeFileSync(join(app.folder, title), code);
  }
  process.env["NEXT_PUBLIC_CONVEX_URL"] = app.convex.url;
  process.env["COUNTERSIGN_SECRET"] = generateSecret();
  await app.convex.setEnv("COUNTERSIGN_SECRET", process.env["COUNTERSIGN_SECRET"]);
});
after(() => app.convex.close());

const events = async () => (await app.convex.readTable("", "events")).map(({ eventId, provider }) => `${provider} ${eventId}`).sort();

/** @param {string} body @param {[string, string][]} headers */
const request = (body, headers) => new Request("https://app.example/api/webhooks", { method: "POST", body, headers });

/** @template T @param {() => Promise<T>} run @returns {Promise<{ result: T, lines: string[] }>} what is logged meanwhile */
async function logged(run) {
  /** @type {string[]} */
  const lines = [];
  const mocks = /** @type {const} */ (["log", "warn", "error"]).map((name) => mock.method(console, name, (/** @type {unknown[]} */ ...args) => lines.push(args.join(" "))));
  try {
    return { result: await run(), lines };
  } finally {
    for (const one of mocks) one.mock.restore();
  }
}

/** Each route of the pages: its variables, a delivery, and what its handler does with it. */
const acme = hmac({ name: "acme", header: "x-acme-signature", encoding: "hex", prefix: "sha256=", timestamp: { header: "x-acme-time", unit: "s", after: "." } });
const whsec = `whsec_${Buffer.from("a secret of 24 bytes....").toString("base64")}`;
const url = "https://app.example/api/webhooks/qstash";
/** @type {readonly { path: string, provider: WebhookProvider, variables: Record<string, string>, body: string, more?: object, prints?: RegExp, answers?: unknown }[]} */
const routes = [
  { path: "clerk", provider: "clerk", variables: { CLERK_WEBHOOK_SIGNING_SECRET: whsec }, body: JSON.stringify({ type: "user.deleted", data: { id: "user_1" } }), prints: /^user_1$/ },
  { path: "shopify/orders-create", provider: "shopify", variables: { SHOPIFY_API_SECRET: "shpss_5f9c2f1b7e0a4d3c8b6a1e2f" }, body: '{"id":820982911946154508}', prints: /^820982911946154500$/ },
  { path: "github", provider: "github", variables: { GITHUB_WEBHOOK_SECRET: "It's a Secret to Everybody" }, body: '{"ref":"refs/heads/main","commits":[{}]}', more: { event: "push" }, prints: /^1 commits on refs\/heads\/main$/ },
  { path: "slack", provider: "slack", variables: { SLACK_SIGNING_SECRET: "8f742231b10e8888abcd99edabcd85a5" }, body: '{"type":"url_verification","challenge":"3eZbrw1a"}', answers: { challenge: "3eZbrw1a" } },
  { path: "qstash", provider: "qstash", variables: { QSTASH_CURRENT_SIGNING_KEY: "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r", QSTASH_NEXT_SIGNING_KEY: "sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs" }, body: "[1]", more: { url }, prints: /1/ },
  { path: "acme", provider: acme, variables: { ACME_WEBHOOK_SECRET: "52bfd1ce0e9f4b7b" }, body: '{"a":1}', answers: { a: 1 } },
];

for (const { path, provider, variables, body, more, prints, answers } of routes) {
  test(`the route ${path} takes what ${typeof provider === "string" ? provider : path} signs, and nothing else`, async () => {
    const file = `app/api/webhooks/${path}/route.ts`;
    const [name = "", key = ""] = Object.entries(variables)[0] ?? [];
    for (const variable of Object.keys(variables)) delete process.env[variable];
    const signed = signWebhook(provider, { secret: key, body, ...more });

    // A copy: it is loaded before its variable is set.
    copyFileSync(join(app.folder, file), join(app.folder, file.replace("route", "unset")));
    const unset = await app.load(file.replace("route", "unset"));
    const closed = await logged(() => unset.POST(request(body, signed)));
    assert.equal(closed.result.status, 500);
    assert.match(closed.lines.join("\n"), typeof provider === "string" ? new RegExp(`code=secret_missing .*${name}`) : /code=secret_missing/);

    Object.assign(process.env, variables);
    const { POST } = await app.load(file);
    const { result, lines } = await logged(() => POST(request(body, signed)));
    assert.equal(result.status, 200, lines.join("\n"));
    if (prints) assert.match(lines.join("\n"), prints);
    if (answers) assert.deepEqual(await result.json(), answers);
    for (const [what, forged] of /** @type {[string, Request][]} */ ([["another body", request(`${body} `, signed)], ["no signature", request(body, [])]])) {
      const refused = await logged(() => POST(forged));
      assert.equal(refused.result.status, 401, what);
      assert.match(refused.lines.join("\n"), /^countersign: refused code=signature_/);
    }
  });
}

for (const provider of /** @type {const} */ (["stripe", "polar"])) {
  test(`an event of ${provider} that comes twice runs the mutation once`, async () => {
    process.env[`${provider.toUpperCase()}_WEBHOOK_SECRET`] = secret;
    const { POST } = await app.load(`app/api/webhooks/${provider}/route.ts`);
    const id = provider === "stripe" ? "evt_1" : "msg_1";
    const before = await events();
    for (let time = 0; time < 2; time++) assert.equal((await POST(request(event, signWebhook(provider, { secret, body: event, ...(provider === "polar" && { id }) })))).status, 200);
    const { result } = await logged(() => POST(request(event, signWebhook(provider, { secret: `${secret}x`, body: event }))));
    assert.equal(result.status, 401);
    assert.deepEqual(await events(), [...before, `${provider} ${id}`].sort());
  });
}

test("in Convex an event runs the mutation once, also if it comes many times at once; a forged one never", async () => {
  const post = (/** @type {string} */ body, /** @type {[string, string][]} */ headers) => fetch(`${app.convex.siteUrl}/stripe`, { method: "POST", body, headers });
  const body = JSON.stringify({ id: "evt_convex", type: "invoice.paid" });
  const headers = signWebhook("stripe", { secret, body });
  assert.equal((await post(body, headers)).status, 500, "without a secret");
  assert.ok(app.messages().some((line) => /code=secret_missing .*npx convex env set STRIPE_WEBHOOK_SECRET/.test(line)), app.messages().at(-1));
  await app.convex.setEnv("STRIPE_WEBHOOK_SECRET", secret);

  const forged = await post(`${body} `, headers);
  assert.deepEqual([forged.status, await forged.json()], [401, { type: "about:blank", title: "Unauthorized", status: 401 }]);
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(body, headers)));
  assert.deepEqual(answers.map(({ status }) => status), Array.from({ length: 8 }, () => 200));
  assert.equal((await events()).filter((line) => line === "stripe evt_convex").length, 1);
  assert.equal((await post("x".repeat(1024 * 1024 + 1), headers)).status, 413);

  const before = Date.now();
  const [row] = (await app.convex.readTable("countersign", "nonces")).filter(({ key }) => key.endsWith("stripe:evt_convex"));
  assert.ok(Math.abs(row?.expiresAt - before - 4 * 86_400_000) < 60_000, "for four days");
});

test("a mutation that asks firstDelivery brings no WebAssembly along", async () => {
  const { metafile } = await build({ entryPoints: [join(app.folder, "convex/payments.ts")], bundle: true, format: "esm", write: false, minify: true, metafile: true, conditions: ["convex", "module"], external: ["convex/*"], logLevel: "silent" });
  const [{ bytes } = { bytes: Infinity }] = Object.values(metafile.outputs);
  assert.ok(bytes < 5000, `${bytes} bytes`);
});

test("the server of node:http takes what is signed", async (t) => {
  process.env["GITHUB_WEBHOOK_SECRET"] = "It's a Secret to Everybody";
  const { server } = await app.load("server.ts");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const post = (/** @type {string} */ body, /** @type {[string, string][]} */ headers) => fetch(`http://127.0.0.1:${server.address().port}`, { method: "POST", body, headers: [...headers, ["connection", "close"]] });
  const signed = signWebhook("github", { secret: process.env["GITHUB_WEBHOOK_SECRET"], body: event, event: "push" });
  assert.equal(await post(event, signed).then((response) => response.text()), "thanks for the push");
  assert.equal((await post(`${event} `, signed)).status, 401);
});

test("what send.ts sends is a Standard Webhook", async () => {
  const { send } = await app.load("send.ts");
  const fetched = mock.method(globalThis, "fetch", async () => new Response(null));
  await send("https://receiver.example", whsec, { type: "order.paid" });
  const [, init] = /** @type {any} */ (fetched.mock.calls[0]?.arguments);
  fetched.mock.restore();
  assert.equal(verifyWebhook("standard", { secret: whsec, headers: init.headers, body: init.body }).event, "order.paid");
});

test("a slash command of Slack is a form", async () => {
  const key = "8f742231b10e8888abcd99edabcd85a5";
  const body = "command=%2Fdeploy&text=to+%F0%9F%9A%80";
  const POST = webhookRoute("slack", async ({ request: sent, event: named }) => {
    const form = await sent.formData();
    return Response.json([form.get("command"), form.get("text"), named ?? null]);
  }, { secret: key });
  const answer = await POST(request(body, [["content-type", "application/x-www-form-urlencoded"], ...signWebhook("slack", { secret: key, body })]));
  assert.deepEqual(await answer.json(), ["/deploy", "to \u{1f680}", null]);
});

test("the table of what makers' libraries take has the rows that are tested, and no others", () => {
  const text = readFileSync(join(root, "www/docs/webhooks.md"), "utf8");
  const listed = [...text.matchAll(/^\| `([^`]+)` \| (.+) \| `(\w+)` \|$/gm)].map(([, library, takes, code]) => ({ library, takes, code }));
  assert.deepEqual(listed, rows.map(({ library, takes, code }) => ({ library, takes, code })));
});

test("each provider is on one page, with the headers it has", () => {
  const text = webhookPages.map((page) => readFileSync(join(root, page), "utf8")).join("\n");
  const providers = ["standard", "svix", "clerk", "resend", "polar", "stripe", "github", "slack", "shopify", "linear", "lemonsqueezy", "paddle", "workos", "qstash"];
  for (const provider of providers) {
    const key = provider === "qstash" ? "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r" : provider === "paddle" ? "pdl_ntfset_01gkpjp8bkm3tm53kdgkx6sms7" : whsec;
    const headers = signWebhook(/** @type {any} */ (provider), { secret: key, body: "{}", id: "msg_1", event: "x", ...(provider === "qstash" && { url }) });
    for (const [header] of headers.filter(([name]) => name !== "x-event-name" && name !== "linear-event")) assert.ok(text.includes(`\`${header}\``), `${provider}: ${header}`);
    assert.ok(text.includes(`\`${provider}\``), provider);
  }
  for (const page of webhookPages) for (const { title } of snippets(page)) assert.ok(title !== undefined && existsSync(join(app.folder, title)), `${page}: ${title}`);
});
