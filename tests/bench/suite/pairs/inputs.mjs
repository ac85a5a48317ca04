// What the pairs are fed with, and how their results are compared.

import { INPUTS } from "../measure.mjs";

/** Not a Buffer, and with memory of its own. @param {number} length */
export function randomBytes(length) {
  const bytes = new Uint8Array(length);
  // It fills at most this much at once.
  for (let start = 0; start < length; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  return bytes;
}

/** Texts of 64 hexadecimal digits, flat ones. @param {number} [count] */
export const randomTexts = (count = INPUTS) => Array.from({ length: count }, () => Buffer.from(randomBytes(32)).toString("hex"));

/** @template T @param {ArrayLike<T>} list @param {number} index @returns {T} */
export const at = (list, index) => /** @type {T} */ (list[index]);

/** @param {unknown} one @param {Uint8Array} other */
export const sameBytes = (one, other) => one instanceof Uint8Array && Buffer.compare(one, other) === 0;
