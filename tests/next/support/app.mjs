// A copy of a Next.js app below .cache, built and served there: Next.js writes into an app's own folder. The package that is
// installed in root node_modules is copied with it, so that a build of the package meanwhile does not change it.
import { spawn } from "node:child_process";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError, attempt, cacheDir, root } from "../../../pkg-template/build/process.mjs";
import { bundleSuite } from "../../conformance/lib.mjs";

/** @typedef {"turbopack" | "webpack"} Bundler */

const installed = join(root, "node_modules/countersign");
const nextBin = join(root, "node_modules/next/dist/bin/next");
// The machine may be busy with other tests; this is only there so that nothing hangs for ever.
const limitMs = 300_000;

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGTERM")));

/** @param {"app" | "refused"} fixture @param {Bundler} bundler @param {string} [packageFolder] another package, to see a broken one caught */
export async function copyApp(fixture, bundler, packageFolder = installed) {
  const folder = join(cacheDir, "next", `${fixture}-${bundler}`);
  rmSync(folder, { recursive: true, force: true });
  cpSync(fileURLToPath(new URL(`../${fixture}/`, import.meta.url)), folder, { recursive: true });
  cpSync(packageFolder, join(folder, "node_modules/countersign"), { recursive: true });
  if (fixture === "app") writeFileSync(join(folder, "lib/suite.mjs"), await bundleSuite("esm"));
  return folder;
}

/** This process's environment without what would change Next.js or countersign. @param {Record<string, string>} env */
function nextEnv(env) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(COUNTERSIGN_|NEXT_|CONVEX_|NODE_ENV$|TURBOPACK$|PORT$)/.test(name));
  return { ...Object.fromEntries(kept), NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1", ...env };
}

/** @param {string} folder @param {Bundler} bundler @param {Record<string, string>} env */
export function nextBuild(folder, bundler, env) {
  return attempt(process.execPath, [nextBin, "build", `--${bundler}`], { cwd: folder, env: nextEnv(env), timeoutMs: limitMs });
}

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {() => string} log
 * @property {() => Promise<void>} close
 */

/**
 * `next start` or `next dev`, on a free port.
 * @param {string} folder @param {"start" | "dev"} command @param {Bundler} bundler @param {Record<string, string>} env
 * @returns {Promise<Server>}
 */
export async function nextServe(folder, command, bundler, env) {
  const args = [nextBin, command, ...(command === "dev" ? [`--${bundler}`] : []), "--hostname", "127.0.0.1", "--port", "0"];
  const child = spawn(process.execPath, args, { cwd: folder, env: nextEnv(env), stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let log = "";
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  const url = await new Promise((resolve, reject) => {
    const fail = (/** @type {unknown} */ why) => reject(new BuildError(`next ${command}: ${why}\n${log.slice(-3000)}`));
    const timer = setTimeout(() => fail("it did not start"), limitMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        log += text;
        const found = /Local:\s+(http:\S+)[^]*Ready in/.exec(log);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found[1]);
      });
    }
    void ended.then((why) => {
      clearTimeout(timer);
      fail(why);
    });
  });
  async function close() {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
    children.delete(child);
  }
  return { url, log: () => log, close };
}
