// The module's bytes inside JavaScript: works wherever WebAssembly may be compiled from bytes, with every bundler and with none.
import { packed } from "./generated/lean.packed.js";
import { unpacked } from "./unpack.js";

export function wasmSource(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return unpacked(packed);
}
