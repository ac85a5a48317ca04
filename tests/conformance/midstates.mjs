// The two SHA-256 states that an HMAC key comes to (FIPS 180-4, RFC 2104). Whoever has them can sign, so they must be wiped as
// the key is; and nobody but the test needs them, so no library gives them.

/** @param {(n: number) => number} root @param {number} count fractional bits of roots of the first primes */
function constants(root, count) {
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes.map((prime) => ((root(prime) % 1) * 2 ** 32) >>> 0);
}
const INITIAL = constants(Math.sqrt, 8);
const ROUNDS = constants(Math.cbrt, 64);
const rotate = (/** @type {number} */ x, /** @type {number} */ n) => (x >>> n) | (x << (32 - n));

/** SHA-256's state after one block. @param {Uint8Array} block 64 bytes */
export function compress(block) {
  const view = new DataView(block.buffer, block.byteOffset, 64);
  const w = Array.from({ length: 16 }, (_, i) => view.getUint32(4 * i));
  for (let i = 16; i < 64; i++) {
    const [x, y] = [w[i - 15], w[i - 2]];
    const small0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const small1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w.push((w[i - 16] + small0 + w[i - 7] + small1) >>> 0);
  }
  let [a, b, c, d, e, f, g, h] = INITIAL;
  for (let i = 0; i < 64; i++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + big1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) >>> 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (big0 + ((a & b) ^ (a & c) ^ (b & c))) >>> 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) >>> 0, c, b, a, (t1 + t2) >>> 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (word + INITIAL[i]) >>> 0);
}

/** The states as 32-bit words in a little-endian memory. @param {Uint8Array} key at most 64 bytes */
export function midstates(key) {
  const state = (/** @type {number} */ pad) => {
    const block = new Uint8Array(64);
    block.set(key);
    return new Uint8Array(Uint32Array.from(compress(block.map((byte) => byte ^ pad))).buffer);
  };
  return { "inner state": state(0x36), "outer state": state(0x5c) };
}
