// `npm test`, and `npm run test:fast` for working: the steps of steps.mjs, one line each.
//   node tests/run.mjs [--fast] [--only <part of a name>]... [--list]

import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { BuildError, isCode, root, runMain, seconds } from "../pkg-template/build/process.mjs";
import { ensureToolchain, toolEnv } from "../pkg-template/build/toolchain.mjs";
import { steps } from "./steps.mjs";

/** @typedef {import("./steps.mjs").Step} Step */

/** @type {number | undefined} the process group of the step that runs */
let running;

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
  for (const step of chosen) {
    process.stdout.write(`${step.name.padEnd(width)}  `);
    const problem = step.needs !== undefined && failed.has(step.needs) ? `not run, because ${step.needs} failed` : await runStep(step, options.fast);
    console.log(problem === null ? "" : `\n${problem}\n`);
    if (problem !== null) failed.add(step.name);
  }
  if (failed.size > 0) console.log(`failed: ${[...failed].join(", ")}`);
  console.log(`${chosen.length - failed.size} passed, ${failed.size} failed`);
  process.exitCode = failed.size === 0 ? 0 : 1;
}

/**
 * @param {Step} step @param {boolean} isFast
 * @returns {Promise<string | null>} what went wrong, with the whole output
 */
function runStep({ command, fast, env = {}, minutes = 10 }, isFast) {
  const [program = "", ...args] = isFast && typeof fast === "object" ? fast : command;
  const start = performance.now();
  return new Promise((done) => {
    // A group of its own, so that a step's servers and browsers end with it.
    const child = spawn(program === "node" ? process.execPath : program, args, {
      cwd: root,
      env: { ...toolEnv(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    running = child.pid;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
    let limit = "";
    const timer = setTimeout(() => {
      limit = `no end after ${minutes} minutes`;
      endGroup();
    }, minutes * 60_000);
    /** @param {string | null} problem */
    const end = (problem) => {
      clearTimeout(timer);
      endGroup();
      running = undefined;
      process.stdout.write(`${problem === null ? "ok    " : "FAILED"}  ${seconds(start).padStart(7)}`);
      done(problem === null ? null : [output.trimEnd(), problem].join("\n"));
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", () => {
      endGroup();
      // What left the group may hold the pipes open for ever, and then "close" would never come.
      for (const stream of [child.stdout, child.stderr]) setTimeout(() => stream.destroy(), 5000).unref();
    });
    child.once("close", (code, signal) => end(limit !== "" ? limit : code === 0 ? null : signal === null ? `exit code ${code}` : `ended by ${signal}`));
  });
}

/** Ends what the running step started. */
function endGroup() {
  if (running === undefined) return;
  try {
    process.kill(-running, "SIGKILL");
  } catch (error) {
    // All of it has ended already.
    if (!isCode(error, "ESRCH")) throw error;
  }
}

process.once("exit", endGroup);
await runMain(import.meta.url, main);
