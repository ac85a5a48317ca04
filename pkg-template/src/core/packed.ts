/** Lists of texts and bytes, as the rich module takes them: each behind its length, 4 bytes, the lowest first (src/wasm/rich/packed.rs). */
import { toUtf8 } from "./utf8.js";

/**
 * Packs a list. Texts are taken as UTF-8; they must be well-formed.
 *
 * @param list - The texts and bytes.
 */
export function pack(list: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = list.map((each) => (typeof each === "string" ? toUtf8(each) : each));
  const packed = new Uint8Array(parts.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    packed.set(part, at + 4);
    at += 4 + part.length;
  }
  return packed;
}
