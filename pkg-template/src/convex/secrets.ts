import { CountersignError, createKeyring } from "../index.js";
import type { Keyring } from "../index.js";
import { variable } from "./environment.js";
import { isSetupError } from "./refusal.js";

/** One secret, or several of the same caller with the newest first. */
export type Secrets = string | readonly string[];

/** The secrets of each caller, by the caller's name, each newest first. */
export type CallerSecrets = Readonly<Record<string, Secrets>>;

/**
 * Something that may also be asked for at each call. A plain value is fixed when the module is loaded.
 */
export type AtEachCall<T> = T | (() => T | undefined);

const variables = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_NEXT", "COUNTERSIGN_SECRET_PREVIOUS"] as const;

/**
 * The secrets to accept now, and what to call each in a message: those of the option, or else of the environment.
 *
 * @param option - The `secret` option.
 * @throws CountersignError `secret_missing` if there is none.
 */
export function acceptedSecrets(option: AtEachCall<Secrets> | undefined): [secret: string, label: string][] {
  if (option !== undefined) {
    const secrets = typeof option === "function" ? option() : option;
    const list = typeof secrets === "string" ? [secrets] : (secrets ?? []);
    if (list.length === 0) throw missing(optionLabel);
    return list.map((secret) => [secret, optionLabel]);
  }
  const [current, ...others] = variables.map((name) => [variable(name), name] as const);
  if (current?.[0] === undefined) throw missing(variables[0]);
  return [current, ...others].flatMap(([secret, name]) => (secret === undefined ? [] : [[secret, name] as [string, string]]));
}

/**
 * Derives the keys of all accepted secrets.
 *
 * @param option - The `secret` option; left out, the environment's secrets.
 * @returns A keyring; the caller frees it.
 * @throws CountersignError with a set-up code, and a message that names the secret to blame and the command that sets it.
 */
export function openKeyring(option: AtEachCall<Secrets | CallerSecrets> | undefined): Keyring {
  const given = typeof option === "function" ? option() : option;
  if (isByCaller(given)) return blaming([[given, optionLabel]], () => createKeyring(given));
  const accepted = acceptedSecrets(option === undefined ? undefined : () => given);
  return blaming(accepted, () => createKeyring(accepted.map(([secret]) => secret)));
}

/**
 * Does something with the accepted secrets, and says which one is to blame if it cannot be used.
 *
 * @throws CountersignError with a set-up code.
 */
export function blaming<T>(accepted: readonly [secret: string | CallerSecrets, label: string][], use: () => T): T {
  try {
    return use();
  } catch (error) {
    for (const [secret, label] of accepted) {
      try {
        createKeyring(secret).free();
      } catch (problem) {
        if (!(problem instanceof CountersignError)) throw problem;
        const code = isSetupError(problem) ? problem.code : "misconfigured"; // a secret that is no text, for one
        throw new CountersignError(code, `${label} cannot be used: ${problem.message} ${howToSet(label)}`, { cause: problem });
      }
    }
    throw error;
  }
}

const optionLabel = "The `secret` option";

function isByCaller(given: Secrets | CallerSecrets | undefined): given is CallerSecrets {
  return typeof given === "object" && !Array.isArray(given);
}

function missing(label: string): CountersignError {
  return new CountersignError("secret_missing", `${label} is not set on this Convex deployment. ${howToSet(label)}`);
}

function howToSet(label: string): string {
  const name = label === optionLabel ? variables[0] : label;
  // Without a value the CLI asks for it, or reads it from a pipe, and the shell's history stays clean.
  return `Run \`npx convex env set ${name}\` (with --prod for production) and enter the secret that your server has.`;
}
