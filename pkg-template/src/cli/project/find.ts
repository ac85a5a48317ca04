import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Context } from "../command.js";
import { CliError } from "../errors.js";
import { aliasOf } from "./alias.js";
import { isFile, isFolder, readJson, readManifest } from "./files.js";
import type { PackageManager } from "./manager.js";
import { packageManagerOf } from "./manager.js";
import { workspaceFolders, workspacePatterns } from "./workspaces.js";

export interface NextPart {
  /** Where its package.json, its next.config and its env files are. */
  folder: string;
  /** `app` or `src/app`, if there is one. */
  appFolder?: string;
  /** The installed one. */
  version?: string;
  /** An import that begins like this means a file in this folder: `@/` and the folder, if tsconfig.json has such a path. */
  alias?: { prefix: string; folder: string };
}

export interface ConvexPart {
  /** The package that its CLI runs in: where convex.json or package.json is. */
  folder: string;
  /** `convex/`, or what convex.json calls "functions". */
  functions: string;
  /** The installed one. */
  version?: string;
}

/** All paths are absolute. */
export interface Project {
  /** Of the workspace, or the one package there is. */
  root: string;
  packageManager: PackageManager;
  next: NextPart | undefined;
  convex: ConvexPart | undefined;
}

/**
 * The project around the current folder: up to the root of a workspace, and down into its packages.
 *
 * @throws CliError if there is none, or several of a kind and no option says which.
 */
export function findProject(context: Context, options: { next?: string; convex?: string }): Project {
  const here = realpathSync(context.folder);
  const named = {
    next: options.next === undefined ? undefined : namedFolder(here, options.next, "--next"),
    convex: options.convex === undefined ? undefined : convexPackage(namedFolder(here, options.convex, "--convex")),
  };
  // Where both are named, nothing has to be looked for, and a workspace that cannot be read is no hindrance.
  const both = named.next !== undefined && named.convex !== undefined;
  const { root, folders } = both ? { root: commonFolder(named.next as string, named.convex as string), folders: [] } : workspaceAround(here, named.next ?? named.convex);
  const next = named.next ?? chosen(nextFolders(folders), here, root, "Next.js app", "--next <folder>");
  const convex = named.convex ?? chosen(folders.filter(isConvexPackage), here, root, "convex/ folder", "--convex <folder>");
  const around = [root, ...[next, convex].filter((folder) => folder !== undefined), ...above(root)];
  return {
    root,
    packageManager: packageManagerOf([...new Set(around)]),
    next: next === undefined ? undefined : nextPart(next),
    convex: convex === undefined ? undefined : convexPart(convex),
  };
}

/** The folder of an installed package, as Node finds it from here: in node_modules, upwards. */
export function findInstalled(from: string, name: string): { folder: string; version?: string } | undefined {
  for (const folder of [from, ...above(from)]) {
    const installed = join(folder, "node_modules", name);
    const version = readJson(join(installed, "package.json"))?.["version"];
    if (isFile(join(installed, "package.json"))) return { folder: realpathSync(installed), ...(typeof version === "string" ? { version } : {}) };
  }
  return undefined;
}

function namedFolder(here: string, named: string, option: string): string {
  const folder = resolve(here, named);
  if (!isFolder(folder)) throw new CliError(`${option} ${named} is no folder.`, "Give the path of a folder that is there.");
  return realpathSync(folder);
}

/** `--convex` may name the package or its convex/ folder. */
function convexPackage(folder: string): string {
  if (isFile(join(folder, "package.json")) || isFile(join(folder, "convex.json"))) return folder;
  const owner = above(folder).find((each) => isFile(join(each, "package.json")));
  if (owner !== undefined && functionsOf(owner) === folder) return owner;
  throw new CliError(`--convex ${folder} has no package.json and is no convex/ folder of a package.`, "Name the folder in which npx convex dev runs.");
}

/** The workspace that the current folder, or the folder that was named, belongs to; or the one package around it. */
function workspaceAround(here: string, named: string | undefined): { root: string; folders: string[] } {
  const from = named ?? here;
  const own = [from, ...above(from)].find((folder) => isFile(join(folder, "package.json")));
  for (const folder of [from, ...above(from)]) {
    const patterns = workspacePatterns(folder);
    if (patterns === undefined) continue;
    const folders = workspaceFolders(folder, patterns);
    // A workspace further up that does not have this package is another project's.
    if (own === undefined || own === folder || folders.includes(own)) return { root: folder, folders: [folder, ...folders] };
  }
  if (own === undefined) throw new CliError("There is no package.json here, nor above.", "Run this in your project, or name its folders with --next <folder> and --convex <folder>.");
  return { root: own, folders: [own] };
}

const hasPages = (folder: string) => ["app", "src/app", "pages", "src/pages"].some((name) => isFolder(join(folder, name)));
const hasNextConfig = (folder: string) => ["js", "mjs", "cjs", "ts", "mts"].some((extension) => isFile(join(folder, `next.config.${extension}`)));

/** A library for Next.js, or a workspace's root, may depend on it as well: apps are those that have something to serve. */
function nextFolders(folders: readonly string[]): string[] {
  const dependent = folders.filter((folder) => readManifest(folder)?.dependencies["next"] !== undefined);
  const apps = folders.filter((folder) => hasNextConfig(folder) || (dependent.includes(folder) && hasPages(folder)));
  return apps.length > 0 ? apps : dependent;
}

function isConvexPackage(folder: string): boolean {
  if (isFile(join(folder, "convex.json"))) return true;
  const functions = functionsOf(folder);
  return isFolder(functions) && (readManifest(folder)?.dependencies["convex"] !== undefined || isFolder(join(functions, "_generated")));
}

/** If there are several, the one that the current folder is in. */
function chosen(folders: readonly string[], here: string, root: string, what: string, option: string): string | undefined {
  if (folders.length < 2) return folders[0];
  const around = folders.filter((folder) => folder !== root && isWithin(here, folder));
  if (around.length === 1) return around[0];
  const names = folders.map((folder) => relative(root, folder) || ".").join(", ");
  throw new CliError(`There is more than one ${what}: ${names}.`, `Say which with ${option}.`);
}

function nextPart(folder: string): NextPart {
  const appFolder = ["app", "src/app"].map((name) => join(folder, name)).find(isFolder);
  const version = findInstalled(folder, "next")?.version;
  const alias = aliasOf(folder);
  return { folder, ...(appFolder === undefined ? {} : { appFolder }), ...(version === undefined ? {} : { version }), ...(alias === undefined ? {} : { alias }) };
}

function convexPart(folder: string): ConvexPart {
  const version = findInstalled(folder, "convex")?.version;
  return { folder, functions: functionsOf(folder), ...(version === undefined ? {} : { version }) };
}

/** As the convex CLI finds it. */
function functionsOf(folder: string): string {
  const named = readJson(join(folder, "convex.json"))?.["functions"];
  if (typeof named === "string" && named !== "") return resolve(folder, named);
  // For Create React App, which allows no imports from outside of src/.
  return join(folder, readManifest(folder)?.dependencies["react-scripts"] === undefined ? "convex" : "src/convex");
}

function above(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...above(parent)];
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function commonFolder(a: string, b: string): string {
  return [a, ...above(a)].find((folder) => isWithin(b, folder)) ?? a;
}
