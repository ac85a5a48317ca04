// Choices that a seed decides: the same seed, the same choices, on every machine.

import { createHash } from "node:crypto";

/** @typedef {ReturnType<typeof createRandom>} Random */

/** sfc32, a small generator of Chris Doty-Humphrey's that passes PractRand. @param {string} seed */
export function createRandom(seed) {
  const start = createHash("sha256").update(seed).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => start.readInt32LE(at));

  /** 32 bits. */
  function bits() {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  }
  /** A whole number from 0, below `end`. @param {number} end */
  const below = (end) => Math.floor((bits() / 2 ** 32) * end);
  /** Whether something that happens once in `times` happens now. @param {number} times */
  const once = (times) => below(times) === 0;
  /** @template T @param {readonly T[]} from @returns {T} */
  const pick = (from) => from[below(from.length)];
  /** 64 bits. */
  const wide = () => (BigInt(bits()) << 32n) | BigInt(bits());
  /** @template T @param {readonly T[]} list @returns {T[]} */
  function shuffle(list) {
    const shuffled = [...list];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
    }
    return shuffled;
  }
  return { bits, below, once, pick, wide, shuffle };
}
