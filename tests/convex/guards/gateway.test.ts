// What a gateway does for a good call: the internal function runs, and what comes of it is the function's own.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { seen } from "../convex/doors.js";
import * as doors from "../convex/gateway.js";
import { webSecret, workerSecret } from "../convex/variants.js";
import { audience, deployment, failureOf, keyIdOf, log, rowCount, secret, setEnvironment, useDeployment } from "../support/deployment.js";
import { callThrough, knock, signedRequest } from "../support/gateway.js";
import { expectDenied, minute, noncesUsed, start, useClock } from "../support/replay.js";

const order = { orderId: "o1", amount: 7 };

describe("an internal function through the gateway", () => {
  useDeployment();
  useClock();
  beforeEach(() => {
    seen.length = 0;
  });

  test("a mutation, a query and an action run, and what they return comes back", async () => {
    const t = deployment();
    expect(await callThrough(t, "orders:create", order)).toEqual({ rows: 1 });
    expect(await callThrough(t, "orders:count", {}, { type: "query" })).toBe(1);
    expect(await callThrough(t, "orders:ship", { orderId: "o1" }, { type: "action" })).toBe("o1 of 1");
    expect(log).toEqual({ warn: [], error: [] });
  });

  test("a default export, by the name of its module", async () => {
    expect(await callThrough(deployment(), "orders", {}, { type: "query" })).toBe("the default export");
  });

  test("a gateway that is a default export itself", async () => {
    expect(await callThrough(deployment(), "orders:create", order, { door: "doors" })).toEqual({ rows: 1 });
  });

  test("a function made by a builder of convex-helpers", async () => {
    expect(await callThrough(deployment(), "orders:createInShop", { orderId: "o1" })).toEqual({ shop: "Berlin" });
  });

  test("it gets its own arguments, whoever is logged in, and nothing of the gateway's", async () => {
    const t = deployment();
    const args = { name: "its own", args: { deep: [1n, null] }, countersign: "its own, too", bytes: new ArrayBuffer(2), minusZero: -0 };
    const asAda = t.withIdentity({ subject: "ada" });
    const request = signedRequest("orders:look", args, { type: "query" });
    expect(await knock(asAda as typeof t, request, { type: "query" })).toEqual({ args, by: "ada", caller: false });
    expect(await knock(t, request, { type: "query" })).toEqual({ args, by: null, caller: false });
  });

  test("gateways over builders of convex-helpers, which run for good calls only", async () => {
    const t = deployment();
    expect(await callThrough(t, "orders:create", order, { door: "doors:customizedMutation" })).toEqual({ rows: 1 });
    expect(await callThrough(t, "orders:count", {}, { type: "query", door: "doors:customizedQuery" })).toBe(1);
    expect(await callThrough(t, "orders:ship", { orderId: "o1" }, { type: "action", door: "doors:customizedAction" })).toBe("o1 of 1");
    expect(seen).toEqual(["builder", "builder", "builder"]);
    await expectDenied(t, () => knock(t, { name: "orders:create", args: order }, { door: "doors:customizedMutation" }), "signature_missing", { name: "orders:create", keyId: "-" });
    await expectDenied(t, () => callThrough(t, "webhooks:markEventFailed", {}, { door: "doors:customizedMutation" }), "function_forbidden", { name: "webhooks:markEventFailed" });
    expect(seen).toHaveLength(3);
  });

  test("Convex sees public functions of each type, whose arguments may be anything", () => {
    const shown = (registered: unknown) => {
      const { exportArgs } = registered as { exportArgs: () => string };
      return { flags: Object.keys(registered as object).filter((key) => key.startsWith("is")).sort(), args: JSON.parse(exportArgs()) as unknown };
    };
    const any = { fieldType: { type: "any" }, optional: true };
    const args = { type: "object", value: { name: any, args: any, countersign: any } };
    expect(shown(doors.query)).toEqual({ flags: ["isPublic", "isQuery"], args });
    expect(shown(doors.mutation)).toEqual({ flags: ["isMutation", "isPublic"], args });
    expect(shown(doors.action)).toEqual({ flags: ["isAction", "isPublic"], args });
  });

  test("options: another window, another audience, explanations", async () => {
    const t = deployment();
    const custom = { door: "doors:strict", audience: "https://custom.example.com" };
    expect(await callThrough(t, "orders:create", order, custom)).toEqual({ rows: 1 });
    await expectDenied(t, () => callThrough(t, "orders:create", order, { ...custom, now: start - 1001 }), "expired", { name: "orders:create" });
    await expectDenied(t, () => callThrough(t, "orders:create", order, { ...custom, audience }), "signature_invalid", { name: "orders:create" });
    const { data } = await failureOf(callThrough(t, "once:mark", {}, { door: "doors:explaining" }));
    expect(data).toEqual({ code: "function_forbidden", message: expect.stringMatching(/^countersign: .*gateway/) });
  });
});

