// For the tests of sign and verify: runs whose output is searched for every secret, and messages as text.

import assert from "node:assert/strict";
import { run } from "./run.mjs";

/** The forms in which a secret could come out. @param {string} secret */
function formsOf(secret) {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString("base64").replace(/=+$/, ""), bytes.toString("base64url"), bytes.toString("hex"), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), [...secret].reverse().join("")];
}

/**
 * Like `run`, and fails if a secret comes out, in any form.
 * @param {readonly string[]} secrets
 */
export const watchedRun = (secrets) => async (/** @type {readonly string[]} */ args, /** @type {import("./run.mjs").RunOptions} */ options = {}) => {
  const result = await run(args, options);
  for (const secret of secrets) {
    for (const form of formsOf(secret)) assert.ok(!result.output.includes(form), `the output of ${args.slice(0, 3).join(" ")} holds a secret`);
  }
  return result;
};

/** @param {string} startLine @param {readonly (readonly [string, string])[]} headers @param {string | Uint8Array} [body] @param {string} [newline] */
export const asText = (startLine, headers, body = "", newline = "\r\n") =>
  Buffer.concat([Buffer.from([startLine, ...headers.map(([name, value]) => `${name}: ${value}`), "", ""].join(newline), "latin1"), Buffer.from(/** @type {string} */ (body))]);

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
