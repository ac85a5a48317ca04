// The module's bytes inside JavaScript: works wherever WebAssembly may be compiled from bytes, with every bundler and with none.
import { decodeBase64 } from "./base64.js";
import { base64 } from "./generated/messages.base64.js";

export function wasmSource(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return decodeBase64(base64);
}
