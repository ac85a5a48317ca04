import { lstatSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { randomBytes } from "node:crypto";
import { CliError } from "../errors.js";

/** A path as it is shown: from the project's root, with slashes. */
export function shown(root: string, path: string): string {
  return relative(root, path).split(sep).join("/") || ".";
}

/** Whether there is anything, a link that leads nowhere too. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    // ENOTDIR: a file stands where a folder would have to be. Writing says so.
    if (!["ENOENT", "ENOTDIR"].includes(codeOf(error))) throw error;
    return false;
  }
}

/** A file's text, or `undefined` if nothing is there. */
export function textOf(path: string): string | undefined {
  if (!isThere(path)) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CliError(`${path} cannot be read (${codeOf(error)}).`, "See what is there, and run the command again.");
  }
}

/** The first of these names that is there, in a folder. */
export function present(folder: string, name: string, extensions: readonly string[]): string | undefined {
  return extensions.map((extension) => join(folder, `${name}.${extension}`)).find(isThere);
}

/** Writes a file where there is none: whole or not at all, and never over one. */
export function writeNew(path: string, text: string): void {
  let created = false;
  try {
    mkdirSync(dirname(path), { recursive: true });
    // Tells at once whether there is a file, and keeps the place.
    writeFileSync(path, "", { flag: "wx" });
    created = true;
    replace(path, text, 0o666 & ~process.umask());
  } catch (error) {
    if (created) rmSync(path, { force: true });
    throw notWritten(path, error);
  }
}

/** Writes over a file that still is as it was read: whole or not at all. Through a link, into what it leads to. */
export function writeChanged(path: string, before: string, text: string): void {
  if (textOf(path) !== before) throw new CliError(`${basename(path)} was changed by something else in the meantime.`, "Run the command again.");
  try {
    const target = realpathSync(path);
    replace(target, text, statSync(target).mode);
  } catch (error) {
    throw notWritten(path, error);
  }
}

/** Not under a name that ends in .ts or .js: `convex dev` would take the file for a module. */
function replace(path: string, text: string, mode: number): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    writeFileSync(temporary, text, { flag: "wx", mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function notWritten(path: string, error: unknown): Error {
  if (error instanceof CliError) return error;
  const code = codeOf(error);
  if (code === "EEXIST" && !isThere(path)) return new CliError(`${basename(path)} cannot be written: there is a file where its folder would have to be.`, `Look at ${dirname(path)}, and run the command again.`);
  if (code === "EEXIST") return new CliError(`${basename(path)} was made by something else in the meantime.`, "Run the command again.");
  return new CliError(`${basename(path)} cannot be written (${code}).`, `Make ${dirname(path)} writable, or see that there is space on the disk, and run the command again.`);
}

/** Of an error of the file system; any other is none of ours. */
function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") throw error;
  return code;
}
