// Runs the command as a user's shell does: another process, its own environment, no terminal.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const installed = fileURLToPath(new URL("../../../node_modules/countersign/", import.meta.url));

/** What is done when the tests of this file are over: `after` inside of a hook or a test would come too early for what others use too. @type {(() => unknown)[]} */
const atEnd = [];
after(async () => {
  for (const each of atEnd.splice(0).reverse()) await each();
});

/** @param {() => unknown} cleanUp */
export const atEndOfFile = (cleanUp) => void atEnd.push(cleanUp);

/** A folder that is gone when the tests of this file are over. @param {string} name */
export function temporaryFolder(name) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `countersign-${name}-`)));
  atEndOfFile(() => {
    // What a command that was killed had started goes on without it; a convex CLI whose deployment is gone tries for ever.
    if (process.platform !== "win32") spawnSync("pkill", ["-KILL", "-f", `${folder}/`]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return folder;
}

/** The command of the project that a folder is in, or of the repository. @param {string} cwd @returns {string} */
export function binOf(cwd) {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules/countersign");
    if (existsSync(join(found, "package.json"))) return scriptOf(found);
    if (folder === dirname(folder)) return scriptOf(installed);
  }
}

/** @param {string} folder */
function scriptOf(folder) {
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, bin.countersign);
}

/**
 * What every command needs of an environment, and nothing of the tests' own.
 * @param {Record<string, string | undefined>} [env]
 * @returns {Record<string, string>}
 */
export function environment(env = {}) {
  const home = env["HOME"] ?? temporaryFolder("home");
  const all = {
    PATH: process.env["PATH"],
    HOME: home,
    USERPROFILE: home,
    TMPDIR: process.env["TMPDIR"],
    SYSTEMROOT: process.env["SYSTEMROOT"],
    GIT_CONFIG_NOSYSTEM: "1",
    // The convex CLI reports faults and looks for its newest version: not from here.
    CONVEX_PROVISION_HOST: "http://127.0.0.1:9",
    CONVEX_VERSION_API_ORIGIN: "http://127.0.0.1:9",
    ...env,
  };
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] a folder of its own, empty, unless said otherwise
 * @property {Record<string, string | undefined>} [env] added to the least there is
 * @property {string | Buffer} [stdin] nothing unless said otherwise
 * @property {number} [timeoutMs]
 * @property {(child: import("node:child_process").ChildProcess) => void} [started] for signals
 */

/**
 * @typedef {object} Run
 * @property {number | null} status `null` after a signal
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} output both
 * @property {() => any} json what stdout holds, which must be one JSON text and nothing else
 */

/** Runs `countersign` with these arguments. @param {readonly string[]} args @param {RunOptions} [options] */
export function run(args, options = {}) {
  const cwd = options.cwd ?? temporaryFolder("empty");
  return runScript(binOf(cwd), args, { ...options, cwd });
}

/**
 * Runs any script of Node.js in the same way.
 * @param {string} script @param {readonly string[]} args @param {RunOptions & { cwd: string }} options
 * @returns {Promise<Run>}
 */
export function runScript(script, args, { cwd, env, stdin = "", timeoutMs = 60_000, started }) {
  return new Promise((resolve, reject) => {
    // In a process group of its own, so that nothing it started outlives it.
    const child = spawn(process.execPath, [script, ...args], { cwd, env: environment(env), stdio: "pipe", detached: process.platform !== "win32" });
    const killAll = () => {
      try {
        if (child.pid !== undefined) process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
      } catch (error) {
        // It has ended in the meantime.
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
      }
    };
    let stdout = "";
    let stderr = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killAll();
    }, timeoutMs);
    child.stdout.setEncoding("utf8").on("data", (chunk) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk) => (stderr += chunk));
    // A command that does not read stdin may be gone before it is written.
    child.stdin.on("error", (/** @type {NodeJS.ErrnoException} */ error) => error.code !== "EPIPE" && reject(error));
    child.stdin.end(stdin);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      if (late) {
        reject(new Error(`${[script, ...args].join(" ")} did not end within ${timeoutMs} ms.\n${stdout}${stderr}`));
        return;
      }
      resolve({ status, signal, stdout, stderr, output: stdout + stderr, json: () => JSON.parse(stdout) });
    });
    started?.(child);
  });
}
