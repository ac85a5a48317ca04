// Runs the command at a terminal, and types.

import { stripVTControlCharacters } from "node:util";
import { spawn } from "@lydell/node-pty";
import { binOf, environment, temporaryFolder } from "./run.mjs";

/** @typedef {{ when: RegExp, type: string }} Answer once `when` has shown, after the one before was typed, `type` is typed: "y\r", "\u0003" for Ctrl-C */

/**
 * @typedef {object} TerminalRun
 * @property {number} status
 * @property {string} output all that was shown, without colours and movements of the cursor
 * @property {string} raw with them
 */

/**
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} [options.cwd]
 * @param {Record<string, string | undefined>} [options.env]
 * @param {readonly Answer[]} [options.answers] each of them must have been given when the command ends
 * @param {number} [options.timeoutMs]
 * @param {number} [options.columns] wide enough that no line is broken, unless said otherwise
 * @param {string} [options.script] another script than the command's
 * @returns {Promise<TerminalRun>}
 */
export function runInTerminal(args, { cwd = temporaryFolder("empty"), env, answers = [], timeoutMs = 60_000, columns = 200, script = binOf(cwd) }) {
  const terminal = spawn(process.execPath, [script, ...args], { name: "xterm-256color", cols: columns, rows: 50, cwd, env: { TERM: "xterm-256color", ...environment(env) } });
  return new Promise((resolve, reject) => {
    let raw = "";
    /** What came since the last answer. */
    let since = "";
    const waiting = [...answers];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      terminal.kill("SIGKILL");
    }, timeoutMs);
    terminal.onData((data) => {
      raw += data;
      since += data;
      const [next] = waiting;
      if (next === undefined || !next.when.test(stripVTControlCharacters(since))) return;
      waiting.shift();
      since = "";
      // A prompt shows before it listens.
      setTimeout(() => terminal.write(next.type), 50);
    });
    terminal.onExit(({ exitCode }) => {
      clearTimeout(timer);
      const output = stripVTControlCharacters(raw).replaceAll("\r\n", "\n");
      const [missed] = waiting;
      if (late) reject(new Error(`${args.join(" ")} did not end within ${timeoutMs} ms${missed === undefined ? "" : `, waiting for ${missed.when}`}.\n${output}`));
      else if (missed !== undefined) reject(new Error(`${args.join(" ")} ended (${exitCode}) before ${missed.when} showed.\n${output}`));
      else resolve({ status: exitCode, output, raw });
    });
  });
}
