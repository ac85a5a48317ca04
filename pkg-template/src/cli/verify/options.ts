import { CliError } from "../errors.js";
import { parseTime } from "../sign/input.js";
import type { Command } from "../vendor/args.js";

/** The options of each `verify`. */
export interface JudgeOptions {
  now?: string;
  tolerance?: string;
  explain?: boolean;
}

export function addJudgeOptions(command: Command, toleranceS: number): Command {
  return command
    .option("--now <time>", "judge as of then: milliseconds since 1970, or a date with its zone")
    .option("--tolerance <seconds>", `how far the time of signing may be from that (default: ${toleranceS}, at most 900)`)
    .option("--explain", "show the exact bytes that must have been signed");
}

/** @param toleranceS - The default. */
export function windowOf({ now, tolerance }: JudgeOptions, toleranceS: number): { now: number; toleranceMs: number } {
  if (tolerance !== undefined && !(/^\d{1,3}$/.test(tolerance) && Number(tolerance) <= 900)) throw new CliError("--tolerance is a whole number of seconds, 900 at most.");
  return { now: now === undefined ? Date.now() : parseTime(now, "--now"), toleranceMs: 1000 * Number(tolerance ?? toleranceS) };
}
