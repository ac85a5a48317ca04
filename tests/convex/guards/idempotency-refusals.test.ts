// An idempotency key is part of what is signed, and comes in one form only.
import { describe, expect, test } from "vitest";
import { lookUp, mark } from "../convex/once.js";
import { call, deployment, event, expectMisconfigured, failureOf, log, otherSecret, rowCount, secret, sign, signature, signedCall, useDeployment } from "../support/deployment.js";
import { callWithArguments } from "../support/raw.js";
import { componentRows, expectDenied, noncesUsed, useClock } from "../support/replay.js";

const name = "once:mark";
const idempotencyKey = "evt_1:paid";

describe("an idempotency key that is not the one that was signed", () => {
  useDeployment();
  useClock();

  test("changed, removed or added on the way", async () => {
    const t = deployment();
    const token = sign({ name, idempotencyKey });
    const plain = sign({ name });
    const changed: unknown[] = [
      { token, idempotencyKey: "evt_1:paid " },
      { token, idempotencyKey: "evt_1" },
      { token, idempotencyKey: "EVT_1:PAID" },
      token,
      { token: plain, idempotencyKey },
      { token: plain, idempotencyKey: name },
    ];
    for (const countersign of changed) await expectDenied(t, () => call(t, "mutation", name, { ...event, countersign }), "signature_invalid", { name });
    expect(await noncesUsed(t)).toBe(0);
    expect(await call(t, "mutation", name, { ...event, countersign: { token, idempotencyKey } })).toMatchObject({ rows: 1 });
  });

  test("moved from the signature into the arguments, and the other way", async () => {
    const t = deployment();
    const echo = "once:echo";
    const value = { idempotencyKey };
    const token = sign({ name: echo, args: { value } });
    await expectDenied(t, () => call(t, "mutation", echo, { countersign: { token, idempotencyKey } }), "signature_invalid", { name: echo });
    const withKey = sign({ name: echo, args: {}, idempotencyKey });
    await expectDenied(t, () => call(t, "mutation", echo, { value, countersign: withKey }), "signature_invalid", { name: echo });
  });
});

