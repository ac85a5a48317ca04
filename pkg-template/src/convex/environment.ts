import { own } from "../core/input.js";

type Environment = Readonly<Record<string, string | undefined>>;

// Not every runtime has `process`, and none of ours needs the types of Node.
declare const process: { readonly env: Environment } | undefined;

/**
 * Reads an environment variable, now. An empty one counts as unset: that is how people clear it.
 *
 * @param name - The variable's name.
 */
export function variable(name: string): string | undefined {
  return typeof process === "undefined" ? undefined : notInherited(name, process.env[name]);
}

/**
 * Leaves out what a polluted `Object.prototype` would have added. In Convex `process.env` is a proxy without own
 * properties, so it cannot be asked for those.
 *
 * @param name - The variable's name.
 * @param value - What `process.env` has for it.
 */
export function notInherited(name: string, value: string | undefined): string | undefined {
  return value === "" || own(Object.prototype as unknown as Environment, name) === value ? undefined : value;
}
