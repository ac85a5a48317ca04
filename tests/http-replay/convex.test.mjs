// convexReplayStore on the real replay component, inside an action and from another server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { generateSecret } from "countersign";
import { CountersignClient } from "countersign/client";
import { convexReplayStore } from "countersign/http";
import { startConvex } from "../support/convex/index.mjs";
import { atOnce, entry, fresh } from "./entries.mjs";

/** @type {import("convex/server").FunctionReference<"mutation", "public", { key: string, expiresAt: number, countersign: string }, { status: string }>} */
const consume = makeFunctionReference("nonces:consume");
/** @type {import("convex/server").FunctionReference<"action", "public", { key: string, expiresAt: number }, boolean>} */
const inside = makeFunctionReference("nonces:inside");
const secret = generateSecret();

/** @type {Awaited<ReturnType<typeof startConvex>>} */
let convex;
/** By the way there. @type {Record<string, () => import("countersign/http").ReplayStore>} */
const stores = {
  "inside an action": () => {
    const client = new ConvexHttpClient(convex.url, { skipConvexDeploymentUrlCheck: true, logger: false });
    return { consume: (used) => client.action(inside, used) };
  },
  "from another server": () => {
    const client = new CountersignClient(convex.url, { secret, logger: false });
    return convexReplayStore((used) => client.mutation(consume, used, { skipQueue: true }));
  },
};

before(async () => {
  convex = await startConvex({ functionsDir: fileURLToPath(new URL("./app", import.meta.url)), env: { COUNTERSIGN_SECRET: secret } });
});
after(() => convex.close());

/** The rows of these entries in the component's table. @param {string} key */
const rows = async (key) => (await convex.readTable("countersign", "nonces")).filter((row) => row["key"] === key).length;

for (const [way, open] of Object.entries(stores)) {
  test(`${way}: once in a row, and once of 50 at once`, async () => {
    const store = open();
    const first = entry(`${way}: in a row`);
    assert.deepEqual([await store.consume(first), await store.consume(first), await open().consume(first)], [true, false, false]);
    const used = entry(`${way}: at once`);
    const answers = await Promise.all([atOnce(store, used, 25), atOnce(open(), used, 25)]);
    assert.deepEqual([answers.flat().length, fresh(answers.flat())], [50, 1]);
    assert.deepEqual([await rows(first.key), await rows(used.key)], [1, 1]);
  });
}

test("both ways lead to one memory", async () => {
  const used = entry("both ways");
  assert.equal(await stores["inside an action"]?.().consume(used), true);
  assert.equal(await stores["from another server"]?.().consume(used), false);
});

test("a server with another secret, or no deployment at all, lets nobody in", async () => {
  const other = new CountersignClient(convex.url, { secret: generateSecret(), logger: false });
  const used = entry("refused");
  await assert.rejects(convexReplayStore((each) => other.mutation(consume, each)).consume(used), { code: "unauthorized" });
  const nowhere = new CountersignClient("http://127.0.0.1:1", { secret, logger: false });
  await assert.rejects(convexReplayStore((each) => nowhere.mutation(consume, each)).consume(used));
  assert.equal(await rows(used.key), 0);
});

test("neither fresh nor replayed is never fresh", async () => {
  const answers = [undefined, null, true, "fresh", {}, { status: undefined }, { status: "recorded" }, { status: "conflict" }, { status: "Fresh" }, { status: ["fresh"] }, ["fresh"], Object.create({ status: "fresh" })];
  for (const answer of answers) await assert.rejects(convexReplayStore(async () => answer).consume(entry("odd")), { code: "misconfigured" }, JSON.stringify(answer));
  for (const [status, expected] of /** @type {const} */ ([["fresh", true], ["replayed", false]])) assert.equal(await convexReplayStore(async () => ({ status })).consume(entry("odd")), expected);
  await assert.rejects(convexReplayStore(async () => assert.fail("down")).consume(entry("odd")), /down/);
});

test("it is called with the key and the time alone, and only for an entry", async () => {
  /** @type {object[]} */
  const calls = [];
  const store = convexReplayStore(async (used) => (calls.push(used), { status: "fresh" }));
  const used = entry("alone");
  await store.consume(/** @type {any} */ ({ ...used, idempotency: "x" }));
  assert.deepEqual(calls, [used]);
  await assert.rejects(store.consume(/** @type {any} */ ({ ...used, key: "x" })), { code: "type_invalid" });
  assert.equal(calls.length, 1);
  for (const wrong of [undefined, null, {}, "x"]) assert.throws(() => convexReplayStore(/** @type {any} */ (wrong)), { code: "type_invalid" });
});
