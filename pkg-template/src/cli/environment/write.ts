import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { closeSync, fchmodSync, fsyncSync, lstatSync, openSync, readlinkSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CliError } from "../errors.js";

/**
 * Writes a file that only its owner may read (mode 0600): whole or not at all, also if the machine stops in between.
 *
 * @throws CliError if there is a link or something else than a file, or the folder does not allow it. Nothing is left behind then.
 */
export function writePrivately(path: string, text: string): void {
  const name = basename(path);
  const there = lstat(path);
  if (there?.isSymbolicLink() === true) {
    throw new CliError(`${name} is a link to ${readlinkSync(path)}: a secret is not written through a link.`, "Replace the link by a file, or run the command where the file is.");
  }
  if (there !== undefined && !there.isFile()) throw new CliError(`${name} is not a file.`, "Move it away, and run the command again.");
  // In the same folder, or it could not be renamed in one step; named so that the patterns of .gitignore for env files match it too.
  const temporary = join(dirname(path), `${name}.${randomBytes(6).toString("hex")}.local`);
  let created = false;
  try {
    // "wx" opens nothing that is already there, no link either.
    const file = openSync(temporary, "wx", 0o600);
    created = true;
    try {
      // The umask can only have taken away; Windows knows no modes and keeps the folder's permissions.
      if (process.platform !== "win32") fchmodSync(file, 0o600);
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    created = false;
    syncFolder(dirname(path));
  } catch (error) {
    if (created) unlinkSync(temporary);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError(`${name} cannot be written (${code}).`, `Make the folder ${dirname(path)} writable, or see that there is space on the disk.`);
  }
}

function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** So that the new name is on the disk too. Windows opens no folders; where the folder may not be read or the disk cannot do it, the file is there all the same. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  let handle: number;
  try {
    handle = openSync(folder, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") return;
    throw error;
  }
  try {
    fsyncSync(handle);
  } catch (error) {
    if (!["EINVAL", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    closeSync(handle);
  }
}
