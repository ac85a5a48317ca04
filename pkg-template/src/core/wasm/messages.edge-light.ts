// Vercel's edge runtime compiles nothing from bytes. It imports modules that the bundler hands over compiled.
import module from "../../../wasm/messages.wasm?module";

export function wasmSource(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return module;
}
