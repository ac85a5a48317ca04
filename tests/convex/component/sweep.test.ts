// The horizon, and what is deleted before it, when and how much at once.

import component from "countersign/test";
import { describe, expect, test, vi } from "vitest";
import { day, deployment, hash, minute, neighbour, signedNow, start, useClock, year } from "./support/component.js";

const names = (count: number) => Array.from({ length: count }, (_, i) => `call ${i}`);

describe("the horizon", () => {
  useClock();

  test("refuses a nonce at its edge and before it, whose row is gone", async () => {
    const { consume, sweep, rows } = deployment();
    const call = signedNow("one");
    await consume(call);
    vi.setSystemTime(call.expiresAt - 1);
    await sweep();
    expect(await rows()).toMatchObject({ nonces: [{ key: call.key }], sweeps: [] });
    vi.setSystemTime(call.expiresAt);
    await sweep();
    expect(await rows()).toMatchObject({ nonces: [], sweeps: [{ horizon: call.expiresAt }] });

    expect(await consume(call)).toEqual({ status: "replayed" });
    expect(await consume({ key: hash("never seen"), expiresAt: call.expiresAt })).toEqual({ status: "replayed" });
    expect(await consume({ key: hash("never seen"), expiresAt: call.expiresAt - 1 })).toEqual({ status: "replayed" });
    expect(await consume({ key: hash("never seen"), expiresAt: call.expiresAt + 1 })).toEqual({ status: "fresh" });
    expect((await rows()).nonces).toHaveLength(1);
  });

  test("stays where it is when the clock goes back, so a deleted nonce stays used", async () => {
    const { consume, sweep, finish, rows } = deployment();
    const calls = names(5).map((name, i) => ({ ...signedNow(name), expiresAt: start + 2 * minute + i }));
    for (const call of calls) await consume(call);
    vi.setSystemTime(start + 3 * minute);
    await sweep();
    await finish();
    expect(await rows()).toMatchObject({ nonces: [], sweeps: [{ horizon: start + 2 * minute + 4 }] });

    vi.setSystemTime(start);
    for (const call of calls) expect(await consume(call)).toEqual({ status: "replayed" });
    await sweep();
    expect((await rows()).sweeps).toMatchObject([{ horizon: start + 2 * minute + 4 }]);
    for (const call of calls) expect(await consume(call)).toEqual({ status: "replayed" });
  });

  test("does not go back to an older nonce that is still to be deleted when the clock goes back", async () => {
    const { consume, sweep, rows, insertNonces } = deployment();
    const deleted = hash("deleted");
    await insertNonces([deleted, ...names(255).map(hash)], start - 2 * minute);
    await insertNonces(names(100).map((name) => hash(`left ${name}`)), start - minute);
    await insertNonces([hash("last")], start);
    await sweep();
    expect((await rows()).nonces).toHaveLength(101);
    vi.setSystemTime(start - minute);
    await sweep();
    expect(await rows()).toMatchObject({ nonces: [], sweeps: [{ horizon: start }] });
    expect(await consume({ key: hash("last"), expiresAt: start })).toEqual({ status: "replayed" });
  });

  test("is the last nonce's time and not the clock's, so a year ahead and back keeps nobody out", async () => {
    const { consume, sweep, finish, rows } = deployment();
    const before = signedNow("before");
    await consume(before);
    vi.setSystemTime(start + year);
    await sweep();
    await finish();
    await sweep();
    expect(await rows()).toMatchObject({ nonces: [], sweeps: [{ horizon: start + 2 * minute }] });
    vi.setSystemTime(start + 1);
    expect(await consume(signedNow("after"))).toEqual({ status: "fresh" });
    expect(await consume(before)).toEqual({ status: "replayed" });
    for (const name of names(20)) expect(await consume(signedNow(name))).toEqual({ status: "fresh" });
  });

  test("never catches up with calls that are signed now", async () => {
    const { consume, sweep, finish, rows } = deployment();
    for (let i = 0; i < 30; i++) {
      vi.setSystemTime(start + i * 20_000);
      // The slowest clock that is let in: a minute behind.
      expect(await consume({ key: hash(`slow ${i}`), expiresAt: Date.now() + minute })).toEqual({ status: "fresh" });
      expect(await consume(signedNow(`call ${i}`))).toEqual({ status: "fresh" });
      await sweep();
      await finish();
    }
    // What is left is what has not expired.
    const { nonces, sweeps } = await rows();
    expect(nonces.every(({ expiresAt }) => expiresAt > Date.now())).toBe(true);
    expect(nonces).toHaveLength(3 + 6);
    expect(sweeps).toHaveLength(1);
  });

  test("is written only when something has expired", async () => {
    const { consume, sweep, rows } = deployment();
    await sweep();
    expect((await rows()).sweeps).toEqual([]);
    await consume(signedNow("one"));
    vi.setSystemTime(start + 5 * minute);
    await sweep();
    const before = (await rows()).sweeps;
    vi.setSystemTime(start + 6 * minute);
    await sweep();
    expect((await rows()).sweeps).toEqual(before);
  });
});

