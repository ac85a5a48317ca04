import { CountersignError, createKeyring } from "../index.js";
import type { Keyring } from "../index.js";
import { currentSecret, nextSecret, previousSecret } from "./environment.js";
import { isSetupError } from "./refusal.js";
import type { SecretVariable } from "./environment.js";

/** One secret, or several of the same caller with the newest first. */
export type Secrets = string | readonly string[];

/** Where accepted secrets come from, when it is not the environment. */
export interface SecretOptions {
  /**
   * The accepted secret, or several with the newest first; a function is asked again at each call.
   * Left out, they come from the environment variables `COUNTERSIGN_SECRET`, `COUNTERSIGN_SECRET_NEXT` and
   * `COUNTERSIGN_SECRET_PREVIOUS`, read at each call.
   */
  readonly secret?: Secrets | (() => Secrets | undefined) | undefined;
}

/** Accepted secrets by the name of the caller that holds them. */
export type CallerSecrets = Readonly<Record<string, Secrets>>;

/** One accepted secret: who holds it, and what to call it in a message. */
export interface AcceptedSecret {
  readonly label: string;
  readonly caller: string;
  readonly secret: string;
}

// The name of the one caller when none is named, as createKeyring has it.
const onlyCaller = "default";

/**
 * The secrets to accept now, the newest first.
 *
 * @param option - The `secret` option.
 * @throws CountersignError `secret_missing` if there is none.
 */
export function acceptedSecrets(option: SecretOptions["secret"]): AcceptedSecret[] {
  if (option === undefined) return secretsOfEnvironment();
  const secrets = list(typeof option === "function" ? option() : option);
  if (secrets.length === 0) throw missing("The `secret` option of countersign gave no secret.");
  return secrets.map((secret) => ({ label: "The `secret` option of countersign", caller: onlyCaller, secret }));
}

/**
 * The secrets of named callers to accept now, each caller's newest first.
 *
 * @param option - The `keys` option.
 * @throws CountersignError `secret_missing` if there is none.
 */
export function secretsOfCallers(option: CallerSecrets | (() => CallerSecrets)): AcceptedSecret[] {
  const keys = typeof option === "function" ? option() : option;
  const accepted = Object.entries(keys).flatMap(([caller, secrets]) =>
    list(secrets).map((secret) => ({ label: `The secret of the caller ${JSON.stringify(caller)}`, caller, secret })),
  );
  if (accepted.length === 0) throw missing("The `keys` option of countersign names no caller with a secret.");
  return accepted;
}

/**
 * Derives the keys of all accepted secrets.
 *
 * @param accepted - What {@link acceptedSecrets} or {@link secretsOfCallers} gave.
 * @returns A keyring; the caller frees it.
 * @throws CountersignError with a set-up code, and a message that names the secret to blame and the command that sets it.
 */
export function openKeyring(accepted: readonly AcceptedSecret[]): Keyring {
  const callers = new Map<string, string[]>();
  for (const { caller, secret } of accepted) callers.set(caller, [...(callers.get(caller) ?? []), secret]);
  try {
    return createKeyring(Object.fromEntries(callers));
  } catch (error) {
    throw blame(error, accepted);
  }
}

/** Says which secret is to blame for an error about one of them; other errors come back as they are. */
export function blame(error: unknown, accepted: readonly AcceptedSecret[]): unknown {
  if (!(error instanceof CountersignError)) return error;
  for (const { label, secret } of accepted) {
    const problem = problemWith(secret);
    if (problem === undefined) continue;
    const code = isSetupError(problem) ? problem.code : "misconfigured"; // a secret that is no text, for one
    return new CountersignError(code, `${label} cannot be used: ${problem.message} ${howToSet(label)}`, { cause: error });
  }
  return error;
}

function secretsOfEnvironment(): AcceptedSecret[] {
  const current = currentSecret();
  if (current === undefined || current === "") throw missing("COUNTERSIGN_SECRET is not set on this Convex deployment.");
  return [
    ...ofVariable("COUNTERSIGN_SECRET", current),
    ...ofVariable("COUNTERSIGN_SECRET_NEXT", nextSecret()),
    ...ofVariable("COUNTERSIGN_SECRET_PREVIOUS", previousSecret()),
  ];
}

function ofVariable(label: SecretVariable, secret: string | undefined): AcceptedSecret[] {
  // An empty variable beside the current one is how people clear it.
  return secret === undefined || secret === "" ? [] : [{ label, caller: onlyCaller, secret }];
}

function list(secrets: Secrets | undefined): readonly string[] {
  return typeof secrets === "string" ? [secrets] : (secrets ?? []);
}

function problemWith(secret: string): CountersignError | undefined {
  let keyring: Keyring | undefined;
  try {
    keyring = createKeyring(secret);
    return undefined;
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  } finally {
    keyring?.free();
  }
}

function missing(what: string): CountersignError {
  return new CountersignError("secret_missing", `${what} ${howToSet("COUNTERSIGN_SECRET")}`);
}

function howToSet(label: string): string {
  const variableName = label.startsWith("COUNTERSIGN_") ? label : "COUNTERSIGN_SECRET";
  return (
    `Run \`npx convex env set ${variableName}\` (add --prod for production) with the same secret as on your server; ` +
    "without a value on the command line it asks for it, or reads it from a pipe, and the shell history stays clean."
  );
}
