// What www/docs/callers.md says, tried in the embedded Convex with the page's own code.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { anyApi } from "convex/server";
import { generateSecret } from "countersign";
import { CountersignClient } from "countersign/client";
import { startApp } from "./app.mjs";
import { snippet } from "./snippets.mjs";

const page = "www/docs/callers.md";
const api = /** @type {any} */ (anyApi);
const web = generateSecret();

/** @type {import("./app.mjs").App} */
let app;
/** @type {string} */
let worker;

before(async () => {
  app = await startApp("callers", page);
  mkdirSync(join(app.folder, "worker"));
  await app.run(snippet(page, "a secret for the worker"));
  worker = readFileSync(join(app.folder, "worker/.env.local"), "utf8").trim().replace("COUNTERSIGN_SECRET=", "");
  await app.convex.setEnv("COUNTERSIGN_WEB", web);
  process.env["NEXT_PUBLIC_CONVEX_URL"] = app.convex.url;
});
after(() => app.convex.close());

/** @param {string} secret */
const client = (secret) => new CountersignClient(app.convex.url, { secret, logger: false });
/** What a failed call says, and which code the log gave. @param {Promise<unknown>} call */
async function failure(call) {
  const before = app.messages().length;
  const error = await call.then((value) => assert.fail(`it returned ${JSON.stringify(value)}`), (error) => error);
  return { code: error.code, message: error.message, logged: / code=(\w+)/.exec(app.messages().slice(before).join("\n"))?.[1] };
}

test("each caller is known by its key", async () => {
  assert.equal(await client(web).query(api.reports.whoAmI), "web");
  assert.equal(await client(worker).query(api.reports.whoAmI), "worker");
});

test("only the listed caller may call, and the log has the page's line", async () => {
  process.env["COUNTERSIGN_SECRET"] = web;
  process.env["WORKER_SECRET"] = worker;
  const { send } = await app.load("server/send.ts");
  await send("evt_1");
  assert.deepEqual((await app.convex.readTable("", "events")).map(({ provider }) => provider), ["worker"]);
  assert.deepEqual(await failure(client(web).mutation(api.reports.send, { eventId: "evt_2" })).then(({ code, logged }) => [code, logged]), ["unauthorized", "caller_forbidden"]);
  assert.ok(app.logged(snippet(page, "forbidden")), app.messages().at(-1));
  delete process.env["WORKER_SECRET"];
  assert.equal((await failure(send("evt_3"))).code, "secret_missing", "no other secret is taken instead");
  const withText = new CountersignClient(app.convex.url, { secret: process.env["WORKER_SECRET"], logger: false });
  assert.equal((await failure(withText.query(api.reports.whoAmI))).code, "secret_missing", "not as a text either");
});

test("the gateway has a list for each caller", async () => {
  const [forWeb, forWorker] = [client(web).gateway, client(worker).gateway];
  const order = { item: "book", count: 1 };
  assert.deepEqual(await forWeb.query(api.orders.list), []);
  assert.equal(typeof (await forWorker.mutation(api.orders.create, order)), "string");
  assert.equal((await failure(forWeb.mutation(api.orders.create, order))).logged, "caller_forbidden");
  assert.equal((await failure(forWeb.mutation(api.orders.removeAll))).logged, "function_forbidden");
});

test("a caller without a secret, or with that of another, stops all", async () => {
  await app.convex.setEnv("COUNTERSIGN_WORKER", undefined);
  const missing = await failure(client(web).query(api.reports.whoAmI));
  assert.deepEqual([missing.code, missing.logged], ["misconfigured", "secret_missing"]);
  assert.match(missing.message, /keys\.worker/);
  await app.convex.setEnv("COUNTERSIGN_WORKER", web);
  const conflict = await failure(client(web).query(api.reports.whoAmI));
  assert.deepEqual([conflict.code, conflict.logged], ["misconfigured", "key_conflict"]);
  await app.convex.setEnv("COUNTERSIGN_WORKER", worker);
  assert.equal(await client(web).query(api.reports.whoAmI), "web");
});
