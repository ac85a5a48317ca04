// Packs the lean module for its place inside JavaScript, where each byte is paid for at every cold start: a third smaller.
// unpack.wat undoes it.
//
// A byte below 32 says that one more literal bytes than it says follow. Any other, less 32, holds in its upper three bits the length less 3 of
// a run that was there before, and in its lower five, with the byte after it, how far back the run began, less 1.

const LITERALS = 32;
const MIN_RUN = 3;
const MAX_RUN = 9;
const MAX_DISTANCE = 32 * 256;

/**
 * The shortest packing there is in this format, found from the end to the beginning.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function pack(bytes) {
  const runs = longestRuns(bytes);
  /** @type {number[]} packed length from here to the end */
  const cost = new Array(bytes.length + 1).fill(0);
  /** @type {{ length: number, isRun: boolean }[]} */
  const best = [];
  for (let at = bytes.length - 1; at >= 0; at--) {
    cost[at] = Infinity;
    const offer = (/** @type {number} */ length, /** @type {boolean} */ isRun) => {
      const price = (isRun ? 2 : 1 + length) + (cost[at + length] ?? 0);
      if (price < (cost[at] ?? 0)) [cost[at], best[at]] = [price, { length, isRun }];
    };
    for (let length = MIN_RUN; length <= (runs[at]?.length ?? 0); length++) offer(length, true);
    for (let length = 1; length <= Math.min(LITERALS, bytes.length - at); length++) offer(length, false);
  }
  /** @type {number[]} */
  const packed = [];
  for (let at = 0; at < bytes.length; ) {
    const { length = 0, isRun = false } = best[at] ?? {};
    const back = (runs[at]?.distance ?? 0) - 1;
    if (isRun) packed.push(LITERALS + ((length - MIN_RUN) << 5) + (back >> 8), back & 255);
    else packed.push(length - 1, ...bytes.subarray(at, at + length));
    at += length;
  }
  return Uint8Array.from(packed);
}

/**
 * For each place the longest run that stands before it as well; shorter ones are at the same distance.
 * @param {Uint8Array} bytes
 */
function longestRuns(bytes) {
  /** @type {Map<string, number[]>} */
  const seen = new Map();
  return Array.from(bytes, (_byte, at) => {
    const key = bytes.subarray(at, at + MIN_RUN).join();
    const places = seen.get(key) ?? [];
    let longest = { length: 0, distance: 0 };
    for (const place of [...places].reverse()) {
      if (at - place > MAX_DISTANCE || longest.length === MAX_RUN) break;
      const length = sharedLength(bytes, place, at);
      if (length > longest.length) longest = { length, distance: at - place };
    }
    seen.set(key, [...places, at]);
    return longest;
  });
}

/** @param {Uint8Array} bytes @param {number} one @param {number} other */
function sharedLength(bytes, one, other) {
  let length = 0;
  while (length < MAX_RUN && other + length < bytes.length && bytes[one + length] === bytes[other + length]) length++;
  return length;
}
