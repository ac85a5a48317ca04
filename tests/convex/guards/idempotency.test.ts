// A mutation that is called again with the same idempotency key returns what it returned, and does not run.
import { describe, expect, test, vi } from "vitest";
import { webSecret, workerSecret } from "../convex/variants.js";
import { audience, call, deployment, event, expectMisconfigured, failureOf, log, otherSecret, refusalLine, rowCount, secret, setEnvironment, signature, signedCall, useDeployment } from "../support/deployment.js";
import { componentRows, day, everything, noncesUsed, start, sweep, useClock } from "../support/replay.js";

const name = "once:mark";
const key = { idempotencyKey: "evt_1:paid" };

describe("the same idempotency key again", () => {
  useDeployment();
  useClock();

  test("with the same arguments: the recorded result, and the handler does not run", async () => {
    const t = deployment();
    for (let i = 0; i < 4; i++) expect(await signedCall(t, "mutation", name, event, key)).toEqual({ rows: 1, by: "default" });
    expect(await rowCount(t)).toBe(1);
    // Each of the calls was one, and used its nonce up.
    const { nonces, results } = await componentRows(t);
    expect([nonces.length, results.length]).toEqual([4, 1]);
    expect(log).toEqual({ warn: [], error: [] });
  });

  test("without the key: it runs", async () => {
    const t = deployment();
    await signedCall(t, "mutation", name, event, key);
    expect(await signedCall(t, "mutation", name, event)).toEqual({ rows: 2, by: "default" });
    expect((await componentRows(t)).results).toHaveLength(1);
  });

  test("with the same nonce, too: that is a replay", async () => {
    const t = deployment();
    const args = { ...event, countersign: signature({ name, ...key }) };
    await call(t, "mutation", name, args);
    expect((await failureOf(call(t, "mutation", name, args))).data).toEqual({ code: "unauthorized" });
    expect(log.warn).toEqual([refusalLine("replayed", { name })]);
  });

  test("50 at once with fresh nonces: the handler runs once, and all get its result", async () => {
    const t = deployment();
    const results = await Promise.all(Array.from({ length: 50 }, () => signedCall(t, "mutation", name, event, key)));
    expect(results).toEqual(Array.from({ length: 50 }, () => ({ rows: 1, by: "default" })));
    expect([await rowCount(t), await noncesUsed(t)]).toEqual([1, 50]);
  });

  const bytes = Uint8Array.from([0, 1, 255]).buffer;
  const values: [string, unknown, unknown?][] = [
    ["null", null],
    ["nothing", undefined, null],
    ["true", true],
    ["false", false],
    ["zero", 0],
    ["minus zero", -0],
    ["NaN", NaN],
    ["an infinity", -Infinity],
    ["the smallest number", 5e-324],
    ["a bigint", 9007199254740993n],
    ["an empty text", ""],
    ["a text", 'ö\u0000\u2028"\\ 😀'],
    ["bytes", bytes],
    ["an empty list", []],
    ["an empty object", {}],
    ["nested values", { a: [1n, { b: null, c: [bytes, -0, "x"] }], d: { e: {} } }],
    ["what looks like Convex's JSON of another value", { value: [{ integer: "AAAAAAAAAAA=" }] }],
  ];
  for (const [what, value, result = value] of values) {
    test(`a recorded result is the result: ${what}`, async () => {
      const t = deployment();
      const args = value === undefined ? {} : { value };
      const [first, second] = [await signedCall(t, "mutation", "once:echo", args, key), await signedCall(t, "mutation", "once:echo", args, key)];
      expect(first).toStrictEqual(result);
      expect(second).toStrictEqual(result);
      expect(await rowCount(t)).toBe(1);
    });
  }

  test("after 24 hours it runs again, swept or not", async () => {
    for (const swept of [false, true]) {
      vi.setSystemTime(start);
      const t = deployment();
      const mark = () => signedCall(t, "mutation", name, event, key);
      expect(await mark()).toMatchObject({ rows: 1 });
      vi.setSystemTime(start + day - 1);
      if (swept) await sweep(t);
      expect(await mark()).toMatchObject({ rows: 1 });
      vi.setSystemTime(start + day);
      if (swept) await sweep(t);
      expect((await componentRows(t)).results).toHaveLength(swept ? 0 : 1);
      expect(await mark()).toMatchObject({ rows: 2 });
      // The second run is the one that counts from now on, for a day of its own.
      vi.setSystemTime(start + 2 * day - 1);
      expect(await mark()).toMatchObject({ rows: 2 });
      vi.setSystemTime(start + 2 * day);
      expect(await mark()).toMatchObject({ rows: 3 });
    }
  });

  test("after 24 hours other arguments are no conflict", async () => {
    const t = deployment();
    await signedCall(t, "mutation", name, event, key);
    vi.setSystemTime(start + day);
    expect(await signedCall(t, "mutation", name, { ...event, provider: "stripe" }, key)).toMatchObject({ rows: 2 });
  });

  test("after a rotation of the secret, the result is found", async () => {
    const t = deployment();
    await signedCall(t, "mutation", name, event, key);
    setEnvironment({ COUNTERSIGN_SECRET: otherSecret, CONVEX_CLOUD_URL: audience });
    expect(await signedCall(t, "mutation", name, event, { ...key, secret: otherSecret })).toEqual({ rows: 1, by: "default" });
    expect((await componentRows(t)).results).toHaveLength(1);
  });

  test("through the gateway, too, and apart from the function of its own", async () => {
    const t = deployment();
    const args = { orderId: "o1", amount: 7 };
    const create = () => call(t, "mutation", "gateway:mutation", { name: "orders:create", args, countersign: signature({ name: "orders:create", args, ...key }) });
    expect(await create()).toEqual({ rows: 1 });
    expect(await create()).toEqual({ rows: 1 });
    expect(await signedCall(t, "mutation", name, event, key)).toMatchObject({ rows: 2 });
    const other = { orderId: "o2", amount: 7 };
    const refused = call(t, "mutation", "gateway:mutation", { name: "orders:create", args: other, countersign: signature({ name: "orders:create", args: other, ...key }) });
    expect((await failureOf(refused)).data).toMatchObject({ code: "idempotency_conflict" });
    expect(await rowCount(t)).toBe(2);
  });
});

