// pkg-template/src -> pkg/esm and pkg/cjs. tsc checks everything and writes the declarations; esbuild writes the JavaScript,
// file by file, so that entries share their modules and a bundler takes only what an entry uses.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { BuildError, attempt, pkgDir, root, runMain, step, templateDir, withLock } from "./process.mjs";
import { ensureToolchain } from "./toolchain.mjs";
import { buildWasm, wasmModules, wasmPath } from "./wasm.mjs";

const sourceDir = join(templateDir, "src");
const esmDir = join(pkgDir, "esm");
const cjsDir = join(pkgDir, "cjs");

/** Checks, then writes, the whole of pkg/ except the tarball. */
export async function buildPackage() {
  await step("checking types", checkTypes);
  await step("writing pkg/", writePackage);
}

/** tsc with the declarations as output. A failed check leaves the last good pkg/ alone. */
async function checkTypes() {
  const stagedDir = join(root, ".cache/types");
  rmSync(stagedDir, { recursive: true, force: true });
  // The CLI by itself: only there are the types of Node in sight.
  for (const args of [["-p", templateDir, "--outDir", stagedDir], ["-p", join(sourceDir, "cli")]]) {
    const result = await attempt(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", ...args]);
    if (result.code !== 0) throw new BuildError(`The types of pkg-template/ do not hold (${result.problem}):\n${result.stdout}${result.stderr}`);
  }
}

async function writePackage() {
  const { build, transform } = await import("esbuild");
  rmSync(pkgDir, { recursive: true, force: true });
  mkdirSync(join(pkgDir, "wasm"), { recursive: true });
  for (const { name } of wasmModules.filter(({ isFile }) => isFile)) cpSync(wasmPath(name), join(pkgDir, "wasm", `${name}.wasm`));
  for (const file of sourceFiles()) {
    const code = readFileSync(join(sourceDir, file), "utf8");
    const output = file.replace(/\.ts$/, ".js");
    /** @type {import("esbuild").TransformOptions} */
    const options = {
      loader: file.endsWith(".ts") ? "ts" : "js",
      target: "es2022",
      legalComments: "none",
      charset: "utf8",
      sourcefile: file,
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    };
    write(join(esmDir, output), (await transform(code, { ...options, format: "esm" })).code);
    // "node" adds the hint by which Node finds a file's names for an `import`, and keeps variables off names that CommonJS has taken.
    if (!isEsmOnly(file)) write(join(cjsDir, output), toCommonJs(file, (await transform(code, { ...options, format: "cjs", platform: "node" })).code));
  }
  write(join(cjsDir, "package.json"), '{ "type": "commonjs" }\n');
  const manifest = readFileSync(join(templateDir, "package.json"), "utf8");
  writeFileSync(join(pkgDir, "package.json"), manifest);
  await selfContained(build, join(esmDir, "convex/signed-http-action.js"));
  await putInThirdParties(build, join(esmDir, "cli/vendor"));
  const { exports } = JSON.parse(manifest);
  writeDeclarations(esmDir, entryDeclarations(exports, "esm"));
  writeDeclarations(cjsDir, entryDeclarations(exports, "cjs"));
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"]) copyIfThere(join(root, name), join(pkgDir, name));
  copyIfThere(join(templateDir, "README.md"), join(pkgDir, "README.md"));
}

function sourceFiles() {
  return readdirSync(sourceDir, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.(?:ts|js)$/.test(path) && !path.endsWith(".d.ts"))
    .sort();
}

/**
 * Puts what a module imports into it. The guards load this one only when an http action runs; of modules that both had, a bundler would make a third file, with more in
 * it than a guard needs, and every call of a Convex function would load that.
 * @param {typeof import("esbuild").build} build @param {string} path
 */
async function selfContained(build, path) {
  // The messages module is nothing that a guard loads, and would be in the package twice.
  const external = ["convex", "convex/*", "#messages"];
  // It has keyrings, so it holds the lean module anyway.
  const alias = { "#guard": join(esmDir, "core/wasm/lean.inline.js") };
  await build({ entryPoints: [path], outfile: path, allowOverwrite: true, bundle: true, external, alias, format: "esm", target: "es2022", platform: "neutral", legalComments: "none", charset: "utf8", logLevel: "warning" });
}

/**
 * Puts the packages that the CLI uses into its modules, and their licences beside them: users install nothing but this package.
 * @param {typeof import("esbuild").build} build @param {string} folder
 */
async function putInThirdParties(build, folder) {
  const entryPoints = readdirSync(folder).map((name) => join(folder, name));
  const banner = { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' };
  const result = await build({
    entryPoints, outdir: folder, allowOverwrite: true, bundle: true, minify: true, format: "esm", target: "es2022", platform: "node", legalComments: "none", charset: "utf8",
    banner, metafile: true, logLevel: "warning", absWorkingDir: root,
  });
  const packages = new Set(Object.keys(result.metafile.inputs).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[0] ?? []));
  write(join(folder, "LICENSES.txt"), [...packages].sort().map(licenceOf).join("\n\n"));
}

/** @param {string} folder of a package, relative to the repository's root */
function licenceOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new BuildError(`${name} has no file with its licence, and may not be shipped without.`);
  return `${name} ${version}\n\n${readFileSync(join(root, folder, file), "utf8").trim()}\n`;
}

