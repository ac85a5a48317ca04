// Many calls at once, truly interleaved, under Convex's rule for conflicts: which of them have to run again, and why.

import component from "countersign/test";
import { beforeAll, describe, expect, test } from "vitest";
import { day, hash, minute, neighbour, signedNow, start, useClock } from "./support/component.js";
import type { Consume, Outcome } from "./support/component.js";
import { Database } from "./support/database.js";
import type { Conflict } from "./support/database.js";
import { interleave } from "./support/interleave.js";
import type { Handler, Job, Report } from "./support/interleave.js";
import { print } from "./support/ranges.js";

let consume: Handler;
let record: Handler;
let sweep: Handler;
let indexes: Record<string, Record<string, readonly string[]>>;

beforeAll(async () => {
  const handlerOf = async (module: string, name: string) => ((await component.modules[`./component/${module}.js`]?.()) as Record<string, { _handler: Handler }>)[name]?._handler ?? expect.fail(name);
  [consume, record, sweep] = [await handlerOf("replay", "consume"), await handlerOf("replay", "record"), await handlerOf("sweep", "run")];
  indexes = Object.fromEntries(Object.entries(component.schema.tables).map(([table, definition]) => [table, Object.fromEntries(definition[" indexes"]().map(({ indexDescriptor, fields }) => [indexDescriptor, fields]))]));
});

const database = () => new Database(indexes);
const names = (count: number) => Array.from({ length: count }, (_, i) => `call ${i}`);
const consuming = (name: string, call: Consume = signedNow(name)): Job => ({ name, handler: consume, args: call });
const row = (key: string, expiresAt: number) => ({ key, expiresAt, shard: key.slice(0, 3) });
const statuses = ({ results }: Report, ofNames: readonly string[]) => ofNames.map((name) => (results.get(name) as Outcome).status);
const pairs = (conflicts: readonly Conflict[]) => [...new Set(conflicts.map(({ transaction, by, at }) => `${kind(transaction)} after ${kind(by)} at ${at}`))].sort();
const kind = (name: string) => name.split(/[ :]/)[0];

/** A guarded mutation with an idempotency key: what the guard calls before and after the handler. */
const guarded: Handler = async (ctx, { result, ...call }: Consume & { result: string }) => {
  const outcome = (await consume(ctx, call)) as Outcome;
  if (outcome.status === "fresh") await record(ctx, { ...call.idempotency, result });
  return outcome;
};