describe("a sweep", () => {
  useClock();

  test("deletes 256 nonces and goes on by itself until all are gone, with one horizon", async () => {
    const { consume, sweep, finish, pending, rows, insertNonces } = deployment();
    await insertNonces(names(700).map(hash), start - 1);
    await consume(signedNow("one"));
    await sweep();
    expect(await rows()).toMatchObject({ sweeps: [{ horizon: start - 1 }] });
    expect((await rows()).nonces).toHaveLength(701 - 256);
    expect(await pending()).toBe(1);
    // What expires while it goes on waits for the next minute: the horizon moves once in each.
    await insertNonces([hash("expires meanwhile")], start);
    await finish();
    expect(await rows()).toMatchObject({ nonces: [{ key: hash("one") }, { key: hash("expires meanwhile") }], sweeps: [{ horizon: start - 1 }] });
    expect(await pending()).toBe(0);
    await sweep();
    expect(await rows()).toMatchObject({ nonces: [{ key: hash("one") }], sweeps: [{ horizon: start }] });
  });

  test.each([[0, 0], [1, 0], [255, 0], [256, 1], [257, 1]])("of %d nonces schedules %d more runs", async (count, more) => {
    const { sweep, pending, rows, insertNonces } = deployment();
    await insertNonces(names(count).map(hash), start);
    await sweep();
    expect(await pending()).toBe(more);
    expect((await rows()).nonces).toHaveLength(Math.max(0, count - 256));
  });

  test("deletes the oldest first", async () => {
    const { sweep, rows, insertNonces } = deployment();
    await insertNonces(names(250).map(hash), start - 1);
    await insertNonces(names(250).map((name) => hash(`older ${name}`)), start - 2);
    await sweep();
    expect((await rows()).nonces.every(({ expiresAt }) => expiresAt === start - 1)).toBe(true);
  });

  test("deletes results after 24 hours, at most 64 at once, because a result may be large", async () => {
    const { record, sweep, finish, pending, rows } = deployment();
    for (const name of names(150)) await record({ caller: "web", key: hash(name), call: hash(name), result: "null" });
    vi.setSystemTime(start + day - 1);
    await record({ caller: "web", key: hash("later"), call: hash("later"), result: "null" });
    await sweep();
    expect((await rows()).results).toHaveLength(151);
    expect(await pending()).toBe(0);
    vi.setSystemTime(start + day);
    await sweep();
    expect((await rows()).results).toHaveLength(151 - 64);
    expect(await pending()).toBe(1);
    await finish();
    expect(await rows()).toMatchObject({ results: [{ key: hash("later") }], sweeps: [] });
  });

  test("by a call deletes at most 3, of its own shard, before the horizon", async () => {
    const { consume, t, rows, insertNonces } = deployment();
    await insertNonces(names(8).map(neighbour), start);
    await insertNonces([hash("of another shard")], start);
    // No horizon yet: nothing is deleted, whatever the clock says.
    vi.setSystemTime(start + minute);
    expect(await consume({ key: neighbour("a"), expiresAt: start + 3 * minute })).toEqual({ status: "fresh" });
    expect((await rows()).nonces).toHaveLength(10);

    await t.run(async (ctx) => void (await ctx.db.insert("sweeps", { horizon: start })));
    await insertNonces([neighbour("behind the horizon")], start + 1);
    const left: number[] = [];
    for (const name of ["b", "c", "d", "e"]) {
      expect(await consume({ key: neighbour(name), expiresAt: start + 3 * minute })).toEqual({ status: "fresh" });
      left.push((await rows()).nonces.filter(({ expiresAt }) => expiresAt === start).length);
    }
    expect(left).toEqual([6, 3, 1, 1]);
    const { nonces } = await rows();
    expect(nonces.filter(({ expiresAt }) => expiresAt <= start).map(({ key }) => key)).toEqual([hash("of another shard")]);
    expect(nonces.some(({ key }) => key === neighbour("behind the horizon"))).toBe(true);
  });

  test("by a replayed call deletes nothing", async () => {
    const { consume, t, rows, insertNonces } = deployment();
    await t.run(async (ctx) => void (await ctx.db.insert("sweeps", { horizon: start })));
    const call = { key: neighbour("a"), expiresAt: start + 3 * minute };
    await consume(call);
    await insertNonces(names(3).map(neighbour), start);
    expect(await consume(call)).toEqual({ status: "replayed" });
    expect((await rows()).nonces).toHaveLength(4);
  });

  test("is what the cron runs, each minute", async () => {
    const { default: crons } = (await component.modules["./component/crons.js"]?.()) as { default: { export(): string } };
    expect(JSON.parse(crons.export())).toEqual({ sweep: { name: "sweep:run", args: [{}], schedule: { minutes: 1, type: "interval" } } });
    const { run } = (await component.modules["./component/sweep.js"]?.()) as { run: { isInternal?: boolean; isPublic?: boolean } };
    expect([run.isInternal, run.isPublic]).toEqual([true, undefined]);
  });
});
