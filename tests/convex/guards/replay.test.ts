import { describe, expect, test } from "vitest";
import { call, deployment, event, failureOf, log, rowCount, sign, signedCall, useDeployment } from "../support/deployment.js";

const name = "once:mark";

describe("replay protection", () => {
  useDeployment();

  test("attack 10: the same call twice runs once", async () => {
    const t = deployment();
    const signed = { ...event, countersign: sign({ name }) };
    expect(await call(t, "mutation", name, signed)).toEqual({ rows: 1, by: "default" });
    expect(await failureOf(call(t, "mutation", name, signed))).toMatchObject({ data: { code: "unauthorized" } });
    expect(log.warn.at(-1)).toContain("code=replayed");
    expect(await rowCount(t)).toBe(1);
  });

  test("an idempotency key returns what the first call returned", async () => {
    const t = deployment();
    const options = { idempotencyKey: "evt_1" };
    expect(await signedCall(t, "mutation", name, event, options)).toEqual({ rows: 1, by: "default" });
    expect(await signedCall(t, "mutation", name, event, options)).toEqual({ rows: 1, by: "default" });
    expect(await signedCall(t, "mutation", name, event)).toEqual({ rows: 2, by: "default" });
    expect((await failureOf(signedCall(t, "mutation", name, { ...event, provider: "stripe" }, options))).data).toEqual({ code: "idempotency_conflict", message: expect.stringMatching(/^countersign: /) });
  });

  test("the gateway runs an internal function", async () => {
    const t = deployment();
    const args = { orderId: "o1", amount: 7 };
    const signed = { name: "orders:create", args, countersign: sign({ name: "orders:create", args }) };
    expect(await call(t, "mutation", "gateway:mutation", signed)).toEqual({ rows: 1 });
    await failureOf(call(t, "mutation", "gateway:mutation", { ...signed, name: "orders:createInShop" }));
    expect(log.warn.at(-1)).toContain("code=signature_invalid");
    expect(await rowCount(t)).toBe(1);
  });
});
