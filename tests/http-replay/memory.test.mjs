// memoryReplayStore: once, and never again, however full it is and wherever the clock goes.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { memoryReplayStore } from "countersign/http";
import { LIFETIME_MS, atOnce, entry, fresh } from "./entries.mjs";

const START = 1_800_000_000_000;
/** @param {number} ms since the start */
const clockAt = (ms) => mock.timers.setTime(START + ms);

beforeEach(() => mock.timers.enable({ apis: ["Date"], now: START }));
afterEach(() => mock.timers.reset());

test("once in a row, and once of 50 at once", async () => {
  const store = memoryReplayStore();
  const first = entry("first");
  assert.deepEqual([await store.consume(first), await store.consume(first), await store.consume({ ...first })], [true, false, false]);
  assert.equal(fresh(await atOnce(store, entry("at once"), 50)), 1);
  assert.equal(await memoryReplayStore().consume(first), true, "another store knows nothing of it");
});

test("until the last moment of an entry, and after it", async () => {
  const store = memoryReplayStore();
  const used = entry("used");
  assert.equal(await store.consume(used), true);
  for (const at of [1, LIFETIME_MS - 1, LIFETIME_MS, LIFETIME_MS + 1, 2 * LIFETIME_MS]) {
    clockAt(at);
    assert.equal(await store.consume(used), false, `after ${at} ms`);
  }
});

test("what was forgotten is not fresh when the clock goes back, nor is anything else of that time", async () => {
  const store = memoryReplayStore();
  const used = entry("used");
  const unused = entry("of the same time");
  const later = entry("a moment later", LIFETIME_MS + 1);
  assert.equal(await store.consume(used), true);
  clockAt(LIFETIME_MS);
  assert.equal(await store.consume(entry("makes it forget")), true);
  clockAt(0);
  assert.equal(await store.consume(used), false);
  assert.equal(await store.consume(unused), false, "it cannot be told from one that was forgotten");
  assert.equal(await store.consume(later), true, "nothing of its time was forgotten");
});

test("a clock that was far ahead for a moment keeps nobody out", async () => {
  const store = memoryReplayStore();
  assert.equal(await store.consume(entry("before")), true);
  clockAt(365 * 24 * 3_600_000);
  assert.equal(await store.consume({ ...entry("then"), expiresAt: START + 5 * LIFETIME_MS }), true);
  clockAt(1000);
  assert.equal(await store.consume(entry("afterwards")), true);
});

test("when it is full nobody gets in, nothing is forgotten, and room is made by what expires", async () => {
  const store = memoryReplayStore({ maxEntries: 3 });
  const entries = ["a", "b", "c"].map((name, i) => entry(name, LIFETIME_MS + i));
  for (const each of entries) assert.equal(await store.consume(each), true);
  for (let i = 0; i < 3; i++) {
    await assert.rejects(store.consume(entry("d", 2 * LIFETIME_MS)), { code: "misconfigured", message: /is full: 3 nonces.*maxEntries.*redisReplayStore/ });
  }
  for (const each of entries) assert.equal(await store.consume(each), false);
  clockAt(LIFETIME_MS - 1);
  await assert.rejects(store.consume(entry("d", 2 * LIFETIME_MS)), { code: "misconfigured" });
  clockAt(LIFETIME_MS);
  assert.equal(await store.consume(entry("d", 2 * LIFETIME_MS)), true);
  await assert.rejects(store.consume(entry("e", 2 * LIFETIME_MS)), { code: "misconfigured" });
  for (const each of entries) assert.equal(await store.consume(each), false);
});

/** What the store does, said in the simplest way: whatever has expired is sorted, and the first 16 of it are forgotten. @param {number} maxEntries */
function model(maxEntries) {
  /** @type {import("countersign/http").ReplayEntry[]} */
  let kept = [];
  let horizon = -1;
  return (/** @type {import("countersign/http").ReplayEntry} */ used) => {
    kept.sort((one, other) => one.expiresAt - other.expiresAt);
    const forgotten = kept.slice(0, 16).filter(({ expiresAt }) => expiresAt <= Date.now());
    kept = kept.slice(forgotten.length);
    horizon = Math.max(horizon, ...forgotten.map(({ expiresAt }) => expiresAt));
    if (used.expiresAt <= horizon) return "behind the horizon";
    if (kept.some(({ key }) => key === used.key)) return "used before";
    if (kept.length === maxEntries) return "full";
    kept.push(used);
    return "fresh";
  };
}

