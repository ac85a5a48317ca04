import { fingerprint } from "../index.js";
import { inspectSecret } from "../inspect/index.js";
import type { Context } from "./command.js";
import { readNextEnvironment } from "./environment/index.js";
import { CliError } from "./errors.js";
import { findProject } from "./project/index.js";
import { variableName } from "./variable-name.js";
import type { Command } from "./vendor/args.js";

/** The names of a usable secret, which are safe to print. */
export interface Names {
  fingerprint: string;
  keyId: string;
}

/** @throws CountersignError if the secret cannot be used. */
export function namesOf(secret: string | Uint8Array): Names {
  return { fingerprint: fingerprint(secret), keyId: inspectSecret(secret).keyId as string };
}

/** The options of a command that looks at one secret. */
export interface SecretOptions {
  var?: string;
  next?: string;
  production: boolean;
}

/** Such a command: no argument, and options of which a wrong one is not repeated either. */
export function takesOneSecret(command: Command): Command {
  return command
    .option("--var <name>", "the secret that Next.js finds under this name, instead of stdin")
    .option("--next <folder>", "with --var: the folder of the Next.js app, or of another server's env files")
    .option("--production", "with --var: as `next build` and `next start` find it, and not `next dev`", false)
    .usage("[options] < file")
    .argument("[refused...]")
    .allowUnknownOption();
}

/** A secret to look at, and where it comes from. */
export interface GivenSecret {
  value: string | Uint8Array | undefined;
  /** `stdin`, or the variable and where it stands. */
  where: string;
}

/** @param args - What was given as arguments: nothing, or it is refused. */
export async function givenSecret(context: Context, command: string, options: SecretOptions, args: readonly (string | readonly string[])[]): Promise<GivenSecret> {
  const { terminal } = context;
  const onStdin = `Give it on stdin: countersign ${command} < file, or in a pipe.`;
  if (args.flat().length > 0) {
    throw new CliError("No argument and no other option is taken here. A secret in the command line stands in the shell's history and in the list of processes: if one did, make another.", onStdin);
  }
  if (options.var !== undefined) return ofNext(context, options, variableName(options.var, "--var"));
  return { value: await secretOnStdin(context, onStdin), where: "stdin" };
}

/** A secret from stdin, or typed where that is a terminal. @param otherwise - What to do where there is neither. */
export async function secretOnStdin({ terminal }: Context, otherwise: string): Promise<Buffer> {
  const bytes = terminal.interactive ? Buffer.from(await terminal.secret("The secret (it is not shown):", otherwise)) : withoutNewline(await terminal.input(otherwise));
  terminal.conceal(bytes.toString());
  if (beginsWithMark(bytes)) throw new CliError("What came on stdin begins with a byte-order mark, or is UTF-16.", "Save the file as UTF-8 without a byte-order mark; Windows PowerShell 5 writes another encoding with `>`.");
  if (/^(?:export\s+)?[A-Za-z_]\w*=["'`]?csk_/.test(bytes.toString("latin1"))) {
    throw new CliError("What came on stdin is a line of an env file, and not a secret alone.", "Give what stands after the `=`, or the variable's name: --var <name>.");
  }
  return bytes;
}

/** The file with its line, or the environment of the process: where Next.js takes it from. */
function ofNext(context: Context, options: SecretOptions, name: string): GivenSecret {
  const { variables } = readNextEnvironment(findProject(context, options.next === undefined ? {} : { next: options.next }), context, options.production ? "production" : "development");
  const found = variables.get(name);
  if (found === undefined) return { value: undefined, where: name };
  context.terminal.conceal(found.value);
  return { value: found.value, where: `${name} (${found.source === "process" ? "environment" : `${found.source}:${found.line}`})` };
}

/** Without the newline that commands put after what they print: one, and no more, because more do not come from that. */
function withoutNewline(bytes: Buffer): Buffer {
  const text = bytes.toString("latin1");
  return bytes.subarray(0, bytes.length - (/\r?\n$/.exec(text)?.[0].length ?? 0));
}

/** UTF-8's or UTF-16's: editors and shells of Windows put them in front, and nobody sees them. */
function beginsWithMark(bytes: Buffer): boolean {
  return ["efbbbf", "fffe", "feff"].some((mark) => bytes.toString("hex", 0, mark.length / 2) === mark);
}
