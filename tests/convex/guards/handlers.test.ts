import { describe, expect, test } from "vitest";
import { anyArguments, deliver, lookUp, markEventProcessed, withObjectValidator, withoutValidators } from "../convex/webhooks.js";
import { internalOne } from "../convex/variants.js";
import { call, deployment, event, failureOf, log, rowCount, sign, signedCall, useDeployment } from "../support/deployment.js";

describe("what a handler does is its own", () => {
  useDeployment();

  test("its errors come out as they are", async () => {
    const t = deployment();
    expect(await failureOf(signedCall(t, "mutation", "failing:plainError", {}))).toMatchObject({ name: "Error", message: "the handler's own fault", convexError: false });
    expect(await failureOf(signedCall(t, "mutation", "failing:convexError", {}))).toMatchObject({ data: { code: "unauthorized", realm: "the app's own" }, convexError: true });
    expect(await failureOf(signedCall(t, "mutation", "failing:ownCountersignError", {}))).toMatchObject({ name: "CountersignError", message: "the handler's own check", convexError: false });
    expect(log).toEqual({ warn: [], error: [] });
  });

  test("what it wrote before an error is rolled back", async () => {
    const t = deployment();
    await expect(signedCall(t, "mutation", "failing:afterWrite", {})).rejects.toThrow("rolled back");
    expect(await rowCount(t)).toBe(0);
  });

  test("its argument validators still run", async () => {
    const t = deployment();
    const args = { eventId: 7, provider: "polar" };
    await expect(signedCall(t, "mutation", "webhooks:markEventProcessed", args)).rejects.toThrow(/Validator error/);
    await expect(signedCall(t, "mutation", "webhooks:markEventProcessed", { ...event, extra: 1 })).rejects.toThrow(/Unexpected field `extra`/);
    await expect(call(t, "mutation", "webhooks:markEventProcessed", { eventId: "e", countersign: sign() })).rejects.toThrow(/Missing required field `provider`/);
    expect(await rowCount(t)).toBe(0);
  });

  test("its validator of the result still runs", async () => {
    await expect(signedCall(deployment(), "query", "failing:wrongReturn", {})).rejects.toThrow(/Return value validation failed/);
  });

  test("Convex sees its validators, with a signature that may be anything", () => {
    const exported = (registered: unknown) => JSON.parse((registered as { exportArgs: () => string }).exportArgs()) as unknown;
    const string = { fieldType: { type: "string" }, optional: false };
    const fields = { eventId: string, provider: string, countersign: { fieldType: { type: "any" }, optional: true } };
    expect(exported(markEventProcessed)).toEqual({ type: "object", value: fields });
    expect(exported(withObjectValidator)).toEqual({ type: "object", value: fields });
    expect(exported(withoutValidators)).toEqual({ type: "any" });
    expect(exported(anyArguments)).toEqual({ type: "any" });
    const returns = JSON.parse((markEventProcessed as unknown as { exportReturns: () => string }).exportReturns()) as unknown;
    expect(returns).toMatchObject({ type: "object" });
  });

  test("Convex sees its type and visibility", () => {
    const flags = (registered: object) => Object.keys(registered).filter((key) => key.startsWith("is")).sort();
    expect(flags(markEventProcessed)).toEqual(["isMutation", "isPublic"]);
    expect(flags(lookUp)).toEqual(["isPublic", "isQuery"]);
    expect(flags(deliver)).toEqual(["isAction", "isPublic"]);
    expect(flags(internalOne)).toEqual(["isInternal", "isMutation"]);
  });

  test("calling it directly is guarded too", async () => {
    const direct = markEventProcessed as unknown as (ctx: object, args: object) => Promise<unknown>;
    const meta = { getFunctionMetadata: async () => ({ name: "webhooks:markEventProcessed", componentPath: "" }) };
    await expect(direct({ meta }, event)).rejects.toMatchObject({ data: { code: "unauthorized" } });
  });

  test("many calls at once do not disturb each other", async () => {
    const t = deployment();
    const calls = Array.from({ length: 50 }, (_, index) => {
      const args = { eventId: `call_${index}`, provider: "polar" };
      const countersign = index % 2 === 0 ? sign({ args }) : sign({ args: event });
      return call(t, "mutation", "webhooks:markEventProcessed", { ...args, countersign });
    });
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual(settled.map((_, index) => (index % 2 === 0 ? "fulfilled" : "rejected")));
    expect(await rowCount(t)).toBe(25);
  });
});
