// pkg/ -> .cache/countersign.tgz -> node_modules/countersign. What tests import is what a user would have installed.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError, cacheDir, isCode, pkgDir, root, run, runMain, step } from "./process.mjs";
import { npm } from "./toolchain.mjs";
import { machinePath } from "./wasm.mjs";

export const tarball = join(cacheDir, "countersign.tgz");
const listingPath = join(root, "tests/packaging/listing.txt");

/** Packs and installs. Returns the difference to the listing in the repository, which the packaging tests want to be empty. */
export async function packAndInstall() {
  const files = await step("packing", pack);
  await step("installing the tarball into node_modules", install);
  const difference = listingDifference(files);
  if (difference.length > 0) {
    console.log("  The package holds other files than tests/packaging/listing.txt says:");
    for (const line of difference) console.log(`    ${line}`);
    console.log("  If they are meant: node pkg-template/build/pack.mjs --accept");
  }
  return difference;
}

/** @returns {Promise<string[]>} the files in the tarball */
async function pack() {
  mkdirSync(cacheDir, { recursive: true });
  const { stdout } = await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", cacheDir], pkgDir);
  const report = JSON.parse(stdout);
  // npm 11 and older print a list; npm 12 prints an object by package name.
  const packed = Array.isArray(report) ? report[0] : report["countersign"];
  if (typeof packed?.filename !== "string" || !Array.isArray(packed.files)) throw new BuildError(`npm pack printed something unknown:\n${stdout}`);
  renameSync(join(cacheDir, packed.filename), tarball);
  /** @type {string[]} */
  const files = packed.files.map((/** @type {{ path: string }} */ file) => file.path);
  for (const file of files) {
    const path = machinePath(readFileSync(join(pkgDir, file)));
    if (path !== null) throw new BuildError(`pkg/${file} names a folder of this machine: ${path}`);
  }
  return files.sort();
}

/** Puts the new folder in its place at once, because a test may be reading the old one. */
async function install() {
  const target = join(root, "node_modules/countersign");
  const fresh = `${target}-${process.pid}`;
  const old = `${target}-${process.pid}-old`;
  mkdirSync(fresh, { recursive: true });
  try {
    await run("tar", ["-xzf", tarball, "-C", fresh, "--strip-components=1"]);
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
  } finally {
    for (const path of [fresh, old]) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} files
 * @returns {string[]} "+ file" for one too many, "- file" for one that is missing
 */
export function listingDifference(files) {
  const expected = readListing();
  const extra = files.filter((file) => !expected.includes(file)).map((file) => `+ ${file}`);
  const missing = expected.filter((file) => !files.includes(file)).map((file) => `- ${file}`);
  return [...extra, ...missing];
}

function readListing() {
  try {
    return readFileSync(listingPath, "utf8").split("\n").filter(Boolean);
  } catch (error) {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}

await runMain(import.meta.url, async () => {
  const files = await pack();
  await install();
  if (process.argv.includes("--accept")) writeFileSync(listingPath, `${files.join("\n")}\n`);
  else if (listingDifference(files).length > 0) throw new BuildError(`The listing differs:\n${listingDifference(files).join("\n")}`);
});
