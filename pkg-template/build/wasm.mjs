// The crate -> four WebAssembly modules and what TypeScript needs to hold them inside JavaScript.
// wasm-pack compiles, wasm-opt shrinks, and what comes out is checked before anything else sees it.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { BuildError, cacheDir, generatedDir, root, run, runMain, seconds, step, withLock, templateDir } from "./process.mjs";
import { ensureToolchain, toolEnv } from "./toolchain.mjs";
import { wrapGlue } from "./glue.mjs";
import { pack } from "./lz.mjs";

/**
 * @typedef {object} WasmModule
 * @property {"lean" | "guard" | "messages" | "rich"} name also the Cargo feature
 * @property {readonly string[]} linkArgs
 * @property {readonly string[]} llvmArgs
 * @property {readonly string[]} optPasses what wasm-opt does first
 * @property {readonly string[] | null} imports exactly these; null: whatever the generated glue provides
 * @property {number} maxBytes checked by tests/packaging, so that unfinished work can be built and tried
 * @property {boolean} isFile also in the package as a file, for runtimes that compile nothing from bytes
 */

/** How what holds its data in static memory is made. */
const bare = {
  // The default stack of 1 MiB would only make every instance larger.
  linkArgs: ["-zstack-size=32768"],
  // To copy or clear 32 bytes with 128-bit instructions takes up to 50 bytes of code, a call of memory.copy or memory.fill 11.
  llvmArgs: ["-max-store-memset=1", "-max-store-memcpy=1"],
  // wasm-bindgen's own exports are for its glue, which is not used here; with its start-up goes the only import.
  optPasses: ["--remove-exports=__*"],
  // An import would mean that a JavaScript value crosses.
  imports: [],
};

/** @type {readonly WasmModule[]} */
export const wasmModules = [
  { name: "lean", ...bare, maxBytes: 14_336, isFile: true },
  // What a guard runs of the lean module. Where a module is imported from a file, guards take the lean one.
  { name: "guard", ...bare, maxBytes: 10_752, isFile: false },
  {
    name: "messages",
    ...bare,
    linkArgs: [...bare.linkArgs, "--initial-memory=131072"],
    maxBytes: 65_536,
    isFile: true,
  },
  // Not a promise to users, only an alarm for something large slipping in.
  { name: "rich", linkArgs: [], llvmArgs: [], optPasses: [], imports: null, maxBytes: 131_072, isFile: true },
];

// The features this rustc's output uses. wasm-opt refuses what it was not told about.
const wasmFeatures = ["bulk-memory", "reference-types", "multivalue", "mutable-globals", "nontrapping-float-to-int", "sign-ext", "simd"];
const wasmOptFlags = [...wasmFeatures.map((name) => `--enable-${name}`), "-Oz", "--converge", "--strip-debug", "--strip-producers", "--strip-target-features"];

const outputDir = join(cacheDir, "wasm");
const stampPath = join(outputDir, "inputs.sha256");

/** @param {WasmModule["name"]} name */
export const wasmPath = (name) => join(outputDir, `${name}.wasm`);

/** Builds what changed since the last time, and returns whether anything had. */
export async function buildWasm() {
  const inputs = hashInputs();
  const outputs = [...wasmModules.map(({ name }) => wasmPath(name)), ...generatedFiles()];
  if (outputs.every((path) => existsSync(path)) && existsSync(stampPath) && readFileSync(stampPath, "utf8") === inputs) {
    console.log("  WebAssembly: nothing changed");
    return false;
  }
  rmSync(stampPath, { force: true });
  mkdirSync(outputDir, { recursive: true });
  // What an older build has left there would be shipped.
  rmSync(generatedDir, { recursive: true, force: true });
  mkdirSync(generatedDir, { recursive: true });
  // Before the flags are made, because they name the folders that this fills.
  await step("fetching crates", () => run("cargo", ["fetch", "--target", "wasm32-unknown-unknown"], { env: toolEnv() }));
  const unpacker = await buildUnpacker();
  for (const module of wasmModules) await buildModule(module, unpacker);
  writeFileSync(stampPath, inputs);
  return true;
}

