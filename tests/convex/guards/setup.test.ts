import { countersign } from "countersign/convex";
import { describe, expect, test } from "vitest";
import { markEventProcessed } from "../convex/webhooks.js";
import { action, mutation, query } from "../convex/_generated/server.js";
import { audience, call, deployment, event, expectMisconfigured, failureOf, log, otherSecret, rowCount, secret, setEnvironment, sign, signedCall, useDeployment } from "../support/deployment.js";
import { callWithArguments } from "../support/raw.js";

const name = "webhooks:markEventProcessed";
const builders = { query, mutation, action } as const;
const define = countersign as unknown as (options: object) => unknown;

describe("a deployment that is not set up", () => {
  useDeployment();

  const unusable: [string, string, string][] = [
    ["short", "short-1a2b3c4d5e", "secret_weak"],
    ["all the same", "a".repeat(64), "secret_weak"],
    ["a placeholder", "your-secret-value-your-secret-value", "secret_weak"],
    ["padded", ` ${secret}`, "secret_malformed"],
    ["with the line's end", `${secret}\n`, "secret_malformed"],
    ["quoted", `"${secret}"`, "secret_malformed"],
    ["cut off", "csk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "secret_malformed"],
  ];
  for (const [what, value, code] of unusable) {
    test(`attack 16: a secret that is ${what}`, async () => {
      setEnvironment({ COUNTERSIGN_SECRET: value, CONVEX_CLOUD_URL: audience });
      const t = deployment();
      await expectMisconfigured(call(t, "mutation", name, { ...event, countersign: sign() }), code, "COUNTERSIGN_SECRET cannot be used", "npx convex env set COUNTERSIGN_SECRET");
      expect(log.error[0]).not.toContain(value.trim());
      expect(await rowCount(t)).toBe(0);
    });
  }

  test("attack 16: texts that stand for nothing", async () => {
    for (const value of ["undefined", "null", "changeme", "secret", " ", "your-secret-value"]) {
      setEnvironment({ COUNTERSIGN_SECRET: value, CONVEX_CLOUD_URL: audience });
      log.error = [];
      await expectMisconfigured(call(deployment(), "mutation", name, event), "secret_(weak|missing|malformed)", "npx convex env set COUNTERSIGN_SECRET");
    }
  });

  test("attack 16: the previous or next secret is unusable, and the message names it", async () => {
    for (const variable of ["COUNTERSIGN_SECRET_PREVIOUS", "COUNTERSIGN_SECRET_NEXT"] as const) {
      setEnvironment({ COUNTERSIGN_SECRET: secret, [variable]: "changeme", CONVEX_CLOUD_URL: audience });
      log.error = [];
      await expectMisconfigured(signedCall(deployment(), "mutation", name, event), "secret_weak", `${variable} cannot be used`, `npx convex env set ${variable}`);
    }
  });

  test("attack 12: no secret of its own, whatever the caller signs with", async () => {
    setEnvironment({ CONVEX_CLOUD_URL: audience, COUNTERSIGN_SECRET_PREVIOUS: secret });
    await expectMisconfigured(signedCall(deployment(), "mutation", name, event), "secret_missing", "COUNTERSIGN_SECRET is not set");
  });

  test("no CONVEX_CLOUD_URL, or one that is no URL", async () => {
    for (const url of [undefined, "", "happy-animal-123", "ftp://happy-animal-123.convex.cloud"]) {
      setEnvironment({ COUNTERSIGN_SECRET: secret, ...(url === undefined ? {} : { CONVEX_CLOUD_URL: url }) });
      log.error = [];
      await expectMisconfigured(signedCall(deployment(), "mutation", name, event), "misconfigured", "CONVEX_CLOUD_URL");
    }
  });

  test("a CONVEX_CLOUD_URL in capitals or with a trailing slash is the same deployment", async () => {
    setEnvironment({ COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: "https://Happy-Animal-123.convex.cloud/" });
    await signedCall(deployment(), "mutation", name, event);
    expect(log.error).toEqual([]);
  });

  test("convex before 1.37, which has no ctx.meta", async () => {
    const handler = (markEventProcessed as unknown as { _handler: (ctx: object, args: object) => Promise<unknown> })._handler;
    await expectMisconfigured(handler({}, { ...event, countersign: sign() }), "misconfigured", "convex 1.37", "npm install convex@latest");
  });

  test("the log has one line, with the function and without the secret", async () => {
    setEnvironment({ COUNTERSIGN_SECRET: "tooshort", CONVEX_CLOUD_URL: audience });
    await expectMisconfigured(call(deployment(), "mutation", name, event), "secret_weak");
    expect(log.error[0]).toContain(`function=${name} type=mutation key=- accepted=- message=countersign: `);
    expect(log.error[0]).not.toMatch(/\n|tooshort/);
  });
});

describe("options that make no sense", () => {
  useDeployment();

  const replayMessage = /`replay` must be `components.countersign`, or `false`/;
  const wrong: [string, object, RegExp][] = [
    ["replay left out", builders, replayMessage],
    ["replay: true", { ...builders, replay: true }, replayMessage],
    ["replay: no component", { ...builders, replay: {} }, replayMessage],
    ["replay: part of a component", { ...builders, replay: { replay: {} } }, replayMessage],
    ["replay: 0", { ...builders, replay: 0 }, replayMessage],
    ["replay: null", { ...builders, replay: null }, replayMessage],
    ["replay: undefined", { ...builders, replay: undefined }, replayMessage],
    ["the former name of keys", { ...builders, replay: false, secret }, /called `keys`/],
    ["no query", { mutation, action, replay: false }, /`query` from .* is missing/],
    ["no mutation", { query, action, replay: false }, /`mutation` from .* is missing/],
    ["no action", { query, mutation, replay: false }, /`action` from .* is missing/],
    ["an empty audience", { ...builders, replay: false, audience: "" }, /`audience`/],
    ["an audience that is no text", { ...builders, replay: false, audience: new URL(audience) }, /`audience`/],
    ["explain that is no boolean", { ...builders, replay: false, explain: "no" }, /`explain`/],
    ["a tolerance of 16 minutes", { ...builders, replay: false, toleranceMs: 960_000 }, /`toleranceMs`/],
    ["a negative tolerance", { ...builders, replay: false, toleranceMs: -1 }, /`toleranceMs`/],
    ["an endless tolerance", { ...builders, replay: false, toleranceMs: Infinity }, /`toleranceMs`/],
    ["a tolerance that is no number", { ...builders, replay: false, toleranceMs: "60000" }, /`toleranceMs`/],
  ];
  for (const [what, options, message] of wrong) {
    test(`${what}: an error where it is written`, () => {
      expect(() => define(options)).toThrow(expect.objectContaining({ name: "CountersignError", code: "misconfigured", message: expect.stringMatching(message) }));
    });
  }

  test("attack 6: options that are inherited do not count", () => {
    expect(() => define(Object.create({ ...builders, replay: false }) as object)).toThrow(replayMessage);
    expect(() => define(Object.assign(Object.create({ replay: false }) as object, builders))).toThrow(replayMessage);
  });

  test("attack 6: a polluted Object.prototype adds none", async () => {
    const polluted = { explain: true, toleranceMs: 900_000, audience: "https://evil.example", keys: otherSecret, callers: ["nobody"] };
    for (const [key, value] of Object.entries(polluted)) Object.defineProperty(Object.prototype, key, { value, configurable: true });
    let signed: unknown;
    try {
      signed = countersign({ ...builders, replay: false }).signedMutation({ args: {}, handler: async (ctx) => ctx.caller.name });
    } finally {
      for (const key of Object.keys(polluted)) delete (Object.prototype as Record<string, unknown>)[key];
    }
    const one = { name: "a:b", args: {} };
    const run = (token: string) => callWithArguments(signed, "a:b", { countersign: token });
    expect(await run(sign(one))).toBe("default");
    for (const token of [
      sign({ ...one, now: Date.now() - 70_000 }),
      sign({ ...one, secret: otherSecret }),
      sign({ ...one, audience: "https://evil.example" }),
    ]) {
      expect(await failureOf(run(token))).toMatchObject({ data: { code: "unauthorized" } });
    }
  });

  test("a builder of another type", () => {
    const { signedQuery } = define({ ...builders, query: mutation, replay: false }) as { signedQuery: (definition: object) => unknown };
    expect(() => signedQuery({ args: {}, handler: async () => 1 })).toThrow(/does not build a Convex query/);
  });

  test("an argument of the name that the signature has", () => {
    const { signedMutation } = define({ ...builders, replay: false }) as { signedMutation: (definition: object) => unknown };
    const handler = async () => 1;
    expect(() => signedMutation({ args: { countersign: { isConvexValidator: true } }, handler })).toThrow(/`countersign` is the signature's/);
  });

  test("defining reads no secret", () => {
    setEnvironment({});
    expect(() => define({ ...builders, replay: false })).not.toThrow();
  });
});
