// A seeded generator for the isolate: the same seed gives the same bytes. Convex uses ChaCha12; any keyed stream will do here.
import { createCipheriv, createHash } from "node:crypto";

/** @param {string} seed */
export function createRng(seed) {
  const stream = createCipheriv("aes-256-ctr", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  /** @param {number} length */
  const bytes = (length) => new Uint8Array(stream.update(new Uint8Array(length)));
  return {
    bytes,
    /** A number in [0, 1) with 53 random bits, as Math.random gives. */
    float: () => {
      const view = new DataView(bytes(8).buffer);
      return Number(view.getBigUint64(0) >> 11n) / 2 ** 53;
    },
    uuid: () => {
      const raw = bytes(16);
      raw[6] = (raw[6] & 0x0f) | 0x40;
      raw[8] = (raw[8] & 0x3f) | 0x80;
      return Buffer.from(raw).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    },
  };
}
