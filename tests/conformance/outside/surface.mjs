// What the package lets people call, read off the package itself.
import { componentEntries, entries as allEntries } from "../../support/entries.mjs";

/** What can be imported and may load a module: "countersign", "countersign/inspect", ... The component never does. */
export const entries = allEntries.filter((path) => !componentEntries.includes(path)).map((path) => `countersign${path.slice(1)}`);

// Node 20 describes it as nodejs.dispose.
/** @param {PropertyKey} name */
const spelled = (name) => (typeof name === "symbol" ? `[${name === Symbol.dispose ? "Symbol.dispose" : name.description}]` : `.${String(name)}`);

/** The methods and getters of a class's objects. @param {string} name what to call the class @param {object} prototype */
export function membersOf(name, prototype) {
  return Reflect.ownKeys(prototype).filter((member) => member !== "constructor").map((member) => `${name}${spelled(member)}`);
}

/** Every function that the package exports, and the members of every class. @returns {Promise<Map<string, Function>>} */
export async function exportedFunctions() {
  /** @type {Map<string, Function>} */
  const found = new Map();
  /** @type {Set<unknown>} */
  const seen = new Set();
  for (const entry of entries) {
    for (const [name, value] of Object.entries(await import(entry))) {
      if (typeof value !== "function") throw new Error(`${entry} exports ${name}, which is no function: say here what to do with it`);
      // The same class under several entries is one.
      if (seen.has(value)) continue;
      seen.add(value);
      found.set(name, value);
      if (/^class\b/.test(Function.prototype.toString.call(value))) for (const member of membersOf(name, value.prototype)) found.set(member, value);
    }
  }
  return found;
}
