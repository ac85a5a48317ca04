// Packs the lean and the guard module for their places inside JavaScript, where each byte is paid for at every cold start. unpack.wat undoes it.
//
// The packed form is a row of bits, the highest of each number first. First how many bytes there are; then, until they are all there, either
// 1 and a byte: 0 and 4 bits if it is below 16, as most of those are that stand alone, or else 1 and 8 bits; or 0 and a run that was there
// before: its length less 2, and how far back it began, less 1, in two parts, of which the lower has 4 bits for a run of two bytes and 7 for a
// longer one. Numbers without a size are written in binary digits; before each a 1 if another follows, or else a 0. Since the digits before
// the last say by being there that the number is at least so large, they begin at 1. Thirteen bits at a time, the row is written as two
// digits to the base of 91: the characters from # to ~ but for the backslash, none of which a string in JavaScript escapes.

const SMALL = 16;
const MIN_RUN = 2;
const MAX_RUN = 64;
const BASE = 91;
const DIGIT_BITS = 13;

/**
 * The shortest packing there is in this format, found from the end to the beginning.
 * @param {Uint8Array} bytes
 */
export function pack(bytes) {
  const runs = nearestRuns(bytes);
  /** @type {number[]} bits from here to the end */
  const cost = new Array(bytes.length + 1).fill(0);
  /** @type {string[]} what comes here, in bits */
  const best = [];
  /** @type {number[]} and how many bytes that is */
  const step = [];
  for (let at = bytes.length - 1; at >= 0; at--) {
    cost[at] = Infinity;
    const offer = (/** @type {string} */ bits, /** @type {number} */ length) => {
      const price = bits.length + (cost[at + length] ?? 0);
      if (price < (cost[at] ?? 0)) [cost[at], best[at], step[at]] = [price, bits, length];
    };
    offer(literal(bytes[at] ?? 0), 1);
    for (const [length, distance] of runs[at] ?? []) offer(run(length, distance), length);
  }
  let packed = digits(bytes.length);
  for (let at = 0; at < bytes.length; at += step[at] ?? 1) packed += best[at];
  return toText(packed);
}

/**
 * The packed form of the same bytes and some more.
 * @param {string} packed @param {readonly number[]} bytes
 */
export function append(packed, bytes) {
  const bits = toBits(packed);
  const { number: length, end } = readDigits(bits, 0);
  // What is behind the last byte are the zeros that fill the last two digits up; there a literal would begin with 1.
  const rest = bits.slice(end, end + packedLength(bits.slice(end), length));
  return toText(digits(length + bytes.length) + rest + bytes.map(literal).join(""));
}

const literal = (/** @type {number} */ byte) => (byte < SMALL ? `10${byte.toString(2).padStart(4, "0")}` : `11${byte.toString(2).padStart(8, "0")}`);

const lowerBits = (/** @type {number} */ length) => (length === MIN_RUN ? 4 : 7);

/** @param {number} length @param {number} distance */
function run(length, distance) {
  const [back, lower] = [distance - 1, lowerBits(length)];
  return `0${digits(length - MIN_RUN)}${digits(back >> lower)}${(back % 2 ** lower).toString(2).padStart(lower, "0")}`;
}

/** @param {number} number */
function digits(number) {
  let bits = `0${number % 2}`;
  for (let rest = number >> 1; rest > 0; rest = (rest - 1) >> 1) bits = `1${(rest - 1) % 2}${bits}`;
  return bits;
}

/** @param {string} bits @param {number} at */
function readDigits(bits, at) {
  for (let number = 0; ; number++, at += 2) {
    number = 2 * number + Number(bits[at + 1]);
    if (bits[at] === "0") return { number, end: at + 2 };
  }
}

/** How many bits stand for so many bytes. @param {string} bits @param {number} length */
function packedLength(bits, length) {
  let at = 0;
  for (let count = 0; count < length; ) {
    if (bits[at] === "1") {
      at += bits[at + 1] === "1" ? 10 : 6;
      count++;
    } else {
      const { number, end } = readDigits(bits, at + 1);
      at = readDigits(bits, end).end + lowerBits(number + MIN_RUN);
      count += number + MIN_RUN;
    }
  }
  return at;
}

function toText(/** @type {string} */ bits) {
  const digit = (/** @type {number} */ value) => String.fromCharCode(value + 35 + Number(value + 35 >= 92));
  return bits.replace(new RegExp(`.{1,${DIGIT_BITS}}`, "g"), (group) => {
    const value = parseInt(group.padEnd(DIGIT_BITS, "0"), 2);
    return digit(Math.floor(value / BASE)) + digit(value % BASE);
  });
}

function toBits(/** @type {string} */ text) {
  const value = (/** @type {string} */ char) => char.charCodeAt(0) - 35 - Number(char.charCodeAt(0) > 92);
  return text.replace(/../gs, ([one = "", other = ""]) => (value(one) * BASE + value(other)).toString(2).padStart(DIGIT_BITS, "0"));
}

/**
 * For each place the runs that stand before it as well: for each length the nearest, which is the cheapest.
 * @param {Uint8Array} bytes
 */
function nearestRuns(bytes) {
  /** @type {Map<number, number[]>} */
  const seen = new Map();
  return Array.from(bytes, (byte, at) => {
    const key = byte * 256 + (bytes[at + 1] ?? 0);
    const places = seen.get(key) ?? [];
    /** @type {[length: number, distance: number][]} */
    const found = [];
    for (const place of [...places].reverse()) {
      const length = sharedLength(bytes, place, at);
      for (let each = Math.max(MIN_RUN, (found.at(-1)?.[0] ?? 0) + 1); each <= length; each++) found.push([each, at - place]);
    }
    seen.set(key, [...places, at]);
    return found;
  });
}

/** @param {Uint8Array} bytes @param {number} one @param {number} other */
function sharedLength(bytes, one, other) {
  let length = 0;
  while (length < MAX_RUN && other + length < bytes.length && bytes[one + length] === bytes[other + length]) length++;
  return length;
}
