// For the tests of sign and verify: runs whose output is searched for every secret, and messages as text.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { run } from "./run.mjs";
import { watching } from "./watching.mjs";

/** Like `run`, and fails if a secret comes out anywhere. @param {readonly string[]} secrets */
export const watchedRun = (secrets) => watching(Object.fromEntries(secrets.map((secret, at) => [`secret ${at}`, secret]))).run;

/**
 * The same where a secret is an argument, against the rules: it is looked for in both outputs.
 * @param {readonly string[]} secrets
 */
export const runWithMistake = (secrets) => async (/** @type {readonly string[]} */ args, /** @type {import("./run.mjs").RunOptions} */ options = {}) => {
  const result = await run(args, options);
  const { find } = watching(Object.fromEntries(secrets.map((secret, at) => [`secret ${at}`, secret])));
  assert.equal(find(result.output), undefined, args.slice(0, 2).join(" "));
  return result;
};

/** @param {string} startLine @param {readonly (readonly [string, string])[]} headers @param {string | Uint8Array} [body] @param {string} [newline] */
export const asText = (startLine, headers, body = "", newline = "\r\n") =>
  Buffer.concat([Buffer.from([startLine, ...headers.map(([name, value]) => `${name}: ${value}`), "", ""].join(newline), "latin1"), Buffer.from(/** @type {string} */ (body))]);

/**
 * The command within this process, for long tables: the same but for the start of a process. Fails if a secret comes out.
 * @param {readonly string[]} secrets
 */
export const runWithin = (secrets) => async (/** @type {readonly string[]} */ args, /** @type {{ cwd: string, env?: Record<string, string>, stdin?: string | Buffer }} */ { cwd, env = {}, stdin = "" }) => {
  const { main } = await internal("main.js");
  const outputs = ["", ""];
  const [stdout, stderr] = outputs.map((_, at) => ({ write: (/** @type {string} */ text) => (outputs[at] += text) }));
  const status = await main(args, env, cwd, { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr });
  const output = outputs.join("");
  const { find } = watching(Object.fromEntries(secrets.map((secret, at) => [`secret ${at}`, secret])));
  assert.equal(find(output), undefined, args.slice(0, 2).join(" "));
  return /** @type {import("./run.mjs").Run} */ ({ status, signal: null, stdout: outputs[0], stderr: outputs[1], output, json: () => JSON.parse(String(outputs[0])) });
};

/** Header lines as `sign` prints them. @param {string} text @returns {[string, string][]} */
export const headersIn = (text) =>
  text.trimEnd().split("\n").map((line) => {
    const colon = line.indexOf(": ");
    assert.ok(colon > 0, line);
    return [line.slice(0, colon), line.slice(colon + 2)];
  });

/** The steps that a run of `verify --json` shows, those that failed with `-` in front. @param {import("./run.mjs").Run} result @returns {string} */
export const stepsOf = (result) => result.json().steps.map((/** @type {{ step: string, ok: boolean }} */ { step, ok }) => `${ok ? "+" : "-"}${step}`).join(" ");

/** A module of the command's, which is no entry of the package. @param {string} path @returns {Promise<any>} */
export const internal = (path) => import(new URL(`../../../node_modules/countersign/esm/cli/${path}`, import.meta.url).href);
