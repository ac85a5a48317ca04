import { beforeEach, describe, expect, test } from "vitest";
import { seen } from "../convex/custom.js";
import { call, deployment, expectRefused, failureOf, sign, signedCall, useDeployment } from "../support/deployment.js";
import { expectDenied, noncesUsed } from "../support/replay.js";

describe("builders of convex-helpers", () => {
  useDeployment();
  beforeEach(() => {
    seen.length = 0;
  });

  const name = "custom:inSession";
  const args = { sessionId: "s1", eventId: "evt_1" };

  test("what the builder takes is signed, what it adds reaches the handler", async () => {
    const result = await signedCall(deployment(), "mutation", name, args);
    expect(result).toEqual({ args: { eventId: "evt_1", rowsBefore: 0 }, session: "s1", by: "default" });
    expect(seen).toEqual(["input s1", "handler"]);
  });

  test("an argument of the builder's, changed on the way", async () => {
    const t = deployment();
    const countersign = sign({ name, args });
    await expectRefused(t, call(t, "mutation", name, { ...args, sessionId: "s2", countersign }), "signature_invalid", { name });
    expect(seen).toEqual([]);
  });

  test("nothing of the builder's runs for a refused call", async () => {
    const t = deployment();
    await expectRefused(t, call(t, "mutation", name, args), "signature_missing", { name, keyId: "-" });
    expect(seen).toEqual([]);
  });

  test("queries and actions", async () => {
    const t = deployment();
    expect(await signedCall(t, "query", "custom:whoAmI", {})).toBe("ada by default");
    expect(await signedCall(t, "action", "custom:act", { eventId: "e" })).toBe("ada e");
  });

  test("with the replay component: one success, and what the builder throws gives the nonce back", async () => {
    const t = deployment();
    const once = "custom:inSessionOnce";
    const signed = { ...args, countersign: sign({ name: once, args }) };
    expect(await call(t, "mutation", once, signed)).toBe("evt_1");
    await expectDenied(t, () => call(t, "mutation", once, signed), "replayed", { name: once });
    // `callers` is the guard's and not the builder's.
    expect(seen).toEqual(["options permission"]);
    await expect(signedCall(t, "mutation", once, { ...args, sessionId: "closed" })).rejects.toThrow("the session is closed");
    expect(await noncesUsed(t)).toBe(1);
  });

  test("with an idempotency key: what the builder takes is part of the call", async () => {
    const t = deployment();
    const once = "custom:inSessionOnce";
    const key = { idempotencyKey: "evt_1" };
    for (let i = 0; i < 2; i++) expect(await signedCall(t, "mutation", once, args, key)).toBe("evt_1");
    expect(seen).toHaveLength(1);
    expect((await failureOf(signedCall(t, "mutation", once, { ...args, sessionId: "s2" }, key))).data).toMatchObject({ code: "idempotency_conflict" });
    expect(await noncesUsed(t)).toBe(2);
  });
});
