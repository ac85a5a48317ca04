/** What a guard runs of the lean module: a guard's code is loaded afresh for each call. */
import { wasmSource } from "#guard";
import { anyInstance, within } from "./lean.js";
import type { Lean } from "./lean.js";

/** Runs `use` with the instance, which may be one of the whole module. */
export function withGuard<T>(use: (lean: Lean) => T): T {
  return within(anyInstance(wasmSource), use);
}
