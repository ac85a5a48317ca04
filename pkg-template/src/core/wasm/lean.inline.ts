// The module's bytes inside JavaScript: works wherever WebAssembly may be compiled from bytes, with every bundler and with none.
import { writeUtf8 } from "../utf8.js";
import { packed, unpacker } from "./generated/lean.packed.js";

interface Unpacker {
  readonly memory: WebAssembly.Memory;
  unpack(): number;
}

/** Undoes the packing of the build (pkg-template/build/lz.mjs), with a WebAssembly module that does nothing else. */
export function wasmSource(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  const code = Uint8Array.from(atob(unpacker), (char) => char.charCodeAt(0));
  const { memory, unpack } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as unknown as Unpacker;
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  writeUtf8(packed, bytes, 0, bytes.length);
  return bytes.slice(0x10000, unpack());
}