describe("an idempotency key belongs to one call", () => {
  useDeployment();
  useClock();

  test("with other arguments it is refused, and the caller learns why", async () => {
    const t = deployment();
    await signedCall(t, "mutation", name, event, key);
    const before = await everything(t);
    for (const other of [{ ...event, provider: "stripe" }, { ...event, eventId: "" }, { eventId: event.provider, provider: event.eventId }]) {
      const failure = await failureOf(signedCall(t, "mutation", name, other, key));
      expect(failure.data).toEqual({ code: "idempotency_conflict", message: expect.stringMatching(/^countersign: .*idempotency key/i) });
      expect(failure.convexError).toBe(true);
      expect(log.warn.at(-1)).toBe(refusalLine("idempotency_conflict", { name }));
      expect(await everything(t)).toEqual(before);
    }
    expect(await signedCall(t, "mutation", name, event, key)).toMatchObject({ rows: 1 });
  });

  test("arguments in another order are the same arguments", async () => {
    const t = deployment();
    await signedCall(t, "mutation", name, event, key);
    expect(await signedCall(t, "mutation", name, { provider: event.provider, eventId: event.eventId }, key)).toMatchObject({ rows: 1 });
  });

  test("another function, another key: they are not found", async () => {
    const t = deployment();
    await signedCall(t, "mutation", name, event, key);
    expect(await signedCall(t, "mutation", "once:markAgain", event, key)).toBe("again 2");
    for (const idempotencyKey of ["evt_1:paid ", "EVT_1:PAID", "evt_1", "once:mark", "0"]) await signedCall(t, "mutation", name, event, { idempotencyKey });
    expect(await rowCount(t)).toBe(7);
    expect((await componentRows(t)).results).toHaveLength(7);
  });

  test("another caller has keys of its own", async () => {
    const t = deployment();
    const mark = (each: string) => signedCall(t, "mutation", "callers:forAll", event, { ...key, secret: each });
    expect([await mark(webSecret), await mark(workerSecret), await mark(webSecret), await mark(workerSecret)]).toEqual(["web", "worker", "web", "worker"]);
    expect((await componentRows(t)).results.map((row) => row["caller"])).toEqual(["web", "worker"]);
    // Not even arguments of another caller can be learnt of.
    const other = { ...event, provider: "stripe" };
    await signedCall(t, "mutation", "callers:forWorker", event, { ...key, secret: workerSecret });
    const failure = await failureOf(signedCall(t, "mutation", "callers:forWorker", other, { ...key, secret: webSecret }));
    expect(failure.data).toEqual({ code: "unauthorized" });
    expect(log.warn.at(-1)).toContain("code=caller_forbidden");
  });

  test("a handler that throws leaves nothing recorded", async () => {
    const t = deployment();
    const markOrThrow = () => signedCall(t, "mutation", "once:markOrThrow", event, key);
    await t.run(async (ctx) => await ctx.db.insert("events", { eventId: "broken", provider: "down" }));
    expect(await failureOf(markOrThrow())).toMatchObject({ data: "the provider is down" });
    expect(await componentRows(t)).toMatchObject({ nonces: [], results: [] });
    await t.run(async (ctx) => {
      for (const { _id } of await ctx.db.query("events").collect()) await ctx.db.delete(_id);
    });
    expect([await markOrThrow(), await markOrThrow()]).toEqual(["evt_1", "evt_1"]);
    expect(await rowCount(t)).toBe(1);
  });

  test("its row has neither the key nor the arguments nor the secret", async () => {
    const t = deployment();
    const args = { eventId: "evt_of_row_test", provider: "provider_of_row_test" };
    await signedCall(t, "mutation", name, args, { idempotencyKey: "key_of_row_test" });
    const { results } = await componentRows(t);
    expect(results).toMatchObject([{ caller: "default", key: expect.stringMatching(/^[\w-]{43}$/), call: expect.stringMatching(/^[\w-]{43}$/), result: JSON.stringify({ by: "default", rows: 1 }), expiresAt: start + day }]);
    for (const part of [secret, args.eventId, args.provider, "key_of_row_test"]) expect(JSON.stringify(results)).not.toContain(part);
  });
});