/** @param {WasmModule} module @param {Buffer<ArrayBuffer>} unpacker */
async function buildModule(module, unpacker) {
  const packDir = join(cacheDir, "wasm-pack", module.name);
  rmSync(packDir, { recursive: true, force: true });
  await step(`compiling the ${module.name} module (under a minute)`, async () => {
    await run("wasm-pack", wasmPackArgs(module, cdylibCrate(), packDir), { env: { ...toolEnv(), ...rustFlags(module) } });
    // wasm-pack hides its output from git with this file, and npm pack would believe it.
    rmSync(join(packDir, ".gitignore"), { force: true });
    await run(process.execPath, [join(root, "node_modules/binaryen/bin/wasm-opt"), ...module.optPasses, ...wasmOptFlags, "-o", wasmPath(module.name), join(packDir, `${module.name}_bg.wasm`)]);
  });
  const bytes = readFileSync(wasmPath(module.name));
  const compiled = new WebAssembly.Module(bytes);
  const glue = readFileSync(join(packDir, `${module.name}_bg.js`), "utf8");
  const declarations = readFileSync(join(packDir, `${module.name}.d.ts`), "utf8");
  checkModule(module, bytes, compiled);
  if (module.name === "lean" || module.name === "guard") {
    writeGenerated(`${module.name}.packed.ts`, { packed: packed(bytes, unpacker) });
  } else if (module.name === "messages") {
    writeGenerated("messages.base64.ts", { base64: bytes.toString("base64") });
  } else {
    writeGenerated("rich.base64.ts", { base64: bytes.toString("base64") });
    const wrapped = wrapGlue(glue, declarations, WebAssembly.Module.imports(compiled));
    writeFileSync(join(generatedDir, "rich.glue.js"), wrapped.code);
    writeFileSync(join(generatedDir, "rich.glue.d.ts"), wrapped.types);
  }
  const over = bytes.length > module.maxBytes ? `, MORE THAN THE ${module.maxBytes} B that tests/packaging allow` : "";
  console.log(`  ${module.name}.wasm: ${bytes.length} B, ${gzipSync(bytes, { level: 9 }).length} B with gzip${over}`);
}

/**
 * The crate with a manifest that asks for a cdylib alone. Cargo skips link-time optimisation for a library that is an rlib too, which
 * ours is for native callers and tests; without it the modules are a quarter larger.
 * @returns {string} the folder of the manifest; the sources are where they always are
 */
function cdylibCrate() {
  const folder = join(cacheDir, "wasm-crate");
  const line = 'crate-type = ["cdylib", "rlib"]';
  const manifest = readFileSync(join(root, "Cargo.toml"), "utf8");
  if (!manifest.includes(line)) throw new BuildError(`Cargo.toml has no line ${line}. Change it in wasm.mjs as well.`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "Cargo.toml"), manifest.replace(line, `path = ${JSON.stringify(join(root, "src/lib.rs"))}\ncrate-type = ["cdylib"]`));
  copyFileSync(join(root, "Cargo.lock"), join(folder, "Cargo.lock"));
  return folder;
}

/** @param {WasmModule} module @param {string} crate @param {string} outDir */
function wasmPackArgs(module, crate, outDir) {
  return [
    ...["build", crate, "--release", "--mode", "no-install", "--target", "bundler", "--no-pack", "--no-opt"],
    ...["--out-dir", relative(crate, outDir), "--out-name", module.name],
    ...["--", "--no-default-features", "--features", module.name],
  ];
}

/**
 * In cargo's own form, because a path may hold spaces.
 * @param {WasmModule} module
 */
