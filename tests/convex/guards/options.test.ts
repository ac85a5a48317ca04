import { countersign } from "countersign/convex";
import { describe, expect, test } from "vitest";
import { action, mutation, query } from "../convex/_generated/server.js";
import { optionSecret, webSecret, workerSecret } from "../convex/variants.js";
import { audience, call, deployment, event, expectRefused, failureOf, keyIdOf, log, secret, setEnvironment, sign, signedCall, useDeployment } from "../support/deployment.js";

describe("options", () => {
  useDeployment();

  test("explain: the precise reason leaves the deployment, in the log as ever", async () => {
    const name = "variants:explained";
    const t = deployment();
    expect(await signedCall(t, "mutation", name, event)).toBe("ok");
    const cases: [string, unknown][] = [
      ["signature_missing", undefined],
      ["signature_malformed", "cs1.x"],
      ["version_unsupported", sign({ name }).replace("cs1", "cs2")],
      ["key_unknown", sign({ name, secret: optionSecret })],
      ["signature_invalid", sign({ name: "variants:within1s" })],
      ["expired", sign({ name, now: Date.now() - 120_000 })],
      ["not_yet_valid", sign({ name, now: Date.now() + 120_000 })],
    ];
    for (const [code, countersign] of cases) {
      const { data } = await failureOf(call(t, "mutation", name, { ...event, countersign }));
      expect(data).toEqual({ code, message: expect.stringMatching(/^countersign: .{10,}/) });
      expect(log.warn.at(-1)).toContain(`countersign: refused code=${code} function=${name} `);
    }
  });

  test("toleranceMs: a narrower window", async () => {
    const name = "variants:within1s";
    const t = deployment();
    expect(await signedCall(t, "mutation", name, event)).toBe("ok");
    const countersign = sign({ name, now: Date.now() - 2000 });
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign }), "expired", { name });
  });

  test("audience: the deployment's other URL, and no longer its own", async () => {
    const name = "variants:forCustomDomain";
    const t = deployment();
    const options = { audience: "https://custom.example.com" };
    expect(await signedCall(t, "mutation", name, event, options)).toBe("ok");
    setEnvironment({ COUNTERSIGN_SECRET: secret });
    expect(await signedCall(t, "mutation", name, event, options)).toBe("ok");
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign: sign({ name, audience }) }), "signature_invalid", { name });
  });

  test("keys: instead of the environment's", async () => {
    const name = "variants:withOwnSecret";
    const t = deployment();
    setEnvironment({ CONVEX_CLOUD_URL: audience });
    expect(await signedCall(t, "mutation", name, event, { secret: optionSecret })).toBe("default");
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign: sign({ name }) }), "key_unknown", { name, accepted: keyIdOf(optionSecret) });
  });

  test("keys: a function is asked at each call", async () => {
    const name = "variants:withAskedSecret";
    setEnvironment({ CONVEX_CLOUD_URL: audience, OTHER_SECRET: optionSecret });
    expect(await signedCall(deployment(), "mutation", name, event, { secret: optionSecret })).toBe("ok");
    setEnvironment({ CONVEX_CLOUD_URL: audience });
    const { data } = await failureOf(signedCall(deployment(), "mutation", name, event, { secret: optionSecret }));
    expect(data).toMatchObject({ code: "misconfigured", message: expect.stringContaining("`keys` option is not set") });
  });

  test("attack 12: keys that are not set are not replaced by the environment's", async () => {
    const { signedMutation } = countersign({ query, mutation, action, replay: false, keys: undefined });
    const unset = signedMutation({ args: {}, handler: async () => "ok" }) as unknown as (ctx: object, args: object) => Promise<unknown>;
    const meta = { getFunctionMetadata: async () => ({ name: "webhooks:unset", componentPath: "" }) };
    const { data } = await failureOf(unset({ meta }, { countersign: sign({ name: "webhooks:unset", args: {} }) }));
    expect(data).toMatchObject({ code: "misconfigured", message: expect.stringContaining("`keys` option is not set") });
  });

  test("keys that are no text: the message says which, and not what", async () => {
    const wrong = [1, {}, new Uint8Array(40), `${optionSecret}\ud800`];
    for (const [keys, label] of wrong.flatMap((each) => [[[each], "keys"], [{ web: each }, "keys.web"]] as const)) {
      const { signedMutation } = countersign({ query, mutation, action, replay: false, keys: keys as unknown as string[] });
      const odd = signedMutation({ args: {}, handler: async () => "ok" }) as unknown as (ctx: object, args: object) => Promise<unknown>;
      const meta = { getFunctionMetadata: async () => ({ name: "webhooks:odd", componentPath: "" }) };
      const { data } = await failureOf(odd({ meta }, { countersign: sign({ name: "webhooks:odd", args: {} }) }));
      expect(data).toEqual({ code: "misconfigured", message: expect.stringContaining(`The \`${label}\` option is not text.`) });
      expect(JSON.stringify([data, log])).not.toContain(optionSecret);
    }
  });

  test("keys: by caller, and the handler learns which caller it was", async () => {
    const name = "variants:withCallers";
    const t = deployment();
    expect(await signedCall(t, "mutation", name, event, { secret: webSecret })).toBe("web");
    expect(await signedCall(t, "mutation", name, event, { secret: workerSecret })).toBe("worker");
    const accepted = `${keyIdOf(webSecret)},${keyIdOf(workerSecret)}`;
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign: sign({ name }) }), "key_unknown", { name, accepted });
  });
});
