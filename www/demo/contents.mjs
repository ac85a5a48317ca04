// Whether a step has already been done: decided by what the files hold, not by dates or by their being there.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

// Folders that a build writes among the sources.
const made = new Set(["node_modules", "target", "generated"]);

/** A digest over the names and bytes of files and folders, and over some text. */
export function digest(base, paths, text = "") {
  const hash = createHash("sha256").update(`${text}\0`);
  const add = (path) => {
    const full = join(base, path);
    if (!existsSync(full)) return void hash.update(`${path}\0absent\0`);
    if (!statSync(full).isDirectory()) {
      const bytes = readFileSync(full);
      return void hash.update(`${path}\0${bytes.length}\0`).update(bytes);
    }
    for (const name of readdirSync(full).sort()) {
      if (!made.has(name)) add(`${path}/${name}`);
    }
  };
  for (const path of paths) add(path);
  return hash.digest("hex");
}

/** The text of a stamp that a finished step left, or `undefined`. */
export function readStamp(file) {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/** Whether a folder holds each file of an npm tarball, byte for byte. */
export function holdsTarball(dir, tarball) {
  if (!existsSync(tarball) || !existsSync(dir)) return false;
  return readTarball(tarball).every(({ path, bytes }) => {
    const file = join(dir, path);
    return existsSync(file) && readFileSync(file).equals(bytes);
  });
}

/** The files of an npm tarball (ustar, as `npm pack` writes it), without the leading "package/". */
function readTarball(file) {
  const tar = gunzipSync(readFileSync(file));
  const files = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const field = (start, length) => tar.toString("utf8", at + start, at + start + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(field(124, 12), 8);
    const prefix = field(345, 155);
    const path = prefix === "" ? field(0, 100) : `${prefix}/${field(0, 100)}`;
    const type = field(156, 1);
    if (type === "0" || type === "") files.push({ path: path.replace(/^[^/]+\//, ""), bytes: tar.subarray(at + 512, at + 512 + size) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  if (files.length === 0) throw new Error(`${file} holds no files.`);
  return files;
}
