// What becomes of the times of one pair: each round is compared with itself, then all rounds of all processes are looked at together.

import { quantile } from "../timing/statistics.mjs";

/** @typedef {{ median: number, low: number, high: number }} Spread the median, and between what the middle 80 % lie */
/** @typedef {{ ours: number[], theirs: number[] }} Rounds microseconds a call, of the same length: what has one index was measured one after the other */
/** @typedef {{ ours: number, theirs: number, ratio: Spread, rounds: number, processes: number }} Figures microseconds a call, and how many times ours theirs takes */

/** The middle of an even number is between two. @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

/** @param {readonly number[]} values @returns {Spread} */
export function spread(values) {
  return { median: median(values), low: quantile(values, 0.1), high: quantile(values, 0.9) };
}

/** @param {readonly Rounds[]} processes @returns {Figures} */
export function figuresOf(processes) {
  const ratios = processes.flatMap(({ ours, theirs }) => {
    if (ours.length === 0 || ours.length !== theirs.length) throw new Error(`A process has ${ours.length} rounds of ours and ${theirs.length} of theirs.`);
    return ours.map((own, round) => /** @type {number} */ (theirs[round]) / own);
  });
  return {
    ours: median(processes.flatMap(({ ours }) => ours)),
    theirs: median(processes.flatMap(({ theirs }) => theirs)),
    ratio: spread(ratios),
    rounds: ratios.length,
    processes: processes.length,
  };
}