describe("calls at the same time", () => {
  useClock();

  test("300 different ones never conflict, though each deletes what has expired in its shard", async () => {
    for (const seed of [1, 2, 3]) {
      const db = database();
      db.fill("sweeps", [{ horizon: start - 1 }]);
      db.fill("nonces", names(300).flatMap((name) => ["x", "y"].map((end) => row(`${hash(name).slice(0, 3)}${end}`, start - 1))));
      const report = await interleave(db, names(300).map((name) => consuming(name)), { seed });
      expect(report.conflicts).toEqual([]);
      expect(report.mostOpen).toBe(300);
      expect(new Set(statuses(report, names(300)))).toEqual(new Set(["fresh"]));
      expect(db.rows("nonces").map(({ expiresAt }) => expiresAt)).toEqual(Array.from({ length: 300 }, () => start + 2 * minute));
    }
  });

  test("300 different ones with idempotency keys of their own never conflict either", async () => {
    const db = database();
    db.fill("results", names(100).map((name) => ({ caller: "web", key: hash(`old ${name}`), call: "", result: "0", expiresAt: start })));
    const report = await interleave(db, names(300).map((name) => ({ name, handler: guarded, args: { ...signedNow(name, { caller: "web", key: hash(name), call: hash("args") }), result: name } })));
    expect(report.conflicts).toEqual([]);
    expect(report.mostOpen).toBe(300);
    expect(db.rows("results")).toHaveLength(400);
  });

  test("50 with one nonce: exactly one is fresh", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const db = database();
      const all = names(50);
      const report = await interleave(db, all.map((name) => consuming(name, signedNow("the same"))), { seed });
      expect(statuses(report, all).sort()).toEqual(["fresh", ...Array.from({ length: 49 }, () => "replayed")]);
      expect(db.rows("nonces")).toHaveLength(1);
      expect(report.mostOpen).toBe(50);
      // Whoever was under way runs again, once.
      expect(report.conflicts.length).toBeGreaterThan(0);
      expect(pairs(report.conflicts)).toEqual(["call after call at nonces.by_key"]);
      expect(Math.max(...report.attempts.values())).toBe(2);
    }
  });

  test("50 first ones with one idempotency key: exactly one is fresh, and the others get its result", async () => {
    for (const seed of [1, 2, 3]) {
      const db = database();
      const all = names(50);
      const idempotency = { caller: "web", key: hash("evt_1"), call: hash("args") };
      const report = await interleave(db, all.map((name) => ({ name, handler: guarded, args: { ...signedNow(name, idempotency), result: name } })), { seed });
      const winner = all.find((name) => (report.results.get(name) as Outcome).status === "fresh");
      expect(statuses(report, all).sort()).toEqual(["fresh", ...Array.from({ length: 49 }, () => "recorded")]);
      for (const name of all) if (name !== winner) expect(report.results.get(name)).toEqual({ status: "recorded", result: winner });
      expect(db.rows("results")).toMatchObject([{ result: winner, expiresAt: start + day }]);
      expect(pairs(report.conflicts)).toEqual(["call after call at results.by_caller_and_key"]);
      expect(db.rows("nonces")).toHaveLength(50);
    }
  });

  test("two with one idempotency key and other arguments: one is fresh, the other is told of the conflict", async () => {
    const db = database();
    const of = (name: string) => ({ name, handler: guarded, args: { ...signedNow(name, { caller: "web", key: hash("evt_1"), call: hash(name) }), result: name } });
    const report = await interleave(db, [of("a"), of("b")]);
    expect(statuses(report, ["a", "b"]).sort()).toEqual(["conflict", "fresh"]);
    expect(db.rows("results")).toHaveLength(1);
  });

  test("two that delete the same row of their shard do conflict: the one exception, 1 pair in 262,144", async () => {
    const db = database();
    db.fill("sweeps", [{ horizon: start }]);
    db.fill("nonces", [row(neighbour("expired"), start)]);
    const [a, b] = ["call a", "call b"].map((name) => consuming(name, { key: neighbour(name), expiresAt: start + 2 * minute })) as [Job, Job];
    const report = await interleave(db, [a, b]);
    expect(statuses(report, ["call a", "call b"])).toEqual(["fresh", "fresh"]);
    expect(pairs(report.conflicts)).toEqual(["call after call at nonces.by_id", "call after call at nonces.by_shard_and_expiry"]);
    expect(64 ** 3).toBe(262_144);
    // Without an expired row they do not, in the same shard.
    expect((await interleave(db, ["c", "d", "e"].map((name) => consuming(name, { key: neighbour(name), expiresAt: start + 2 * minute })))).conflicts).toEqual([]);
  });
});

