import { readdirSync, realpathSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";

/** What was not read, or not whole, and why. */
export interface Skipped {
  file: string;
  reason: string;
}

const largest = 1024 * 1024;
const isCode = /\.[cm]?[jt]sx?$/;
const isDeclaration = /\.d\.[cm]?ts$/;
// What others wrote, or programs made. Folders whose name begins with a dot (.git, .next) too.
const foreign = new Set(["node_modules", "_generated", "dist", "build", "out", "coverage", "bower_components"]);

/**
 * The code below these folders, each file once. No symbolic link is followed, so there is no way to run in circles;
 * one that leads out of the folders is among those skipped.
 */
export function listCode(root: string, folders: readonly string[]): { files: string[]; skipped: Skipped[] } {
  const files: string[] = [];
  const skipped: Skipped[] = [];
  const say = (path: string, reason: string) => void skipped.push({ file: nameOf(root, path), reason });
  const starts = outermost(folders.flatMap((folder) => attempt(() => realpathSync(folder), () => say(folder, "it is not there"))));
  const waiting = [...starts];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const here = folder;
    const [entries = []] = attempt(() => readdirSync(here, { withFileTypes: true }), (problem) => say(here, problem));
    for (const entry of entries) {
      const path = join(here, entry.name);
      if (entry.isDirectory()) {
        if (!foreign.has(entry.name) && !entry.name.startsWith(".")) waiting.push(path);
      } else if (entry.isSymbolicLink()) {
        if (foreign.has(entry.name) || entry.name.startsWith(".")) continue;
        const [target] = attempt(() => realpathSync(path), () => undefined);
        if (target === undefined || starts.some((start) => isWithin(start, target))) continue;
        const [kind] = attempt(() => statSync(target), () => undefined);
        if (kind?.isDirectory() === true || isSource(entry.name)) say(path, "a symbolic link that leads out of the project is not followed");
      } else if (entry.isFile() && isSource(entry.name)) {
        const [size] = attempt(() => statSync(path).size, (problem) => say(path, problem));
        if (size === undefined) continue;
        if (size > largest) say(path, `larger than 1 MiB (${(size / largest).toFixed(1)} MiB): probably made by a program`);
        else files.push(path);
      }
    }
  }
  return { files: files.sort(), skipped };
}

/** A file's name as people read it: relative to the project, with slashes on every system. */
export function nameOf(root: string, path: string): string {
  return relative(root, path).split(sep).join("/") || ".";
}

/** Why the file system refused. */
export function problemOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ENOENT") return "it is not there any more";
  if (code === "EACCES" || code === "EPERM") return "it may not be read";
  return typeof code === "string" ? `it cannot be read (${code})` : "it cannot be read";
}

function isSource(name: string): boolean {
  return isCode.test(name) && !isDeclaration.test(name) && !/\.min\.[cm]?js$/.test(basename(name));
}

function outermost(folders: readonly string[]): string[] {
  const each = [...new Set(folders)];
  return each.filter((folder) => !each.some((other) => other !== folder && isWithin(other, folder)));
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** One result, or none and the reason to `otherwise`. */
function attempt<Result>(run: () => Result, otherwise: (problem: string) => void): [Result] | [] {
  try {
    return [run()];
  } catch (error) {
    otherwise(problemOf(error));
    return [];
  }
}
