// Both ends for real: the client over HTTP, and the guards bundled by Convex's own bundler.
import { fileURLToPath } from "node:url";
import { CountersignClient } from "countersign/client";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { internal } from "../convex/_generated/internal.js";
import { startConvex } from "../../support/convex/index.mjs";
import { event, keyIdOf, otherSecret, secret, sign } from "../support/deployment.js";
import { deliver, lookUp, mark } from "../support/references.js";

const failed = makeFunctionReference<"mutation", { eventId: string; provider: string; countersign: string }>("webhooks:markEventFailed");
const nodeAction = makeFunctionReference<"action", { eventId: string; countersign: string }, string>("nodeActions:deliver");
const ownError = makeFunctionReference<"mutation", { countersign: string }>("failing:convexError");
const plainError = makeFunctionReference<"mutation", { countersign: string }>("failing:plainError");

const functionsDir = fileURLToPath(new URL("../convex", import.meta.url));
let convex: Awaited<ReturnType<typeof startConvex>>;
let client: CountersignClient;

beforeAll(async () => {
  convex = await startConvex({ functionsDir, env: { COUNTERSIGN_SECRET: secret } });
  client = new CountersignClient(convex.url, { secret, logger: false });
}, 60_000);
afterAll(async () => {
  await convex.close();
});

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function logged(since: number): string {
  return JSON.stringify(convex.logs.slice(since));
}

/** Posts a call's raw text, as no client of Convex would write it. */
async function post(path: string, args: string): Promise<{ status: string; errorData?: unknown }> {
  const body = `{"path":"${path}","format":"convex_encoded_json","args":[${args}]}`;
  const response = await fetch(`${convex.url}/api/mutation`, { method: "POST", headers: { "content-type": "application/json" }, body });
  return (await response.json()) as { status: string; errorData?: unknown };
}

describe("a client and a deployment with the same secret", () => {
  test("understand each other, for each type of function and in both runtimes", async () => {
    expect(await client.mutation(mark, event)).toMatchObject({ args: event, caller: { name: "default", keyId: keyIdOf(secret) } });
    expect(await client.query(lookUp, event)).toMatchObject({ args: event, rows: 1 });
    expect(await client.action(deliver, event)).toMatchObject({ args: event });
    expect(await client.action(nodeAction, { eventId: "evt_1" })).toBe("evt_1 by default");
  });

  test("a handler's errors arrive as with Convex's own client", async () => {
    expect(await errorOf(client.mutation(ownError))).toMatchObject({ name: "ConvexError", data: { code: "unauthorized", realm: "the app's own" } });
    expect(await errorOf(client.mutation(plainError))).toMatchObject({ name: "Error", message: expect.stringContaining("Server Error") });
  });
});

describe("internal functions", () => {
  const { orders } = internal;

  test("are reached through the gateway, for each type of function", async () => {
    const before = await client.gateway.query(orders.count);
    expect(await client.gateway.mutation(orders.create, { orderId: "o_1", amount: 5 })).toEqual({ rows: before + 1 });
    expect(await client.gateway.action(orders.ship, { orderId: "o_1" })).toBe(`o_1 of ${before + 1}`);
    expect(await errorOf(client.gateway.mutation(orders.fail))).toMatchObject({ name: "ConvexError", data: { code: "sold_out" } });
    // By Convex's own client they are not.
    const plain = new ConvexHttpClient(convex.url, { logger: false });
    expect(await errorOf(plain.query(orders.count as never))).toMatchObject({ name: "Error", message: expect.stringContaining("Server Error") as string });
  });

  test("run once for an idempotency key, also if the network loses answers", async () => {
    let lost = 2;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await globalThis.fetch(input, init);
      if (lost === 0) return response;
      lost -= 1;
      await response.text();
      throw new TypeError("fetch failed");
    };
    const before = await client.gateway.query(orders.count);
    const unlucky = new CountersignClient(convex.url, { secret, logger: false, fetch });
    expect(await unlucky.gateway.mutation(orders.create, { orderId: "o_2", amount: 5 }, { idempotencyKey: "o_2" })).toEqual({ rows: before + 1 });
    expect(lost).toBe(0);
    expect(await client.gateway.query(orders.count)).toBe(before + 1);
    const error = await errorOf(client.gateway.mutation(orders.create, { orderId: "o_2", amount: 6 }, { idempotencyKey: "o_2" }));
    expect(error).toMatchObject({ name: "CountersignError", code: "idempotency_conflict" });
  });
});

