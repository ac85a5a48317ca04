// The sync WebSocket, with the real reactive clients and with raw messages.
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { BaseConvexClient, ConvexClient } from "convex/browser";
import { ConvexReactClient } from "convex/react";
import { makeFunctionReference } from "convex/server";
import { ConvexError } from "convex/values";
import { WebSocket } from "ws";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createSync } from "./sync.mjs";
import { errorOf, httpClient, startFixture, until } from "./testing.mjs";

/** @type {Awaited<ReturnType<typeof startFixture>>} */
let convex;
/** @type {any} functions are named by strings here, which the client's types do not know */
let http;
/** @type {(() => unknown)[]} */
const cleanUp = [];

beforeAll(async () => {
  convex = await startFixture({ env: { GREETING: "hello" } });
  http = httpClient(convex.url);
});
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});
afterAll(() => convex.close());

/** @type {any} */
const QUIET = { logger: false, skipConvexDeploymentUrlCheck: true, unsavedChangesWarning: false, webSocketConstructor: WebSocket };

const list = makeFunctionReference("messages:list");
const send = /** @type {import("convex/server").FunctionReference<"mutation">} */ (makeFunctionReference("messages:send"));
const bodies = (/** @type {any} */ messages) => messages?.map((/** @type {any} */ { body }) => body);

function browserClient() {
  const client = new ConvexClient(convex.url, QUIET);
  cleanUp.push(() => client.close());
  return client;
}

/** Subscribes, and gives everything the subscription ever said. @param {ConvexClient} client @param {any} query @param {any} args */
function follow(client, query, args) {
  /** @type {any[]} */
  const seen = [];
  /** @type {Error[]} */
  const errors = [];
  const unsubscribe = client.onUpdate(query, args, (value) => seen.push(value), (error) => errors.push(error));
  return { seen, errors, unsubscribe };
}

test("a subscription follows another client's changes", async () => {
  const { seen } = follow(browserClient(), list, { author: "live" });
  await until(() => seen.length === 1, "the first result is there");
  expect(seen[0]).toEqual([]);
  await http.mutation("messages:send", { body: "one", author: "live" });
  await until(() => seen.length === 2, "the change is there");
  expect(bodies(seen[1])).toEqual(["one"]);
  await http.action("nested/deep", { body: "elsewhere" });
  await fetch(`${convex.siteUrl}/webhook`, { method: "POST", body: "elsewhere too" });
  await http.mutation("messages:send", { body: "two", author: "live" });
  await until(() => seen.length === 3, "the next change is there");
  expect(bodies(seen[2])).toEqual(["one", "two"]);
});

test("writes of actions, http actions and scheduled functions are followed", async () => {
  const { seen } = follow(browserClient(), list, { author: "internal" });
  await until(() => seen.length > 0, "the first result is there");
  const latest = () => bodies(seen.at(-1));
  await http.action("nested/deep", { body: "by an action" });
  await until(() => latest().includes("by an action"), "the action's write is there");
  await fetch(`${convex.siteUrl}/webhook`, { method: "POST", body: "by a webhook" });
  await until(() => latest().includes("by a webhook"), "the webhook's write is there");
  await http.mutation("messages:schedule", { body: "by the scheduler" });
  await until(() => latest().includes("by the scheduler"), "the scheduled function's write is there");
});

test("a client reads its own writes, and an unsubscribed query is silent", async () => {
  const client = browserClient();
  const { seen, unsubscribe } = follow(client, list, { author: "own" });
  for (const body of ["a", "b", "c"]) {
    await client.mutation(send, { body, author: "own" });
    expect(bodies(seen.at(-1))).toContain(body);
  }
  unsubscribe();
  const before = seen.length;
  await client.mutation(send, { body: "d", author: "own" });
  expect(seen.length).toBe(before);
  expect(bodies(await client.query(/** @type {any} */ (list), { author: "own" }))).toEqual(["a", "b", "c", "d"]);
});

