import { readFileSync } from "node:fs";
import type { Act, Context, Environment, Register, Status } from "./command.js";
import { registerDoctor } from "./doctor/command.js";
import { CliError } from "./errors.js";
import { registerFingerprint } from "./fingerprint.js";
import { registerInit } from "./init/command.js";
import { registerInspect } from "./inspect.js";
import { registerKeygen } from "./keygen.js";
import { registerRotate } from "./rotate/command.js";
import { registerSign } from "./sign/command.js";
import type { Streams } from "./terminal.js";
import { openTerminal, SHORTEST_CONCEALED } from "./terminal.js";
import { Command, CommanderError } from "./vendor/args.js";
import { registerVerify } from "./verify/command.js";

const commands: readonly Register[] = [registerInit, registerDoctor, registerRotate, registerKeygen, registerFingerprint, registerInspect, registerSign, registerVerify];

/**
 * Runs one command. No value of a secret is ever printed.
 *
 * @returns The exit status: 0 all is well, 1 something was found, 2 wrong usage or something missing.
 */
export async function main(args: readonly string[], environment: Environment, folder: string, streams: Streams): Promise<Status> {
  const program = new Command("countersign");
  let status: Status = 0;
  const act: Act = (run) => async (...parsed) => {
    // The parser gives the arguments, the options and last the command itself.
    const command = parsed.at(-1) as Command;
    const json = command.opts()["json"] === true;
    const terminal = await openTerminal(streams, environment, json);
    for (const secret of args.join("\n").match(/csk_[\w-]+/g) ?? []) terminal.conceal(secret);
    const context: Context = { terminal, environment, folder };
    try {
      const outcome = await run(context, command.opts(), ...(parsed.slice(0, -2) as string[]));
      if (json) terminal.json(outcome.report);
      status = outcome.status;
    } catch (error) {
      const { message, hint } = problem(error);
      if (json) terminal.json({ error: { message, ...(hint === undefined ? {} : { hint }) } });
      else terminal.notice(`${terminal.colours.red("error:")} ${message}${hint === undefined ? "" : `\n  ${hint}`}`);
      status = 2;
    }
  };
  program
    .description("Sets up, checks and rotates the secret that a Next.js server and a Convex deployment share. Prints no value of a secret.")
    .version(version(), "-V, --version")
    .helpCommand(false)
    // Without the argument by which some commands refuse arguments.
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .showHelpAfterError("(countersign --help shows what there is)")
    .addHelpText("after", "\nExit status: 0 all is well, 1 something was found, 2 wrong usage or something missing.")
    .configureOutput({ writeOut: (text) => void streams.stdout.write(text), writeErr: (text) => void streams.stderr.write(text), outputError: (text, write) => write(withoutTyped(text, args, program)) })
    .exitOverride();
  for (const register of commands) register(program, act);
  for (const command of allCommands(program)) command.option("--json", "print one JSON object, and ask nothing").exitOverride().copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    // What reads an option's value found it wrong, before the command itself began.
    if (!(error instanceof CliError)) throw error;
    streams.stderr.write(withoutTyped(`error: ${error.message}${error.hint === undefined ? "" : `\n  ${error.hint}`}\n`, args, program));
    return 2;
  }
  return status;
}

/** What was not foreseen is a fault of this program, and is shown whole; the terminal still hides what it was told to. */
function problem(error: unknown): { message: string; hint?: string | undefined } {
  if (error instanceof CliError) return error;
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), hint: "This is a fault of countersign: please report it." };
}

/** The parser repeats what was typed, and that may be a secret that was meant for stdin. Names of options stay: it is about them that it speaks. */
function withoutTyped(text: string, args: readonly string[], program: Command): string {
  const known = new Set(allCommands(program).flatMap(({ options }) => options.map(({ long }) => long)));
  const typed = args.filter((arg) => !known.has(arg)).flatMap((arg) => [arg, arg.replace(/^[^=]*=/, "")]);
  const hidden = typed.filter(({ length }) => length >= SHORTEST_CONCEALED).sort((a, b) => b.length - a.length);
  return hidden.reduce((cleaned, each) => cleaned.replaceAll(each, "[hidden]"), text);
}

/** Those that do something: of a command with commands below it, these. */
function allCommands(command: Command): Command[] {
  return command.commands.flatMap((each) => (each.commands.length === 0 ? [each] : allCommands(each)));
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}
