// Welch's t test, and what it is given: times with the slowest cut off, on both sides alike.

/** The part of all times that is kept: interrupts and the garbage collector make the slowest ones. */
export const KEPT = 0.9;

/** @param {readonly number[]} numbers @param {number} part */
export function quantile(numbers, part) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** Both sides without what is over one limit, which is found in both together. @param {readonly [number[], number[]]} sides @returns {[number[], number[]]} */
export function crop([one, other]) {
  const limit = quantile([...one, ...other], KEPT);
  return [one.filter((time) => time <= limit), other.filter((time) => time <= limit)];
}

/** @param {readonly number[]} numbers */
export const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** @param {readonly number[]} numbers */
function variance(numbers) {
  const middle = mean(numbers);
  return numbers.reduce((sum, number) => sum + (number - middle) ** 2, 0) / (numbers.length - 1);
}

/** By how much the second mean is over the first, and the standard error of that. @param {readonly [number[], number[]]} sides */
function difference([one, other]) {
  return { by: mean(other) - mean(one), error: Math.sqrt(variance(one) / one.length + variance(other) / other.length) };
}

/** Welch's t: by how many standard errors the means differ. @param {readonly [number[], number[]]} sides */
export function welch(sides) {
  const { by, error } = difference(sides);
  return by / error;
}

/**
 * Welch's t of several rounds together. Each counts by how exact it is, so that a round in which the machine was busy does not drown the
 * others.
 * @param {readonly [number[], number[]][]} rounds
 */
export function welchOfAll(rounds) {
  const found = rounds.map(difference);
  const sum = found.reduce((total, { by, error }) => total + by / error ** 2, 0);
  return sum / Math.sqrt(found.reduce((total, { error }) => total + 1 / error ** 2, 0));
}

/** Numbers from 0 to 1 that are the same each time (mulberry32). @param {number} seed */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How much of the rise must happen where steps begin. Of steps half as wide it is about half, of a slope next to nothing. */
const SHARE = 0.75;

/**
 * In steps of how many places values rise, and how high a step is on average: the widest steps, of 4, 8, 16, ... places, at whose
 * beginnings most of the rise happens. Undefined if nothing rises, or not in steps.
 * @param {readonly number[]} values
 */
export function steps(values) {
  const part = values.length / 16;
  const rise = mean(values.slice(-part)) - mean(values.slice(0, part));
  const noise = quantile(values.slice(1).map((value, i) => Math.abs(value - (values[i] ?? 0))), 0.5);
  if (rise < 3 * noise) return undefined;
  // Two places to either side, for what is measured is not exact.
  const jump = (/** @type {number} */ place) => mean(values.slice(place, place + 2)) - mean(values.slice(place - 2, place));
  for (let width = values.length / 4; width >= 4; width /= 2) {
    const jumps = Array.from({ length: values.length / width - 1 }, (_, i) => jump((i + 1) * width));
    if (mean(jumps) * jumps.length >= SHARE * rise) return { width, height: rise / jumps.length };
  }
  return undefined;
}
