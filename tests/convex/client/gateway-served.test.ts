// The client on one side, guards, gateway and replay component on the other, over HTTP.
import type { FunctionReference } from "convex/server";
import { anyApi } from "convex/server";
import { CountersignClient } from "countersign/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { internal } from "../convex/_generated/internal.js";
import { webSecret, workerSecret } from "../convex/variants.js";
import { deployment, event, log, rowCount, secret, setEnvironment, useDeployment } from "../support/deployment.js";
import type { Deployment } from "../support/deployment.js";
import { startEndpoint } from "../support/endpoint.js";
import type { Endpoint } from "../support/endpoint.js";
import { serve } from "./served.js";

const { orders } = internal;
const order = { orderId: "o_1", amount: 5 };
const mark = anyApi["once"]!["mark"] as unknown as FunctionReference<"mutation", "public", typeof event & { countersign: string }, { rows: number; by: string }>;

useDeployment();
let endpoint: Endpoint;
let t: Deployment;
let client: CountersignClient;

beforeEach(async () => {
  endpoint = await startEndpoint();
  setEnvironment({ COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: endpoint.url });
  t = deployment();
  serve(endpoint, t);
  client = new CountersignClient(endpoint.url, { secret, logger: false });
});
afterEach(async () => {
  await endpoint.close();
});

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("internal functions through the gateway", () => {
  test("run with their arguments, and their results come back, for each type", async () => {
    expect(await client.gateway.mutation(orders.create, order)).toEqual({ rows: 1 });
    expect(await client.gateway.mutation(orders.createInShop, { orderId: "o_2" })).toEqual({ shop: "Berlin" });
    expect(await client.gateway.query(orders.count)).toBe(2);
    expect(await client.gateway.action(orders.ship, { orderId: "o_1" })).toBe("o_1 of 2");
  });

  test("the default export of a module too", async () => {
    const reference = anyApi["orders"]!["default"] as unknown as FunctionReference<"query", "internal", Record<string, never>, string>;
    expect(await client.gateway.query(reference)).toBe("the default export");
  });

  test("their errors come back, and nothing of them is written", async () => {
    expect(await errorOf(client.gateway.mutation(orders.fail))).toMatchObject({ name: "ConvexError", data: { code: "sold_out" } });
    expect(await rowCount(t)).toBe(0);
  });

  test("attack 13: one that is not on the list is refused by name", async () => {
    const reference = anyApi["elsewhere"]!["remove"] as unknown as FunctionReference<"mutation", "internal", Record<string, never>, null>;
    expect(await errorOf(client.gateway.mutation(reference))).toMatchObject({ name: "CountersignError", code: "unauthorized", message: expect.stringContaining("elsewhere:remove") as string });
    expect(log.warn).toEqual([expect.stringContaining("code=function_forbidden function=elsewhere:remove")]);
  });

  test("another secret is refused", async () => {
    const stranger = new CountersignClient(endpoint.url, { secret: webSecret, logger: false });
    expect(await errorOf(stranger.gateway.mutation(orders.create, order))).toMatchObject({ code: "unauthorized", message: expect.stringContaining("orders:create") as string });
    expect(log.warn).toEqual([expect.stringContaining("code=key_unknown function=orders:create")]);
    expect(await rowCount(t)).toBe(0);
  });

  test("callers are told apart", async () => {
    // That gateway is in a file with other functions, under other names than the client knows.
    const nameIn = (path: string) => path.replace(/^gateway:(.)(.*)$/, (_all, first: string, rest: string) => `callers:through${first.toUpperCase()}${rest}`);
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const body = JSON.parse(String(init?.body)) as { path: string };
      return await globalThis.fetch(input, { ...init, body: JSON.stringify({ ...body, path: nameIn(body.path) }) });
    };
    const [web, worker] = [webSecret, workerSecret].map((key) => new CountersignClient(endpoint.url, { secret: key, logger: false, fetch }).gateway) as [typeof client.gateway, typeof client.gateway];
    expect(await worker.mutation(orders.create, order)).toEqual({ rows: 1 });
    expect(await web.query(orders.count)).toBe(1);
    expect(await errorOf(web.mutation(orders.create, order))).toMatchObject({ code: "unauthorized" });
    expect(log.warn).toEqual([expect.stringContaining("code=caller_forbidden function=orders:create")]);
  });
});

const once = { idempotencyKey: "evt_1" };
const ways = {
  "a signed mutation": (args: { id: string }, options?: object) => client.mutation(mark, { eventId: args.id, provider: "polar" }, options),
  "an internal mutation": (args: { id: string }, options?: object) => client.gateway.mutation(orders.create, { orderId: args.id, amount: 1 }, options),
};

describe("idempotency keys", () => {
  for (const [what, run] of Object.entries(ways)) {
    test(`${what} runs once for each key, and its first result comes back`, async () => {
      const first = await run({ id: "evt_1" }, once);
      expect(await run({ id: "evt_1" }, once)).toEqual(first);
      expect(await rowCount(t)).toBe(1);
      await run({ id: "evt_1" }, { idempotencyKey: "evt_2" });
      await run({ id: "evt_1" });
      expect(await rowCount(t)).toBe(3);
    });

    test(`${what} whose answer gets lost is tried again, and has run once`, async () => {
      serve(endpoint, t, { lost: 2 });
      expect(await run({ id: "evt_1" }, once)).toMatchObject({ rows: 1 });
      expect(endpoint.received).toHaveLength(3);
      expect(await rowCount(t)).toBe(1);
      expect(log.warn).toEqual([]);
    });

    test(`${what} whose answer gets lost is not tried again without a key`, async () => {
      serve(endpoint, t, { lost: 1 });
      expect(await errorOf(run({ id: "evt_1" }))).toMatchObject({ name: "TypeError" });
      expect(endpoint.received).toHaveLength(1);
      expect(await rowCount(t)).toBe(1);
    });

    test(`${what} with other arguments under the same key is refused, precisely`, async () => {
      await run({ id: "evt_1" }, once);
      const error = await errorOf(run({ id: "evt_2" }, once));
      expect(error).toMatchObject({ name: "CountersignError", code: "idempotency_conflict", message: expect.stringMatching(/^countersign: Convex did not run (once:mark|orders:create) \(idempotency_conflict\): \S/) as string });
      expect((error as Error).message).not.toContain("doctor");
      expect(endpoint.received).toHaveLength(2);
      expect(await rowCount(t)).toBe(1);
    });
  }

  test("the same key names another effect of another function", async () => {
    for (const run of Object.values(ways)) await run({ id: "evt_1" }, once);
    expect(await rowCount(t)).toBe(2);
  });
});