describe("beside a sweep", () => {
  useClock();
  const beginnings = [1, 2, 3].flatMap((seed) => [{ seed, staggered: false }, { seed, staggered: true }]);

  /** 300 calls, half of them in shards with expired rows, while these and as many others are swept. The sweep has many steps, so its turns come more often. */
  async function crowd(horizon: number | null, continued: boolean, options: { seed: number; staggered: boolean }) {
    const db = database();
    if (horizon !== null) db.fill("sweeps", [{ horizon }]);
    const halves = names(300).map((name, i) => ({ name, hasExpired: i % 2 === 0 }));
    db.fill("nonces", halves.filter(({ hasExpired }) => hasExpired).map(({ name }) => row(`${hash(name).slice(0, 3)}x`, start - 1)));
    db.fill("nonces", names(150).map((name) => row(hash(`elsewhere ${name}`), start - 2)));
    const jobs = [...halves.map(({ name }) => consuming(name)), { name: "sweep 0", handler: sweep, args: continued ? { continued } : {}, weight: 100 }];
    const report = await interleave(db, jobs, { ...options, functions: { "sweep:run": sweep } });
    expect(new Set(statuses(report, names(300)))).toEqual(new Set(["fresh"]));
    expect(db.rows("nonces")).toHaveLength(300);
    expect(db.rows("sweeps")).toMatchObject([{ horizon: start - 1 }]);
    return { report, halves };
  }

  test.each(beginnings)("calls conflict only with the sweep, and it only with those that deleted what it read (%o)", async (options) => {
    const { report, halves } = await crowd(start - 1, true, options);
    const possible = ["call after sweep at nonces.by_id", "call after sweep at nonces.by_shard_and_expiry", "sweep after call at nonces.by_expiry", "sweep after call at nonces.by_id"];
    const seen = pairs(report.conflicts);
    expect(seen.filter((pair) => !possible.includes(pair))).toEqual([]);
    expect(seen.length).toBeGreaterThan(0);
    // A call whose shard holds nothing that is swept never runs again.
    for (const { name, hasExpired } of halves) if (!hasExpired) expect(report.attempts.get(name)).toBe(1);
  });

  test.each(beginnings.flatMap((options) => [{ ...options, before: null }, { ...options, before: start - 10 }]))("a horizon that moves makes those under way run again, once (%o)", async ({ before, ...options }) => {
    const { report } = await crowd(before, false, options);
    const atHorizon = report.conflicts.filter(({ at }) => at === "sweeps.by_creation_time");
    expect(pairs(atHorizon)).toEqual(["call after sweep at sweeps.by_creation_time"]);
    expect(new Set(atHorizon.map(({ transaction }) => transaction)).size).toBe(atHorizon.length);
    // One run moved it: those that were scheduled did not.
    expect(new Set(atHorizon.map(({ by }) => by)).size).toBe(1);
    expect([...report.writes.keys()].filter((name) => kind(name) === "sweep").length).toBeGreaterThan(1);
    expect(report.conflicts.filter(({ transaction, by }) => kind(transaction) === kind(by))).toEqual([]);
  });

  test.each(beginnings)("a used nonce never becomes fresh, and a fresh one is never taken for used (%o)", async (options) => {
    const db = database();
    const used = names(40).map((name) => ({ key: hash(`used ${name}`), expiresAt: start }));
    db.fill("nonces", used.map(({ key, expiresAt }) => row(key, expiresAt)));
    const replays = used.map((call, i) => consuming(`replay ${i}`, call));
    const report = await interleave(db, [...names(40).map((name) => consuming(name)), ...replays, { name: "sweep 0", handler: sweep, args: {}, weight: 20 }], options);
    expect(pairs(report.conflicts)).toContain("replay after sweep at nonces.by_key");
    expect(new Set(statuses(report, replays.map(({ name }) => name)))).toEqual(new Set(["replayed"]));
    expect(new Set(statuses(report, names(40)))).toEqual(new Set(["fresh"]));
    expect(db.rows("nonces")).toHaveLength(40);
  });

  test("two sweeps at once leave one horizon and nothing behind", async () => {
    const db = database();
    db.fill("nonces", names(700).map((name) => row(hash(name), start - 1)));
    const report = await interleave(db, ["sweep 0", "sweep 00"].map((name) => ({ name, handler: sweep, args: {} })), { functions: { "sweep:run": sweep } });
    expect(report.conflicts.length).toBeGreaterThan(0);
    expect(db.rows("nonces")).toEqual([]);
    expect(db.rows("sweeps")).toMatchObject([{ horizon: start - 1 }]);
  });
});

