// The module's bytes inside JavaScript: works wherever WebAssembly may be compiled from bytes, with every bundler and with none.
import { decodeBase64 } from "./base64.js";
import { packed, unpacker } from "./generated/lean.base64.js";
import { unpack } from "./unpack.js";

export function wasmSource(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return unpack(decodeBase64(packed), decodeBase64(unpacker));
}