describe("refusals over HTTP", () => {
  const refused = { name: "CountersignError", code: "unauthorized", message: expect.stringContaining("npx countersign doctor") as string };

  test("another secret: both key ids, one on each side", async () => {
    const since = convex.logs.length;
    const stranger = new CountersignClient(convex.url, { secret: otherSecret, logger: false });
    const error = await errorOf(stranger.mutation(mark, event));
    expect(error).toMatchObject({ ...refused, message: expect.stringContaining(keyIdOf(otherSecret)) as string });
    expect(logged(since)).toContain(
      `countersign: refused code=key_unknown function=webhooks:markEventProcessed type=mutation key=${keyIdOf(otherSecret)} accepted=${keyIdOf(secret)}`,
    );
  });

  test("another deployment, too old, too new", async () => {
    for (const [options, code] of [
      [{ audience: "https://other-animal-9.convex.cloud" }, "signature_invalid"],
      [{ clock: () => Date.now() - 120_000 }, "expired"],
      [{ clock: () => Date.now() + 120_000 }, "not_yet_valid"],
    ] as const) {
      const since = convex.logs.length;
      expect(await errorOf(new CountersignClient(convex.url, { secret, logger: false, ...options }).mutation(mark, event))).toMatchObject(refused);
      expect(logged(since)).toContain(`code=${code} function=webhooks:markEventProcessed`);
    }
  });

  test("no signature, or one of another call, through Convex's own client", async () => {
    const plain = new ConvexHttpClient(convex.url, { logger: false });
    const token = sign({ audience: convex.url });
    const { countersign: _signature, ...unsigned } = { ...event, countersign: "" };
    const looks: unknown[] = [];
    for (const call of [
      () => plain.mutation(mark, unsigned as never),
      () => plain.mutation(mark, { ...event, countersign: "" }),
      () => plain.mutation(mark, { ...event, eventId: "evt_2", countersign: token }),
      () => plain.mutation(failed, { ...event, countersign: token }),
      () => plain.mutation(mark, { ...event, countersign: sign({ audience: convex.url, type: "query" }) }),
    ]) {
      const error = (await errorOf(call())) as Error & { data: unknown };
      looks.push({ name: error.name, data: error.data });
    }
    expect(new Set(looks.map((look) => JSON.stringify(look)))).toEqual(new Set(['{"name":"ConvexError","data":{"code":"unauthorized"}}']));
    expect(await plain.mutation(mark, { ...event, countersign: token })).toMatchObject({ args: event });
  });

  test("attack 6: __proto__ in the raw text of a request", async () => {
    const token = sign({ audience: convex.url });
    const clean = `"eventId":"evt_1","provider":"polar","countersign":"${token}"`;
    expect((await post("webhooks:markEventProcessed", `{${clean},"__proto__":{"isAdmin":true}}`)).status).toBe("error");
    const nested = sign({ audience: convex.url, name: "webhooks:anyArguments", args: { value: {} } });
    const answer = await post("webhooks:anyArguments", `{"value":{"__proto__":{"isAdmin":true}},"countersign":"${nested}"}`);
    expect(answer).toMatchObject({ status: "error", errorData: { code: "unauthorized" } });
    expect((await post("webhooks:anyArguments", `{"value":{},"countersign":"${nested}"}`)).status).toBe("success");
  });

  test("attack 4: a key that is there twice is never taken for what was signed", async () => {
    const name = "webhooks:anyArguments";
    const countersign = sign({ audience: convex.url, name, args: { eventId: "a" } });
    expect(await post(name, `{"eventId":"a","eventId":"b","countersign":"${countersign}"}`)).toMatchObject({ errorData: { code: "unauthorized" } });
  });
});

describe("a deployment that is not set up", () => {
  test("says which file is missing, where internal functions have no gateway", async () => {
    const open = await startConvex({ functionsDir, env: { COUNTERSIGN_SECRET: secret }, redact: false });
    try {
      const elsewhere = new CountersignClient(open.url, { secret, logger: false, gateway: "api/gateway" });
      const error = await errorOf(elsewhere.gateway.query(internal.orders.count));
      expect(error).toMatchObject({ name: "CountersignError", code: "misconfigured", message: expect.stringContaining("Create convex/api/gateway.ts") as string });
      expect(await new CountersignClient(open.url, { secret, logger: false }).gateway.query(internal.orders.count)).toBe(0);
    } finally {
      await open.close();
    }
  }, 60_000);

  test("says which command to run, and takes the secret without a restart", async () => {
    await convex.setEnv("COUNTERSIGN_SECRET", undefined);
    try {
      const error = await errorOf(client.mutation(mark, event));
      expect(error).toMatchObject({ name: "CountersignError", code: "misconfigured", message: expect.stringContaining("npx convex env set COUNTERSIGN_SECRET") as string });
    } finally {
      await convex.setEnv("COUNTERSIGN_SECRET", secret);
    }
    expect(await client.mutation(mark, event)).toMatchObject({ args: event });
  });
});