test("mutations and actions over the socket answer, and fail as over HTTP", async () => {
  const client = browserClient();
  const call = (/** @type {string} */ name) => /** @type {any} */ (makeFunctionReference(name));
  expect(await client.action(call("hash:sha256"), { text: "" })).toMatch(/^e3b0c442/);
  const args = { body: "x", author: "socket" };
  const plain = await errorOf(client.mutation(call("messages:sendThenFail"), args));
  expect(plain.message).toMatch(/\[Request ID: [0-9a-f]{16}\] Server Error/);
  expect(plain.message).not.toContain("the reason");
  const refused = await errorOf(client.mutation(call("messages:sendThenRefuse"), args));
  expect(refused).toBeInstanceOf(ConvexError);
  expect(refused.data).toEqual({ code: "refused", count: 3n });
  expect((await errorOf(client.mutation(call("messages:sendInternal"), { body: "x" }))).message).toContain("Server Error");
  expect((await errorOf(client.action(call("nowhere:nothing"), {}))).message).toContain("Server Error");
  expect(await http.query("messages:list", { author: "socket" })).toEqual([]);
});

test("a failing query reports its ConvexError's data, and an internal one is refused", async () => {
  const client = browserClient();
  const refused = follow(client, makeFunctionReference("values:refuse"), {});
  const internal = follow(client, makeFunctionReference("messages:countInternal"), {});
  await until(() => refused.errors.length > 0 && internal.errors.length > 0, "both have failed");
  expect(/** @type {any} */ (refused.errors[0]).data).toEqual({ code: "refused", at: 2n ** 40n });
  expect(internal.errors[0]?.message).toContain("Server Error");
  expect(internal.seen).toEqual([]);
});

test("a query runs again only when a table it read was written, or a variable changed", async () => {
  const { seen } = follow(browserClient(), makeFunctionReference("counters:get"), { name: "quiet" });
  const greeting = follow(browserClient(), makeFunctionReference("environment:greeting"), {});
  await until(() => seen.length === 1 && greeting.seen.length === 1, "the first results are there");
  const runs = () => convex.logs.filter((entry) => entry.message === "reading the counter quiet").length;
  const other = follow(browserClient(), list, { author: "unrelated" });
  await http.mutation("messages:send", { body: "x", author: "unrelated" });
  await until(() => other.seen.at(-1)?.length === 1, "the other subscription has followed");
  expect(runs()).toBe(1);
  await http.mutation("counters:increment", { names: ["quiet"] });
  await until(() => seen.at(-1) === 1, "the counter's change is there");
  expect(runs()).toBe(2);
  await convex.setEnv("GREETING", "changed");
  await until(() => greeting.seen.at(-1)?.handler === "changed", "the variable's change is there");
});

test("all queries of a client change together", async () => {
  const names = ["left", "right"];
  /** @type {number[][]} */
  const states = [];
  const client = new BaseConvexClient(convex.url, () => states.push(names.map((name) => /** @type {number} */ (client.localQueryResult("counters:get", { name })))), QUIET);
  cleanUp.push(() => client.close());
  for (const name of names) client.subscribe("counters:get", { name });
  await until(() => states.length > 0, "the first state is there");
  await Promise.all(Array.from({ length: 10 }, () => /** @type {any} */ (httpClient(convex.url)).mutation("counters:increment", { names })));
  await until(() => states.at(-1)?.[0] === 10, "all changes are there");
  for (const [left, right] of states) expect(left).toBe(right);
});

test("convex/react: a watched query changes, optimistically first", async () => {
  const client = new ConvexReactClient(convex.url, QUIET);
  cleanUp.push(() => client.close());
  const watch = client.watchQuery(/** @type {any} */ (list), { author: "react" });
  /** @type {any[]} */
  const seen = [];
  watch.onUpdate(() => seen.push(bodies(watch.localQueryResult())));
  await until(() => seen.length === 1, "the first result is there");
  await client.mutation(send, { body: "real", author: "react" }, {
    optimisticUpdate: (store) => store.setQuery(/** @type {any} */ (list), { author: "react" }, /** @type {any} */ ([{ body: "optimistic" }])),
  });
  // Never both at once, and never neither: the server's state replaces the guess in one step.
  expect(seen).toEqual([[], ["optimistic"], ["real"]]);
});

