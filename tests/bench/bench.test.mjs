// The benchmark measures what it says: both sides of every pair do the same and refuse the same, statistics are right on times that are made up, and the
// gate fails when a row misses. How fast anything is is not looked at here.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { attempt, cacheDir } from "../../pkg-template/build/process.mjs";
import { ensurePeers } from "./peers/install.mjs";
import { INPUTS, check, measurePairs } from "./suite/measure.mjs";
import { runIn, thisNode } from "./suite/nodes.mjs";
import { loadPairs, otherParts, pairParts } from "./suite/parts.mjs";
import { resultOf, shortfall, shortfalls } from "./suite/result.mjs";
import { rows } from "./suite/rows.mjs";
import { figuresOf, median, spread } from "./suite/statistics.mjs";
import { table } from "./suite/table.mjs";

await ensurePeers();

for (const part of pairParts) {
  test(`${part}: both sides give what they must, for every input, and refuse what was changed`, async () => {
    const pairs = await loadPairs(part);
    assert.deepEqual(pairs.map(({ name }) => name).sort(), rows.filter((row) => row.part === part).map(({ name }) => name).sort(), "rows and pairs have the same names");
    for (const pair of pairs) await check(pair);
    for (const { name, refused } of pairs) assert.ok(refused.length >= 2 || name.startsWith("sign"), `${name} must try what is refused`);
  });
}

test("every row belongs to a part, and gates and aims are those of a goal", () => {
  const parts = [...pairParts, ...Object.keys(otherParts)];
  for (const { part, name, kind, gate, aim, floor, why } of rows) {
    assert.ok(parts.includes(part), name);
    if (gate !== undefined && aim !== undefined) assert.ok(kind === "ratio" ? aim > gate : aim < gate, name);
    assert.ok(floor === undefined || (gate !== undefined && (why ?? "").length > 20 && (kind === "ratio" ? floor < gate : floor > gate)), `${name}: a floor is under a gate, for a reason`);
  }
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
});

/** @param {number} ours @param {number} theirs @param {Partial<import("./suite/measure.mjs").Pair>} [others] @returns {import("./suite/measure.mjs").Pair} a pair that takes so long, in ms */
function made(ours, theirs, others = {}) {
  const wait = (/** @type {number} */ ms) => {
    const { user, system } = process.cpuUsage();
    let now = process.cpuUsage();
    while (now.user + now.system - user - system < 1000 * ms) now = process.cpuUsage();
    return true;
  };
  return { name: "made up", ours: () => wait(ours), theirs: () => wait(theirs), isRight: (result) => result === true, refused: [], ...others };
}

test("a pair of which one side takes three times as long has a ratio of three", async () => {
  const plan = { rounds: 9, warmMs: 1, batchMs: 4 };
  for (const [ours, theirs, ratio] of [[0.2, 0.6, 3], [0.6, 0.2, 1 / 3]]) {
    const { cpu } = (await measurePairs([made(ours ?? 0, theirs ?? 0)], plan))["made up"] ?? assert.fail();
    const figures = figuresOf([cpu]);
    assert.ok(Math.abs(Math.log(figures.ratio.median / (ratio ?? 0))) < 0.25, `${figures.ratio.median}, not ${ratio}`);
    assert.equal(figures.rounds, 9);
  }
});

test("each round measures both sides, and begins with the other one than the round before", async () => {
  /** @type {string[]} */
  const order = [];
  const note = (/** @type {string} */ side) => () => {
    if (order.at(-1) !== side) order.push(side);
    return true;
  };
  await measurePairs([made(0, 0, { ours: note("ours"), theirs: note("theirs") })], { rounds: 4, warmMs: 0, batchMs: 0.01 });
  // What ends one round begins the next, and becomes one here.
  assert.deepEqual(order.slice(-5), ["ours", "theirs", "ours", "theirs", "ours"]);
});

test("a wrong result, from either side, before or while measuring, is an error", async () => {
  const plan = { rounds: 1, warmMs: 0, batchMs: 0.01 };
  await assert.rejects(measurePairs([made(0, 0, { ours: (index) => index !== 7 })], plan), /ours gave a wrong result for input 7/);
  await assert.rejects(measurePairs([made(0, 0, { theirs: (index) => index !== INPUTS - 1 })], plan), /theirs gave a wrong result for input 31/);
  let calls = 0;
  await assert.rejects(measurePairs([made(0, 0, { ours: () => ++calls <= INPUTS })], plan), /ours gave a wrong result/);
  await assert.rejects(measurePairs([made(0, 0, { refused: [() => false, () => true] })], plan), /what must be refused was not \(1\)/);
  await measurePairs([made(0, 0, { refused: [() => false, () => Promise.reject(new Error("no"))] })], plan);
});

