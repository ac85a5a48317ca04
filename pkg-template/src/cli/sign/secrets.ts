import type { Context } from "../command.js";
import { CliError } from "../errors.js";
import { Fingerprints } from "../fingerprints.js";
import { createKeyring } from "../../index.js";
import type { Keyring } from "../../index.js";
import { inspectSecret } from "../../inspect/index.js";
import { secretOnStdin } from "../secret-input.js";
import type { Command } from "../vendor/args.js";
import { Option } from "../vendor/args.js";
import { variableName } from "../variable-name.js";
import type { Variable } from "./environment.js";
import { several } from "./input.js";

/** A secret that was found, and by which name. Nothing prints `value`. */
export interface FoundSecret {
  variable: string;
  source: string;
  value: string;
}

/** The options that say which secret. */
export interface SecretOptions {
  var?: readonly string[];
  secretStdin?: boolean;
  secret?: unknown;
}

/** Adds those options, and one that is there to be refused. */
export function addSecretOptions(command: Command, what: string): Command {
  return command
    .option("--var <name>", `the environment variable that holds the secret, as Next.js finds it: ${what}`, several)
    .option("--secret-stdin", "read the secret from stdin")
    .addOption(new Option("--secret [refused]").hideHelp());
}

/**
 * Refuses a secret as an argument. It is not repeated.
 *
 * @param texts - Arguments that should be something else, and must not be a secret by mistake.
 */
export function refuseSecretArguments({ secret }: SecretOptions, texts: readonly (string | undefined)[] = []): void {
  const given = secret !== undefined || texts.some((text) => text !== undefined && /^(?:csk|whsec|polar_whs|pdl_ntfset|shpss|sig)_/.test(text));
  if (!given) return;
  throw new CliError(
    "A secret is never an argument: it would stand in your shell's history and in the list of processes, for every user of this machine.",
    "Name its variable with --var, or pipe it in with --secret-stdin. The one that was typed is known to others now: make another.",
  );
}

/** The secrets of the variables that were named, or the one on stdin; `undefined` if neither was asked for. */
export async function namedSecrets(context: Context, options: SecretOptions, environment: ReadonlyMap<string, Variable>): Promise<FoundSecret[] | undefined> {
  const names = options.var ?? [];
  if (options.secretStdin === true) {
    if (names.length > 0) throw new CliError("--var and --secret-stdin both say where the secret is.", "Give one of them.");
    const value = utf8(await secretOnStdin(context, "Pipe the secret into the command."));
    return [{ variable: "secret", source: "stdin", value }];
  }
  if (names.length === 0) return undefined;
  return names.map((given) => {
    refuseSecretArguments({}, [given]);
    const found = secretOf(context, environment, variableName(given, "--var"));
    // A name that is not set may be a secret in the wrong place, so only what looks like a name is repeated.
    if (found === undefined) throw new CliError(`${isPlainName(given) ? given : "The variable that --var names"} is not set here, neither in the environment nor in an .env file that Next.js reads.`, "npx countersign doctor shows what is set.");
    return found;
  });
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CliError("What came on stdin is not UTF-8, so it is no secret of the kind that is kept in a variable.");
  }
}

/** A variable's secret, from now on concealed. One that is empty counts as not set, as everywhere. */
export function secretOf(context: Context, environment: ReadonlyMap<string, Variable>, name: string): FoundSecret | undefined {
  const variable = environment.get(name);
  if (variable === undefined || variable.value === "") return undefined;
  context.terminal.conceal(variable.value);
  return { variable: name, source: variable.source, value: variable.value };
}

function isPlainName(text: string): boolean {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(text);
}

/** The project's own secrets, the one that signs in front: COUNTERSIGN_SECRET and what stands beside it while it is rotated, and those of callers. */
export function projectSecrets(context: Context, environment: ReadonlyMap<string, Variable>): FoundSecret[] {
  const names = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_NEXT", "COUNTERSIGN_SECRET_PREVIOUS"];
  const callers = [...environment.keys()].filter((name) => name.startsWith("COUNTERSIGN_") && !names.includes(name)).sort();
  const own = names.flatMap((name) => secretOf(context, environment, name) ?? []);
  // Other variables with such names need not be secrets; those that are, are a caller's.
  const found = [...own, ...callers.flatMap((name) => secretOf(context, environment, name) ?? []).filter(({ value }) => inspectSecret(value).ok)];
  if (found.length > 0) return found;
  throw new CliError("COUNTERSIGN_SECRET is not set here, neither in the environment nor in an .env file that Next.js reads.", "Set it with npx countersign init, or name another variable with --var.");
}

/** A keyring, and by which variable each of its keys came in. */
export interface NamedKeyring {
  keyring: Keyring;
  keys: { keyId: string; variable: string; source: string }[];
}

/** Derives the keys. A secret that stands in two variables makes one key. */
export function openNamedKeyring(secrets: readonly FoundSecret[]): NamedKeyring {
  const fingerprints = new Fingerprints();
  const different = secrets.filter(({ value }, at) => !secrets.slice(0, at).some((before) => fingerprints.same(before.value, value)));
  const keys = different.map(({ variable, source, value }) => {
    const { keyId, problems } = inspectSecret(value);
    if (keyId === undefined) throw new CliError(`${variable} (${source}) cannot be used: ${problems[0]?.message ?? "it is no secret."}`, "npx countersign inspect says all that is wrong with a secret.");
    return { keyId, variable, source };
  });
  return { keyring: createKeyring(Object.fromEntries(different.map(({ variable, value }) => [variable, value]))), keys };
}

/** The one secret that signs: what was named, or else COUNTERSIGN_SECRET. */
export async function signingSecret(context: Context, options: SecretOptions, environment: ReadonlyMap<string, Variable>): Promise<FoundSecret> {
  const [first, ...more] = (await namedSecrets(context, options, environment)) ?? projectSecrets(context, environment);
  if ((options.var?.length ?? 0) > 1 && more.length > 0) throw new CliError("One secret signs.", "Give --var once.");
  if (options.var === undefined && options.secretStdin !== true && first?.variable !== "COUNTERSIGN_SECRET") {
    throw new CliError("COUNTERSIGN_SECRET is not set here.", `Say which secret signs, for example --var ${first?.variable}.`);
  }
  return first as FoundSecret;
}
