// Where the benchmarks put what they make: .cache/bench.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDir } from "../../pkg-template/build/process.mjs";

export const folder = join(cacheDir, "bench");

/** @param {string} name @param {string} contents @returns the path it is written to */
export function write(name, contents) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
  return path;
}
