import { getFunctionName } from "convex/server";
import type { FunctionReference, FunctionType } from "convex/server";
import { CountersignError } from "../index.js";

/**
 * The name of one of the app's own functions, as its guard will see it: `path/to/module:function`.
 *
 * @param reference - What the caller passed as the function.
 * @throws CountersignError `type_invalid` for anything else. A component's function and a function handle are among
 *   that: nobody outside can call those.
 */
export function nameOf(reference: unknown): string {
  try {
    return getFunctionName(reference as FunctionReference<FunctionType>);
  } catch {
    // Convex's own message shows what was passed, which may be a secret in the wrong place.
    throw new CountersignError(
      "type_invalid",
      "countersign: pass a reference to a function of your own convex folder, such as `api.orders.list` or `internal.orders.create`. " +
        "A component's function, or a function handle, cannot be called from outside; call a function of yours that calls it.",
    );
  }
}
