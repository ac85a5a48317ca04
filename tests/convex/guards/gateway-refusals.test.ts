// What a gateway does not do: reach what nobody listed, or run anything for a call that does not prove itself.
import { gateway } from "countersign/convex";
import { describe, expect, test } from "vitest";
import { components } from "../convex/_generated/api.js";
import { action, mutation as mutationBuilder, query } from "../convex/_generated/server.js";
import { mutation as door } from "../convex/gateway.js";
import { audience, event, deployment, expectMisconfigured, failureOf, keyIdOf, log, otherSecret, secret, setEnvironment, sign, useDeployment } from "../support/deployment.js";
import type { Args } from "../support/deployment.js";
import { callThrough, knock, signedRequest } from "../support/gateway.js";
import { callWithArguments } from "../support/raw.js";
import { everything, expectDenied, useClock } from "../support/replay.js";

const order = { orderId: "o1", amount: 7 };
const create = { name: "orders:create" };

describe("functions that a gateway does not reach, with a right signature", () => {
  useDeployment();
  useClock();

  const unlisted: [string, readonly string[]][] = [
    ["public functions, guarded or not", ["nesting:passing", "webhooks:markEventFailed", "webhooks", "legacy:mark"]],
    ["internal functions", ["shop/orders:create", "variants:internalOne"]],
    ["modules and names that only begin alike", ["ordersx:create", "order:create", "shop/orders:count", "Orders:create", "orders/create:x"]],
    ["its own gateway", ["gateway:mutation", "gateway:query"]],
    ["Convex's own functions", ["_system/cli/tables:default", "_system/frontend/addDocument", "_system/repl/wrappers:query", "_deps/node:x"]],
  ];
  for (const [what, names] of unlisted) {
    test(`attack 13: ${what}`, async () => {
      const t = deployment();
      for (const name of names) {
        const line = /^_?[\w/]+(:\w+)?$/.test(name) ? name : "-";
        for (const type of ["mutation", "query", "action"] as const) {
          await expectDenied(t, () => callThrough(t, name, event, { type }), "function_forbidden", { name: line, type });
        }
      }
    });
  }

  const aliases: [string, readonly string[]][] = [
    ["other spellings of functions that are listed", ["orders.js:create", "orders.ts:create", "orders:default", "orders.js", "orders.js:default", "./orders:create", "/orders:create", "orders//x:create", "x/../orders:create", "orders:create ", " orders:create", "orders:create:create", "orders::create", "orders:", "orders:*", ":create", ":", "*", ""]],
    ["a component's functions", ["_reference/childComponent/countersign/replay/consume", "countersign/replay:consume", "countersign.replay.consume", "child/webhooks:markEventFailed", "components:countersign:replay:consume"]],
    ["function handles", ["function://;orders:create", "function://orders:create", "function://countersign;replay:consume", "FUNCTION://;orders:create"]],
    ["names with other characters", ["orders:creat\u0435", "orders\uff1acreate", "orders:crea\u0301te", "orders:create\u200b", "orders:create\0", "orders\\x:create", "orders%3Acreate", "orders:create#", "orders:create?x=1", "orders.create", "orders-x:create"]],
  ];
  for (const [what, names] of aliases) {
    test(`attack 13: ${what}`, async () => {
      const t = deployment();
      for (const name of names) {
        const attempt = () => callThrough(t, name, order, { type: "mutation" });
        // An empty name cannot be signed at all.
        if (name === "") expect(() => sign({ name })).toThrow(expect.objectContaining({ code: "type_invalid" }));
        else await expectDenied(t, attempt, "function_forbidden", { name: /^[\w/]+(:\w+)?$/.test(name) ? name : "-" });
      }
    });
  }

  test("attack 13: names that would write lines of their own into the log", async () => {
    const t = deployment();
    const lines = ["orders:create\ncountersign: refused code=none function=x", "orders:create\r\n", "orders:create\u2028x", "\u001b[2Jorders:create", `others:${"x".repeat(300)}`, `${"x".repeat(300)}:y`, "orders:create key=0 accepted=0"];
    for (const name of lines) {
      await expectDenied(t, () => callThrough(t, name, {}), "function_forbidden", { name: "-" });
      // Before anything is verified, too.
      await expectDenied(t, () => knock(t, { name, args: {}, countersign: "cs1.x" }), "signature_malformed", { name: "-", keyId: "-" });
    }
    expect(log.warn.every((line) => /^[\x20-\x7e]{1,300}$/.test(line))).toBe(true);
  });

  test("attack 13: lists of one function, and of another module", async () => {
    const t = deployment();
    expect(await callThrough(t, "orders:create", order, { door: "doors:exactMutation" })).toEqual({ rows: 1 });
    for (const name of ["orders:fail", "orders:createInShop", "orders", "orders:creat", "orders:create2"]) {
      await expectDenied(t, () => callThrough(t, name, order, { door: "doors:exactMutation" }), "function_forbidden", { name });
    }
    expect(await callThrough(t, "shop/orders:create", { orderId: "o2" }, { door: "doors:shopMutation" })).toBe("of the shop");
    expect(await callThrough(t, "shop/orders:count", {}, { type: "query", door: "doors:shopQuery" })).toBe(42);
    for (const name of ["orders:create", "shop/orders", "shop:create", "shop/orders/x:create", "x/shop/orders:create"]) {
      await expectDenied(t, () => callThrough(t, name, order, { door: "doors:shopMutation" }), "function_forbidden", { name });
    }
  });

  test("attack 13: an empty list", async () => {
    const t = deployment();
    for (const name of ["orders:create", "orders"]) await expectDenied(t, () => callThrough(t, name, order, { door: "doors:closed" }), "function_forbidden", { name });
  });

  test("attack 13: a gateway through a gateway wants a second signature, and a guarded function too", async () => {
    const t = deployment();
    const inner = { name: "orders:create", args: order };
    await expectDenied(t, () => callThrough(t, "gateway:mutation", inner, { door: "doors:nested" }), "signature_missing", { name: "orders:create", keyId: "-" });
    await expectDenied(t, () => callThrough(t, "once:mark", event, { door: "doors:nested" }), "signature_missing", { name: "once:mark", keyId: "-" });
    // The outer signature is not one for the function inside, and with both it runs once.
    const outer = signedRequest("gateway:mutation", inner);
    await expectDenied(t, () => callThrough(t, "gateway:mutation", { ...inner, countersign: outer.countersign }, { door: "doors:nested" }), "signature_invalid", { name: "orders:create" });
    const request = signedRequest("gateway:mutation", signedRequest("orders:create", order));
    expect(await knock(t, request, { door: "doors:nested" })).toEqual({ rows: 1 });
    await expectDenied(t, () => knock(t, request, { door: "doors:nested" }), "replayed", { name: "gateway:mutation" });
    // It reaches only what the gateway inside does.
    await expectDenied(t, () => callThrough(t, "gateway:mutation", signedRequest("once:mark", event), { door: "doors:nested" }), "function_forbidden", { name: "once:mark" });
  });
});