describe("forms that a signature with an idempotency key does not have", () => {
  useDeployment();
  useClock();
  const token = () => sign({ name, idempotencyKey });

  const malformed: [string, () => unknown][] = [
    ["a field more", () => ({ token: token(), idempotencyKey, more: 1 })],
    ["a key under another name", () => ({ token: token(), key: idempotencyKey })],
    ["no key", () => ({ token: token() })],
    ["no token", () => ({ idempotencyKey })],
    ["nothing", () => ({})],
    ["an empty key", () => ({ token: token(), idempotencyKey: "" })],
    ["a key that is null", () => ({ token: token(), idempotencyKey: null })],
    ["a key that is a number", () => ({ token: token(), idempotencyKey: 1 })],
    ["a key that is a bigint", () => ({ token: token(), idempotencyKey: 1n })],
    ["a key that is bytes", () => ({ token: token(), idempotencyKey: new ArrayBuffer(4) })],
    ["a key that is a list", () => ({ token: token(), idempotencyKey: [idempotencyKey] })],
    ["a token that is an object", () => ({ token: { token: token() }, idempotencyKey })],
    ["a token that is null", () => ({ token: null, idempotencyKey })],
    ["a list", () => [token(), idempotencyKey]],
    ["a list in an object", () => ({ token: [token()], idempotencyKey })],
    ["one in the other", () => ({ token: { token: token(), idempotencyKey }, idempotencyKey })],
    ["the JSON of it", () => JSON.stringify({ token: token(), idempotencyKey })],
  ];
  for (const [what, countersign] of malformed) {
    test(`attack 12: ${what}`, async () => {
      const t = deployment();
      await expectDenied(t, () => call(t, "mutation", name, { ...event, countersign: countersign() }), "signature_malformed", { name, keyId: "-" });
      expect(await noncesUsed(t)).toBe(0);
    });
  }

  test("attack 6: getters, inherited fields and proxies", async () => {
    let asked = 0;
    const getter = { token: token(), get idempotencyKey() { asked += 1; return idempotencyKey; } };
    const inherited: unknown = Object.assign(Object.create({ idempotencyKey }) as object, { token: token() });
    for (const countersign of [getter, inherited, Object.create({ token: token(), idempotencyKey })]) {
      expect((await failureOf(callWithArguments(mark, name, { ...event, countersign }))).data).toEqual({ code: "unauthorized" });
      expect(log.warn.at(-1)).toContain("code=signature_malformed ");
    }
    expect(asked).toBe(0);
  });

  test("attack 6: fields of Object.prototype are none of the signature", async () => {
    const t = deployment();
    const [first, second, withKey] = [sign({ name }), sign({ name }), sign({ name, idempotencyKey })];
    Object.defineProperty(Object.prototype, "idempotencyKey", { value: idempotencyKey, configurable: true });
    try {
      for (const countersign of [first, second]) await call(t, "mutation", name, { ...event, countersign });
      await expectDenied(t, () => call(t, "mutation", name, { ...event, countersign: { token: withKey } }), "signature_malformed", { name, keyId: "-" });
    } finally {
      delete (Object.prototype as Record<string, unknown>)["idempotencyKey"];
    }
    expect((await componentRows(t)).results).toEqual([]);
  });

  test("a key of 256 bytes is the longest", async () => {
    const t = deployment();
    const longest = "ö".repeat(128);
    expect(await signedCall(t, "mutation", name, event, { idempotencyKey: longest })).toMatchObject({ rows: 1 });
    expect(await signedCall(t, "mutation", name, event, { idempotencyKey: longest })).toMatchObject({ rows: 1 });
    const countersign = { token: sign({ name }), idempotencyKey: `${longest}x` };
    await expectDenied(t, () => call(t, "mutation", name, { ...event, countersign }), "type_invalid", { name });
  });

  test("attack 5: a key with half a surrogate pair", async () => {
    const countersign = { token: sign({ name }), idempotencyKey: "evt_\ud800" };
    expect((await failureOf(callWithArguments(mark, name, { ...event, countersign }))).data).toEqual({ code: "unauthorized" });
    expect(log.warn.at(-1)).toContain("code=text_malformed ");
  });
});

describe("where an idempotency key means nothing", () => {
  useDeployment();
  useClock();

  test("on a query and on an action", async () => {
    const t = deployment();
    for (const one of [{ type: "query", name: "once:lookUp" }, { type: "action", name: "once:deliver" }] as const) {
      // No signer makes such a signature, so these are over a mutation, and over the call without the key.
      for (const token of [sign({ name: one.name, idempotencyKey }), sign(one)]) {
        await expectDenied(t, () => call(t, one.type, one.name, { ...event, countersign: { token, idempotencyKey } }), "type_invalid", one);
      }
    }
    expect(() => sign({ type: "query", name: "once:lookUp", idempotencyKey })).toThrow(expect.objectContaining({ code: "type_invalid" }));
    expect((await failureOf(callWithArguments(lookUp, "once:lookUp", { ...event, countersign: { token: sign({ type: "query", name: "once:lookUp" }), idempotencyKey } }))).data).toEqual({ code: "unauthorized" });
  });

  test("without the component: the message says what is missing, to those who hold the secret", async () => {
    const t = deployment();
    const unprotected = "webhooks:markEventProcessed";
    await expectMisconfigured(signedCall(t, "mutation", unprotected, event, { idempotencyKey }), "misconfigured", "replay: components.countersign");
    expect(await rowCount(t)).toBe(0);
    log.error = [];
    const countersign = signature({ name: unprotected, idempotencyKey, secret: otherSecret });
    expect((await failureOf(call(t, "mutation", unprotected, { ...event, countersign }))).data).toEqual({ code: "unauthorized" });
    expect(log.error).toEqual([]);
  });

  test("attack 14: the plain secret as a key, or in the token's place", async () => {
    const t = deployment();
    await expectDenied(t, () => call(t, "mutation", name, { ...event, countersign: { token: secret, idempotencyKey } }), "signature_malformed", { name, keyId: "-" });
    await expectDenied(t, () => call(t, "mutation", name, { ...event, countersign: { token: sign({ name }), idempotencyKey: secret } }), "signature_invalid", { name });
  });
});
