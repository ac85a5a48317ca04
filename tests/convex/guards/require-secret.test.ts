import { requireSecret } from "countersign/convex";
import { describe, expect, test } from "vitest";
import { oldSecret } from "../convex/legacy.js";
import { audience, call, deployment, expectMisconfigured, failureOf, keyIdOf, log, otherSecret, rowCount, secret, setEnvironment, useDeployment } from "../support/deployment.js";

const name = "legacy:mark";

function line(code: string, accepted = keyIdOf(secret)) {
  return `countersign: refused code=${code} function=- type=- key=- accepted=${accepted}`;
}

describe("requireSecret", () => {
  useDeployment();

  test("lets the secret in", async () => {
    const t = deployment();
    await call(t, "mutation", name, { secret, eventId: "e" });
    expect(await rowCount(t)).toBe(1);
    expect(log).toEqual({ warn: [], error: [] });
  });

  test("lets the previous and the next one in", async () => {
    setEnvironment({ COUNTERSIGN_SECRET: oldSecret, COUNTERSIGN_SECRET_PREVIOUS: secret, COUNTERSIGN_SECRET_NEXT: otherSecret, CONVEX_CLOUD_URL: audience });
    const t = deployment();
    for (const candidate of [oldSecret, secret, otherSecret]) await call(t, "mutation", name, { secret: candidate, eventId: "e" });
    expect(await rowCount(t)).toBe(3);
  });

  test("refuses everything else, always in the same form", async () => {
    const t = deployment();
    const wrong: [unknown, string][] = [
      [undefined, "signature_missing"],
      [null, "signature_missing"],
      ["", "signature_missing"],
      [otherSecret, "key_unknown"],
      [secret.slice(0, -1), "key_unknown"],
      [`${secret} `, "key_unknown"],
      [`${secret}\u0000`, "key_unknown"],
      [secret.toUpperCase(), "key_unknown"],
      ["\ud800", "key_unknown"],
      [[secret], "key_unknown"],
      [{ secret }, "key_unknown"],
      [0, "key_unknown"],
      [true, "key_unknown"],
      [new TextEncoder().encode(secret).buffer, "key_unknown"],
    ];
    for (const [candidate, code] of wrong) {
      const failure = await failureOf(call(t, "mutation", name, { secret: candidate, eventId: "e" }));
      expect(failure).toEqual({ name: "ConvexError", message: '{"code":"unauthorized"}', data: { code: "unauthorized" }, convexError: true });
      expect(log.warn.at(-1)).toBe(line(code));
    }
    expect(log.warn).toHaveLength(wrong.length);
    expect(await rowCount(t)).toBe(0);
  });

  test("never lets anybody in where the variable is missing or weak", async () => {
    for (const [value, candidate] of [[undefined, undefined], [undefined, ""], ["", ""], ["undefined", "undefined"], ["changeme", "changeme"]]) {
      setEnvironment({ CONVEX_CLOUD_URL: audience, ...(value === undefined ? {} : { COUNTERSIGN_SECRET: value }) });
      log.error = [];
      const t = deployment();
      await expectMisconfigured(call(t, "mutation", name, { secret: candidate, eventId: "e" }), "secret_(missing|weak)", "npx convex env set COUNTERSIGN_SECRET");
      expect(await rowCount(t)).toBe(0);
    }
  });

  test("explains itself if told to", async () => {
    const t = deployment();
    expect(await call(t, "mutation", "legacy:markExplained", { secret })).toBe("ok");
    const { data } = await failureOf(call(t, "mutation", "legacy:markExplained", { secret: otherSecret }));
    expect(data).toEqual({ code: "key_unknown", message: expect.stringContaining("not one that this deployment accepts") });
  });

  test("attack 12: a secret option that is not set is not replaced by the environment's", () => {
    expect(() => requireSecret(secret, { secret: process.env["OTHER_SECRET"] })).toThrow(expect.objectContaining({ data: { code: "misconfigured", message: expect.stringContaining("`secret` option is not set") } }));
    expect(() => requireSecret(secret, {})).not.toThrow();
  });

  test("takes another secret than the environment's", async () => {
    setEnvironment({});
    const t = deployment();
    expect(await call(t, "mutation", "legacy:markOwn", { secret: oldSecret })).toBe("ok");
    await failureOf(call(t, "mutation", "legacy:markOwn", { secret }));
    expect(log.warn).toEqual([line("key_unknown", keyIdOf(oldSecret))]);
  });
});