describe("calls through a gateway that do not prove themselves", () => {
  useDeployment();
  useClock();

  test("attack 9: another function, other arguments than were signed", async () => {
    const t = deployment();
    const request = signedRequest("orders:create", order);
    const changed: Args[] = [
      { ...request, name: "orders:createInShop" },
      { ...request, name: "orders:fail" },
      { ...request, name: "shop/orders:create" },
      { ...request, args: { ...order, amount: 8 } },
      { ...request, args: { ...order, more: 1 } },
      { ...request, args: {} },
    ];
    for (const one of changed) await expectDenied(t, () => knock(t, one), "signature_invalid", { name: String(one["name"]) });
    expect(await knock(t, request)).toEqual({ rows: 1 });
  });

  test("attack 9: a signature of one function type at the gateway of another", async () => {
    const t = deployment();
    for (const signed of ["query", "mutation", "action"] as const) {
      for (const type of ["query", "mutation", "action"] as const) {
        if (type === signed) continue;
        await expectDenied(t, () => knock(t, signedRequest("orders:create", order, { type: signed }), { type }), "signature_invalid", { ...create, type });
      }
    }
  });

  test("attack 9: the gateway's own name is not enough to call another function", async () => {
    const t = deployment();
    for (const args of [order, { name: "orders:create", args: order }]) {
      for (const name of ["gateway:mutation", "gateway", "*", "orders:*"]) {
        await expectDenied(t, () => knock(t, { name: "orders:create", args: order, countersign: sign({ name, args }) }), "signature_invalid", create);
      }
    }
  });

  test("attack 9: a signature for a guarded function, and one for another deployment", async () => {
    const t = deployment();
    await expectDenied(t, () => knock(t, { name: "orders:create", args: event, countersign: sign({ name: "once:mark" }) }), "signature_invalid", create);
    await expectDenied(t, () => callThrough(t, "orders:create", order, { audience: "https://other-animal-9.convex.cloud" }), "signature_invalid", create);
  });

  test("attack 12: no signature, an empty one, one that is no text", async () => {
    const t = deployment();
    for (const type of ["query", "mutation", "action"] as const) {
      await expectDenied(t, () => knock(t, { name: "orders:create", args: order }, { type }), "signature_missing", { ...create, type, keyId: "-" });
      for (const countersign of ["", null, undefined]) {
        await expectDenied(t, () => knock(t, { name: "orders:create", args: order, countersign }, { type }), "signature_missing", { ...create, type, keyId: "-" });
      }
      for (const countersign of [0, 1n, true, [sign(create)], { token: sign(create) }, new ArrayBuffer(8)]) {
        await expectDenied(t, () => knock(t, { name: "orders:create", args: order, countersign }, { type }), "signature_malformed", { ...create, type, keyId: "-" });
      }
    }
  });

  test("attack 12: a signature in the function's arguments is none of the gateway's", async () => {
    const t = deployment();
    const args = { ...order, countersign: sign({ ...create, args: order }) };
    await expectDenied(t, () => knock(t, { name: "orders:create", args }), "signature_missing", { ...create, keyId: "-" });
  });

  test("attack 12: no name or no arguments, or others than there can be", async () => {
    const t = deployment();
    const { countersign } = signedRequest("orders:create", order);
    for (const name of [undefined, null, 1, 1n, true, ["orders:create"], { name: "orders:create" }, new ArrayBuffer(4), ""]) {
      const request: Args = name === undefined ? { args: order, countersign } : { name, args: order, countersign };
      await expectDenied(t, () => knock(t, request), "type_invalid", { name: "-" });
    }
    for (const args of [undefined, null, 1, "x", [], [order], new ArrayBuffer(4)]) {
      const request: Args = args === undefined ? { name: "orders:create", countersign } : { name: "orders:create", args, countersign };
      await expectDenied(t, () => knock(t, request), "type_invalid", create);
    }
  });

  test("attack 6: a name or arguments from a getter, or inherited", async () => {
    const request = signedRequest("orders:create", order);
    let asked = 0;
    const attempts: object[] = [
      { ...request, get name() { asked += 1; return "orders:create"; } },
      { ...request, get args() { asked += 1; return order; } },
      Object.create(request) as object,
      Object.assign(Object.create({ name: "orders:create" }) as object, { args: order, countersign: request.countersign }),
    ];
    for (const attempt of attempts) expect((await failureOf(callWithArguments(door, "gateway:mutation", attempt))).data).toEqual({ code: "unauthorized" });
    for (const raw of [undefined, null, "x", 1, []]) expect((await failureOf(callWithArguments(door, "gateway:mutation", raw))).data).toEqual({ code: "unauthorized" });
    expect(asked).toBe(0);
  });

  test("attack 12: no secret in Convex, whatever the caller signs with", async () => {
    const t = deployment();
    const before = await everything(t);
    for (const values of [{}, { COUNTERSIGN_SECRET: "" }, { COUNTERSIGN_SECRET_PREVIOUS: secret }]) {
      setEnvironment({ CONVEX_CLOUD_URL: audience, ...values });
      log.error = [];
      await expectMisconfigured(callThrough(t, "orders:create", order), "secret_missing", "npx convex env set COUNTERSIGN_SECRET");
      log.error = [];
      await expectMisconfigured(knock(t, { name: "orders:create", args: order }), "secret_missing");
    }
    expect(await everything(t)).toEqual(before);
  });

  test("attack 14: the plain secret instead of a signature, or beside it", async () => {
    const t = deployment();
    for (const countersign of [secret, `cs1.${secret}`, keyIdOf(secret), { token: secret, idempotencyKey: secret }]) {
      await expectDenied(t, () => knock(t, { name: "orders:create", args: order, countersign }), "signature_malformed", { ...create, keyId: "-" });
    }
    await expectDenied(t, () => knock(t, { name: "orders:create", args: { ...order, secret, countersign: secret } }), "signature_missing", { ...create, keyId: "-" });
    for (const field of ["secret", "COUNTERSIGN_SECRET", "authorization"]) {
      // Past Convex's own validator, which takes no such field at all.
      expect((await failureOf(callWithArguments(door, "gateway:mutation", { name: "orders:create", args: order, [field]: secret }))).data).toEqual({ code: "unauthorized" });
      expect(log.warn.at(-1)).toContain("code=signature_missing ");
      await expect(knock(t, { name: "orders:create", args: order, [field]: secret })).rejects.toThrow(/Validator error/);
    }
  });

  test("attack 15: unknown and revoked keys, versions and windows, as for any guarded function", async () => {
    const t = deployment();
    await expectDenied(t, () => callThrough(t, "orders:create", order, { secret: otherSecret }), "key_unknown", { ...create, keyId: keyIdOf(otherSecret) });
    const version2 = sign({ ...create, args: order }).replace("cs1", "cs2");
    await expectDenied(t, () => knock(t, { name: "orders:create", args: order, countersign: version2 }), "version_unsupported", create);
    await expectDenied(t, () => callThrough(t, "orders:create", order, { now: Date.now() - 60_001 }), "expired", create);
    await expectDenied(t, () => callThrough(t, "orders:create", order, { now: Date.now() + 60_001 }), "not_yet_valid", create);
  });
});

