// Cloudflare's workerd compiles nothing from bytes while it handles a request. It imports modules that are compiled already.
import module from "../../../wasm/messages.wasm";

export function wasmSource(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return module;
}
