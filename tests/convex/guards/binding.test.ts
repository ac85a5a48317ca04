import { describe, expect, test } from "vitest";
import { call, deployment, event, expectRefused, failureOf, refusalLine, log, rowCount, setEnvironment, secret, sign, useDeployment } from "../support/deployment.js";

const name = "webhooks:markEventProcessed";

describe("a signature is good for one call only", () => {
  useDeployment();

  test("attack 9: on another function", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign() };
    await expectRefused(t, call(t, "mutation", "webhooks:markEventFailed", args), "signature_invalid", { name: "webhooks:markEventFailed" });
  });

  test("attack 9: on another function type", async () => {
    const t = deployment();
    for (const type of ["query", "action"] as const) {
      const countersign = sign({ type });
      await expectRefused(t, call(t, "mutation", name, { ...event, countersign }), "signature_invalid");
    }
    const lookUp = { name: "webhooks:lookUp", type: "query" } as const;
    const countersign = sign({ ...lookUp, type: "mutation" });
    await expectRefused(t, call(t, "query", lookUp.name, { ...event, countersign }), "signature_invalid", lookUp);
  });

  test("attack 9: for another deployment", async () => {
    const t = deployment();
    for (const audience of ["https://happy-animal-124.convex.cloud", "http://happy-animal-123.convex.cloud", "https://happy-animal-123.convex.site"]) {
      await expectRefused(t, call(t, "mutation", name, { ...event, countersign: sign({ audience }) }), "signature_invalid");
    }
  });

  test("attack 9: replayed against a second deployment with the same secret", async () => {
    const args = { ...event, countersign: sign() };
    await call(deployment(), "mutation", name, args);
    setEnvironment({ COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: "https://other-animal-9.convex.cloud" });
    const t = deployment();
    await expectRefused(t, call(t, "mutation", name, args), "signature_invalid");
  });

  test("attack 9: inside a component", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign() };
    const failure = await failureOf(call(t, "mutation", "nesting:intoComponent", { args }));
    expect(failure.data).toMatchObject({ code: "misconfigured", message: expect.stringContaining("component child") });
    expect(await rowCount(t)).toBe(0);
  });

  test("arguments changed on the way", async () => {
    const t = deployment();
    const countersign = sign();
    for (const changed of [
      { ...event, eventId: "evt_2" },
      { ...event, provider: "stripe" },
      { eventId: event.provider, provider: event.eventId },
    ]) {
      await expectRefused(t, call(t, "mutation", name, { ...changed, countersign }), "signature_invalid");
    }
  });

  test("an argument added or left out", async () => {
    const t = deployment();
    const open = "webhooks:withoutValidators";
    const countersign = sign({ name: open, args: { a: 1, b: 2 } });
    await expectRefused(t, call(t, "mutation", open, { a: 1, countersign }), "signature_invalid", { name: open });
    await expectRefused(t, call(t, "mutation", open, { a: 1, b: 2, c: 3, countersign }), "signature_invalid", { name: open });
  });

  test("signed with another secret, both key ids in the log", async () => {
    const t = deployment();
    const stranger = "stranger-90fb2c7e4d1a8536-secret-unknown-here";
    const countersign = sign({ secret: stranger });
    const keyId = countersign.split(".")[1] ?? "";
    expect(keyId).toMatch(/^[0-9a-f]{16}$/);
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign }), "key_unknown", { keyId });
  });

  test("too old, or from the future", async () => {
    const t = deployment();
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign: sign({ now: Date.now() - 61_000 }) }), "expired");
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign: sign({ now: Date.now() + 62_000 }) }), "not_yet_valid");
  });

  test("a refused call leaves the same call with its right signature possible", async () => {
    const t = deployment();
    const countersign = sign();
    const forged = countersign.slice(0, -4) + (countersign.endsWith("AAAA") ? "BBBA" : "AAAA");
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign: forged }), "signature_invalid");
    await call(t, "mutation", name, { ...event, countersign });
    expect(await rowCount(t)).toBe(1);
    expect(log.warn).toEqual([refusalLine("signature_invalid")]);
  });
});
