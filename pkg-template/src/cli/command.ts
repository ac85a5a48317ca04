import type { Terminal } from "./terminal.js";
import type { Command } from "./vendor/args.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** 0: all is well. 1: something was found. 2: wrong usage, or something around the command is missing. */
export type Status = 0 | 1 | 2;

/** What every command gets. */
export interface Context {
  terminal: Terminal;
  /** The environment of the process that started the command. */
  environment: Environment;
  /** Where it was started: an absolute path. */
  folder: string;
}

/** How a command ended, and what `--json` prints: an object without any value of a secret. */
export interface Outcome {
  status: Status;
  report: object;
}

/**
 * Makes of a command's work what the argument parser calls: opens the terminal, runs it, prints the report with `--json`, sets the status.
 * `run` gets the command's options and then its arguments.
 */
export type Act = <Options extends object>(run: (context: Context, options: Options, ...args: string[]) => Promise<Outcome>) => (...parsed: unknown[]) => Promise<void>;

/** Adds a command to the program. The option `--json` is added to all of them. */
export type Register = (program: Command, act: Act) => void;