function rustFlags(module) {
  const flags = ["-Ctarget-feature=+simd128", ...module.linkArgs.map((arg) => `-Clink-arg=${arg}`), ...module.llvmArgs.map((arg) => `-Cllvm-args=${arg}`)];
  // Panic messages name source files. Later rules win, so the narrowest comes last. Short names, because they are part of the module.
  for (const path of [homedir(), cargoHome(), ...registries(), root]) flags.push(`--remap-path-prefix=${path}/=`);
  return { RUSTFLAGS: undefined, CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") };
}

/** Where cargo unpacks crates: a folder for each registry. */
function registries() {
  const folder = join(cargoHome(), "registry/src");
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function cargoHome() {
  return process.env["CARGO_HOME"] ?? join(homedir(), ".cargo");
}

/**
 * @param {WasmModule} module @param {Buffer} bytes @param {WebAssembly.Module} compiled
 */
function checkModule(module, bytes, compiled) {
  const fail = (/** @type {string} */ problem) => {
    throw new BuildError(`${module.name}.wasm ${problem}`);
  };
  const imports = WebAssembly.Module.imports(compiled).map((entry) => `${entry.module}.${entry.name}`).sort();
  if (module.imports !== null && imports.join() !== [...module.imports].sort().join()) {
    fail(`imports [${imports.join(", ")}] instead of [${module.imports.join(", ")}]. Only integers and linear memory may cross its boundary.`);
  }
  for (const section of ["name", "producers", "target_features"]) {
    if (WebAssembly.Module.customSections(compiled, section).length > 0) fail(`still has its "${section}" section.`);
  }
  const path = machinePath(bytes);
  if (path !== null) fail(`names a folder of this machine: ${path}`);
}

/**
 * A folder of the machine that built this, if one of them is named in the bytes.
 * @param {Buffer} bytes
 * @returns {string | null}
 */
export function machinePath(bytes) {
  // A home of "/" (some containers) would be in every file.
  const paths = [root, homedir(), cargoHome()].filter((path) => path.length > 3);
  return paths.find((path) => bytes.includes(`${path}/`)) ?? null;
}

/** What unpacks a packed module: the same for all of them. */
async function buildUnpacker() {
  const path = join(outputDir, "unpack.wasm");
  const binaryen = join(root, "node_modules/binaryen/bin");
  await run(process.execPath, [join(binaryen, "wasm-as"), join(templateDir, "build/unpack.wat"), "-o", path]);
  await run(process.execPath, [join(binaryen, "wasm-opt"), "-Oz", path, "-o", path]);
  const bytes = readFileSync(path);
  writeGenerated("unpacker.base64.ts", { base64: bytes.toString("base64") });
  return bytes;
}

/**
 * A module as lz.mjs packs it. Tried here, so that nothing else can come out of it.
 * @param {Buffer} bytes @param {Buffer<ArrayBuffer>} unpacker
 */
function packed(bytes, unpacker) {
  const text = pack(bytes);
  const { memory, unpack } = /** @type {{ memory: WebAssembly.Memory, unpack(): number }} */ (/** @type {unknown} */ (new WebAssembly.Instance(new WebAssembly.Module(unpacker)).exports));
  new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer));
  if (!bytes.equals(Buffer.from(memory.buffer).subarray(0x10000, unpack()))) throw new BuildError("lz.mjs and unpack.wat do not agree.");
  return text;
}

/**
 * A module of its own for each, so that a bundle holds only the one it uses, and that one once.
 * @param {string} name @param {Record<string, string>} constants
 */
function writeGenerated(name, constants) {
  const lines = Object.entries(constants).map(([constant, text]) => `export const ${constant}: string =\n  "${text}";\n`);
  writeFileSync(join(generatedDir, name), `// Generated by pkg-template/build/wasm.mjs from the crate.\n${lines.join("")}`);
}

function generatedFiles() {
  return ["lean.packed.ts", "guard.packed.ts", "unpacker.base64.ts", "messages.base64.ts", "rich.base64.ts", "rich.glue.js", "rich.glue.d.ts"].map((name) => join(generatedDir, name));
}

/** Everything that decides what comes out. */
function hashInputs() {
  const hash = createHash("sha256");
  const files = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "pkg-template/build/wasm.mjs", "pkg-template/build/glue.mjs", "pkg-template/build/lz.mjs", "pkg-template/build/unpack.wat", "node_modules/binaryen/package.json"];
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".rs"));
  for (const path of [...files, ...sources.map((path) => `src/${path}`).sort()]) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

await runMain(import.meta.url, async () => {
  const start = performance.now();
  await ensureToolchain();
  await withLock("build", buildWasm);
  console.log(`  done in ${seconds(start)}`);
});