test("medians, spreads and ratios of times that are made up", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.deepEqual(spread(Array.from({ length: 101 }, (_, i) => 100 - i)), { median: 50, low: 10, high: 90 });
  // Within a round the machine is as fast for one as for the other; here it halves its speed in every second one.
  const ours = [1, 2, 1, 2, 1, 2];
  const slow = { ours, theirs: ours.map((us) => 3 * us) };
  assert.deepEqual(figuresOf([slow, slow]), { ours: 1.5, theirs: 4.5, ratio: { median: 3, low: 3, high: 3 }, rounds: 12, processes: 2 });
  // One process of three that went wrong does not decide.
  const other = { ours, theirs: ours.map((us) => 30 * us) };
  assert.equal(figuresOf([slow, slow, other]).ratio.median, 3);
  assert.throws(() => figuresOf([{ ours: [1, 2], theirs: [1] }]), /2 rounds of ours and 1 of theirs/);
});

/** @param {number[]} ratios by version @param {Partial<import("./suite/rows.mjs").Row>} [others] */
const ratioRow = (ratios, others = {}) => resultOf(
  { part: "hmac", kind: "ratio", unit: "us", name: "made up", ours: "", theirs: "", gate: 2, aim: 3, ...others },
  Object.fromEntries(ratios.map((each, i) => [`${20 + 2 * i}.0.0`, { ours: 1, theirs: each, ratio: { median: each, low: each, high: each } }])),
);
/** @param {number[]} values @param {number} gate */
const valueRow = (values, gate) => resultOf({ part: "size", kind: "value", unit: "bytes", name: "made up", ours: "", theirs: "", gate }, Object.fromEntries(values.map((value, i) => [`${20 + 2 * i}.0.0`, { value }])));

test("a gate is for the median over the versions, nine tenths of it for each, and a floor takes its place", () => {
  assert.equal(shortfall(ratioRow([2, 2, 2])), undefined);
  assert.equal(shortfall(ratioRow([1.81, 2, 2.5])), undefined);
  assert.match(shortfall(ratioRow([1.79, 2, 2.5])) ?? "", /^made up: 1\.79 in Node\.js 20\.0\.0, under 0\.9 of the gate of 2$/);
  assert.match(shortfall(ratioRow([1.9, 1.95, 2.5])) ?? "", /^made up: 1\.95, 0\.05 under the gate of 2$/);
  assert.match(shortfall(ratioRow([NaN, NaN, NaN])) ?? "", /under the gate/);
  assert.match(shortfall(ratioRow([2, NaN, 2])) ?? "", /under/);
  const floor = { floor: 1.5, why: "the breakdown says so" };
  assert.equal(shortfall(ratioRow([1.5, 1.5, 1.5], floor)), undefined);
  assert.match(shortfall(ratioRow([1.5, 1.4, 1.45], floor)) ?? "", /0\.05 under the floor of 1\.5$/);
  assert.equal(shortfall(ratioRow([0.1], { gate: undefined })), undefined);
  assert.equal(shortfall(valueRow([100, 90], 100)), undefined);
  assert.match(shortfall(valueRow([90, 101], 100)) ?? "", /^made up: 101 bytes, 1 over the gate of 100$/);
  assert.match(shortfall(valueRow([NaN], 100)) ?? "", /over the gate/);
});

test("the gate wants every row that has one, and the table marks what misses", () => {
  const good = ratioRow([2.5, 2.5, 2.5]);
  assert.deepEqual(shortfalls([good], [good]), []);
  assert.deepEqual(shortfalls([], [good]), ["made up: not measured"]);
  assert.match(table([good]), /2\.50 \(2\.50-2\.50\).*gate$/m);
  assert.match(table([ratioRow([3, 3, 3])]), /aim$/m);
  assert.match(table([ratioRow([1, 1, 1])]), /MISSES$/m);
  assert.match(table([ratioRow([1, 1, 1], { floor: 0.9, why: "nothing faster is there" })]), /floor\n[^]*0\.9 is asserted, not 2: nothing faster is there$/);
});

test("the command ends with 1 when a row is under its gate, says by how much, and with 0 when all are reached", async () => {
  const script = fileURLToPath(new URL("bench.mjs", import.meta.url));
  const folder = join(cacheDir, "bench-test");
  mkdirSync(folder, { recursive: true });
  const reached = rows.map((row) => resultOf(row, { "20.0.0": row.kind === "ratio" ? { ours: 1, theirs: 9, ratio: { median: row.aim ?? 1, low: 1, high: 9 } } : { value: row.aim ?? row.gate ?? 0 } }));
  /** @param {string} name @param {import("./suite/result.mjs").Result[]} results */
  const gate = (name, results) => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify({ machine: "", nodes: [], processes: 0, rows: results }));
    return attempt(process.execPath, [script, "--gate", "--from", file]);
  };
  const good = await gate("good.json", reached);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /every gate is reached/);
  const [first, ...others] = reached;
  assert.ok(first?.gate !== undefined);
  const bad = await gate("bad.json", [resultOf(first, { "20.0.0": { ours: 1, theirs: 1, ratio: { median: first.gate - 0.25, low: 1, high: 1 } } }), ...others]);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, new RegExp(`${first.name}: .*0\\.25 under the gate of ${first.gate}`));
  const missing = await gate("missing.json", others);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, new RegExp(`${first.name}: not measured`));
});

test("pages of memory are seen, and do not become more", async () => {
  const { modules, pages } = await runIn(thisNode, new URL("suite/memory-process.mjs", import.meta.url), ["4000"], ["--expose-gc"]);
  assert.ok(modules >= 2);
  assert.equal(pages, 0);
});
