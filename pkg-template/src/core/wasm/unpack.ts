import { writeUtf8 } from "../utf8.js";
import { base64 } from "./generated/unpacker.base64.js";

interface Unpacker {
  readonly memory: WebAssembly.Memory;
  unpack(): number;
}

/** Undoes the packing of the build (pkg-template/build/lz.mjs), with a WebAssembly module that does nothing else. */
export function unpacked(packed: string): Uint8Array<ArrayBuffer> {
  const code = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const { memory, unpack } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as unknown as Unpacker;
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  writeUtf8(packed, bytes, 0, bytes.length);
  return bytes.slice(0x10000, unpack());
}
