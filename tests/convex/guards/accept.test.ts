import { describe, expect, test } from "vitest";
import { audience, call, deployment, event, expectRefused, keyIdOf, log, rowCount, secret, setEnvironment, sign, signedCall, useDeployment } from "../support/deployment.js";

describe("a signed call", () => {
  useDeployment();

  test("runs the mutation, which gets the arguments without the signature", async () => {
    const t = deployment();
    const result = await signedCall(t, "mutation", "webhooks:markEventProcessed", event);
    expect(result).toEqual({ args: event, caller: { name: "default", keyId: keyIdOf(secret), issuedAt: expect.any(Number) } });
    expect(await rowCount(t)).toBe(1);
    expect(log).toEqual({ warn: [], error: [] });
  });

  test("runs a query and an action", async () => {
    const t = deployment();
    expect(await signedCall(t, "query", "webhooks:lookUp", event)).toMatchObject({ args: event, rows: 0 });
    expect(await signedCall(t, "action", "webhooks:deliver", event)).toMatchObject({ args: event });
  });

  test("tells the handler when it was signed", async () => {
    const now = Date.now() - 1234;
    const result = await signedCall(deployment(), "mutation", "webhooks:markEventProcessed", event, { now });
    expect(result).toMatchObject({ caller: { issuedAt: now } });
  });

  test("may have its arguments in another order", async () => {
    const { eventId, provider } = event;
    const countersign = sign({ args: { eventId, provider } });
    await call(deployment(), "mutation", "webhooks:markEventProcessed", { provider, countersign, eventId });
    expect(log.warn).toEqual([]);
  });

  test("works for each form of a definition", async () => {
    const t = deployment();
    expect(await signedCall(t, "mutation", "webhooks:withObjectValidator", event)).toBe("evt_1");
    expect(await signedCall(t, "mutation", "webhooks:withoutArguments", {})).toBe("default");
    expect(await signedCall(t, "mutation", "webhooks:withoutValidators", { a: 1, b: 2 })).toEqual(["a", "b"]);
    expect(await signedCall(t, "mutation", "webhooks:handlerOnly", { eventId: "e" })).toEqual({ eventId: "e", by: "default" });
    expect(await signedCall(t, "mutation", "webhooks:anyArguments", { x: [1n] })).toEqual({ x: [1n] });
  });

  test("reaches a default export under the name that getFunctionName gives", async () => {
    expect(await signedCall(deployment(), "mutation", "webhooks", event)).toBe("polar");
    const countersign = sign({ name: "webhooks", args: event });
    expect(await call(deployment(), "mutation", "webhooks:default", { ...event, countersign })).toBe("polar");
  });

  test("is accepted with the previous and with the next secret", async () => {
    const previous = "previous-1b8f0e6d3a57c249-secret-of-last-month";
    const next = "next-c4d7029fb6e8a135-secret-of-next-month";
    setEnvironment({
      COUNTERSIGN_SECRET: secret,
      COUNTERSIGN_SECRET_PREVIOUS: previous,
      COUNTERSIGN_SECRET_NEXT: next,
      CONVEX_CLOUD_URL: audience,
    });
    for (const one of [secret, previous, next]) {
      const result = await signedCall(deployment(), "mutation", "webhooks:markEventProcessed", event, { secret: one });
      expect(result).toMatchObject({ caller: { keyId: keyIdOf(one) } });
    }
  });

  test("is accepted where the other two variables are empty", async () => {
    setEnvironment({ COUNTERSIGN_SECRET: secret, COUNTERSIGN_SECRET_PREVIOUS: "", COUNTERSIGN_SECRET_NEXT: "", CONVEX_CLOUD_URL: audience });
    await signedCall(deployment(), "mutation", "webhooks:markEventProcessed", event);
    expect(log.error).toEqual([]);
  });

  test("is checked against the secret of that moment, not of the import", async () => {
    const t = deployment();
    const later = "later-6e31d8a40c97fb52-secret-after-a-change";
    await signedCall(t, "mutation", "webhooks:markEventProcessed", event);
    setEnvironment({ COUNTERSIGN_SECRET: later, CONVEX_CLOUD_URL: audience });
    await signedCall(t, "mutation", "webhooks:markEventProcessed", event, { secret: later });
    await expect(signedCall(t, "mutation", "webhooks:markEventProcessed", event)).rejects.toThrow("unauthorized");
  });

  test("is accepted up to the edge of its window, to both sides", async () => {
    const t = deployment();
    for (const offset of [-59_000, 59_000]) {
      await signedCall(t, "mutation", "webhooks:markEventProcessed", event, { now: Date.now() + offset });
    }
    expect(await rowCount(t)).toBe(2);
  });

  test("is accepted again within its window: that is what `replay: false` says", async () => {
    const t = deployment();
    const args = { ...event, countersign: sign() };
    await call(t, "mutation", "webhooks:markEventProcessed", args);
    await call(t, "mutation", "webhooks:markEventProcessed", args);
    expect(await rowCount(t)).toBe(2);
  });

  test("attack 24: may be large, and is refused beyond the cap", async () => {
    const t = deployment();
    const value = Array.from({ length: 20_000 }, (_, index) => ({ index, text: "x".repeat(100) }));
    const result = await signedCall(t, "query", "webhooks:echo", { value });
    expect(result).toHaveLength(20_000);
    const name = "webhooks:echo";
    const countersign = sign({ type: "query", name, args: { value: 1 } });
    const huge = { value: "x".repeat(17 * 1024 * 1024), countersign };
    await expectRefused(t, call(t, "query", name, huge), "value_unsupported", { name, type: "query" });
  });
});
