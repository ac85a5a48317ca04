// Which errors give a nonce back: those that undo the transaction it was used up in.
import { beforeEach, describe, expect, test } from "vitest";
import { done } from "../convex/once.js";
import { call, deployment, event, failureOf, log, refusalLine, rowCount, sign, signedCall, useDeployment } from "../support/deployment.js";
import type { Deployment } from "../support/deployment.js";
import { expectDenied, noncesUsed, useClock } from "../support/replay.js";

const name = "once:markOrThrow";

/** While there is a row of this provider, `markOrThrow` throws. */
const breakProvider = (t: Deployment) => t.run(async (ctx) => await ctx.db.insert("events", { eventId: "broken", provider: "down" }));
const mendProvider = (t: Deployment) => t.run(async (ctx) => {
  for (const { _id, provider } of await ctx.db.query("events").collect()) if (provider === "down") await ctx.db.delete(_id);
});

describe("the nonce of a call that failed", () => {
  useDeployment();
  useClock();
  beforeEach(() => {
    done.length = 0;
  });

  test("a handler that throws gives it back, and the very same call may be sent again", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign({ name }) };
    await breakProvider(t);
    for (let i = 0; i < 2; i++) {
      expect(await failureOf(call(t, "mutation", name, args))).toMatchObject({ data: "the provider is down" });
      expect([await noncesUsed(t), await rowCount(t)]).toEqual([0, 1]);
    }
    await mendProvider(t);
    expect(await call(t, "mutation", name, args)).toBe("evt_1");
    expect([await noncesUsed(t), await rowCount(t)]).toEqual([1, 1]);
    await expectDenied(t, () => call(t, "mutation", name, args), "replayed", { name });
  });

  test("arguments that the function's validators refuse do not use it up", async () => {
    const t = deployment();
    const wrong = { eventId: 7, provider: "polar" };
    await expect(signedCall(t, "mutation", name, wrong)).rejects.toThrow(/Validator error/);
    expect(await noncesUsed(t)).toBe(0);
  });

  test("an action that throws has used it up: what it did before is not undone either", async () => {
    const t = deployment();
    const deliver = { type: "action", name: "once:deliver" } as const;
    const failing = { ...event, eventId: "evt_fails" };
    const args = { ...failing, countersign: sign({ ...deliver, args: failing }) };
    expect(await failureOf(call(t, "action", deliver.name, args))).toMatchObject({ data: "the provider is down" });
    expect(await noncesUsed(t)).toBe(1);
    await expectDenied(t, () => call(t, "action", deliver.name, args), "replayed", deliver);
    expect(done).toEqual(["evt_fails"]);
  });

  test("a guarded mutation that catches the error of a mutation it ran has used it up", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign({ name: "once:markAndCatch" }) };
    expect(await call(t, "mutation", "once:markAndCatch", args)).toBe("caught");
    // The inner mutation's row is gone, the guarded one's is there.
    expect([await noncesUsed(t), await rowCount(t)]).toEqual([1, 1]);
    await expectDenied(t, () => call(t, "mutation", "once:markAndCatch", args), "replayed", { name: "once:markAndCatch" });
  });
});

describe("the nonce of a guarded mutation that another function runs", () => {
  useDeployment();
  useClock();

  test("an outer mutation that catches its error gives it back: a failed ctx.runMutation is undone as a whole", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign({ name }) };
    await breakProvider(t);
    // Twice in one transaction: after the first error the nonce is free within it already.
    expect(await call(t, "mutation", "nesting:catching", { args, times: 2 })).toEqual(['caught "the provider is down"', 'caught "the provider is down"']);
    expect(log.warn).toEqual([]);
    expect(await noncesUsed(t)).toBe(0);
    // The outer mutation's own row was kept: it did commit.
    expect(await t.run(async (ctx) => (await ctx.db.query("events").collect()).map(({ eventId }) => eventId))).toEqual(["broken", "outer"]);
    await mendProvider(t);
    expect(await call(t, "mutation", name, args)).toBe("evt_1");
    await expectDenied(t, () => call(t, "mutation", name, args), "replayed", { name });
  });

  test("an action that catches its error gives it back", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign({ name }) };
    await breakProvider(t);
    expect(await call(t, "action", "nesting:catchingAction", { args })).toBe('caught "the provider is down"');
    expect(await noncesUsed(t)).toBe(0);
    await mendProvider(t);
    expect(await call(t, "action", "nesting:catchingAction", { args })).toBe("evt_1");
    await expectDenied(t, () => call(t, "mutation", name, args), "replayed", { name });
  });

  test("an outer mutation that lets its error through gives it back", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign({ name }) };
    await breakProvider(t);
    expect(await failureOf(call(t, "mutation", "nesting:passing", { args }))).toMatchObject({ data: "the provider is down" });
    expect(await noncesUsed(t)).toBe(0);
    await mendProvider(t);
    expect(await call(t, "mutation", "nesting:passing", { args })).toBe("evt_1");
    expect(await noncesUsed(t)).toBe(1);
  });

  test("twice in one transaction it runs once", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign({ name }) };
    expect(await call(t, "mutation", "nesting:catching", { args, times: 3 })).toEqual(["evt_1", 'caught {"code":"unauthorized"}', 'caught {"code":"unauthorized"}']);
    expect(log.warn).toEqual([refusalLine("replayed", { name }), refusalLine("replayed", { name })]);
    expect(await noncesUsed(t)).toBe(1);
    expect(await rowCount(t)).toBe(2);
  });

  test("a mutation that calls its code directly and catches its error keeps it used, with whatever it wrote: there is one transaction", async () => {
    const t = deployment();
    // The function that runs is the outer one, and that is what must be signed.
    const outer = "nesting:callingDirectly";
    const args = { ...event, countersign: sign({ name: outer }) };
    await breakProvider(t);
    expect(await call(t, "mutation", outer, { args })).toBe('caught "the provider is down"');
    expect([await noncesUsed(t), await rowCount(t)]).toEqual([1, 2]);
    await mendProvider(t);
    expect(await call(t, "mutation", outer, { args })).toBe('caught {"code":"unauthorized"}');
    expect(log.warn).toEqual([refusalLine("replayed", { name: outer })]);
  });
});
