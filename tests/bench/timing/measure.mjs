// Measuring one row: many comparisons at a time, one side or the other by chance, with candidates made anew before the clock starts.

import { crop, mean, quantile, random, welch, welchOfAll } from "./statistics.mjs";

/** @typedef {import("./rows.mjs").Row} Row */
/** @typedef {{ name: string, t: number, difference: number, each: number, over: number, rounds: number, batches: number }} Result nanoseconds for one comparison */

/** Over this |t| the two sides are taken to differ: the usual limit for finding leaks. */
export const LIMIT = 4.5;
const CANDIDATES = 16;
/** Long beside what reading the clock takes, short beside a time slice. */
const BATCH_NS = 30_000;

/** The candidates of both sides, made again for each batch, so that where they lie in memory says nothing of the side. @param {Row} row */
function candidateMaker({ expected, isText, wrong }) {
  const models = wrong.map((at) => Buffer.from(expected.map((byte, i) => (i === at ? byte ^ 1 : byte))));
  const buffers = Array.from({ length: CANDIDATES }, () => Buffer.alloc(expected.length));
  return (/** @type {number} */ side) => {
    const model = models[side] ?? Buffer.alloc(0);
    return buffers.map((buffer) => (isText ? model.toString("latin1") : (buffer.set(model), buffer)));
  };
}

/**
 * A loop of each row's own, so that V8 optimises it for this row alone. Several candidates in turn, or V8 would compare once and
 * count.
 * @param {Row} row @returns {(candidates: unknown[], count: number) => number} how many were equal
 */
function loopOf({ name, compare }) {
  const body = `/* ${name} */ return (candidates, count) => { let equal = 0; for (let i = 0; i < count; i++) if (compare(candidates[i & ${CANDIDATES - 1}])) equal++; return equal; };`;
  return new Function("compare", body)(compare);
}

/** @param {Row} row */
function prepare(row) {
  const loop = loopOf(row);
  const make = candidateMaker(row);
  const time = (/** @type {number} */ side, /** @type {number} */ count) => {
    const candidates = make(side);
    // Once for nothing: what making them still has under way must not end on the clock.
    process.hrtime.bigint();
    const start = process.hrtime.bigint();
    const equal = loop(candidates, count);
    const elapsed = Number(process.hrtime.bigint() - start);
    if (equal !== 0) throw new Error(`${row.name} took a wrong candidate for equal`);
    return elapsed;
  };
  if (!row.compare(row.isText ? Buffer.from(row.expected).toString("latin1") : Buffer.from(row.expected))) throw new Error(`${row.name} does not know what is expected`);
  // Until V8 has optimised it, and then how long one takes on the slower side.
  const warmUntil = performance.now() + 300;
  for (let i = 0; performance.now() < warmUntil; i++) time(i % 2, 64);
  const each = quantile(Array.from({ length: 64 }, () => time(1, 64) / 64), 0.5);
  const count = Math.max(4, Math.round(BATCH_NS / each));
  return { row, time, count };
}

/**
 * @param {readonly Row[]} rows @param {number} rounds @param {number} roundMs how long each row is measured in each round
 * @param {(text: string) => void} progress
 * @returns {Result[]}
 */
export function measureRows(rows, rounds, roundMs, progress) {
  const prepared = rows.map((row) => {
    progress(`warming up: ${row.name}`);
    return { ...prepare(row), samples: /** @type {[number[], number[]][]} */ ([]) };
  });
  for (let round = 0; round < rounds; round++) {
    for (const [i, { row, time, count, samples }] of prepared.entries()) {
      progress(`round ${round + 1} of ${rounds}: ${row.name}`);
      const draw = random(1000 * round + i);
      /** @type {[number[], number[]]} */
      const sides = [[], []];
      const until = performance.now() + roundMs;
      while (performance.now() < until) {
        const side = draw() < 0.5 ? 0 : 1;
        sides[side].push(time(side, count));
      }
      samples.push(crop(sides));
    }
  }
  return prepared.map(({ row, count, samples }) => summarize(row.name, count, samples));
}

/** @param {string} name @param {number} count @param {[number[], number[]][]} rounds @returns {Result} */
function summarize(name, count, rounds) {
  // Of each round, because a machine does not run at one speed all the time.
  const differences = rounds.map(([one, other]) => (quantile(other, 0.5) - quantile(one, 0.5)) / count);
  return {
    name,
    t: welchOfAll(rounds),
    difference: quantile(differences, 0.5),
    each: mean(rounds.map(([one]) => quantile(one, 0.5) / count)),
    over: rounds.filter((round) => Math.abs(welch(round)) > LIMIT).length,
    rounds: rounds.length,
    batches: rounds.flat(2).length,
  };
}
