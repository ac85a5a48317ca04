// What cases are made of: texts, what is nearly right, and what comes of a call.

export const NOW = 1_800_000_000_000;
export const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Does not fit into the lean module's area, which streams it. The messages module's grows. */
export const STREAMED = 70_000;

/** Characters that look random and are the same each time. @param {number} length @param {number} seed */
export function text(length, seed) {
  let state = seed;
  return Array.from({ length }, () => LETTERS[(state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 26]).join("");
}

/** @param {Uint8Array} bytes @returns {[string, Uint8Array][]} */
export function variants(bytes) {
  const flip = (/** @type {number} */ at) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  return [["equal", bytes.slice()], ["first byte wrong", flip(0)], ["middle byte wrong", flip(bytes.length >> 1)], ["last byte wrong", flip(bytes.length - 1)], ["all bytes wrong", bytes.map((byte) => byte ^ 0x15)]];
}

/** The bytes of a text of ASCII characters, and back. */
export const bytesOf = (/** @type {string} */ ascii) => new Uint8Array(Buffer.from(ascii, "latin1"));
export const textOf = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString("latin1");

/** @param {() => unknown} use @returns {() => unknown} what comes back, or the code of the refusal */
export const orCode = (use) => () => {
  try {
    return use();
  } catch (error) {
    if (error instanceof Error && error.name === "CountersignError" && "code" in error) return error.code;
    throw error;
  }
};