describe("a result that cannot be recorded", () => {
  useDeployment();
  useClock();

  test("a commit timestamp: the call fails with what to do, and everything it did is undone", async () => {
    const t = deployment();
    await expectMisconfigured(signedCall(t, "mutation", "once:commitTime", event, key), "misconfigured", "commit timestamp", "Return the id");
    expect([await rowCount(t), await noncesUsed(t), (await componentRows(t)).results.length]).toEqual([0, 0, 0]);
    expect(await signedCall(t, "mutation", "once:commitTime", event)).toMatchObject({ at: [expect.any(BigInt)] });
  });

  test("but a text that looks like one is a text", async () => {
    const t = deployment();
    const value = ['{"$commitTs":null}', { text: '{"a":{"$commitTs":null}}' }];
    for (let i = 0; i < 2; i++) expect(await signedCall(t, "mutation", "once:echo", { value }, key)).toEqual(value);
    expect(await rowCount(t)).toBe(1);
  });
});

describe("the size of a recorded result", () => {
  useDeployment();
  useClock();
  const limit = 64 * 1024;
  const returnText = "once:returnText";

  test("up to 64 KiB of JSON it is recorded", async () => {
    const t = deployment();
    const args = { length: limit - 2 };
    for (let i = 0; i < 2; i++) expect(await signedCall(t, "mutation", returnText, args, key)).toHaveLength(limit - 2);
    expect(await rowCount(t)).toBe(1);
  });

  test("beyond, the call fails with what to do, and everything it did is undone", async () => {
    const t = deployment();
    const args = { length: limit - 1 };
    const token = signature({ name: returnText, args, ...key });
    for (let i = 0; i < 2; i++) {
      log.error = [];
      await expectMisconfigured(call(t, "mutation", returnText, { ...args, countersign: token }), "misconfigured", String(limit + 1), String(limit), "Return less");
      expect([await rowCount(t), await noncesUsed(t), (await componentRows(t)).results.length]).toEqual([0, 0, 0]);
    }
    expect(await signedCall(t, "mutation", returnText, args)).toHaveLength(limit - 1);
  });

  test("its bytes count and not its characters", async () => {
    const t = deployment();
    await expectMisconfigured(signedCall(t, "mutation", "once:echo", { value: "ö".repeat(limit / 2) }, key), "misconfigured", String(limit + 2));
    expect(await signedCall(t, "mutation", "once:echo", { value: "ö".repeat(limit / 2 - 1) }, key)).toHaveLength(limit / 2 - 1);
  });
});
