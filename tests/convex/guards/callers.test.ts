// Callers with secrets of their own, and functions that only some of them may call.
import { countersign } from "countersign/convex";
import { v } from "convex/values";
import { describe, expect, test } from "vitest";
import { components } from "../convex/_generated/api.js";
import { action, mutation, query } from "../convex/_generated/server.js";
import { webSecret, workerSecret } from "../convex/variants.js";
import { audience, call, deployment, event, expectMisconfigured, failureOf, keyIdOf, log, rowCount, secret, setEnvironment, sign, signedCall, useDeployment } from "../support/deployment.js";
import { callWithArguments } from "../support/raw.js";
import { everything, expectDenied, noncesUsed } from "../support/replay.js";

const both = `${keyIdOf(webSecret)},${keyIdOf(workerSecret)}`;
const functions = [["mutation", "callers:forWorker"], ["query", "callers:queryForWorker"], ["action", "callers:actionForWorker"]] as const;

describe("callers that a function admits", () => {
  useDeployment();

  for (const [type, name] of functions) {
    test(`a ${type}: the caller that is listed, by its name`, async () => {
      expect(await signedCall(deployment(), type, name, event, { secret: workerSecret })).toBe("worker");
    });

    test(`a ${type}: another caller is refused, and writes no row`, async () => {
      const t = deployment();
      const args = { ...event, countersign: sign({ type, name, secret: webSecret }) };
      for (let i = 0; i < 2; i++) {
        await expectDenied(t, () => call(t, type, name, args), "caller_forbidden", { name, type, keyId: keyIdOf(webSecret), accepted: both });
      }
      expect([await noncesUsed(t), await rowCount(t)]).toEqual([0, 0]);
    });
  }

  test("a function without a list admits every caller", async () => {
    const t = deployment();
    expect(await signedCall(t, "mutation", "callers:forAll", event, { secret: webSecret })).toBe("web");
    expect(await signedCall(t, "mutation", "callers:forAll", event, { secret: workerSecret })).toBe("worker");
  });

  test("a wrong signature of a caller that is listed, and of nobody", async () => {
    const t = deployment();
    const [type, name] = functions[0];
    await expectDenied(t, () => call(t, type, name, { ...event, countersign: sign({ type, name: "callers:forAll", secret: workerSecret }) }), "signature_invalid", { name, keyId: keyIdOf(workerSecret), accepted: both });
    await expectDenied(t, () => call(t, type, name, { ...event, countersign: sign({ type, name }) }), "key_unknown", { name, accepted: both });
  });

  const signed = (options: object) => {
    const { signedMutation } = countersign({ query, mutation, action, replay: false, keys: { web: webSecret, worker: workerSecret } });
    return (signedMutation as unknown as (definition: object) => unknown)({ args: event2, handler: async (ctx: { caller: { name: string } }) => ctx.caller.name, ...options });
  };
  const event2 = { eventId: v.string(), provider: v.string() };
  const run = (registered: unknown, text: string) => callWithArguments(registered, "a:b", { ...event, countersign: sign({ name: "a:b", secret: text }) });

  test("a name is compared letter by letter, whatever it means to an object or to a list of functions", async () => {
    for (const callers of [["Worker"], ["work"], ["*"], ["worker:*"], ["web", "__proto__", "constructor", ""], ["worker "], ["default"]]) {
      expect((await failureOf(run(signed({ callers }), workerSecret))).data).toEqual({ code: "unauthorized" });
    }
    expect(log.warn).toHaveLength(7);
    for (const line of log.warn) expect(line).toContain("code=caller_forbidden ");
  });

  test("a secret without a caller's name is the caller `default`", async () => {
    const { signedMutation } = countersign({ query, mutation, action, replay: false });
    const define = (callers: string[]) => signedMutation({ args: event2, callers, handler: async (ctx) => ctx.caller.name });
    expect(await run(define(["default"]), secret)).toBe("default");
    expect((await failureOf(run(define(["worker"]), secret))).data).toEqual({ code: "unauthorized" });
  });

  test("a list is read when the function is defined: a later change of it changes nothing", async () => {
    const callers = ["web"];
    const registered = signed({ callers });
    callers.push("worker");
    expect(await run(registered, webSecret)).toBe("web");
    expect((await failureOf(run(registered, workerSecret))).data).toEqual({ code: "unauthorized" });
  });

  test("a list that makes no sense: an error where it is written", () => {
    for (const callers of [[], "worker", [1], ["web", undefined], null, undefined, {}, new Set(["web"])]) {
      expect(() => signed({ callers })).toThrow(expect.objectContaining({ code: "misconfigured", message: expect.stringMatching(/`callers` must be a list of callers' names/) }));
    }
  });

  test("attack 6: a polluted Object.prototype admits nobody, and shuts nobody out", async () => {
    Object.defineProperty(Object.prototype, "callers", { value: ["nobody"], configurable: true });
    let registered: unknown;
    try {
      registered = signed({});
    } finally {
      delete (Object.prototype as Record<string, unknown>)["callers"];
    }
    expect(await run(registered, webSecret)).toBe("web");
  });
});

describe("the secrets of several callers", () => {
  useDeployment();
  const name = "rotation:mark";
  const rotating = { CONVEX_CLOUD_URL: audience, WEB_SECRET: webSecret, WORKER_SECRET: workerSecret };
  const previous = "previous-7c05a1e9d4b832f6-secret-of-the-web-server";

  test("each of them is asked for at each call", async () => {
    const t = deployment();
    setEnvironment(rotating);
    expect(await signedCall(t, "mutation", name, event, { secret: workerSecret })).toBe("worker");
    setEnvironment({ ...rotating, WORKER_SECRET: previous });
    expect(await signedCall(t, "mutation", name, event, { secret: previous })).toBe("worker");
    expect(await signedCall(t, "action", "rotation:deliver", event, { secret: webSecret })).toBe("web");
    expect((await failureOf(signedCall(t, "mutation", name, event, { secret: workerSecret }))).data).toEqual({ code: "unauthorized" });
  });

  test("in a caller's list, what is not set is passed over", async () => {
    const t = deployment();
    for (const unset of [{}, { WEB_SECRET_PREVIOUS: "" }]) {
      setEnvironment({ ...rotating, ...unset });
      expect(await signedCall(t, "mutation", name, event, { secret: webSecret })).toBe("web");
    }
    setEnvironment({ ...rotating, WEB_SECRET_PREVIOUS: previous });
    expect(await signedCall(t, "mutation", name, event, { secret: previous })).toBe("web");
    expect(log).toEqual({ warn: [], error: [] });
  });

  for (const [what, unset] of [["worker", { WORKER_SECRET: undefined }], ["worker", { WORKER_SECRET: "" }], ["web", { WEB_SECRET: undefined }]] as const) {
    test(`a caller whose secret is ${Object.values(unset)[0] === "" ? "empty" : "unset"} keeps everybody out, and is named: ${what}`, async () => {
      const t = deployment();
      const values: Record<string, string> = {};
      for (const [variable, value] of Object.entries({ ...rotating, ...unset })) if (value !== undefined) values[variable] = value;
      setEnvironment(values);
      const before = await everything(t);
      for (const each of [webSecret, workerSecret]) {
        log.error = [];
        await expectMisconfigured(signedCall(t, "mutation", name, event, { secret: each }), "secret_missing", `\`keys.${what}\` option is not set`, "npx convex env set");
        log.error = [];
        await expectMisconfigured(call(t, "mutation", name, event), "secret_missing", `\`keys.${what}\``);
      }
      expect(await everything(t)).toEqual(before);
    });
  }

  test("attack 16: a caller's secret that is unusable keeps everybody out, and the caller is named", async () => {
    setEnvironment({ ...rotating, WORKER_SECRET: "changeme" });
    await expectMisconfigured(signedCall(deployment(), "mutation", name, event, { secret: webSecret }), "secret_weak", "`keys.worker` option cannot be used");
  });

  test("the same secret for two callers keeps everybody out", async () => {
    const t = deployment();
    for (const values of [{ ...rotating, WORKER_SECRET: webSecret }, { ...rotating, WEB_SECRET_PREVIOUS: workerSecret }]) {
      setEnvironment(values);
      log.error = [];
      await expectMisconfigured(signedCall(t, "mutation", name, event, { secret: webSecret }), "key_conflict");
      expect(log.error[0]).not.toContain(webSecret);
    }
    expect(await noncesUsed(t)).toBe(0);
  });

  test("the same secret twice for one caller is one key", async () => {
    setEnvironment({ ...rotating, WEB_SECRET_PREVIOUS: webSecret });
    expect(await signedCall(deployment(), "mutation", name, event, { secret: webSecret })).toBe("web");
  });

  test("no caller at all", async () => {
    for (const keys of [{}, () => ({}), () => undefined, [], [undefined], { web: [] }, { web: [undefined, ""] }]) {
      log.error = [];
      const { signedMutation } = countersign({ query, mutation, action, replay: false, keys });
      const registered = signedMutation({ args: {}, handler: async () => "in" });
      await expectMisconfigured(callWithArguments(registered, "a:b", { countersign: sign({ name: "a:b", args: {} }) }), "secret_missing", "`keys");
    }
  });

  test("what is fixed when it is defined: the object of secrets, but not what a function returns", async () => {
    const { signedMutation } = countersign({ query, mutation, action, replay: components.countersign, keys: () => ({ [process.env["OTHER_SECRET"] ?? ""]: webSecret }) });
    const registered = signedMutation({ args: {}, handler: async (ctx) => ctx.caller.name });
    const runMutation = async () => ({ status: "fresh" });
    for (const caller of ["first", "second"]) {
      setEnvironment({ CONVEX_CLOUD_URL: audience, OTHER_SECRET: caller });
      expect(await callWithArguments(registered, "a:b", { countersign: sign({ name: "a:b", args: {}, secret: webSecret }) }, { runMutation })).toBe(caller);
    }
  });
});