describe("one call", () => {
  useClock();
  const call = { key: neighbour("one"), expiresAt: start + 2 * minute };
  const key = JSON.stringify(call.key);

  async function one(db: Database, job: Job) {
    const { reads, writes } = await interleave(db, [job]);
    return { reads: reads.get(job.name)?.map(print), writes: writes.get(job.name)?.map(({ table, before, after }) => `${table} ${before === null ? "insert" : after === null ? "delete" : "replace"}`) };
  }

  test("reads its nonce and the horizon, and writes one row", async () => {
    expect(await one(database(), consuming("one", call))).toEqual({
      reads: ["sweeps.by_creation_time [] .. []", `nonces.by_key [${key}] .. [${key}]`],
      writes: ["nonces insert"],
    });
  });

  test("reads its shard up to the horizon once there is one, and deletes what it finds", async () => {
    const db = database();
    db.fill("sweeps", [{ horizon: start }]);
    db.fill("nonces", [row(neighbour("expired"), start), row(neighbour("alive"), start + 1), row(hash("other"), start)]);
    expect(await one(db, consuming("one", call))).toEqual({
      reads: [
        'sweeps.by_creation_time [] .. [1,"sweeps:1"]',
        `nonces.by_key [${key}] .. [${key}]`,
        `nonces.by_shard_and_expiry ["AAA"] .. ["AAA",${start}]`,
        'nonces.by_id ["nonces:2"] .. ["nonces:2"]',
      ],
      writes: ["nonces delete", "nonces insert"],
    });
  });

  test("with an idempotency key reads and writes that key's row too", async () => {
    const idempotency = { caller: "web", key: "K", call: "C" };
    expect(await one(database(), { name: "one", handler: guarded, args: { ...call, idempotency, result: "1" } })).toEqual({
      reads: ["sweeps.by_creation_time [] .. []", `nonces.by_key [${key}] .. [${key}]`, 'results.by_caller_and_key ["web","K"] .. ["web","K"]', 'results.by_caller_and_key ["web","K"] .. ["web","K"]'],
      writes: ["nonces insert", "results insert"],
    });
  });
});

describe("the database of these tests", () => {
  useClock();

  /** Consumes, and counts the calls in one row. */
  const counting: Handler = async (ctx, call: Consume) => {
    const outcome = await consume(ctx, call);
    const counter = await ctx.db.query("sweeps").first();
    await ctx.db.patch(counter._id, { horizon: counter.horizon + 1 });
    return outcome;
  };
  /** Consumes, and deletes the oldest expired rows of the whole table. */
  const sweepingAnywhere: Handler = async (ctx, call: Consume) => {
    const outcome = await consume(ctx, call);
    const expired = await ctx.db.query("nonces").withIndex("by_expiry", (range: { lte(field: string, value: number): unknown }) => range.lte("expiresAt", start)).take(3);
    for (const { _id } of expired) await ctx.db.delete(_id);
    return outcome;
  };

  test("sees a row that each call writes", async () => {
    const db = database();
    db.fill("sweeps", [{ horizon: 0 }]);
    const report = await interleave(db, names(50).map((name) => ({ name, handler: counting, args: signedNow(name) })));
    expect(report.conflicts.length).toBeGreaterThan(50);
    expect(Math.max(...report.attempts.values())).toBeGreaterThan(2);
    // None was lost: whoever had read an old value ran again.
    expect(db.rows("sweeps")).toMatchObject([{ horizon: 50 }]);
  });

  test("sees calls that sweep where others do", async () => {
    const db = database();
    db.fill("nonces", names(100).map((name) => row(hash(`expired ${name}`), start)));
    const report = await interleave(db, names(50).map((name) => ({ name, handler: sweepingAnywhere, args: signedNow(name) })));
    expect(pairs(report.conflicts)).toContain("call after call at nonces.by_expiry");
  });

  test("refuses a row that appears in a range which was empty", async () => {
    const db = database();
    const reader: Handler = async (ctx) => (await ctx.db.query("nonces").withIndex("by_key", (range: { eq(field: string, value: string): unknown }) => range.eq("key", hash("writer"))).first()) !== null;
    const report = await interleave(db, [...names(20).map((name) => ({ name, handler: reader, args: {} })), { ...consuming("writer"), weight: 50 }]);
    expect(pairs(report.conflicts)).toEqual(["call after writer at nonces.by_key"]);
  });

  test("is not blind to what it does not know", async () => {
    const unknown: Handler = (ctx) => ctx.db.query("nonces").filter(() => true);
    await expect(interleave(database(), [{ name: "a", handler: unknown, args: {} }])).rejects.toThrow("a query.filter is not in this database");
  });
});
