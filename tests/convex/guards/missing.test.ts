import { describe, expect, test } from "vitest";
import { audience, call, deployment, event, expectMisconfigured, expectRefused, rowCount, secret, setEnvironment, sign, signedCall, useDeployment } from "../support/deployment.js";
import { callWithArguments } from "../support/raw.js";
import { markEventProcessed } from "../convex/webhooks.js";

const name = "webhooks:markEventProcessed";

describe("a call without what it needs", () => {
  useDeployment();

  test("attack 12: no signature", async () => {
    const t = deployment();
    await expectRefused(t, call(t, "mutation", name, event), "signature_missing", { keyId: "-" });
  });

  test("attack 12: an empty, undefined or null signature", async () => {
    const t = deployment();
    for (const countersign of ["", undefined, null]) {
      await expectRefused(t, call(t, "mutation", name, { ...event, countersign }), "signature_missing", { keyId: "-" });
    }
  });

  test("attack 12: a signature that is no text", async () => {
    const t = deployment();
    const token = sign();
    for (const countersign of [0, 1n, true, [token], { token }, new ArrayBuffer(8), { toString: "x" }]) {
      await expectRefused(t, call(t, "mutation", name, { ...event, countersign }), "signature_malformed", { keyId: "-" });
    }
  });

  test("attack 12: no signature on a query, an action, and each form of a definition", async () => {
    const t = deployment();
    await expectRefused(t, call(t, "query", "webhooks:lookUp", event), "signature_missing", { name: "webhooks:lookUp", type: "query", keyId: "-" });
    await expectRefused(t, call(t, "action", "webhooks:deliver", event), "signature_missing", { name: "webhooks:deliver", type: "action", keyId: "-" });
    for (const [form, args] of [
      ["withObjectValidator", event],
      ["withoutArguments", {}],
      ["withoutValidators", { a: 1 }],
      ["handlerOnly", { eventId: "e" }],
      ["anyArguments", {}],
    ] as const) {
      await expectRefused(t, call(t, "mutation", `webhooks:${form}`, args), "signature_missing", { name: `webhooks:${form}`, keyId: "-" });
    }
  });

  test("attack 12: a signature that is inherited, or given by a getter", async () => {
    const inherited = Object.assign(Object.create({ countersign: sign() }) as object, event);
    await expect(callWithArguments(markEventProcessed, name, inherited)).rejects.toThrow("unauthorized");
    const token = sign();
    const computed = Object.defineProperty({ ...event }, "countersign", { enumerable: true, get: () => token });
    await expect(callWithArguments(markEventProcessed, name, computed)).rejects.toThrow("unauthorized");
  });

  test("attack 12: arguments that are no object", async () => {
    for (const args of [undefined, null, "x", 1, []]) {
      await expect(callWithArguments(markEventProcessed, name, args)).rejects.toThrow("unauthorized");
    }
  });

  test("attack 12: no secret in Convex", async () => {
    setEnvironment({ CONVEX_CLOUD_URL: audience });
    const t = deployment();
    await expectMisconfigured(signedCall(t, "mutation", name, event), "secret_missing", "COUNTERSIGN_SECRET is not set", "npx convex env set COUNTERSIGN_SECRET");
    expect(await rowCount(t)).toBe(0);
  });

  test("attack 12: an empty secret in Convex, and no signature", async () => {
    setEnvironment({ COUNTERSIGN_SECRET: "", CONVEX_CLOUD_URL: audience });
    const t = deployment();
    await expectMisconfigured(call(t, "mutation", name, event), "secret_missing", "npx convex env set COUNTERSIGN_SECRET");
    expect(await rowCount(t)).toBe(0);
  });

  test("attack 14: the plain secret, or the key id, instead of a signature", async () => {
    const t = deployment();
    for (const countersign of [secret, `cs1.${secret}`]) {
      await expectRefused(t, call(t, "mutation", name, { ...event, countersign }), "signature_malformed", { keyId: "-" });
    }
    const keyId = sign().split(".")[1] ?? "";
    await expectRefused(t, call(t, "mutation", name, { ...event, countersign: keyId }), "signature_malformed", { keyId: "-" });
  });

  test("attack 14: the plain secret in an argument of its own", async () => {
    const t = deployment();
    const open = "webhooks:withoutValidators";
    for (const field of ["secret", "COUNTERSIGN_SECRET", "authorization", "token"]) {
      await expectRefused(t, call(t, "mutation", open, { a: 1, [field]: secret }), "signature_missing", { name: open, keyId: "-" });
      await expectRefused(t, call(t, "mutation", open, { a: 1, [field]: secret, countersign: secret }), "signature_malformed", { name: open, keyId: "-" });
    }
  });
});
