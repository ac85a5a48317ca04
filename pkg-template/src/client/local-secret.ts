import { CountersignError, createKeyring } from "../index.js";
import type { Keyring } from "../index.js";
import { notInherited } from "../convex/environment.js";


/** The secret that signs, or a function that is asked for it at each call. */
export type LocalSecret = string | (() => string | undefined);

// Not every runtime has `process`, and none of ours needs the types of Node.
declare const process: { readonly env: { readonly COUNTERSIGN_SECRET?: string } } | undefined;

/**
 * Derives this side's key.
 *
 * @param option - The `secret` option; left out, `COUNTERSIGN_SECRET` is read from the environment now.
 * @returns A keyring with the one key; the caller frees it.
 * @throws CountersignError `secret_missing`, `secret_weak` or `secret_malformed`, with a message that says where to set it.
 */
export function openLocalKeyring(option: LocalSecret | undefined): Keyring {
  const secret = option === undefined ? environmentSecret() : typeof option === "function" ? option() : option;
  const name = option === undefined ? "COUNTERSIGN_SECRET" : "The `secret` option";
  if (secret === undefined || secret === "") {
    throw new CountersignError("secret_missing", `countersign: ${name} is not set. ${howToSet}`);
  }
  try {
    return createKeyring(secret);
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    throw new CountersignError(error.code, `countersign: ${name} cannot be used: ${error.message} ${howToSet}`, { cause: error });
  }
}

// `process.env.COUNTERSIGN_SECRET` is written out: some bundlers replace exactly that text, and nothing else.
function environmentSecret(): string | undefined {
  return typeof process === "undefined" ? undefined : notInherited("COUNTERSIGN_SECRET", process.env.COUNTERSIGN_SECRET);
}

const howToSet =
  "Put COUNTERSIGN_SECRET into .env.local beside package.json, or into your host's environment variables, and start the " +
  "server again. Convex needs the same one: `npx convex env set COUNTERSIGN_SECRET`.";
