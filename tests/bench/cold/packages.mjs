// The peers' packages: countersign as it was built, its lean module replaced by a stand-in in JavaScript, so that everything else of a guard
// is the same code. For crypto.subtle, which answers later, the guard waits where it is answered.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { root } from "../../../pkg-template/build/process.mjs";

const built = join(root, "node_modules/countersign");
const here = fileURLToPath(new URL(".", import.meta.url));

/** @typedef {[pattern: RegExp, replacement: string]} Patch */

/** @type {Record<string, Patch[]>} */
const withoutWasm = {
  "core/lean-guard.js": [
    [/import \{ wasmSource \} from "#guard";/, 'import { standIn } from "../stand-in.js";'],
    [/anyInstance\(wasmSource\)/, "anyInstance(standIn)"],
  ],
  "core/lean.js": [
    [/const source = wasmSource\(\);\n/, ""],
    [/const module = .*\n/, ""],
    [/new WebAssembly\.Instance\(module\)\.exports/, "wasmSource()"],
  ],
};
/** @type {Record<string, Patch[]>} */
const asynchronous = {
  "core/lean.js": [
    // Scopes are still checked at once.
    [/function within\(lean, use\) (\{[^]*?\n\})\n/, "function within(lean, use) $1\nasync function withinLater(lean, use) $1\n"],
    [/(async function withinLater[^]*?return )use\(lean\)/, "$1await use(lean)"],
    [/export \{/, "export {\n  withinLater,"],
  ],
  "core/lean-guard.js": [
    [/within(?= \} from)/, "within, withinLater"],
    [/export \{/, "function withGuardLater(use) {\n  return withinLater(anyInstance(standIn), use);\n}\nexport {\n  withGuardLater,"],
  ],
  "core/admit.js": [
    [/withGuard(?= \} from)/, "withGuardLater"],
    [/withGuard\(\(lean\) =>/, "withGuardLater(async (lean) =>"],
    [/lean\.admit_call\(/, "await lean.admit_call("],
  ],
  "convex/guard.js": [
    [/= admitCall\(/, "= await admitCall("],
  ],
};
const patches = { noble: [withoutWasm], subtle: [withoutWasm, asynchronous] };

/** @param {string} file @param {Patch[]} changes */
function change(file, changes) {
  let text = readFileSync(file, "utf8");
  for (const [pattern, replacement] of changes) {
    if (text.match(new RegExp(pattern, "g"))?.length !== 1) throw new Error(`${file} has not one ${pattern}: adapt tests/bench/cold/packages.mjs.`);
    text = text.replace(pattern, replacement);
  }
  writeFileSync(file, text);
}

/** Puts a peer's package into a folder. @param {keyof typeof patches} peer @param {string} folder */
export async function writePackage(peer, folder) {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(built, "package.json"), join(folder, "package.json"));
  cpSync(join(built, "esm"), join(folder, "esm"), { recursive: true });
  const { outputFiles } = await build({ entryPoints: [join(here, `${peer}.mjs`)], bundle: true, write: false, format: "esm", target: "es2022", platform: "neutral" });
  writeFileSync(join(folder, "esm/stand-in.js"), /** @type {import("esbuild").OutputFile} */ (outputFiles[0]).text);
  for (const set of patches[peer]) for (const [file, changes] of Object.entries(set)) change(join(folder, "esm", file), changes);
}