/**
 * Files without a CommonJS form: those that nobody can `require`, and the component with what registers it in tests. The Convex CLI bundles a component's folder as
 * ES modules, and two forms of it would be two components.
 * @param {string} file
 */
function isEsmOnly(file) {
  return /\.(?:edge-light|workerd)\.ts$|^(?:cli|component|testing)\//.test(file);
}

/**
 * The private imports map belongs to the package's root, and CommonJS lies below a package.json of its own. It has one choice anyway:
 * whoever uses `require` may compile from bytes.
 * @param {string} file @param {string} code
 */
function toCommonJs(file, code) {
  const up = posix.relative(posix.dirname(file), "core/wasm");
  const base = up === "" ? "." : up.startsWith(".") ? up : `./${up}`;
  return code.replaceAll(/require\("#(lean|guard|messages|rich)"\)/g, (_match, name) => `require("${base}/${name}.inline.js")`);
}

/**
 * Only declarations that an entry reaches are shipped: what others name (WebAssembly, for one) a user's `lib` need not have.
 * @param {string} folder @param {readonly string[]} entries relative to it
 */
function writeDeclarations(folder, entries) {
  const stagedDir = join(root, ".cache/types");
  const reached = new Set(entries);
  for (const file of reached) {
    const path = join(stagedDir, file);
    if (!existsSync(path)) throw new BuildError(`An entry of package.json needs ${file}, and tsc wrote no such file.`);
    const text = readFileSync(path, "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:\bfrom |\bimport\(|^import )["'](\.[^"']+)["']/gm)) {
      reached.add(posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".d.ts"));
    }
    // A user's `lib` need not know Symbol.dispose either.
    const shipped = text.includes("Symbol.dispose") ? `/// <reference lib="esnext.disposable" />\n${text}` : text;
    write(join(folder, file), shipped);
  }
}

/**
 * @param {unknown} exports the manifest's map
 * @param {"esm" | "cjs"} format
 * @returns {string[]} the declarations it names, relative to the format's folder
 */
function entryDeclarations(exports, format) {
  const paths = [...JSON.stringify(exports).matchAll(/"\.\/(esm|cjs)\/([^"]+\.d\.ts)"/g)];
  return [...new Set(paths.filter((match) => match[1] === format).map((match) => match[2] ?? ""))];
}

/** @param {string} path @param {string} text */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What is missing shows against the listing. @param {string} from @param {string} to */
function copyIfThere(from, to) {
  if (existsSync(from)) cpSync(from, to);
}

await runMain(import.meta.url, async () => {
  await ensureToolchain();
  await withLock("build", async () => {
    await buildWasm();
    await buildPackage();
  });
});
