/**
 * The rich WebAssembly module, loaded on first use. It takes and gives structured values; what goes in has passed src/core/input.ts.
 */
import { wasmSource } from "#rich";
import { createGlue } from "./wasm/generated/rich.glue.js";
import type { Glue } from "./wasm/generated/rich.glue.js";
import { readUtf8, writeUtf8 } from "./utf8.js";

let compiled: WebAssembly.Module | undefined;

/**
 * Runs `use` with the module's functions, in an instance of its own. Rust wipes its heap and its stack; if it did not get that far, that is
 * done here.
 */
export function withRich<T>(use: (rich: Glue["api"]) => T): T {
  const glue = createGlue(textClasses());
  compiled ??= compile();
  const { exports } = new WebAssembly.Instance(compiled, glue.imports);
  try {
    glue.start(exports);
    return use(glue.api);
  } catch (error) {
    new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer).fill(0);
    throw error;
  }
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
