// What the native check needs beside npm's packages: it is looked for, named if it is missing, and used to make the add-on and the probe.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError, attempt, cacheDir, root, run } from "../../../pkg-template/build/process.mjs";

export const folder = join(cacheDir, "native");
const here = fileURLToPath(new URL(".", import.meta.url));
const install = "sudo apt-get install valgrind gcc libc6-dev";

/** @returns {Promise<{ addon: string, probe: string, valgrind: string }>} the files made, and valgrind's version */
export async function prepare() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new BuildError(`This check looks at machine code for Linux on x64, and this is ${process.platform} on ${process.arch}. Run it there.`);
  }
  const found = await attempt("valgrind", ["--version"]);
  if (found.code !== 0) throw new BuildError(`valgrind is missing. Install it (${install}) and run this again.`);
  if ((await attempt("gcc", ["--version"])).code !== 0) throw new BuildError(`gcc is missing. Install it (${install}) and run this again.`);
  const headers = join(root, "node_modules/node-api-headers/include");
  if (!existsSync(headers)) throw new BuildError("node_modules/node-api-headers is missing. Run npm install and then this again.");
  mkdirSync(folder, { recursive: true });
  const [addon, probe] = [join(folder, "addon.node"), join(folder, "probe.wasm")];
  const flags = ["-shared", "-fPIC", "-O2", "-g", "-std=c11", "-Wall", "-Wextra", "-isystem", headers];
  // In English, to know the one message that has another remedy than the rest.
  const compiled = await attempt("gcc", [...flags, join(here, "addon.c"), "-o", addon], { env: { ...process.env, LC_ALL: "C" } });
  if (/memcheck\.h: No such file/.test(compiled.stderr)) throw new BuildError(`valgrind's headers are missing. Install valgrind from your system's packages (${install}) and run this again.`);
  if (compiled.code !== 0) throw new BuildError(`The add-on does not compile:\n${compiled.stderr}`);
  await run(process.execPath, [join(root, "node_modules/binaryen/bin/wasm-as"), "--enable-bulk-memory", join(here, "probe.wat"), "-o", probe]);
  return { addon, probe, valgrind: found.stdout.trim().replace("valgrind-", "") };
}

/** The file to start for a major version of Node.js. @param {number} major */
export function nodeOf(major) {
  const path = join(root, `node_modules/node${major}-linux-x64/bin/node`);
  if (!existsSync(path)) throw new BuildError(`Node.js ${major} is missing (${path}). Run npm install, with its optional packages, and then this again.`);
  return path;
}
