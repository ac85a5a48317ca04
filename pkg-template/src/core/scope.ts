import { at, putData, putNumber, putText, rewind, room } from "./area.js";
import { refuse, typeInvalid } from "./errors.js";
import { text } from "./input.js";
import { memoryOf, withLean } from "./lean.js";
import type { Lean } from "./lean.js";

const LENGTH_LEN = 4;

/**
 * Refuses a caller that a function does not admit, or a function that a gateway does not reach (src/scope.rs).
 *
 * @param what - What kind of name is looked for.
 * @param name - The caller's or the function's name.
 * @param list - The names of callers; or of functions, where `path/to/module:*` stands for all of a module's.
 * @throws CountersignError `caller_forbidden` or `function_forbidden`; `type_invalid` for a list of over about 60 kB.
 * @internal
 */
export function checkScope(what: "caller" | "function", name: string, list: readonly string[]): void {
  withLean((lean) => {
    rewind();
    const length = putText(lean, text(name, what), what);
    for (const entry of list) putEntry(lean, text(entry, `each ${what} in a list`), what);
    refuse(lean.check_scope(length, list.length, Number(what === "function")));
  });
}

/** A text behind its length, which is known when it is written. */
function putEntry(lean: Lean, entry: string, what: string): void {
  const start = at;
  if (room() > LENGTH_LEN) {
    putNumber(lean, 0);
    const length = putData(lean, entry);
    if (length >= 0) return new DataView(memoryOf(lean).buffer).setUint32(start, length, true);
  }
  throw typeInvalid(`a list of ${what}s`, "shorter than 60 kB");
}
