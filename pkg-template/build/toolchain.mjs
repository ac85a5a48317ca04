// Makes sure of everything the build needs on a machine that has only Node and rustup.
// What is installed goes into .cache/ and node_modules/: a user's own tools are used if they fit, and never changed.
// Only Node builtins: this runs before anything is installed.

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { BuildError, attempt, cacheDir, root, run, runMain, step, withLock } from "./process.mjs";

const minimumNode = [20, 19];
const wasmPackVersion = "0.15.1";
const cargoRoot = join(cacheDir, "cargo");

/** The environment that tools are run in: the project's own first, and rustup's folder even if the shell has not read its profile yet. */
export function toolEnv() {
  const cargoHome = process.env["CARGO_HOME"] ?? join(homedir(), ".cargo");
  const path = [join(cargoRoot, "bin"), process.env["PATH"] ?? "", join(cargoHome, "bin")].join(delimiter);
  return { ...process.env, PATH: path, RUSTUP_TOOLCHAIN: rustToolchain().channel };
}

/** Everything, in order. */
export async function ensureToolchain() {
  ensureNode();
  await withLock("toolchain", async () => {
    await ensureRust();
    await ensureWasmTools();
    await ensurePackages(root, "the workspace's npm packages");
  });
}

export function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [wantMajor = 0, wantMinor = 0] = minimumNode;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new BuildError(`Node ${minimumNode.join(".")} or newer is needed, and this is ${process.versions.node}. Install one from https://nodejs.org and run this again.`);
}

/** The pinned Rust, with what rust-toolchain.toml asks for. rustup would do it by itself, silently and not in every version. */
export async function ensureRust() {
  const env = toolEnv();
  if ((await attempt("rustup", ["--version"], { env })).code !== 0) {
    throw new BuildError("rustup is missing. Install rustup from https://rustup.rs and run this again.");
  }
  const { channel, targets, components } = rustToolchain();
  if (await hasRust(env, channel, targets, components)) return;
  const wanted = [...targets.flatMap((name) => ["--target", name]), ...components.flatMap((name) => ["--component", name])];
  await step(`installing Rust ${channel} with rustup (about a minute, once)`, () =>
    run("rustup", ["toolchain", "install", channel, "--profile", "minimal", "--no-self-update", ...wanted], { env }),
  );
}

/**
 * @param {NodeJS.ProcessEnv} env @param {string} channel @param {readonly string[]} targets @param {readonly string[]} components
 */
async function hasRust(env, channel, targets, components) {
  const installed = await attempt("rustup", ["component", "list", "--installed", "--toolchain", channel], { env });
  if (installed.code !== 0) return false;
  const lines = installed.stdout.split("\n").map((line) => line.trim());
  // Components are listed with the host's name after them (clippy-x86_64-unknown-linux-gnu), standard libraries with the target's.
  return targets.every((name) => lines.includes(`rust-std-${name}`)) && components.every((name) => lines.some((line) => line.startsWith(name)));
}

/** wasm-pack, and the wasm-bindgen that fits the crate of that name in Cargo.lock. */
export async function ensureWasmTools() {
  const env = toolEnv();
  const bindgenVersion = lockedCrate("wasm-bindgen");
  // wasm-bindgen-cli's own lock file names versions that were since withdrawn, so only wasm-pack is installed by its lock file.
  await ensureCargoTool(env, "wasm-pack", "wasm-pack", wasmPackVersion, ["--locked"]);
  await ensureCargoTool(env, "wasm-bindgen", "wasm-bindgen-cli", bindgenVersion, []);
}

/**
 * @param {NodeJS.ProcessEnv} env @param {string} binary @param {string} crate @param {string} version @param {readonly string[]} flags
 */
