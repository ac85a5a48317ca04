// `countersign/test`: the component beside an app, with nothing set up for it, and its writes in the app's own transaction.

import { convexTest } from "convex-test";
import component, { modules, register, schema } from "countersign/test";
import { componentsGeneric, defineSchema, defineTable, mutationGeneric } from "convex/server";
import { v } from "convex/values";
import { describe, expect, test } from "vitest";
import type { ComponentApi } from "countersign/_generated/component.js";
import { hash, signedNow, useClock } from "./support/component.js";
import type { Consume } from "./support/component.js";

const components = componentsGeneric() as unknown as { countersign: ComponentApi<"countersign">; renamed: ComponentApi<"renamed"> };
const appSchema = defineSchema({ orders: defineTable({ name: v.string() }) });
const app = { "./convex/_generated/server.ts": async () => ({}), "./convex/orders.ts": async () => ({ create: mutationGeneric({ handler: () => null }) }) };

function deployment() {
  const t = convexTest({ schema: appSchema, modules: app });
  register(t);
  return t;
}

/** A mutation that uses a nonce up, writes, and may fail afterwards. */
const order = (t: ReturnType<typeof deployment>, call: Consume, end: () => void = () => undefined) =>
  t.mutation(async (ctx) => {
    const { status } = await ctx.runMutation(components.countersign.replay.consume, call);
    if (status === "fresh") await ctx.db.insert("orders", { name: call.key });
    end();
    return status;
  });
const orders = (t: ReturnType<typeof deployment>) => t.run(async (ctx) => (await ctx.db.query("orders").collect()).length);
const fail = () => {
  throw new Error("the handler failed");
};

describe("a registered component", () => {
  useClock();

  test("is called by the app, and its nonces are its own", async () => {
    const t = deployment();
    expect(await order(t, signedNow("one"))).toBe("fresh");
    expect(await order(t, signedNow("one"))).toBe("replayed");
    expect(await order(deployment(), signedNow("one"))).toBe("fresh");
    expect(await orders(t)).toBe(1);
  });

  test("lets one of 50 equal calls through, and all of 50 others", async () => {
    const t = deployment();
    const statuses = await Promise.all(Array.from({ length: 50 }, () => order(t, signedNow("one"))));
    expect(statuses.filter((status) => status === "fresh")).toHaveLength(1);
    expect(new Set(await Promise.all(Array.from({ length: 50 }, (_, i) => order(t, signedNow(`call ${i}`)))))).toEqual(new Set(["fresh"]));
    expect(await orders(t)).toBe(51);
  });

  test("gives the nonce back when the app's mutation throws", async () => {
    const t = deployment();
    await expect(order(t, signedNow("one"), fail)).rejects.toThrow("the handler failed");
    expect(await orders(t)).toBe(0);
    expect(await order(t, signedNow("one"))).toBe("fresh");
  });

  test("keeps the nonce used when the app's mutation catches what its own work threw", async () => {
    const t = deployment();
    const status = await t.mutation(async (ctx) => {
      const { status } = await ctx.runMutation(components.countersign.replay.consume, signedNow("one"));
      try {
        fail();
      } catch {
        return status;
      }
      return "not reached";
    });
    expect(status).toBe("fresh");
    expect(await order(t, signedNow("one"))).toBe("replayed");
  });

  test("keeps a recorded result only if the transaction stands", async () => {
    const t = deployment();
    const idempotency = { caller: "web", key: hash("key"), call: hash("args") };
    const run = (name: string, end: () => void = () => undefined) =>
      t.mutation(async (ctx) => {
        const outcome = await ctx.runMutation(components.countersign.replay.consume, signedNow(name, idempotency));
        if (outcome.status === "fresh") await ctx.runMutation(components.countersign.replay.record, { ...idempotency, result: `"${name}"` });
        end();
        return outcome;
      });
    await expect(run("first", fail)).rejects.toThrow();
    expect(await run("second")).toEqual({ status: "fresh" });
    expect(await run("third")).toEqual({ status: "recorded", result: '"second"' });
  });

  test("may have another name", async () => {
    const t = convexTest({ schema: appSchema, modules: app });
    component.register(t, "renamed");
    const status = await t.mutation(async (ctx) => (await ctx.runMutation(components.renamed.replay.consume, signedNow("one"))).status);
    expect(status).toBe("fresh");
    await expect(order(t, signedNow("two"))).rejects.toThrow(/countersign/);
  });

  test("is what the default export holds too", () => {
    expect(component).toEqual({ register, schema, modules });
  });
});
