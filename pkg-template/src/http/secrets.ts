import { notInherited } from "../convex/environment.js";
import { misconfigured } from "../convex/options.js";
import type { AtEachCall, CallerSecrets, LabelledSecret, Secrets } from "../convex/secrets.js";
import { CountersignError, isSetupError } from "../core/errors.js";
import { isWellFormed } from "../core/input.js";
import { createKeyring } from "../core/keyring.js";
import type { Keyring } from "../core/keyring.js";

/** The secrets that a side accepts now, and an error in the set-up that names the one to blame. */
export interface AcceptedSecrets {
  readonly accepted: () => LabelledSecret[];
  readonly blaming: (error: unknown, blamed: LabelledSecret | undefined) => unknown;
}

type Environment = Readonly<Partial<Record<"COUNTERSIGN_SECRET" | "COUNTERSIGN_SECRET_NEXT" | "COUNTERSIGN_SECRET_PREVIOUS", string>>>;

// Not every runtime has `process`, and none of ours needs the types of Node.
declare const process: { readonly env: Environment } | undefined;

/** The caller's name where there is only one. */
const ONLY_CALLER = "default";

/**
 * Derives the keys of the secrets that are accepted now.
 *
 * @returns A keyring; the caller frees it.
 * @throws CountersignError `secret_missing`, `secret_weak`, `secret_malformed`, `key_conflict`, `misconfigured`.
 */
export function openKeyring({ accepted, blaming }: AcceptedSecrets): Keyring {
  const secrets = accepted();
  // Without a prototype: a caller may be called __proto__.
  const callers = Object.create(null) as Record<string, string[]>;
  for (const { caller, secret } of secrets) (callers[caller] ??= []).push(secret);
  try {
    return createKeyring(callers);
  } catch (error) {
    throw blaming(error, secrets.find(({ secret }) => !isUsable(secret)));
  }
}

function isUsable(secret: string): boolean {
  try {
    createKeyring(secret).free();
    return true;
  } catch {
    return false; // what is wrong with it has been said of all of them together
  }
}

/**
 * The secrets that a server accepts: those of the option, or else of the environment.
 *
 * @param option - The option `keys`.
 */
export function serverSecrets(option: AtEachCall<Secrets | CallerSecrets> | undefined): AcceptedSecrets {
  return { accepted: () => acceptedNow(option), blaming };
}

function acceptedNow(option: AtEachCall<Secrets | CallerSecrets> | undefined): LabelledSecret[] {
  if (option === undefined) return environmentSecrets();
  const given = typeof option === "function" ? option() : option;
  if (typeof given !== "object" || given === null || Array.isArray(given)) return labelled(ONLY_CALLER, given as Secrets | undefined, "keys");
  const callers = Object.entries(given).flatMap(([caller, secrets]) => labelled(caller, secrets, caller.length < 32 ? `keys.${caller}` : "keys"));
  if (callers.length === 0) throw missing("The `keys` option");
  return callers;
}

// Written out: some bundlers replace exactly these texts, and nothing else.
function environmentSecrets(): LabelledSecret[] {
  const values =
    typeof process === "undefined"
      ? []
      : ([
          ["COUNTERSIGN_SECRET", process.env.COUNTERSIGN_SECRET],
          ["COUNTERSIGN_SECRET_NEXT", process.env.COUNTERSIGN_SECRET_NEXT],
          ["COUNTERSIGN_SECRET_PREVIOUS", process.env.COUNTERSIGN_SECRET_PREVIOUS],
        ] as const);
  const set = values.flatMap(([label, value]) => {
    const secret = notInherited(label, value);
    return secret === undefined ? [] : [{ caller: ONLY_CALLER, secret, label }];
  });
  if (set[0]?.label !== "COUNTERSIGN_SECRET") throw missing("COUNTERSIGN_SECRET");
  return set;
}

function labelled(caller: string, secrets: Secrets | undefined, name: string): LabelledSecret[] {
  const label = `The \`${name}\` option`;
  const set = [secrets].flat().filter((secret) => secret !== undefined && secret !== "") as string[];
  if (set.length === 0) throw missing(label);
  return set.map((secret) => {
    if (typeof secret !== "string" || !isWellFormed(secret)) throw misconfigured(`${label} is not text. ${howToSet}`);
    return { caller, secret, label };
  });
}

function missing(label: string): CountersignError {
  return new CountersignError("secret_missing", `countersign: ${label} is not set on this server. ${howToSet}`);
}

function blaming(error: unknown, blamed: LabelledSecret | undefined): unknown {
  if (!(error instanceof CountersignError) || blamed === undefined || !isSetupError(error)) return error;
  return new CountersignError(error.code, `countersign: ${blamed.label} cannot be used: ${error.message} ${howToSet}`, { cause: error });
}

const howToSet = "Put the secret that the callers sign with into .env.local, or into your host's environment variables, and start the server again.";
