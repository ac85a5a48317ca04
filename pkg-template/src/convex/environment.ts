import { own } from "../core/input.js";

interface Environment {
  readonly COUNTERSIGN_SECRET?: string;
  readonly COUNTERSIGN_SECRET_PREVIOUS?: string;
  readonly COUNTERSIGN_SECRET_NEXT?: string;
  readonly CONVEX_CLOUD_URL?: string;
}

// Not every runtime has `process`, and none of ours needs the types of Node.
declare const process: { readonly env: Environment } | undefined;

/** The name of an environment variable that holds a secret. */
export type SecretVariable = "COUNTERSIGN_SECRET" | "COUNTERSIGN_SECRET_PREVIOUS" | "COUNTERSIGN_SECRET_NEXT";

/** Reads the variable with the secret that signs. */
export function currentSecret(): string | undefined {
  // `process.env.NAME` is written out each time: some bundlers replace exactly that text, and nothing else.
  return typeof process === "undefined" ? undefined : notInherited("COUNTERSIGN_SECRET", process.env.COUNTERSIGN_SECRET);
}

/** Reads the variable with the secret before the current one, which is still accepted. */
export function previousSecret(): string | undefined {
  return typeof process === "undefined"
    ? undefined
    : notInherited("COUNTERSIGN_SECRET_PREVIOUS", process.env.COUNTERSIGN_SECRET_PREVIOUS);
}

/** Reads the variable with the secret after the current one, which is accepted already. */
export function nextSecret(): string | undefined {
  return typeof process === "undefined"
    ? undefined
    : notInherited("COUNTERSIGN_SECRET_NEXT", process.env.COUNTERSIGN_SECRET_NEXT);
}

/** Reads the URL that Convex gives to every deployment. */
export function cloudUrl(): string | undefined {
  return typeof process === "undefined" ? undefined : notInherited("CONVEX_CLOUD_URL", process.env.CONVEX_CLOUD_URL);
}

// In Convex `process.env` is a proxy without own properties, so what would have been inherited is left out instead.
function notInherited(name: keyof Environment, value: string | undefined): string | undefined {
  return own(Object.prototype as Environment, name) === value ? undefined : value;
}
