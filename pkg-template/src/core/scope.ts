import { MAX_TEXT, putSized, putText, rewind, room } from "./area.js";
import { refuse, typeInvalid } from "./errors.js";
import { text } from "./input.js";
import { withGuard } from "./lean-guard.js";

/**
 * Refuses a caller that a function does not admit, or a function that a gateway does not reach (src/scope.rs).
 *
 * @param what - What kind of name is looked for.
 * @param name - The caller's or the function's name.
 * @param list - The names of callers; or of functions, where `path/to/module:*` stands for all of a module's.
 * @throws CountersignError `caller_forbidden` or `function_forbidden`; `type_invalid` for a list of over about 56 kB, or an entry of over 4 kB.
 * @internal
 */
export function checkScope(what: "caller" | "function", name: string, list: readonly string[]): void {
  withGuard((lean) => {
    rewind();
    const length = putText(lean, text(name, what), what);
    for (const entry of list) {
      if (room() < 2 * MAX_TEXT) throw typeInvalid(`a list of ${what}s`, "shorter than 56 kB");
      putSized(lean, () => putText(lean, text(entry, `each ${what} in a list`), what));
    }
    refuse(lean.check_scope(length, list.length, Number(what === "function")));
  });
}
