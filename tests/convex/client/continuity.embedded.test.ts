// What goes on while things change: connections that break, the component's cron job, secrets that are replaced. Clients over HTTP, and an
// app with the component behind the embedded Convex.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { FunctionReference } from "convex/server";
import { anyApi } from "convex/server";
import { hmacSha256 } from "countersign";
import { CountersignClient } from "countersign/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startConvex } from "../../support/convex/index.mjs";
import { until } from "../../support/convex/testing.mjs";
import { internal } from "../convex/_generated/internal.js";
import { keyIdOf, otherSecret, secret, sign } from "../support/deployment.js";

type Event = { eventId: string; provider: string; countersign: string };
const mark = anyApi["once"]!["mark"] as unknown as FunctionReference<"mutation", "public", Event, { rows: number; by: string }>;
const deliver = anyApi["once"]!["deliver"] as unknown as FunctionReference<"action", "public", Event, string>;

let convex: Awaited<ReturnType<typeof startConvex>>;

beforeAll(async () => {
  convex = await startConvex({ functionsDir: fileURLToPath(new URL("../convex", import.meta.url)), env: { COUNTERSIGN_SECRET: secret } });
}, 120_000);
afterAll(async () => {
  await convex.close();
});

async function eventIds(): Promise<string[]> {
  return ((await convex.readTable("", "events")) as { eventId: string }[]).map(({ eventId }) => eventId);
}
const nonces = async () => (await convex.readTable("countersign", "nonces")) as { key: string; expiresAt: number }[];

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a connection that breaks after the function has run", { timeout: 60_000 }, () => {
  type Breakage = "before the answer" | "within the answer" | "with a 502";

  /** Passes requests on to the deployment, and breaks the connections of the first ones once the deployment has answered. */
  async function startProxy(breakages: (Breakage | undefined)[]) {
    let passed = 0;
    const server = createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const answer = await fetch(`${convex.url}${incoming.url}`, { method: "POST", headers: { "content-type": "application/json" }, body: Buffer.concat(chunks) });
      const body = await answer.text();
      passed += 1;
      const breakage = breakages.shift();
      if (breakage === "before the answer") return void incoming.socket.destroy();
      if (breakage === "with a 502") return void response.writeHead(502).end("Bad Gateway");
      response.writeHead(answer.status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
      if (breakage === undefined) return void response.end(body);
      response.write(body.slice(0, body.length / 2), () => incoming.socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
      client: new CountersignClient(url, { secret, audience: convex.url, logger: false }),
      passed: () => passed,
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  for (const breakages of [["before the answer", "within the answer"], ["with a 502", "before the answer"]] as const) {
    test(`with an idempotency key it has run once, and its result arrives: ${breakages.join(", ")}`, async () => {
      const proxy = await startProxy([...breakages, undefined, ...breakages]);
      try {
        const eventId = `broken ${breakages.join(", ")}`;
        const before = (await eventIds()).length;
        expect(await proxy.client.mutation(mark, { eventId, provider: "polar" }, { idempotencyKey: eventId })).toEqual({ rows: before + 1, by: "default" });
        expect(proxy.passed()).toBe(3);
        const order = { orderId: `order of ${eventId}`, amount: 2 };
        expect(await proxy.client.gateway.mutation(internal.orders.create, order, { idempotencyKey: eventId })).toEqual({ rows: before + 2 });
        expect(proxy.passed()).toBe(6);
        expect((await eventIds()).slice(before)).toEqual([eventId, order.orderId]);
      } finally {
        await proxy.close();
      }
    });
  }

  test("without one it is not sent again, and the caller gets the error", async () => {
    const proxy = await startProxy(["before the answer"]);
    try {
      expect(await errorOf(proxy.client.mutation(mark, { eventId: "broken, no key", provider: "polar" }))).toMatchObject({ name: "TypeError" });
      expect(proxy.passed()).toBe(1);
      expect((await eventIds()).filter((id) => id === "broken, no key")).toHaveLength(1);
    } finally {
      await proxy.close();
    }
  });
});

describe("the component's cron job", { timeout: 60_000 }, () => {
  const keyOf = (text: string) => Buffer.from(hmacSha256("a key of these tests", text)).toString("base64url");

  /** Calls an internal function as the dashboard does. */
  async function useUp(keys: readonly string[], expiresAt: number): Promise<string[]> {
    const body = JSON.stringify({ path: "expiring:useUp", format: "convex_encoded_json", args: [{ keys, expiresAt }] });
    const headers = { "content-type": "application/json", authorization: `Convex ${convex.adminKey}` };
    const response = await fetch(`${convex.url}/api/mutation`, { method: "POST", headers, body });
    return ((await response.json()) as { value: string[] }).value;
  }

  test("attack 10: it deletes what has expired, in batches, and a nonce stays refused, before and after", async () => {
    const args = { eventId: "evt_before_the_sweep", provider: "polar" };
    const call = JSON.stringify({ path: "once:mark", format: "convex_encoded_json", args: [{ ...args, countersign: sign({ audience: convex.url, name: "once:mark", args }) }] });
    const post = async () => (await (await fetch(`${convex.url}/api/mutation`, { method: "POST", headers: { "content-type": "application/json" }, body: call })).json()) as { status: string };
    expect(await post()).toMatchObject({ status: "success" });
    const alive = await nonces();

    const expired = Date.now() - 5000;
    const keys = Array.from({ length: 600 }, (_, index) => keyOf(`nonce ${index}`));
    expect(new Set(await useUp(keys, expired))).toEqual(new Set(["fresh"]));
    expect(new Set(await useUp(keys, expired))).toEqual(new Set(["replayed"]));

    await convex.runCron("countersign", "sweep");
    // It starts itself again while there is more.
    await until(async () => (await nonces()).length === alive.length, "all that has expired is deleted");
    expect(await nonces()).toEqual(alive);
    expect(await convex.readTable("countersign", "sweeps")).toMatchObject([{ horizon: expired }]);

    // Their rows are gone. As if the clock had gone back, they come again with the time that they had, and with one before it.
    expect(new Set([...(await useUp(keys.slice(0, 20), expired)), ...(await useUp(keys.slice(20, 40), expired - 60_000))])).toEqual(new Set(["replayed"]));
    expect(await useUp([keyOf("another nonce")], expired + 1)).toEqual(["fresh"]);
    // What was alive is still known.
    expect(await post()).toMatchObject({ status: "error", errorData: { code: "unauthorized" } });
  });
});

describe("a rotation", { timeout: 60_000 }, () => {
  test("while calls run all the time: not one is refused, until the old secret is revoked, and then at once", async () => {
    const next = otherSecret;
    const signer = (text: string) => new CountersignClient(convex.url, { secret: text, logger: false });
    /** What each of the servers signs with; they are deployed one after the other. */
    const servers = [signer(secret), signer(secret)] as [CountersignClient, CountersignClient];
    const failures: unknown[] = [];
    const counts = [0, 0] as [number, number];
    let over = false;
    const work = async (server: 0 | 1) => {
      for (let i = 0; !over; i++) {
        const client = servers[server];
        const event = { eventId: `rotation ${server} ${i}`, provider: "polar" };
        const run = [
          () => client.mutation(mark, event),
          () => client.action(deliver, event),
          () => client.gateway.query(internal.orders.count),
          () => client.mutation(mark, event, { idempotencyKey: event.eventId }),
        ][i % 4] as () => Promise<unknown>;
        const error = await errorOf(run());
        if (error !== undefined) failures.push(error);
        counts[server] += 1;
      }
    };
    const working = [work(0), work(1)];
    /** Until both servers have made each kind of call since. */
    const settle = async () => {
      const [one, other] = counts;
      await until(() => counts[0] >= one + 5 && counts[1] >= other + 5, "both servers have called");
    };
    const set = async (name: "" | "_NEXT" | "_PREVIOUS", value: string | undefined) => {
      await convex.setEnv(`COUNTERSIGN_SECRET${name}`, value);
      await settle();
    };
    try {
      await settle();
      await set("_NEXT", next);
      servers[0] = signer(next);
      await settle();
      // Steps 2 and 3 may overlap: one server still signs with the old secret while Convex gets the new names.
      await set("_PREVIOUS", secret);
      await set("", next);
      await set("_NEXT", undefined);
      servers[1] = signer(next);
      await settle();
      // A call that the old instance has under way ends before the old secret goes.
      await set("_PREVIOUS", undefined);
      expect(failures).toEqual([]);

      const since = convex.logs.length;
      expect(await errorOf(signer(secret).mutation(mark, { eventId: "revoked", provider: "polar" }))).toMatchObject({ name: "CountersignError", code: "unauthorized" });
      expect(convex.logs.slice(since).map(({ message }) => message).join("\n")).toContain(`code=key_unknown function=once:mark type=mutation key=${keyIdOf(secret)} accepted=${keyIdOf(next)}`);
      await settle();
      expect(failures).toEqual([]);
      expect(await eventIds()).not.toContain("revoked");
    } finally {
      over = true;
      await Promise.all(working);
      await convex.setEnv("COUNTERSIGN_SECRET", secret);
    }
  }, 120_000);
});
