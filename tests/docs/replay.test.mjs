// What www/docs/replay.md says, tried in the embedded Convex with the page's own code.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { anyApi } from "convex/server";
import { generateSecret } from "countersign";
import { CountersignClient } from "countersign/client";
import { ConvexHttpClient } from "convex/browser";
import { startApp } from "./app.mjs";
import { root, snippet } from "./snippets.mjs";

const page = "www/docs/replay.md";
const event = { eventId: "evt_1", provider: "polar" };
const api = /** @type {any} */ (anyApi);

/** @type {import("./app.mjs").App} */
let app;
/** @type {CountersignClient} */
let client;
/** The arguments of the last call, as they were sent. @type {any} */
let sent;
/** @type {ConvexHttpClient} */
let attacker;

before(async () => {
  app = await startApp("replay", page);
  const { url } = app.convex;
  process.env["NEXT_PUBLIC_CONVEX_URL"] = url;
  process.env["COUNTERSIGN_SECRET"] = generateSecret();
  await app.convex.setEnv("COUNTERSIGN_SECRET", process.env["COUNTERSIGN_SECRET"]);
  client = new CountersignClient(url, {
    logger: false,
    fetch: async (input, init) => {
      sent = JSON.parse(String(init?.body)).args[0];
      return fetch(input, init);
    },
  });
  attacker = new ConvexHttpClient(url, { skipConvexDeploymentUrlCheck: true, logger: false });
});
after(() => app.convex.close());

const eventRows = async () => (await app.convex.readTable("", "events")).length;
/** The error data of a call that is sent again as it was. @param {Promise<unknown>} call */
const refusal = (call) => call.then((value) => assert.fail(`it returned ${JSON.stringify(value)}`), (error) => error.data);

test("the same mutation again is refused, and the log says why", async () => {
  const before = await eventRows();
  await client.mutation(api.webhooks.markEventProcessed, event);
  assert.deepEqual(await refusal(attacker.mutation(api.webhooks.markEventProcessed, sent)), { code: "unauthorized" });
  assert.ok(app.logged(snippet(page, "replayed")), app.messages().at(-1));
  assert.equal(await eventRows(), before + 1);
});

test("the same query again is answered, by what is there then", async () => {
  const first = await client.query(api.throwing.count, {});
  const captured = sent;
  await client.mutation(api.webhooks.markEventProcessed, event);
  assert.equal(await attacker.query(api.throwing.count, captured), Number(first) + 1);
});

test("a mutation that throws leaves its call unused, and nothing else", async () => {
  const [rows, nonces] = [await eventRows(), (await app.convex.readTable("countersign", "nonces")).length];
  await app.convex.setEnv("PROVIDER_IS_DOWN", "yes");
  await assert.rejects(client.mutation(api.throwing.throws, {}), { data: "the provider is down" });
  assert.equal((await app.convex.readTable("countersign", "nonces")).length, nonces);
  assert.equal(await attacker.mutation(api.throwing.outer, sent), "caught");
  assert.equal(await eventRows(), rows, "both are rolled back");
  await app.convex.setEnv("PROVIDER_IS_DOWN", undefined);
  assert.equal(await attacker.mutation(api.throwing.throws, sent), "done");
  assert.deepEqual(await refusal(attacker.mutation(api.throwing.throws, sent)), { code: "unauthorized" });
});

test("a mutation that catches an error, and an action that throws, have used up their calls", async () => {
  assert.equal(await client.mutation(api.throwing.catches, {}), "caught");
  assert.deepEqual(await refusal(attacker.mutation(api.throwing.catches, sent)), { code: "unauthorized" });
  await assert.rejects(client.action(api.throwing.actionThrows, {}), { data: "the provider is down" });
  assert.deepEqual(await refusal(attacker.action(api.throwing.actionThrows, sent)), { code: "unauthorized" });
});

test("the route has one effect of two deliveries, also at once, and the same answer", async () => {
  const { POST } = await app.load("app/api/webhooks/route.ts");
  const deliver = async (/** @type {string} */ id) => (await POST(new Request("http://localhost/api/webhooks", { method: "POST", body: JSON.stringify({ id }) }))).json();
  const before = await eventRows();
  const first = await deliver("evt_2");
  assert.match(first.result, /^polar event recorded, signed by key [0-9a-f]{16}$/);
  assert.deepEqual(await deliver("evt_2"), first);
  assert.equal(new Set((await Promise.all([1, 2, 3].map(() => deliver("evt_3")))).map(({ result }) => result)).size, 1);
  assert.equal(await eventRows(), before + 2);
});

test("an idempotency key is for one function and its arguments, and goes unused if the mutation throws", async () => {
  const options = { idempotencyKey: "polar:evt_4" };
  const before = await eventRows();
  await client.mutation(api.webhooks.markEventProcessed, event, options);
  await assert.rejects(client.mutation(api.webhooks.markEventProcessed, { ...event, provider: "stripe" }, options), (/** @type {any} */ error) => {
    assert.equal(error.code, "idempotency_conflict");
    assert.deepEqual(Object.keys(error.cause.data), ["code", "message"]);
    return true;
  });
  await app.convex.setEnv("PROVIDER_IS_DOWN", "yes");
  await assert.rejects(client.mutation(api.throwing.throws, {}, options), { data: "the provider is down" });
  await app.convex.setEnv("PROVIDER_IS_DOWN", undefined);
  assert.equal(await client.mutation(api.throwing.throws, {}, options), "done");
  assert.equal(await eventRows(), before + 2);
});

test("a result of 64 KiB is recorded, one byte more rolls everything back", async () => {
  const quotes = 2;
  const length = 64 * 1024 - quotes;
  assert.equal(String(await client.mutation(api.throwing.text, { length }, { idempotencyKey: "fits" })).length, length);
  const before = await eventRows();
  await assert.rejects(client.mutation(api.throwing.text, { length: length + 1 }, { idempotencyKey: "too large" }), { code: "misconfigured" });
  assert.equal(await eventRows(), before);
});

test("rows hold what the page says, until then", async () => {
  const [nonces, results, sweeps] = await Promise.all(["nonces", "results", "sweeps"].map((table) => app.convex.readTable("countersign", table)));
  const fields = (/** @type {any[] | undefined} */ rows) => [...new Set(rows?.flatMap((row) => Object.keys(row)))].filter((name) => !name.startsWith("_")).sort();
  assert.deepEqual(fields(nonces), ["expiresAt", "key", "shard"]);
  assert.deepEqual(fields(results), ["call", "caller", "expiresAt", "key", "result"]);
  assert.ok((sweeps ?? []).length <= 1);
  for (const { expiresAt, _creationTime } of nonces ?? []) assert.ok(Math.abs(expiresAt - _creationTime - 16 * 60_000) < 5000, "16 minutes after signing");
  for (const { expiresAt, _creationTime } of results ?? []) assert.ok(Math.abs(expiresAt - _creationTime - 24 * 3_600_000) < 5000, "24 hours");
});

test("the test with convex-test passes, and fails if the guard remembers nothing", async () => {
  const vitest = () => promisify(execFile)(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", app.folder]);
  assert.match((await vitest()).stdout, /1 passed/);
  writeFileSync(join(app.folder, "convex/countersign.ts"), snippet(page, "convex/countersign.ts").replace("components.countersign", "false"));
  await assert.rejects(vitest(), ({ stdout }) => /1 failed/.test(stdout));
});