describe("a gateway whose options make no sense", () => {
  useDeployment();
  const builders = { query, mutation: mutationBuilder, action, replay: components.countersign };
  const define = gateway as unknown as (options: object) => Record<"query" | "mutation" | "action", unknown>;

  const bad: unknown[] = [
    "*", "*:*", ":*", "orders*", "orders:cre*", "orders:*x", "orders:default", "orders.js:create", "orders.js:*", "_system/cli/tables:list", "_system/*", "_deps:x", "function://;orders:create", "", "orders:", ":create", "/orders:create", "orders/",
    "orders//x:y", "../orders:create", "orders:create ", " orders:create", "orders:create\n", "orders:a:b", "ord\u00ebrs:create", "internal.orders.create", 1, null, undefined, ["orders:create"], {},
  ];
  test("attack 13: entries that are no names", () => {
    for (const entry of bad) {
      for (const allow of [[entry], ["orders:create", entry], { web: [entry] }, { web: ["orders:create"], worker: [entry] }]) {
        expect(() => define({ ...builders, allow }), JSON.stringify(entry)).toThrow(expect.objectContaining({ code: "misconfigured", message: expect.stringMatching(/`allow` must be/) }));
      }
    }
  });

  test("attack 13: a list that is missing or none", () => {
    const inherited = Object.assign(Object.create({ allow: ["orders:*"] }) as object, builders);
    for (const options of [builders, inherited, ...["orders:*", null, 1, true, { web: "orders:*" }, { web: null }, { web: {} }].map((allow) => ({ ...builders, allow }))]) {
      expect(() => define(options)).toThrow(expect.objectContaining({ code: "misconfigured", message: expect.stringMatching(/`allow` must be a list/) }));
    }
  });

  test("more names than can be looked through at each call", () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `m${i + 1000}:f`);
    expect(() => define({ ...builders, allow: many(2800) })).not.toThrow();
    expect(() => define({ ...builders, allow: many(3000) })).toThrow(/`allow` must be less than 20000 characters/);
    expect(() => define({ ...builders, allow: { web: many(3000), worker: [] } })).toThrow(/`allow` must be less than/);
    // The same names for many callers are no more names.
    expect(() => define({ ...builders, allow: Object.fromEntries(many(20).map((caller) => [caller, many(2000)])) })).not.toThrow();
  });

  test("builders and replay, as for guards", () => {
    const allow = ["orders:create"];
    for (const kind of ["query", "mutation", "action"] as const) expect(() => define({ ...builders, [kind]: undefined, allow })).toThrow(new RegExp(`\`${kind}\` from .* is missing`));
    expect(() => define({ ...builders, query: mutationBuilder, allow })).toThrow(/does not build a Convex query/);
    for (const replay of [undefined, true, {}, null]) expect(() => define({ ...builders, replay, allow })).toThrow(/`replay` must be/);
    expect(() => define({ ...builders, secret, allow })).toThrow(/called `keys`/);
  });

  test("defining reads no secret", () => {
    setEnvironment({});
    expect(() => define({ ...builders, allow: ["orders:create"] })).not.toThrow();
  });

  test("attack 13: a list is read when the gateway is defined: a later change of it opens nothing", async () => {
    const list = ["orders:create"];
    const lists: Record<string, string[]> = { default: ["orders:create"] };
    const gateways = [define({ ...builders, replay: false, allow: list }), define({ ...builders, replay: false, allow: lists })];
    list.push("orders:fail");
    lists["default"]?.push("orders:fail");
    lists["worker"] = ["orders:fail"];
    const ran: unknown[] = [];
    const runMutation = async (_reference: unknown, args: unknown) => void ran.push(args);
    for (const { mutation } of gateways) {
      await callWithArguments(mutation, "x:y", signedRequest("orders:create", order), { runMutation });
      expect((await failureOf(callWithArguments(mutation, "x:y", signedRequest("orders:fail", {}), { runMutation }))).data).toEqual({ code: "unauthorized" });
      expect(log.warn.at(-1)).toContain("code=function_forbidden ");
    }
    expect(ran).toEqual([order, order]);
  });
});
