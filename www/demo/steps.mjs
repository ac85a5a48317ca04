// Progress on the terminal, and running the programs that set-up needs.

import { spawn } from "node:child_process";

/** A failure whose message is all the user needs; everything else is a bug and shows its stack. */
export class DemoError extends Error {}

const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = paint("1");
export const dim = paint("2");
export const green = paint("32");
export const red = paint("31");
export const yellow = paint("33");

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Tells what a step is at: on a terminal in its line, in a log as a line of its own; a detail only on a terminal.
 * @typedef {((text: string) => void) & { detail: (text: string) => void }} Report
 */

/**
 * Runs the set-up steps one by one, each with its number, its name and the time it took.
 * @param {{ name: string, run: (report: Report) => Promise<string> }[]} steps
 *   `run` resolves to what was done ("already there", "built").
 */
export async function runSteps(steps) {
  for (const [index, { name, run }] of steps.entries()) {
    const label = `  ${index + 1}/${steps.length} ${name}`;
    const start = performance.now();
    const live = startLine(label);
    try {
      const done = await run(live.report);
      live.end(`${label}: ${done} ${dim(`(${seconds(start)})`)}`);
    } catch (error) {
      live.end(`${label}: ${red("failed")} ${dim(`(${seconds(start)})`)}`);
      throw error;
    }
  }
}

function startLine(label) {
  const start = performance.now();
  let note = "";
  if (!process.stdout.isTTY) {
    const report = (text) => {
      if (text !== note && text !== "") console.log(`${label}: ${text} ...`);
      note = text;
    };
    return { report: Object.assign(report, { detail: () => {} }), end: (line) => console.log(line) };
  }
  const draw = () => {
    const text = `${label}: ${note === "" ? "checking" : note} ... ${seconds(start)}`;
    process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns ?? 80) - 1)}`);
  };
  draw();
  const timer = setInterval(draw, 200);
  const report = (text) => {
    note = text;
    draw();
  };
  return {
    report: Object.assign(report, { detail: report }),
    end(line) {
      clearInterval(timer);
      process.stdout.write(`\r\x1b[2K${line}\n`);
    },
  };
}

const running = new Set();

/** Ends the programs that set-up started, when the demo itself is being ended. */
export function stopPrograms() {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * Runs a program to its end and resolves to what it printed. Its output shows only if it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, input?: string, advice?: string, timeoutMs?: number,
 *   onLine?: (line: string) => void, label?: string, ours?: boolean }} options `onLine` gets the lines that tell of something under
 *   way ("installing x ..."); `ours`: a script of this repository, whose own message says all
 */
export function runProgram(command, args, { cwd, env = process.env, input, advice, timeoutMs = 15 * 60_000, onLine, label, ours = false }) {
  return new Promise((resolve, reject) => {
    const shown = label ?? [command, ...args].join(" ");
    const child = spawn(command, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const over = () => {
      clearTimeout(timer);
      running.delete(child);
    };
    running.add(child);
    let output = "";
    const collect = (chunk) => {
      output += chunk;
      // The last line, before it is finished: of "installing x ... 2.0 s" the time is still to come.
      const [, doing] = /(?:^|\n) *([^\n]*?) *\.\.\.[^\n]*\n?$/.exec(output) ?? [];
      if (doing !== undefined) onLine?.(doing);
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    // A program may end before it has read its input: its exit status tells what went wrong.
    child.stdin.on("error", (error) => {
      output += `\n(stdin: ${error.message})`;
    });
    child.stdin.end(input);
    child.on("error", (error) => {
      over();
      const reason = error.code === "ENOENT" ? `\`${command}\` was not found.` : `\`${shown}\` did not start: ${error.message}.`;
      reject(new DemoError(advice === undefined ? reason : `${reason} ${advice}`));
    });
    child.on("close", (status, signal) => {
      over();
      if (status === 0) return resolve(output);
      if (ours && signal === null) return reject(new DemoError(output.trim()));
      const how = signal === null ? `ended with status ${status}` : `was ended by ${signal}`;
      const lines = output.trimEnd().split("\n");
      // Some programs say what is wrong first, others last.
      const shownLines = lines.length <= 50 ? lines : [...lines.slice(0, 20), `... ${lines.length - 45} lines ...`, ...lines.slice(-25)];
      const tail = shownLines.join("\n");
      reject(new DemoError(`\`${shown}\` ${how}.${advice === undefined ? "" : ` ${advice}`}\n\n${tail}`));
    });
  });
}
