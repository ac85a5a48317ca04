import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../errors.js";

/** What is read of a package.json. */
export interface Manifest {
  name?: string;
  packageManager?: string;
  workspaces?: unknown;
  dependencies: Readonly<Record<string, string>>;
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** @throws CliError if it is there and is no JSON object. */
export function readJson(path: string): Record<string, unknown> | undefined {
  if (!isFile(path)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    // What JSON.parse says quotes the text.
    throw new CliError(`${path} ${error instanceof SyntaxError ? "is not valid JSON" : `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`}.`, "Mend the file, and run the command again.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new CliError(`${path} is not a JSON object.`, "Mend the file, and run the command again.");
  return value as Record<string, unknown>;
}

/** The package.json of a folder. */
export function readManifest(folder: string): Manifest | undefined {
  const json = readJson(join(folder, "package.json"));
  if (json === undefined) return undefined;
  const { name, packageManager, workspaces } = json;
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof packageManager === "string" ? { packageManager } : {}),
    workspaces,
    dependencies: { ...texts(json["peerDependencies"]), ...texts(json["devDependencies"]), ...texts(json["dependencies"]) },
  };
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
