import type { Command } from "../vendor/args.js";
import { CommanderError } from "../vendor/args.js";

/** What `addProjectOptions` gives a command. */
export interface ProjectOptions {
  next?: string;
  convex?: string;
  /** In seconds. */
  timeout: number;
}

/** Adds the options of every command that looks at a project. */
export function addProjectOptions(command: Command): Command {
  return command
    .option("--next <folder>", "the folder of the Next.js app, where it is not found or there are several")
    .option("--convex <folder>", "the folder that has convex/ in it, where it is not found or there are several")
    .option("--timeout <seconds>", "how long each call of the convex CLI may take", seconds, 60);
}

function seconds(text: string): number {
  const value = Number(text);
  // A day; timers take no more than some weeks.
  if (!/^\d+(?:\.\d+)?$/.test(text) || value <= 0 || value > 86_400) throw new CommanderError(2, "commander.invalidArgument", "It is a number of seconds, above 0.");
  return value;
}