test("held to a simple model and to a memory that never forgets, with random entries on a clock that jumps", async () => {
  let state = 20_261_121;
  // The minimal standard generator of Park and Miller: the same numbers each time.
  const random = (/** @type {number} */ below) => (state = (state * 48_271) % 2_147_483_647) % below;
  const store = memoryReplayStore({ maxEntries: 150 });
  const expected = model(150);
  /** Every entry that was fresh once. @type {import("countersign/http").ReplayEntry[]} */
  const all = [];
  const taken = new Set();
  /** @type {Record<string, number>} */
  const counts = {};
  let time = 0;
  for (let i = 0; i < 20_000; i++) {
    time = Math.max(0, time + random(4000) - (random(50) === 0 ? 60_000 : 1000));
    clockAt(time);
    // Mostly what was used lately, so that it is still kept.
    const again = random(4) === 0 ? all[all.length - 1 - random(random(10) === 0 ? all.length : 100)] : undefined;
    const used = again ?? entry(`${i}`, 1000 + random(250_000));
    const what = expected(used);
    counts[what] = (counts[what] ?? 0) + 1;
    const answer = await store.consume(used).then((isFresh) => (isFresh ? "fresh" : "refused"), (error) => `${error.code}: ${/^[a-z]+ is full/i.test(error.message)}`);
    assert.equal(answer, what === "fresh" ? "fresh" : what === "full" ? "misconfigured: true" : "refused", `${i}: ${what}`);
    if (answer !== "fresh") continue;
    assert.ok(!taken.has(used.key), `${i}: the same entry was fresh twice`);
    taken.add(used.key);
    all.push(used);
  }
  // Each way was gone often.
  for (const what of ["fresh", "used before", "behind the horizon", "full"]) assert.ok((counts[what] ?? 0) > 300, JSON.stringify(counts));
});

test("100,000 entries by default, and as many after them in the same room", async () => {
  const store = memoryReplayStore();
  const keys = Array.from({ length: 100_000 }, (_, i) => i.toString(36).padStart(43, "A"));
  for (const [i, key] of keys.entries()) assert.equal(await store.consume({ key, expiresAt: START + LIFETIME_MS + i }), true);
  await assert.rejects(store.consume(entry("one too many")), { code: "misconfigured", message: /100000/ });
  for (const [i, key] of keys.entries()) {
    clockAt(LIFETIME_MS + i);
    assert.equal(await store.consume({ key: `B${key.slice(1)}`, expiresAt: START + 3 * LIFETIME_MS + i }), true);
  }
});

test("no use takes long, even if all that is remembered has expired", async () => {
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    clockAt(0);
    const store = memoryReplayStore();
    for (let i = 0; i < 50_000; i++) await store.consume({ key: i.toString(36).padStart(43, "A"), expiresAt: START + LIFETIME_MS + ((i * 7919) % 50_000) });
    clockAt(2 * LIFETIME_MS);
    const start = performance.now();
    assert.equal(await store.consume(entry("next", LIFETIME_MS)), true);
    rounds.push(performance.now() - start);
  }
  // The quickest of five, because the machine may pause at any of them. To forget all 50,000 takes 15 ms on a fast one.
  assert.ok(Math.min(...rounds) < 4, `${rounds} ms`);
});

test("what is no entry, and what are no options, is refused", async () => {
  const store = memoryReplayStore();
  const good = entry("good");
  const wrong = [undefined, null, "", good.key, {}, { key: good.key }, { ...good, key: "" }, { ...good, key: `${good.key}A` }, { ...good, key: `${good.key.slice(1)}=` }, { ...good, key: [good.key] }, { ...good, expiresAt: NaN }, { ...good, expiresAt: Infinity }, { ...good, expiresAt: -1 }, { ...good, expiresAt: String(good.expiresAt) }, Object.create(good)];
  for (const each of wrong) await assert.rejects(store.consume(/** @type {any} */ (each)), { code: "type_invalid" }, JSON.stringify(each));
  assert.equal(await store.consume(good), true, "none of them has used it up");
  for (const maxEntries of [0, -1, 1.5, NaN, Infinity, "10"]) assert.throws(() => memoryReplayStore(/** @type {any} */ ({ maxEntries })), { code: "type_invalid" }, String(maxEntries));
  for (const options of [null, 5, "x"]) assert.throws(() => memoryReplayStore(/** @type {any} */ (options)), { code: "type_invalid" });
});
