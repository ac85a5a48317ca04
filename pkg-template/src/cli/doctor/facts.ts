import type { Environment } from "../command.js";
import type { ConvexCli } from "../convex-cli.js";
import type { EnvFile as ParsedFile } from "../environment/index.js";
import type { Fingerprints } from "../fingerprints.js";
import type { Git } from "../git.js";
import type { Project } from "../project/index.js";
import type { Finding } from "./finding.js";
import type { Variable } from "./variables.js";
import type { Repairs } from "./repairs.js";
import type { Words } from "./words.js";

/** Looks at one family of faults. What it cannot look at it says with `facts.unchecked`; it throws only for faults of its own. */
export type Check = (facts: Facts) => Promise<Finding[]>;

/** One place that gives a variable of the Next.js side its value. */
export interface Setting {
  value: string;
  /** As it stands in the file, before `$` was expanded. */
  written: string;
  /** The env file; `undefined` for the environment of the process. */
  file: string | undefined;
  line: number | undefined;
  /** For people: `.env.local:3` or `the environment`. */
  where: string;
  /** The places that come later in Next.js's order, and so do not count. */
  shadows: readonly Setting[];
}

/** An env file as it is on disk, whether Next.js reads it or not. */
export interface EnvFile {
  path: string;
  /** Relative to the project. */
  name: string;
  bytes: Buffer;
  parsed: ParsedFile;
}

export interface Deployment {
  /** For people: `Convex (dev)`. */
  label: string;
  production: boolean;
  /** Its variables; `undefined` if it could not be looked at, or was not to be. */
  variables: ReadonlyMap<string, string> | undefined;
}

/** What could not be checked: no finding, and not silent either. */
export interface Unchecked {
  what: string;
  because: string;
  fix?: string | undefined;
  /** Whether it is a side that was asked for, so that "all is well" would be too much to say. */
  isSide: boolean;
}

export interface Secret {
  name: string;
  base: string;
  value: string;
}

/** All that the checks look at, read once. */
export interface Facts {
  readonly project: Project;
  readonly environment: Environment;
  readonly fingerprints: Fingerprints;
  readonly variables: readonly Variable[];
  /** Whether the variables are countersign's own, and not others named with `--var`. */
  readonly isOwn: boolean;
  /** The folder whose env files the server reads, and what to call it. */
  readonly server: { folder: string; label: string };
  /** What the server has while developing. */
  readonly next: ReadonlyMap<string, Setting>;
  /** What it has in production, as far as files say so. */
  readonly nextInProduction: ReadonlyMap<string, Setting>;
  readonly files: readonly EnvFile[];
  readonly dev: Deployment;
  readonly production: Deployment;
  readonly convexCli: ConvexCli | undefined;
  readonly git: Git;
  readonly offline: boolean;
  readonly nodeVersion: string;
  readonly words: Words;
  /** Relative to the project's root, with `/`. */
  relative(path: string): string;
  readonly repairs: Repairs;
  /** Every private value that any side has, with one of the names it has. */
  secrets(): readonly Secret[];
  unchecked(entry: Unchecked): void;
  note(text: string): void;
}

/** What a side has for a variable. Empty and blank ones count as unset: that is how people clear them. */
export function set(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value;
}

export const serverValue = (facts: Facts, name: string): string | undefined => set(facts.next.get(name)?.value);
export const convexValue = (deployment: Deployment, name: string): string | undefined => set(deployment.variables?.get(name));
