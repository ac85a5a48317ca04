// All that must be there before the demo can run. Each step is skipped if what it makes is already there and right.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../../pkg-template/build/process.mjs";
import { lockDifference, toolEnv } from "../../pkg-template/build/toolchain.mjs";
import { digest, holdsTarball, readStamp } from "./contents.mjs";
import { plainEnv, requireNoEnvFiles } from "./next-server.mjs";
import { root, tarball, www } from "./paths.mjs";
import { DemoError, runProgram, runSteps } from "./steps.mjs";

const network = "Look at the output below; if it is about the network, run the demo again when there is one.";

const quiet = ["--no-audit", "--no-fund", "--no-progress"];
const npmEnv = () => ({ ...toolEnv(), npm_config_update_notifier: "false" });

const steps = [
  { name: "tools and npm packages of the workspace", run: ensureTools },
  { name: "the countersign package", run: buildPackage },
  { name: "npm packages of the app", run: installPackages },
  { name: "countersign in the app", run: installTarball },
  { name: "the app's production build", run: buildApp },
];

export async function setUp() {
  requireNoEnvFiles();
  // A test run and a demo in one folder would otherwise build over each other.
  await withLock("demo", () => runSteps(steps));
}

/** Rust, its wasm target, wasm-pack, wasm-bindgen and the packages of the workspace: the build knows what it needs. */
async function ensureTools(report) {
  const said = await runProgram(process.execPath, [join(root, "pkg-template", "build", "toolchain.mjs")], { cwd: root, timeoutMs: 60 * 60_000, onLine: report, ours: true });
  return said.trim() === "" ? "all there" : "installed what was missing";
}

async function installPackages(report) {
  const difference = lockDifference(www);
  if (difference === null) return "as in package-lock.json";
  report(`npm install, because ${difference}`);
  // Not `npm ci`: it wants the optional packages of all platforms in the lock file, and not every registry has them all.
  await runProgram("npm", ["install", "--no-save", ...quiet], { cwd: www, env: npmEnv(), advice: network });
  const left = lockDifference(www);
  if (left !== null) throw new DemoError(`After \`npm install\`, www/node_modules still differs from package-lock.json: ${left}. Delete www/node_modules and run the demo again.`);
  return "installed";
}

async function buildPackage(report) {
  const stamp = join(root, ".cache", "demo-package.sha256");
  const inputs = digest(root, ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo", "src", "pkg-template", "package-lock.json"]);
  // The stamp names what went in and what came out: an exchanged tarball is built again.
  const current = () => `${inputs} ${digest(root, [".cache/countersign.tgz"])}`;
  if (existsSync(tarball) && readStamp(stamp) === current()) return "already built from these sources";
  // What `npm run build` runs.
  await runProgram(process.execPath, [join(root, "pkg-template", "build", "build.mjs")], { cwd: root, onLine: report, ours: true });
  if (!existsSync(tarball)) throw new DemoError("The build ended well but made no .cache/countersign.tgz.");
  writeFileSync(stamp, `${current()}\n`);
  return "built";
}

async function installTarball(report) {
  const installed = join(www, "node_modules", "countersign");
  if (holdsTarball(installed, tarball)) return "is the packed tarball already";
  report("npm install of the packed tarball");
  // It has no dependencies, so there is nothing to ask a registry for.
  await runProgram("npm", ["install", "--no-save", "--offline", ...quiet, tarball], { cwd: www, env: npmEnv(), advice: network });
  if (!holdsTarball(installed, tarball)) throw new DemoError("npm installed something else than .cache/countersign.tgz into www/node_modules.");
  return "installed from the packed tarball";
}

async function buildApp(report) {
  const stamp = join(www, ".next", "demo.sha256");
  const inputs = digest(www, ["app", "convex", "public", "package-lock.json", "next.config.mjs", "tsconfig.json"], digest(root, [".cache/countersign.tgz"]));
  if (existsSync(join(www, ".next", "BUILD_ID")) && readStamp(stamp) === inputs) return "already built from these sources";
  report("next build");
  const next = join(www, "node_modules", "next", "dist", "bin", "next");
  await runProgram(process.execPath, [next, "build"], { cwd: www, env: plainEnv(), label: "next build", advice: "The app did not build.", onLine: report.detail });
  writeFileSync(stamp, `${inputs}\n`);
  return "built";
}