/** A socket that speaks the protocol by hand. */
async function rawSocket(url = convex.url) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/1.48.0/sync`);
  cleanUp.push(() => socket.terminate());
  /** @type {any[]} */
  const received = [];
  let closed = 0;
  socket.on("message", (data) => received.push(JSON.parse(data.toString())));
  socket.on("close", (code) => (closed = code));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return { received, closed: () => closed, send: (/** @type {unknown} */ message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)) };
}

test("a mutation sent again after a reconnect runs once", async () => {
  const mutation = { type: "Mutation", requestId: 0, udfPath: "messages:send", args: [{ body: "once", author: "again" }] };
  const results = [];
  for (let connection = 0; connection < 2; connection++) {
    const { received, send: sendRaw } = await rawSocket();
    sendRaw({ type: "Connect", sessionId: "5f5e1000-0000-4000-8000-000000000001", connectionCount: connection, lastCloseReason: null, clientTs: 0 });
    sendRaw(mutation);
    await until(() => received.some(({ type }) => type === "MutationResponse"), "the mutation is answered");
    results.push(received.find(({ type }) => type === "MutationResponse").result);
  }
  expect(results[1]).toBe(results[0]);
  expect(bodies(await http.query("messages:list", { author: "again" }))).toEqual(["once"]);
});

test.for([
  ["not JSON", "{", "FatalError", "WSMessageInvalidJson"],
  ["an unknown message", { type: "Nonsense" }, "FatalError", "WSMessageInvalidJson"],
  ["a component's mutation", { type: "Mutation", requestId: 0, udfPath: "messages:send", componentPath: "ledger", args: [{ body: "x", author: "y" }] }, "FatalError", "BadConvexFunctionIdentifier"],
  ["a component's query", { type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications: [{ type: "Add", queryId: 0, udfPath: "messages:list", componentPath: "ledger", args: [{ author: "y" }] }] }, "FatalError", "BadConvexFunctionIdentifier"],
  ["a wrong version", { type: "ModifyQuerySet", baseVersion: 7, newVersion: 8, modifications: [] }, "FatalError", "WSMessageBadVersion"],
  ["a wrong admin key", { type: "Authenticate", tokenType: "Admin", value: "embedded|0", baseVersion: 0 }, "AuthError", "BadDeployKey"],
  ["a user's token", { type: "Authenticate", tokenType: "User", value: "a.b.c", baseVersion: 0 }, "AuthError", "NoAuthProvider"],
])("%s ends the connection", async ([, message, type, code]) => {
  const { received, closed, send: sendRaw } = await rawSocket();
  sendRaw(message);
  await until(() => closed() !== 0, "the connection is closed");
  expect(received).toEqual([expect.objectContaining({ type, error: expect.stringMatching(`^${code}: `) })]);
  expect(closed()).toBe(1008);
});

test("a write that comes while a query is running for the first time is not lost", async () => {
  const deployment = /** @type {any} */ (new EventEmitter());
  let runs = 0;
  deployment.queries = async (/** @type {unknown[]} */ queries) => {
    // The table is written before the server knows that the query reads it.
    if (queries.length > 0 && ++runs === 1) deployment.emit("invalidate", "late");
    return { ts: BigInt(runs), results: queries.map(() => ({ result: { ok: true, value: runs }, reads: ["late"] })) };
  };
  const sync = createSync(deployment, "key");
  const server = createServer().on("upgrade", sync.upgrade);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  cleanUp.push(() => sync.close(), () => server.close());
  const { received, send: sendRaw } = await rawSocket(`http://127.0.0.1:${/** @type {any} */ (server.address()).port}`);
  sendRaw({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications: [{ type: "Add", queryId: 0, udfPath: "any:thing", args: [{}] }] });
  await until(() => received.length === 2, "the query's second result is there");
  expect(received.map((message) => message.modifications[0].value)).toEqual([1, 2]);
});

test("the deployment's own queries are for the administrator", async () => {
  const read = async (/** @type {string | undefined} */ key) => {
    const { received, send: sendRaw } = await rawSocket();
    if (key !== undefined) sendRaw({ type: "Authenticate", tokenType: "Admin", value: key, baseVersion: 0 });
    const modifications = [{ type: "Add", queryId: 0, udfPath: "_system/cli/queryEnvironmentVariables", args: [{}] }];
    sendRaw({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications });
    await until(() => received.some((message) => message.modifications?.length === 1), "the query is answered");
    return received.find((message) => message.modifications?.length === 1).modifications[0];
  };
  expect(await read(convex.adminKey)).toMatchObject({ type: "QueryUpdated", value: [{ name: "GREETING" }] });
  const refused = await read(undefined);
  expect(refused.type).toBe("QueryFailed");
  expect(JSON.stringify(refused)).not.toContain("GREETING");
});