export async function ensureCargoTool(env, binary, crate, version, flags) {
  const found = await attempt(binary, ["--version"], { env });
  if (found.code === 0 && found.stdout.trim().split(" ").at(-1) === version) return;
  await ensureCCompiler(env);
  const targetDir = join(cacheDir, "cargo-target");
  const args = ["install", crate, "--version", version, "--root", cargoRoot, "--force", ...flags];
  // Without a lock file the newest dependencies would be taken, also those that want a newer Rust than ours.
  const installEnv = { ...env, CARGO_TARGET_DIR: targetDir, CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS: "fallback" };
  mkdirSync(cargoRoot, { recursive: true });
  await step(`installing ${crate} ${version} with cargo (about 2 minutes, once)`, () => run("cargo", args, { env: installEnv, timeoutMs: 1_800_000 }));
  rmSync(targetDir, { recursive: true, force: true });
}

/** @param {NodeJS.ProcessEnv} env */
async function ensureCCompiler(env) {
  if (process.platform === "win32") return;
  if ((await attempt("cc", ["--version"], { env })).code === 0) return;
  const how = process.platform === "darwin" ? "xcode-select --install" : "sudo apt-get install build-essential";
  throw new BuildError(`A C compiler (cc) is missing: Rust needs it for linking. Install one (${how}) and run this again.`);
}

/**
 * Makes node_modules hold what the lock file says.
 * @param {string} directory
 * @param {string} what
 */
export async function ensurePackages(directory, what) {
  const difference = lockDifference(directory);
  if (difference === null) return;
  // Not `npm ci`: it wants the optional packages of all platforms in the lock file, and not every registry has them all.
  await step(`installing ${what} with npm (about a minute; ${difference})`, () => npm(["install", "--no-save", "--no-audit", "--no-fund"], directory));
  const left = lockDifference(directory);
  if (left !== null) throw new BuildError(`npm install has left node_modules unlike package-lock.json: ${left}. Delete ${join(directory, "node_modules")} and run this again.`);
}

/**
 * Runs npm, preferably the one that started this process.
 * @param {readonly string[]} args
 * @param {string} cwd
 */
export async function npm(args, cwd) {
  const script = process.env["npm_execpath"];
  // Told otherwise, npm would ask its registry whether it is the newest.
  const env = { ...toolEnv(), npm_config_update_notifier: "false" };
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return run(process.execPath, [script, ...args], { cwd, env });
  return run("npm", args, { cwd, env });
}

/**
 * What npm wrote into node_modules about itself, against the lock file. By content, because a checkout gives files new dates.
 * @param {string} directory
 * @returns {string | null} null when they agree
 */
export function lockDifference(directory) {
  const installedPath = join(directory, "node_modules/.package-lock.json");
  if (!existsSync(installedPath)) return "node_modules is missing";
  const wanted = readLock(join(directory, "package-lock.json"));
  const installed = readLock(installedPath);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "" || entry.link === true) continue;
    const there = installed[path];
    // An optional package for another system is not installed, and need not be.
    if (there === undefined && entry.optional === true) continue;
    if (there?.version !== entry.version) return `${path.replace("node_modules/", "")} is not at ${entry.version}`;
  }
  return null;
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean, link?: boolean }>}
 */
function readLock(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages;
}

/** What rust-toolchain.toml says. It is ours and short, so no TOML parser is needed. */
export function rustToolchain() {
  const text = readFileSync(join(root, "rust-toolchain.toml"), "utf8");
  const channel = /^channel = "([^"]+)"$/m.exec(text)?.[1];
  if (channel === undefined) throw new BuildError('rust-toolchain.toml has no line channel = "...".');
  /** @param {string} key */
  const list = (key) => [...(new RegExp(`^${key} = \\[([^\\]]*)\\]`, "m").exec(text)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "");
  return { channel, targets: list("targets"), components: list("components") };
}

/** @param {string} name @returns the version that Cargo.lock pins */
export function lockedCrate(name) {
  const text = readFileSync(join(root, "Cargo.lock"), "utf8");
  const version = new RegExp(`^name = "${name}"\\nversion = "([^"]+)"$`, "m").exec(text.replaceAll("\r", ""))?.[1];
  if (version === undefined) throw new BuildError(`Cargo.lock does not name ${name}.`);
  return version;
}

await runMain(import.meta.url, ensureToolchain);
