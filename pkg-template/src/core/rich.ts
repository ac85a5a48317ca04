/**
 * The rich WebAssembly module, loaded on first use. It takes and gives structured values; what goes in has passed src/core/input.ts.
 */
import { wasmSource } from "#rich";
import { createGlue } from "./wasm/generated/rich.glue.js";
import type { Glue } from "./wasm/generated/rich.glue.js";
import { readUtf8, writeUtf8 } from "./utf8.js";

let compiled: WebAssembly.Module | undefined;
let live: { readonly api: Glue["api"]; readonly memory: WebAssembly.Memory } | undefined;

/** An instance that has grown beyond this is not kept. Its memory never shrinks. */
const MOST_KEPT = 4 << 20;

/**
 * Runs `use` with the module's functions. Rust wipes its heap and its stack; if it did not get that far, that is done here, and the
 * instance is never used again.
 */
export function withRich<T>(use: (rich: Glue["api"]) => T): T {
  const { api, memory } = (live ??= instantiate());
  try {
    return use(api);
  } catch (error) {
    live = undefined;
    new Uint8Array(memory.buffer).fill(0);
    throw error;
  } finally {
    if (memory.buffer.byteLength > MOST_KEPT) live = undefined;
  }
}

function instantiate(): NonNullable<typeof live> {
  const glue = createGlue(textClasses());
  compiled ??= compile();
  const { exports } = new WebAssembly.Instance(compiled, glue.imports);
  glue.start(exports);
  return { api: glue.api, memory: exports["memory"] as WebAssembly.Memory };
}

function compile(): WebAssembly.Module {
  const source = wasmSource();
  // Not `instanceof WebAssembly.Module`: edge runtimes hand over a module of another realm.
  return ArrayBuffer.isView(source) ? new WebAssembly.Module(source as Uint8Array<ArrayBuffer>) : source;
}

/** The host's classes, or, in Jest's jsdom, as much of them as the glue uses. */
function textClasses(): { TextDecoder: unknown; TextEncoder: unknown } {
  return typeof TextDecoder === "undefined" ? { TextDecoder: Decoder, TextEncoder: Encoder } : { TextDecoder, TextEncoder };
}

class Decoder {
  decode(bytes = new Uint8Array(0)): string {
    return readUtf8(bytes);
  }
}

class Encoder {
  encodeInto(text: string, view: Uint8Array): { read: number; written: number } {
    const written = writeUtf8(text, view, 0, view.length);
    return written < 0 ? { read: 0, written: 0 } : { read: text.length, written };
  }
}
