// What consuming a nonce answers, what is kept of a result, and for how long.

import { describe, expect, test, vi } from "vitest";
import { day, deployment, hash, minute, neighbour, signedNow, start, useClock } from "./support/component.js";

describe("a nonce", () => {
  useClock();

  test("is fresh once", async () => {
    const { consume, rows } = deployment();
    const call = signedNow("one");
    expect(await consume(call)).toEqual({ status: "fresh" });
    expect(await consume(call)).toEqual({ status: "replayed" });
    expect(await consume({ ...call, expiresAt: call.expiresAt + minute })).toEqual({ status: "replayed" });
    expect((await rows()).nonces).toEqual([expect.objectContaining({ key: hash("one"), shard: hash("one").slice(0, 3), expiresAt: start + 2 * minute })]);
  });

  test("is fresh once among 50 at the same time", async () => {
    const { consume, rows } = deployment();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => consume(signedNow("one"))));
    expect(outcomes.filter(({ status }) => status === "fresh")).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === "replayed")).toHaveLength(49);
    expect((await rows()).nonces).toHaveLength(1);
  });

  test("of another key is another nonce", async () => {
    // The key's id is in the hash.
    const { consume, rows } = deployment();
    for (const name of ["key 1, nonce 1", "key 2, nonce 1", "key 1, nonce 2"]) expect(await consume(signedNow(name))).toEqual({ status: "fresh" });
    expect((await rows()).nonces).toHaveLength(3);
  });

  test.each([Number.NaN, -Infinity])("that expires at %d is not fresh", async (expiresAt) => {
    const { consume, rows } = deployment();
    expect(await consume({ ...signedNow("one"), expiresAt })).toEqual({ status: "replayed" });
    expect((await rows()).nonces).toEqual([]);
  });

  test.each([
    ["without a time", { key: hash("one") }],
    ["with a key that is no text", { key: 1, expiresAt: start }],
    ["with half an idempotency key", { key: hash("one"), expiresAt: start, idempotency: { key: "a" } }],
    ["with a field too many", { key: hash("one"), expiresAt: start, args: {} }],
  ])("%s is refused by the validator", async (_name, call) => {
    const { consume, rows } = deployment();
    await expect(consume(call as never)).rejects.toThrow(/[Vv]alidat/);
    expect((await rows()).nonces).toEqual([]);
  });
});

describe("an idempotency key", () => {
  useClock();
  const idempotency = { caller: "web", key: hash("evt_1"), call: hash("{ eventId: 1 }") };
  const recording = { ...idempotency, result: '{"stored":true}' };
  let calls = 0;
  const fresh = (changes: Partial<typeof idempotency> = {}) => signedNow(`call ${++calls}`, { ...idempotency, ...changes });

  test("gives the recorded result to the same call, and its nonce is used as well", async () => {
    const { consume, record, rows } = deployment();
    expect(await consume(fresh())).toEqual({ status: "fresh" });
    expect(await record(recording)).toBeNull();
    expect(await consume(fresh())).toEqual({ status: "recorded", result: '{"stored":true}' });
    const call = fresh();
    expect(await consume(call)).toEqual({ status: "recorded", result: '{"stored":true}' });
    expect(await consume(call)).toEqual({ status: "replayed" });
    const { nonces, results } = await rows();
    expect(nonces).toHaveLength(3);
    expect(results).toEqual([expect.objectContaining({ ...recording, expiresAt: start + day })]);
  });

  test("is refused with other arguments, and says nothing of the result", async () => {
    const { consume, record } = deployment();
    await record(recording);
    expect(await consume(fresh({ call: hash("{ eventId: 2 }") }))).toEqual({ status: "conflict" });
  });

  test("is each caller's own", async () => {
    const { consume, record, rows } = deployment();
    await record(recording);
    expect(await consume(fresh({ caller: "worker" }))).toEqual({ status: "fresh" });
    await record({ ...recording, caller: "worker", result: "2" });
    expect(await consume(fresh({ caller: "worker" }))).toEqual({ status: "recorded", result: "2" });
    expect(await consume(fresh())).toEqual({ status: "recorded", result: recording.result });
    expect((await rows()).results).toHaveLength(2);
  });

  test("that nothing was recorded for leaves no row", async () => {
    const { consume, rows } = deployment();
    await consume(fresh());
    expect(await consume(fresh())).toEqual({ status: "fresh" });
    expect((await rows()).results).toEqual([]);
  });

  test("is as good as new after 24 hours, swept or not", async () => {
    const { consume, record, rows } = deployment();
    await record(recording);
    vi.setSystemTime(start + day - 1);
    expect(await consume(fresh())).toMatchObject({ status: "recorded" });
    vi.setSystemTime(start + day);
    expect(await consume(fresh())).toEqual({ status: "fresh" });
    expect(await consume(fresh({ call: hash("other") }))).toEqual({ status: "fresh" });
    expect((await rows()).results).toHaveLength(1);
  });

  test("that is recorded twice has one row, with the later result", async () => {
    const { consume, record, rows } = deployment();
    await record(recording);
    vi.setSystemTime(start + day + 1);
    await record({ ...recording, call: hash("other"), result: "2" });
    expect((await rows()).results).toEqual([expect.objectContaining({ call: hash("other"), result: "2", expiresAt: start + 2 * day + 1 })]);
    expect(await consume(fresh({ call: hash("other") }))).toEqual({ status: "recorded", result: "2" });
    expect(await consume(fresh())).toEqual({ status: "conflict" });
  });

  test("with a nonce that was used gets no result", async () => {
    const { consume, record } = deployment();
    const call = fresh();
    await consume(call);
    await record(recording);
    expect(await consume(call)).toEqual({ status: "replayed" });
  });
});

describe("a row", () => {
  useClock();

  test("holds hashes, times, the caller's name and the result, and nothing else", async () => {
    const { consume, record, sweep, rows } = deployment();
    await consume(signedNow("one", { caller: "web", key: hash("evt_1"), call: hash("args") }));
    await record({ caller: "web", key: hash("evt_1"), call: hash("args"), result: "null" });
    vi.setSystemTime(start + 2 * minute);
    await sweep();
    await consume({ key: neighbour("two"), expiresAt: start + 5 * minute });
    const bare = (row: object) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== "_id" && name !== "_creationTime"));
    const { nonces, results, sweeps } = await rows();
    expect(nonces.map(bare)).toEqual([{ key: neighbour("two"), expiresAt: start + 5 * minute, shard: "AAA" }]);
    expect(results.map(bare)).toEqual([{ caller: "web", key: hash("evt_1"), call: hash("args"), result: "null", expiresAt: start + day }]);
    expect(sweeps.map(bare)).toEqual([{ horizon: start + 2 * minute }]);
  });
});
