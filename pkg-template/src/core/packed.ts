/** Lists of texts and bytes, as the rich module takes them: each behind its length, 4 bytes, the lowest first (src/wasm/parts.rs). */
import { writeUtf8 } from "./utf8.js";

/**
 * Packs a list. Texts are taken as UTF-8; they must be well-formed.
 *
 * @param list - The texts and bytes.
 */
export function pack(list: readonly (string | Uint8Array)[]): Uint8Array {
  // One buffer, in which the longest UTF-8 of each text would fit.
  const packed = new Uint8Array(list.reduce((room, each) => room + 4 + (typeof each === "string" ? 3 : 1) * each.length, 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const each of list) {
    const start = at + 4;
    at = typeof each === "string" ? writeUtf8(each, packed, start, packed.length) : start + each.length;
    if (typeof each !== "string") packed.set(each, start);
    view.setUint32(start - 4, at - start, true);
  }
  return packed.subarray(0, at);
}
