import type { AcceptedSecret } from "../core/admit.js";
import { isWellFormed } from "../core/input.js";
import { CountersignError, isSetupError } from "../core/errors.js";
import { variable } from "./environment.js";
import { misconfigured } from "./options.js";

/** One secret, or several of the same caller with the newest first. In a list, what is not set is passed over. */
export type Secrets = string | readonly (string | undefined)[];

/** The secrets of each caller, by the caller's name, each newest first. A caller without any is an error in the set-up. */
export type CallerSecrets = Readonly<Record<string, Secrets | undefined>>;

/**
 * Something that may also be asked for at each call. A plain value is fixed when the module is loaded.
 */
export type AtEachCall<T> = T | (() => T | undefined);

const variables = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_NEXT", "COUNTERSIGN_SECRET_PREVIOUS"] as const;

/** A secret to accept, whose it is, and what to call it in a message. */
export interface LabelledSecret extends AcceptedSecret {
  readonly label: string;
}

/** The caller's name where there is only one. */
const ONLY_CALLER = "default";

/**
 * The secrets to accept now: those of the option, or else of the environment.
 *
 * @param option - The option.
 * @param name - The option's name, for messages.
 * @throws CountersignError `secret_missing` if there is none, or a caller has none.
 */
export function acceptedSecrets(option: AtEachCall<Secrets | CallerSecrets> | undefined, name: string): LabelledSecret[] {
  if (option === undefined) return environmentSecrets();
  const given = typeof option === "function" ? option() : option;
  if (typeof given !== "object" || given === null || Array.isArray(given)) return labelled(ONLY_CALLER, given as Secrets | undefined, name);
  const callers = Object.entries(given).flatMap(([caller, secrets]) => labelled(caller, secrets, `${name}.${shown(caller)}`));
  if (callers.length === 0) throw missing(optionLabel(name));
  return callers;
}

function environmentSecrets(): LabelledSecret[] {
  const secrets = variables.map((label) => ({ caller: ONLY_CALLER, secret: variable(label), label }));
  if (secrets[0]?.secret === undefined) throw missing(variables[0]);
  return secrets.filter((each) => each.secret !== undefined) as LabelledSecret[];
}

/** An error in the set-up that names the secret to blame, if a secret is to blame for this one. */
export function blaming(error: unknown, blamed: LabelledSecret | undefined): unknown {
  if (!(error instanceof CountersignError) || blamed === undefined || !isSetupError(error)) return error;
  return new CountersignError(error.code, `${blamed.label} cannot be used: ${error.message} ${howToSet(blamed.label)}`, { cause: error });
}

function optionLabel(name: string): string {
  return `The \`${name}\` option`;
}

/** A caller's name, unless it is as long as a secret: by mistake it may be one. */
function shown(caller: string): string {
  return caller.length < 32 ? caller : "...";
}

function labelled(caller: string, secrets: Secrets | undefined, name: string): LabelledSecret[] {
  const label = optionLabel(name);
  const set = [secrets].flat().filter((secret) => secret !== undefined && secret !== "") as string[];
  if (set.length === 0) throw missing(label);
  return set.map((secret) => {
    if (typeof secret !== "string" || !isWellFormed(secret)) throw misconfigured(`${label} is not text. ${howToSet(label)}`);
    return { caller, secret, label };
  });
}

function missing(label: string): CountersignError {
  return new CountersignError("secret_missing", `${label} is not set on this Convex deployment. ${howToSet(label)}`);
}

function howToSet(label: string): string {
  const isVariable = (variables as readonly string[]).includes(label);
  // Without a value the CLI asks for it, or reads it from a pipe, and the shell's history stays clean.
  return `Run \`npx convex env set ${isVariable ? label : "NAME"}\` (with --prod for production) and enter your server's secret.`;
}
