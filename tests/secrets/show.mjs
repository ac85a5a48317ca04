// Every way in which JavaScript shows a thing to somebody.

import { formatWithOptions, inspect } from "node:util";
import { serialize } from "node:v8";

/** As much as can be inspected. */
export const everything = { showHidden: true, depth: 30, getters: true, maxArrayLength: null, maxStringLength: null, breakLength: Infinity };

/** @param {() => unknown} make @returns {string} what it says, or how it fails: also an output */
function attempt(make) {
  try {
    return String(make());
  } catch (error) {
    return error instanceof Error ? `${error.stack}` : String(error);
  }
}

/** All texts in which a thing can show itself. @param {unknown} thing @returns {Set<string>} */
export function showings(thing) {
  const texts = new Set([
    attempt(() => thing),
    attempt(() => `${/** @type {any} */ (thing)}`),
    attempt(() => JSON.stringify(thing)),
    attempt(() => JSON.stringify(Object.getOwnPropertyDescriptors(/** @type {object} */ (thing)))),
    attempt(() => inspect(thing)),
    attempt(() => inspect(thing, everything)),
    attempt(() => inspect(thing, { ...everything, customInspect: false, showProxy: true })),
    attempt(() => formatWithOptions(everything, "%s %o %O %j", thing, thing, thing, thing)),
    attempt(() => inspect(structuredClone(thing), everything)),
    attempt(() => serialize(thing).toString("latin1")),
  ]);
  walk(thing, texts, new Set());
  return texts;
}

/** Each text and each run of bytes that can be reached, through getters and prototypes too. @param {unknown} thing @param {Set<string>} texts @param {Set<unknown>} seen */
function walk(thing, texts, seen) {
  if (typeof thing === "string" || typeof thing === "symbol" || typeof thing === "bigint") texts.add(String(thing));
  if ((typeof thing !== "object" && typeof thing !== "function") || thing === null || seen.has(thing)) return;
  seen.add(thing);
  if (typeof thing === "function") texts.add(attempt(() => Function.prototype.toString.call(thing)));
  if (ArrayBuffer.isView(thing)) return void texts.add(Buffer.from(thing.buffer, thing.byteOffset, thing.byteLength).toString("latin1"));
  if (thing instanceof ArrayBuffer) return void texts.add(Buffer.from(thing).toString("latin1"));
  if (thing instanceof Map || thing instanceof Set) for (const entry of thing) walk(entry, texts, seen);
  for (let owner = /** @type {object | null} */ (thing); owner !== null && !isBuiltIn(owner); owner = Object.getPrototypeOf(owner)) {
    for (const name of Reflect.ownKeys(owner)) {
      texts.add(String(name));
      // By the thing itself, as its getters want.
      try {
        walk(Reflect.get(owner, name, thing), texts, seen);
      } catch (error) {
        walk(error, texts, seen);
      }
    }
  }
}

const builtIn = new Set([Object, Array, Error, TypeError, RangeError, Promise, Function, Map, Set, Symbol].flatMap((one) => [one, one.prototype]));

/** What comes with the language is not ours to search. @param {object} owner */
function isBuiltIn(owner) {
  return builtIn.has(/** @type {any} */ (owner));
}
