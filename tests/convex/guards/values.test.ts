import { encodeValue } from "countersign";
import { describe, expect, test } from "vitest";
import { echo, markEventProcessed, withoutValidators } from "../convex/webhooks.js";
import { call, deployment, event, expectRefusalLines, expectRefused, failureOf, log, refusalLine, rowCount, sign, signedCall, useDeployment } from "../support/deployment.js";
import { callRaw, callWithArguments } from "../support/raw.js";

const name = "webhooks:echo";
const query = { name, type: "query" } as const;

/** Signs `echo` for one value and sends another. */
async function swap(signed: unknown, sent: unknown) {
  const t = deployment();
  const countersign = sign({ ...query, args: { value: signed } });
  await expectRefused(t, call(t, "query", name, { value: sent, countersign }), "signature_invalid", query);
}

/** Sends the raw text of arguments, `TOKEN` standing for the signature over `signed`. */
async function sendRaw(json: string, signed: unknown) {
  return await callRaw(echo, name, json.replace("TOKEN", JSON.stringify(sign({ ...query, args: signed }))));
}

describe("values", () => {
  useDeployment();

  test("attack 1: text moved over a boundary between fields", async () => {
    await swap(["ab", "c"], ["a", "bc"]);
    await swap({ a: "b", c: "d" }, { a: "b,c:d" });
    await swap("a\nb", "a\r\nb");
    await swap(["", "a"], ["a", ""]);
    await swap([[], ["a"]], [["a"], []]);
  });

  test("attack 2: the same value of another type", async () => {
    const alike: unknown[] = [1, 1n, "1", true, [1], { value: 1 }, new TextEncoder().encode("1").buffer];
    for (const signed of alike) {
      for (const sent of alike) if (sent !== signed) await swap(signed, sent);
    }
  });

  test("attack 2: null, absent, undefined and empty", async () => {
    await swap(null, {});
    await swap({ a: null }, {});
    await swap([], {});
    await swap("", null);
    await swap([null], []);
    // A field that is undefined is not there: Convex leaves it out on the way.
    expect(await signedCall(deployment(), "query", name, { value: { a: 1, b: undefined } })).toEqual({ a: 1 });
  });

  test("attack 2: a field that looks like Convex's own encoding of another type", async () => {
    await expect(sendRaw('{"value":{"$integer":"AQAAAAAAAAA="},"countersign":TOKEN}', { value: "AQAAAAAAAAA=" })).rejects.toThrow("unauthorized");
    expect(await sendRaw('{"value":{"$integer":"AQAAAAAAAAA="},"countersign":TOKEN}', { value: 1n })).toBe(1n);
  });

  test("attack 3: numbers survive the way through Convex's JSON", async () => {
    const numbers = [-0, Number.NaN, Infinity, -Infinity, 5e-324, 2 ** 53 + 2, 1.7976931348623157e308, 0.1, -(2n ** 63n), 2n ** 63n - 1n, 0n];
    for (const value of numbers) {
      const result = await signedCall(deployment(), "query", name, { value });
      expect(Object.is(result, value)).toBe(true);
    }
    await swap(0, -0);
    await swap(2 ** 53, 2n ** 53n);
  });

  test("attack 4: the order of keys does not matter, at any depth", async () => {
    const countersign = sign({ ...query, args: { value: { a: { x: 1, y: 2 }, b: 3 } } });
    const sent = { countersign, value: { b: 3, a: { y: 2, x: 1 } } };
    expect(await call(deployment(), "query", name, sent)).toEqual({ a: { x: 1, y: 2 }, b: 3 });
  });

  test("attack 4: arguments nested too deep are refused, not a crash", async () => {
    const t = deployment();
    let value: unknown = 1;
    for (let depth = 0; depth < 500; depth += 1) value = [value];
    await expectRefused(t, call(t, "query", name, { value, countersign: sign({ ...query, args: { value: 1 } }) }), "value_unsupported", query);
  });

  test("attack 5: composed and decomposed text are two texts", async () => {
    await swap("\u00e9", "e\u0301");
  });

  test("attack 5: half a surrogate pair is refused", async () => {
    const t = deployment();
    for (const value of ["\ud800", "\udfff", "a\ud83d", ["\udc00"]]) {
      const countersign = sign({ ...query, args: { value: "\ufffd" } });
      await expectRefused(t, call(t, "query", name, { value, countersign }), "text_malformed", query);
    }
  });

  test("attack 6: __proto__ in the raw arguments", async () => {
    const json = '{"eventId":"evt_1","provider":"polar","__proto__":{"isAdmin":true},"countersign":TOKEN}';
    const raw = json.replace("TOKEN", JSON.stringify(sign()));
    await expect(callRaw(markEventProcessed, "webhooks:markEventProcessed", raw)).rejects.toThrow("unauthorized");
    expectRefusalLines(log.warn, "value_unsupported");
  });

  test("attack 6: __proto__ deeper in the raw arguments", async () => {
    for (const value of ['{"__proto__":{"isAdmin":true}}', '{"a":[{"__proto__":{"b":1}}]}', '{"__proto__":[]}']) {
      const clean = { value: value.includes('"a"') ? { a: [{}] } : {} };
      await expect(sendRaw(`{"value":${value},"countersign":TOKEN}`, clean)).rejects.toThrow("unauthorized");
    }
    expect(log.warn).toHaveLength(3);
    for (const line of log.warn) expect(line).toContain("code=value_unsupported");
  });

  test("attack 6: getters, class instances and sparse arrays", async () => {
    class Event {
      readonly value = 1;
    }
    const countersign = sign({ ...query, args: { value: 1 } });
    let reads = 0;
    const computed = Object.defineProperty({ countersign }, "value", { enumerable: true, get: () => (reads += 1) });
    const nested = { value: Object.defineProperty({}, "a", { enumerable: true, get: () => (reads += 1) }), countersign };
    const odd: unknown[] = [
      computed,
      nested,
      Object.assign(new Event(), { countersign }),
      { value: new Event(), countersign },
      { value: [1, , 3], countersign },
      { value: new Map([["a", 1]]), countersign },
      { value: new Date(0), countersign },
      { value: () => 1, countersign },
      { value: Symbol("s"), countersign },
      { value: new Uint8Array(1), countersign },
    ];
    for (const args of odd) {
      const failure = await failureOf(callWithArguments(echo, name, args));
      expect(failure.data).toEqual({ code: "unauthorized" });
      expect(log.warn.at(-1)).toMatch(/code=(value_unsupported|type_invalid) /);
    }
    expect(reads).toBe(0);
    expect(log.warn).toHaveLength(odd.length);
  });

  test("attack 6: fields that are not signed do not reach the handler", async () => {
    const open = "webhooks:withoutValidators";
    const args = { a: 1, [Symbol("also")]: 2, countersign: sign({ name: open, args: { a: 1 } }) };
    Object.defineProperty(args, "hidden", { value: true, enumerable: false });
    const handled = await callWithArguments(withoutValidators, open, args);
    expect(handled).toEqual(["a"]);
  });

  test("attack 6: the handler gets the very values that were verified, even from a proxy", async () => {
    let reads = 0;
    const value = new Proxy({ amount: 1 }, { get: (target, key) => (key === "amount" && (reads += 1) > 1 ? 1000 : Reflect.get(target, key)) });
    const countersign = sign({ ...query, args: { value: { amount: 1 } } });
    const outcome = await callWithArguments(echo, name, { value, countersign }).then(
      (result) => (result as { amount: number }).amount,
      (error: unknown) => (error as { data: unknown }).data,
    );
    expect([{ code: "unauthorized" }, 1]).toContainEqual(outcome);
  });

  test("attack 6: a polluted Object.prototype adds no argument and no option", async () => {
    const t = deployment();
    const countersign = sign({ args: event });
    const polluted = { isAdmin: true, secret: "x", toleranceMs: 900_000, explain: true, replay: false, countersign, keyIds: [], caller: "root", name: "webhooks:markEventFailed", args: {}, idempotencyKey: "x", token: countersign, result: "null", once: {}, recorded: {} };
    const another = sign({ name: "webhooks:markEventFailed", args: event });
    const old = sign({ now: Date.now() - 70_000 });
    for (const [key, value] of Object.entries(polluted)) {
      Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true, enumerable: false });
    }
    try {
      await expect(callWithArguments(markEventProcessed, "webhooks:markEventProcessed", { ...event })).rejects.toMatchObject({ data: { code: "unauthorized" } });
      await expect(callWithArguments(markEventProcessed, "webhooks:markEventProcessed", { ...event, countersign: old })).rejects.toThrow("unauthorized");
      await expect(callWithArguments(markEventProcessed, "webhooks:markEventProcessed", { ...event, countersign: another })).rejects.toThrow("unauthorized");
    } finally {
      for (const key of Object.keys(polluted)) delete (Object.prototype as Record<string, unknown>)[key];
    }
    expect(log.warn).toEqual([refusalLine("signature_missing", { keyId: "-" }), refusalLine("expired"), refusalLine("signature_invalid")]);
    expect(await rowCount(t)).toBe(0);
  });

  test("attack 24: the time that arguments take grows with their size, not with its square", { timeout: 60_000 }, () => {
    const shapes: [string, (size: number) => unknown][] = [
      ["a wide object", (size) => Object.fromEntries(Array.from({ length: size }, (_, i) => [`key${(i * 7919) % size}`, i]))],
      ["a long array", (size) => Array.from({ length: size }, (_, i) => [i])],
      ["a long text", (size) => "\u00e9".repeat(20 * size)],
      ["long names", (size) => Array.from({ length: size / 100 }, (_, i) => ({ [`${"a".repeat(1000)}${i}`]: i }))],
    ];
    for (const [what, shape] of shapes) {
      const [small, large] = [shape(1000), shape(16_000)];
      const quickest = { small: Infinity, large: Infinity };
      for (let i = 0; i < 7; i += 1) {
        quickest.small = Math.min(quickest.small, timeOf(small, 16));
        quickest.large = Math.min(quickest.large, timeOf(large, 1));
      }
      // As much of either. If time grew with the square, it would be 16 times as long.
      expect(quickest.large / quickest.small, what).toBeLessThan(6);
    }
  });
});

/** How long encoding takes, in milliseconds: of this process alone, as others may be busy. */
function timeOf(value: unknown, times: number): number {
  const started = process.cpuUsage();
  for (let i = 0; i < times; i += 1) encodeValue(value);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}
