/**
 * The rich WebAssembly module, loaded on first use. It takes and gives structured values; what goes in has passed src/core/input.ts.
 */
import { wasmSource } from "#rich";
import { createGlue } from "./wasm/generated/rich.glue.js";
import type { Glue } from "./wasm/generated/rich.glue.js";

let live: Glue["api"] | undefined;

/** Runs `use` with the module's functions. One that trapped is dropped; the next call gets another. */
export function withRich<T>(use: (rich: Glue["api"]) => T): T {
  live ??= instantiate();
  try {
    return use(live);
  } catch (error) {
    live = undefined;
    throw error;
  }
}

function instantiate(): Glue["api"] {
  const glue = createGlue();
  const source = wasmSource();
  // Not `instanceof WebAssembly.Module`: edge runtimes hand over a module of another realm.
  const module = ArrayBuffer.isView(source) ? new WebAssembly.Module(source as Uint8Array<ArrayBuffer>) : source;
  glue.start(new WebAssembly.Instance(module, glue.imports).exports);
  return glue.api;
}
