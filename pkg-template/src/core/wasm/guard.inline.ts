// What a guard runs of the lean module, inside JavaScript. Where modules are imported from files, guards take the lean one.
import { packed } from "./generated/guard.packed.js";
import { unpacked } from "./unpack.js";

export function wasmSource(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return unpacked(packed);
}
