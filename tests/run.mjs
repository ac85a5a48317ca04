// `npm test`, and `npm run test:fast` for working: the steps of steps.mjs, one line each.
//   node tests/run.mjs [--fast] [--only <part of a name>]... [--list]     with --only, what a step says is shown in any case

import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { BuildError, isCode, root, runMain, seconds } from "../pkg-template/build/process.mjs";
import { ensureToolchain, toolEnv } from "../pkg-template/build/toolchain.mjs";
import { steps } from "./steps.mjs";

/** @typedef {import("./steps.mjs").Step} Step */

/** The process groups of the steps that run. @type {Set<number>} */
const running = new Set();

async function main() {
  const { values: options } = parseArgs({
    options: { fast: { type: "boolean", default: false }, only: { type: "string", multiple: true, default: [] }, list: { type: "boolean", default: false } },
  });
  const chosen = steps.filter(({ name, fast }) => (!options.fast || fast !== false) && (options.only.length === 0 || options.only.some((part) => name.includes(part))));
  if (chosen.length === 0) throw new BuildError(`No step is called that. There are: ${steps.map(({ name }) => name).join(", ")}`);
  if (options.list) return chosen.forEach(({ name }) => console.log(name));

  await ensureToolchain();
  /** @type {Set<string>} */
  const failed = new Set();
  const width = Math.max(...chosen.map(({ name }) => name.length));
  /** Of each step, that it has ended. @type {Map<string, { promise: Promise<void>, resolve: () => void }>} */
  const ends = new Map(chosen.map(({ name }) => [name, withResolvers()]));
  /** @param {Step} step */
  const line = async (step) => {
    await ends.get(step.needs ?? "")?.promise;
    const { problem, took, output } = step.needs !== undefined && failed.has(step.needs) ? { problem: `not run, because ${step.needs} failed`, took: "", output: "" } : await runStep(step, options.fast);
    if (problem !== null) failed.add(step.name);
    ends.get(step.name)?.resolve();
    // Who asks for one step wants to see what it says.
    const said = [problem !== null || options.only.length > 0 ? output : "", problem ?? ""].filter((text) => text !== "").join("\n");
    return `${problem === null ? "ok    " : "FAILED"}  ${took.padStart(7)}${said === "" ? "" : `\n${said}\n`}`;
  };
  // What runs beside the others is told of when no line is being written.
  /** @type {string[]} */
  const told = [];
  const beside = (async () => {
    for (const step of chosen.filter(({ aside }) => aside)) told.push(`${step.name.padEnd(width)}  ${await line(step)}  beside the others`);
  })();
  for (const step of chosen.filter(({ aside }) => !aside)) {
    process.stdout.write(`${step.name.padEnd(width)}  `);
    console.log(await line(step));
    for (const text of told.splice(0)) console.log(text);
  }
  await beside;
  for (const text of told) console.log(text);
  if (failed.size > 0) console.log(`failed: ${[...failed].join(", ")}`);
  console.log(`${chosen.length - failed.size} passed, ${failed.size} failed`);
  process.exitCode = failed.size === 0 ? 0 : 1;
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers() {
  let resolve = () => {};
  const promise = /** @type {Promise<void>} */ (new Promise((done) => (resolve = () => done(undefined))));
  return { promise, resolve };
}

/**
 * @param {Step} step @param {boolean} isFast
 * @returns {Promise<{ problem: string | null, took: string, output: string }>}
 */
function runStep({ command, fast, aside = false, env = {}, minutes = 10 }, isFast) {
  const [named = "", ...rest] = isFast && typeof fast === "object" ? fast : command;
  const alone = [named === "node" ? process.execPath : named, ...rest];
  // Beside the others, with what they leave of the processors.
  const [program = "", ...args] = aside && process.platform !== "win32" ? ["nice", "-n", "19", ...alone] : alone;
  const start = performance.now();
  return new Promise((done) => {
    // A group of its own, so that a step's servers and browsers end with it.
    const child = spawn(program, args, {
      cwd: root,
      env: { ...toolEnv(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const group = child.pid;
    if (group !== undefined) running.add(group);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
    let limit = "";
    const timer = setTimeout(() => {
      limit = `no end after ${minutes} minutes`;
      endGroup(group);
    }, minutes * 60_000);
    /** @param {string | null} problem */
    const end = (problem) => {
      clearTimeout(timer);
      endGroup(group);
      if (group !== undefined) running.delete(group);
      done({ problem, took: seconds(start), output: output.trimEnd() });
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", () => {
      endGroup(group);
      // What left the group may hold the pipes open for ever, and then "close" would never come.
      for (const stream of [child.stdout, child.stderr]) setTimeout(() => stream.destroy(), 5000).unref();
    });
    child.once("close", (code, signal) => end(limit !== "" ? limit : code === 0 ? null : signal === null ? `exit code ${code}` : `ended by ${signal}`));
  });
}

/**
 * Ends what a step started.
 * @param {number | undefined} group
 */
function endGroup(group) {
  if (group === undefined || !running.has(group)) return;
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    // All of it has ended already.
    if (!isCode(error, "ESRCH")) throw error;
  }
}

process.once("exit", () => running.forEach(endGroup));
await runMain(import.meta.url, main);