describe("what goes wrong in an internal function is its own", () => {
  useDeployment();
  useClock();

  test("its argument validators apply, and are no refusal", async () => {
    const t = deployment();
    for (const args of [{ orderId: 7, amount: 7 }, { orderId: "o1" }, { ...order, more: 1 }, {}]) {
      const failure = await failureOf(callThrough(t, "orders:create", args));
      expect(failure.message).toMatch(/Validator error/);
      expect(failure.convexError).toBe(false);
    }
    expect(log).toEqual({ warn: [], error: [] });
    expect([await rowCount(t), await noncesUsed(t)]).toEqual([0, 0]);
  });

  test("its validator of the result applies, and everything is undone", async () => {
    const t = deployment();
    expect((await failureOf(callThrough(t, "orders:wrongReturn", {}))).message).toMatch(/Return value validation failed .*orders:wrongReturn/);
    expect([await rowCount(t), await noncesUsed(t)]).toEqual([0, 0]);
  });

  test("its errors come out as they are, and everything is undone", async () => {
    const t = deployment();
    const sold = signedRequest("orders:fail", {});
    for (let i = 0; i < 2; i++) {
      // The nonce is free again, so the very same call fails in the same way.
      expect(await failureOf(knock(t, sold))).toMatchObject({ data: { code: "sold_out" }, convexError: true });
      expect([await rowCount(t), await noncesUsed(t)]).toEqual([0, 0]);
    }
    expect(await failureOf(callThrough(t, "orders:failPlainly", {}))).toMatchObject({ message: "the function's own fault", convexError: false });
    expect([await rowCount(t), await noncesUsed(t)]).toEqual([0, 0]);
    expect(log).toEqual({ warn: [], error: [] });
  });

  test("an action that throws has used its nonce up", async () => {
    const t = deployment();
    const request = signedRequest("orders:failLater", { orderId: "o1" }, { type: "action" });
    expect((await failureOf(knock(t, request, { type: "action" }))).data).toEqual({ code: "unauthorized", orderId: "o1" });
    expect(log.warn).toEqual([]);
    await expectDenied(t, () => knock(t, request, { type: "action" }), "replayed", { type: "action", name: "orders:failLater" });
  });

  test("a function that is allowed and is not there, or is of another type", async () => {
    const t = deployment();
    for (const [name, type] of [["orders:nowhere", "mutation"], ["orders:create", "query"], ["orders:count", "mutation"], ["orders:create", "action"]] as const) {
      const failure = await failureOf(callThrough(t, name, order, { type }));
      expect(failure.convexError).toBe(false);
      expect(failure.message).toMatch(/^Expected an? /);
    }
    expect(await rowCount(t)).toBe(0);
    expect(log).toEqual({ warn: [], error: [] });
  });
});

describe("a gateway and replay", () => {
  useDeployment();
  useClock();

  test("attack 10: the same call through the gateway, in a row, at once and through another gateway", async () => {
    const t = deployment();
    const request = signedRequest("orders:create", order);
    const attempts = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => knock(t, request, { door: i % 2 === 0 ? "gateway:mutation" : "doors:exactMutation" })));
    expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const door of ["gateway:mutation", "doors:exactMutation", "doors"]) {
      await expectDenied(t, () => knock(t, request, { door }), "replayed", { name: "orders:create" });
    }
    expect([await rowCount(t), await noncesUsed(t)]).toEqual([1, 1]);
  });

  test("attack 10: the same action", async () => {
    const t = deployment();
    const request = signedRequest("orders:ship", { orderId: "o1" }, { type: "action" });
    expect(await knock(t, request, { type: "action" })).toBe("o1 of 0");
    await expectDenied(t, () => knock(t, request, { type: "action" }), "replayed", { type: "action", name: "orders:ship" });
  });

  test("a query is answered again, within its window", async () => {
    const t = deployment();
    const request = signedRequest("orders:count", {}, { type: "query" });
    for (let i = 0; i < 2; i++) expect(await knock(t, request, { type: "query" })).toBe(0);
    vi.setSystemTime(start + minute + 1);
    await expectDenied(t, () => knock(t, request, { type: "query" }), "expired", { type: "query", name: "orders:count" });
  });

  test("`replay: false` is said out loud, and then the same call runs again", async () => {
    const t = deployment();
    const request = signedRequest("orders:create", order);
    for (const rows of [1, 2]) expect(await knock(t, request, { door: "doors:unprotected" })).toEqual({ rows });
    expect(await noncesUsed(t)).toBe(0);
  });
});

describe("a gateway and callers", () => {
  useDeployment();
  useClock();
  const both = `${keyIdOf(webSecret)},${keyIdOf(workerSecret)}`;
  const web = { secret: webSecret };
  const worker = { secret: workerSecret };

  test("each caller reaches what is on its list", async () => {
    const t = deployment();
    expect(await callThrough(t, "orders:create", order, { ...worker, door: "callers:throughMutation" })).toEqual({ rows: 1 });
    for (const each of [web, worker]) expect(await callThrough(t, "orders:count", {}, { ...each, type: "query", door: "callers:throughQuery" })).toBe(1);
    expect(await callThrough(t, "orders:ship", { orderId: "o" }, { ...worker, type: "action", door: "callers:throughAction" })).toBe("o of 1");
  });

  test("attack 13: what is on another caller's list, and what is on none", async () => {
    const t = deployment();
    const refused = { keyId: keyIdOf(webSecret), accepted: both };
    await expectDenied(t, () => callThrough(t, "orders:create", order, { ...web, door: "callers:throughMutation" }), "caller_forbidden", { ...refused, name: "orders:create" });
    await expectDenied(t, () => callThrough(t, "orders:ship", order, { ...web, type: "action", door: "callers:throughAction" }), "caller_forbidden", { ...refused, name: "orders:ship", type: "action" });
    for (const [each, keyId] of [[web, refused.keyId], [worker, keyIdOf(workerSecret)]] as const) {
      await expectDenied(t, () => callThrough(t, "orders:fail", {}, { ...each, door: "callers:throughMutation" }), "function_forbidden", { name: "orders:fail", keyId, accepted: both });
    }
  });

  test("attack 13: a caller that has no list reaches nothing", async () => {
    const t = deployment();
    setEnvironment({ COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: audience });
    await expectDenied(t, () => callThrough(t, "orders:create", order, { door: "doors:forOthers" }), "caller_forbidden", { name: "orders:create" });
  });
});
