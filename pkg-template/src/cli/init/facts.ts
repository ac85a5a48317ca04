import type { Context } from "../command.js";
import type { ConvexCli } from "../convex-cli.js";
import type { Fingerprints } from "../fingerprints.js";
import type { Git } from "../git.js";
import type { ConvexPart, NextPart, Project } from "../project/index.js";

export const VARIABLE = "COUNTERSIGN_SECRET";

export interface Options {
  next?: string;
  convex?: string;
  timeout: number;
  yes?: boolean;
  dryRun?: boolean;
  prod?: boolean;
  example?: boolean;
}

/** What every step is planned from. */
export interface Facts {
  context: Context;
  project: Project & { next: NextPart; convex: ConvexPart };
  convex: Pick<ConvexCli, "variables" | "set">;
  git: Git;
  fingerprints: Fingerprints;
  /** A command in the words of the project's package manager. */
  words(command: string): string;
  /** A command of the convex CLI, with the way to its folder from the project's root. */
  convexWords(command: string): string;
}
