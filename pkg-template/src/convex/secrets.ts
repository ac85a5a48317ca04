import { CountersignError, createKeyring } from "../index.js";
import type { Keyring } from "../index.js";
import { variable } from "./environment.js";
import { isSetupError } from "./refusal.js";

/** One secret, or several of the same caller with the newest first. In a list, what is not set is passed over. */
export type Secrets = string | readonly (string | undefined)[];

/** The secrets of each caller, by the caller's name, each newest first. A caller without any is an error in the set-up. */
export type CallerSecrets = Readonly<Record<string, Secrets | undefined>>;

/**
 * Something that may also be asked for at each call. A plain value is fixed when the module is loaded.
 */
export type AtEachCall<T> = T | (() => T | undefined);

const variables = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_NEXT", "COUNTERSIGN_SECRET_PREVIOUS"] as const;

/** A secret, and what to call it in a message. */
type Labelled = [secret: string, label: string];

/**
 * The secrets to accept now: those of the option, or else of the environment.
 *
 * @param option - The option.
 * @param name - The option's name, for messages.
 * @throws CountersignError `secret_missing` if there is none.
 */
export function acceptedSecrets(option: AtEachCall<Secrets> | undefined, name: string): Labelled[] {
  if (option !== undefined) return labelled(typeof option === "function" ? option() : option, optionLabel(name));
  const [current, ...others] = variables.map((each) => [variable(each), each] as const);
  if (current?.[0] === undefined) throw missing(variables[0]);
  return [current, ...others].flatMap(([secret, each]) => (secret === undefined ? [] : [[secret, each] as Labelled]));
}

/**
 * Derives the keys of all accepted secrets.
 *
 * @param option - The option; left out, the environment's secrets.
 * @param name - The option's name, for messages.
 * @returns A keyring; the caller frees it.
 * @throws CountersignError with a set-up code, and a message that names the secret to blame and the command that sets it.
 */
export function openKeyring(option: AtEachCall<Secrets | CallerSecrets> | undefined, name: string): Keyring {
  const given = typeof option === "function" ? option() : option;
  if (isByCaller(given)) {
    const callers = Object.entries(given).map(([caller, secrets]) => [caller, labelled(secrets, optionLabel(`${name}.${shown(caller)}`))] as const);
    if (callers.length === 0) throw missing(optionLabel(name));
    const keys = Object.fromEntries(callers.map(([caller, secrets]) => [caller, secrets.map(([secret]) => secret)]));
    return blaming(callers.flatMap(([, secrets]) => secrets), () => createKeyring(keys));
  }
  const accepted = acceptedSecrets(option === undefined ? undefined : () => given, name);
  return blaming(accepted, () => createKeyring(accepted.map(([secret]) => secret)));
}

/**
 * Does something with the accepted secrets, and says which one is to blame if it cannot be used.
 *
 * @throws CountersignError with a set-up code.
 */
export function blaming<T>(accepted: readonly Labelled[], use: () => T): T {
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

function optionLabel(name: string): string {
  return `The \`${name}\` option`;
}

/** A caller's name, unless it is as long as a secret: by mistake it may be one. */
function shown(caller: string): string {
  return caller.length < 32 ? caller : "...";
}

function labelled(secrets: Secrets | undefined, label: string): Labelled[] {
  const list = Array.isArray(secrets) ? secrets : [secrets];
  const set = list.filter((secret) => secret !== undefined && secret !== "") as string[];
  if (set.length === 0) throw missing(label);
  return set.map((secret) => [secret, label]);
}

function isByCaller(given: Secrets | CallerSecrets | undefined): given is CallerSecrets {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function missing(label: string): CountersignError {
  return new CountersignError("secret_missing", `${label} is not set on this Convex deployment. ${howToSet(label)}`);
}

function howToSet(label: string): string {
  const isVariable = (variables as readonly string[]).includes(label);
  // Without a value the CLI asks for it, or reads it from a pipe, and the shell's history stays clean.
  const command = `npx convex env set ${isVariable ? label : "NAME"}`;
  const which = isVariable ? "" : ", with the NAME of the variable it is read from,";
  return `Run \`${command}\`${which} (with --prod for production) and enter the secret that your server has.`;
}
