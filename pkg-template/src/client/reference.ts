import { getFunctionAddress, getFunctionName } from "convex/server";
import type { FunctionReference, FunctionType } from "convex/server";
import { CountersignError } from "../index.js";

/**
 * The name of one of the app's own functions, as its guard will see it: `path/to/module:function`.
 *
 * @param reference - What the caller passed as the function.
 * @throws CountersignError `type_invalid` for a component's function or a function handle: nobody outside can call those.
 */
export function nameOf(reference: unknown): string {
  const { name } = getFunctionAddress(reference) as { name?: string };
  if (name === undefined) {
    throw new CountersignError(
      "type_invalid",
      "countersign: a component's function, or a handle, cannot be called from outside. Call a function of your own convex folder that calls it.",
    );
  }
  return getFunctionName(reference as FunctionReference<FunctionType>);
}
