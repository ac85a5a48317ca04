// What the build scripts share: where things are, running a command, and saying what is being done.
// Only Node builtins: this runs before anything is installed.

import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** The sources of the npm package. */
export const templateDir = join(root, "pkg-template");
/** The npm package, as `npm pack` takes it. */
export const pkgDir = join(root, "pkg");
/** Everything that can be made again. */
export const cacheDir = join(root, ".cache");
/** Where wasm.mjs puts what it generates for TypeScript. */
export const generatedDir = join(templateDir, "src/core/wasm/generated");

/** A failure whose message says all there is to say: it is printed without a stack. */
export class BuildError extends Error {
  /** @override */
  name = "BuildError";
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [timeoutMs] Ten minutes unless said otherwise.
 */

/**
 * Runs a command to its end without a shell. Its output is kept, and shown only if it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ stdout: string, stderr: string }>}
 */
export async function run(command, args, options = {}) {
  const result = await attempt(command, args, options);
  if (result.code === 0) return result;
  const output = [result.stdout.trim(), result.stderr.trim()].filter(Boolean).join("\n");
  throw new BuildError(`${[command, ...args].join(" ")}: ${result.problem}${output === "" ? "" : `\n${output}`}`);
}

/**
 * Like `run`, but a command that is missing or fails is an answer and not an error.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number | null, problem: string, stdout: string, stderr: string }>}
 */
export function attempt(command, args, { cwd = root, env = process.env, timeoutMs = 600_000 } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    const stop = () => child.kill("SIGTERM");
    process.once("exit", stop);
    /** @param {number | null} code @param {string} problem */
    const end = (code, problem) => {
      clearTimeout(timer);
      process.removeListener("exit", stop);
      done({ code, problem, stdout, stderr });
    };
    child.once("error", (error) => end(null, error.message));
    child.once("close", (code, signal) => {
      if (timedOut) end(null, `no end after ${timeoutMs / 1000} s`);
      else end(code, code === null ? `ended by ${signal}` : `exit code ${code}`);
    });
  });
}

/**
 * Prints one line: what is being done, and when it is done how long it took.
 * @template T
 * @param {string} label
 * @param {() => T | Promise<T>} action
 * @returns {Promise<T>}
 */
export async function step(label, action) {
  const start = performance.now();
  process.stdout.write(`  ${label} ... `);
  try {
    const value = await action();
    process.stdout.write(`${seconds(start)}\n`);
    return value;
  } catch (error) {
    process.stdout.write(`failed after ${seconds(start)}\n`);
    throw error;
  }
}

/** @param {number} start from `performance.now()` */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/**
 * Keeps two builds in one tree from writing over each other. A lock whose owner is gone is taken over.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withLock(name, action) {
  mkdirSync(cacheDir, { recursive: true });
  const path = join(cacheDir, `${name}.lock`);
  const deadline = Date.now() + 900_000;
  let told = false;
  while (!tryLock(path)) {
    const owner = lockOwner(path);
    if (owner !== null && !isAlive(owner)) {
      rmSync(path, { force: true });
      continue;
    }
    if (Date.now() > deadline) throw new BuildError(`${path} has been held by process ${owner} for 15 minutes. End it, or delete the file.`);
    if (!told) console.log(`  waiting for another ${name} (process ${owner}) to end`);
    told = true;
    await sleep(300);
  }
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await action();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

/** @param {string} path */
function tryLock(path) {
  try {
    const file = openSync(path, "wx");
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** @param {string} path @returns {number | null} null while the owner is still writing its number, or has just gone */
function lockOwner(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return pid > 0 ? pid : null;
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

/** @param {unknown} error @param {string} code */
export function isCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}

/**
 * Runs a script's main function when the file is the one that was started, and ends with one clear message if it fails.
 * @param {string} moduleUrl `import.meta.url` of the script
 * @param {() => Promise<unknown>} main
 */
export async function runMain(moduleUrl, main) {
  if (process.argv[1] === undefined || resolve(process.argv[1]) !== fileURLToPath(moduleUrl)) return;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.once(signal, () => process.exit(130));
  try {
    await main();
  } catch (error) {
    console.error(error instanceof BuildError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
