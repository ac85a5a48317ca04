// What www/docs/gateway.md says, tried in the embedded Convex with the page's own code.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { anyApi, makeFunctionReference } from "convex/server";
import { createKeyring, generateSecret, signCall } from "countersign";
import { CountersignClient } from "countersign/client";
import { startApp } from "./app.mjs";
import { snippet } from "./snippets.mjs";

const page = "www/docs/gateway.md";
const internal = /** @type {any} */ (anyApi);
const order = { item: "book", count: 1 };
const secret = generateSecret();

/** @type {import("./app.mjs").App} */
let app;
/** @type {CountersignClient} */
let client;

before(async () => {
  app = await startApp("gateway", page);
  process.env["NEXT_PUBLIC_CONVEX_URL"] = app.convex.url;
  process.env["COUNTERSIGN_SECRET"] = secret;
  await app.convex.setEnv("COUNTERSIGN_SECRET", secret);
  client = new CountersignClient(app.convex.url, { logger: false });
});
after(() => app.convex.close());

const orders = () => app.convex.readTable("", "orders");
/** @param {Promise<unknown>} call @param {string} code */
async function refused(call, code) {
  const before = app.messages().length;
  await assert.rejects(call, (/** @type {any} */ error) => JSON.stringify((error.cause ?? error).data) === '{"code":"unauthorized"}');
  assert.match(app.messages().slice(before).join("\n"), new RegExp(`^countersign: refused code=${code} `));
}

/** A call that is signed rightly and sent by hand. @param {"query" | "mutation" | "action"} door @param {string} name @param {object} args @param {"query" | "mutation" | "action"} [type] */
function send(door, name, args, type = door) {
  const countersign = signCall(createKeyring(secret), { audience: app.convex.url, type, name, args });
  return post(door, { name, args, countersign });
}

/** @param {"query" | "mutation" | "action"} door @param {object} body */
function post(door, body) {
  const convex = /** @type {any} */ (new ConvexHttpClient(app.convex.url, { skipConvexDeploymentUrlCheck: true, logger: false }));
  return convex[door](makeFunctionReference(`gateway:${door}`), body);
}

test("the server's code calls the internal functions", async () => {
  const server = await app.load("server/orders.ts");
  assert.deepEqual({ ...(await server.order("lamp")), _id: 0, _creationTime: 0 }, { item: "lamp", count: 1, _id: 0, _creationTime: 0 });
});

test("a module's functions are reached by `reports:*`, its default export is not", async () => {
  assert.equal(await client.gateway.action(internal.reports.daily, { day: "today" }), "report of today");
  await refused(send("query", "reports", {}), "function_forbidden");
});

test("what the function throws comes back, and uses nothing up", async () => {
  const nonces = (await app.convex.readTable("countersign", "nonces")).length;
  await assert.rejects(client.gateway.mutation(internal.orders.create, { ...order, count: 0 }), { data: { code: "nothing_ordered" } });
  await assert.rejects(client.gateway.mutation(internal.orders.create, { item: 5 }), /Server Error/);
  assert.equal((await app.convex.readTable("countersign", "nonces")).length, nonces);
});

test("what is not listed is refused, and the log has the page's line", async () => {
  await refused(client.gateway.mutation(internal.orders.removeAll), "function_forbidden");
  assert.ok(app.logged(snippet(page, "unlisted")), app.messages().at(-1));
});

test("other spellings, Convex's own functions, a component's and handles are refused", async () => {
  const names = ["orders.js:create", "orders:create:default", "reports:default", "_system/cli/tables", "countersign/replay:consume", "countersign:replay:record", "function://;orders:create"];
  for (const name of names) {
    const before = app.messages().length;
    await assert.rejects(send("mutation", name, order), (/** @type {any} */ error) => error.data?.code === "unauthorized", name);
    assert.match(app.messages().slice(before).join("\n"), /^countersign: refused code=\w+ /, name);
  }
});

test("a signature is for one function, its type and its arguments, and for one call", async () => {
  const before = (await orders()).length;
  const countersign = signCall(createKeyring(secret), { audience: app.convex.url, type: "mutation", name: "orders:create", args: order });
  await refused(post("mutation", { name: "reports:open", args: {}, countersign }), "signature_invalid");
  await refused(post("mutation", { name: "orders:create", args: { ...order, count: 9 }, countersign }), "signature_invalid");
  await refused(post("query", { name: "orders:create", args: order, countersign }), "signature_invalid");
  assert.equal((await orders()).length, before);
  await post("mutation", { name: "orders:create", args: order, countersign });
  await refused(post("mutation", { name: "orders:create", args: order, countersign }), "replayed");
  assert.equal((await orders()).length, before + 1);
});

test("an idempotency key goes through the gateway", async () => {
  const call = () => client.gateway.mutation(internal.orders.create, order, { idempotencyKey: "order 7" });
  assert.equal(await call(), await call());
});

test("a public function may be listed; anybody can call it without the gateway", async () => {
  assert.equal(await client.gateway.mutation(internal.reports.open), "anybody");
  const anybody = new ConvexHttpClient(app.convex.url, { skipConvexDeploymentUrlCheck: true, logger: false });
  assert.equal(await anybody.mutation(internal.reports.open, {}), "anybody");
  await assert.rejects(anybody.mutation(internal.orders.create, order), /Server Error/);
});

test("a signed function on the list wants a signature of its own", async () => {
  await refused(client.gateway.mutation(internal.reports.signed), "signature_missing");
});

test("the caller is not passed on", async () => {
  assert.deepEqual(await client.gateway.query(internal.reports.seen), { user: null, caller: false });
});

test("a production deployment without the file says so in its log only", async () => {
  const elsewhere = new CountersignClient(app.convex.url, { gateway: "api/gateway", logger: false });
  await assert.rejects(elsewhere.gateway.query(internal.orders.list), /Server Error/);
  assert.ok(app.messages().some((message) => message.includes("api/gateway:query")));
});
