/** UTF-8, written straight into memory. Texts given here are well-formed, or what is written is thrown away. */

// Up to this a loop is faster than a call to the host, and up to twice as much if that needs a new view.
const SHORT = 24;

let encoder: TextEncoder | undefined;

/**
 * Writes `text` at `at`.
 *
 * @param rest - Gives what is there from `at` on, if that is not to be a new view up to `end`. It may go on behind `end`, and is then written to there.
 * @returns where it ends, or -1 if it does not fit before `end`.
 */
export function writeUtf8(text: string, memory: Uint8Array, at: number, end: number, rest?: (memory: Uint8Array) => Uint8Array): number {
  if (text.length > end - at) return -1;
  // Jest's jsdom has no TextEncoder.
  if (text.length <= (rest ? SHORT : 2 * SHORT) || typeof TextEncoder === "undefined") return writeByHand(text, memory, at, end);
  encoder ??= new TextEncoder();
  const { read, written } = encoder.encodeInto(text, rest?.(memory) ?? memory.subarray(at, end));
  return read === text.length && written <= end - at ? at + written : -1;
}

function writeByHand(text: string, memory: Uint8Array, at: number, end: number): number {
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      if (at >= end) return -1;
      memory[at++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdbff) code = text.codePointAt(i++) as number;
    const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    if (at + more >= end) return -1;
    memory[at++] = ((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more));
    for (let shift = 6 * (more - 1); shift >= 0; shift -= 6) memory[at++] = 0x80 | ((code >> shift) & 0x3f);
  }
  return at;
}

/** `text` as UTF-8 in an array of its own, for texts that do not fit into the area. */
export function toUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.subarray(0, writeUtf8(text, bytes, 0, bytes.length));
}

/** What well-formed UTF-8 says. */
export function readUtf8(bytes: Uint8Array): string {
  return decodeURIComponent(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
}
