import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../command.js";
import { readNextEnvironment } from "../environment/index.js";
import { findProject, installWords } from "../project/index.js";
import type { Command } from "../vendor/args.js";

/** A variable's value, and where it stands. */
export interface Variable {
  value: string;
  source: string;
}

/** Which folders, where there are several. */
export interface PlaceOptions {
  next?: string;
  convex?: string;
}

/** What a command finds around it. */
export interface Surroundings {
  environment: ReadonlyMap<string, Variable>;
  /** The folders in which the project's packages may be. */
  folders: readonly string[];
  /** How a package is installed here. */
  install: (name: string) => string;
}

export function addPlaceOptions(command: Command): Command {
  return command
    .option("--next <folder>", "the folder of the Next.js app, where it is not found or there are several")
    .option("--convex <folder>", "the folder that has convex/ in it, where it is not found or there are several");
}

/** The variables as Next.js has them. Where there is no Next.js app, those of this folder: what is signed by hand need not be in one. */
export function surroundings(context: Context, options: PlaceOptions): Surroundings {
  const { folder } = context;
  const isSomewhere = options.next !== undefined || options.convex !== undefined || hasPackage(folder);
  const project = isSomewhere ? findProject(context, options) : { root: folder, packageManager: "npm" as const, next: undefined, convex: undefined };
  const next = project.next ?? { folder };
  const { variables } = readNextEnvironment({ ...project, next }, context, "development");
  return {
    environment: new Map([...variables].map(([name, { value, source }]) => [name, { value, source: source === "process" ? "environment" : source }])),
    folders: [...new Set([project.convex?.folder ?? folder, next.folder, project.root])],
    install: (name) => installWords(project.packageManager, name),
  };
}

function hasPackage(folder: string): boolean {
  return existsSync(join(folder, "package.json")) || (dirname(folder) !== folder && hasPackage(dirname(folder)));
}
