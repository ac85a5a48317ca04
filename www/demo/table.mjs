// The table: each row sends deliveries and checks what came back, what the log says and what was stored.

import { callerRows } from "./rows/callers.mjs";
import { exchangeRows } from "./rows/exchanges.mjs";
import { onceRows } from "./rows/once.mjs";
import { rotationRows } from "./rows/rotation.mjs";
import { setupRows } from "./rows/setup.mjs";
import { signatureRows } from "./rows/signatures.mjs";
import { bold, dim, green, red, yellow } from "./steps.mjs";

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} expected
 * @property {("env" | "log" | "worker" | "here")[]} needs what the row needs beside the answers: to change the deployment's
 *   environment, to read its log, the worker's secret, a deployment on this machine
 * @property {(context: Awaited<ReturnType<typeof import("./serve.mjs").startDemo>>) => Promise<import("./rows/judge.mjs").Judged>} run
 *
 * @typedef {Omit<import("./rows/judge.mjs").Judged, "problems"> & { problems: string[], mark: "passed" | "failed" | "skipped" }} Result
 */

/** @type {[title: string, rows: Row[]][]} */
export const sections = [
  ["Signed calls", [...signatureRows, ...onceRows, ...callerRows, ...rotationRows, ...setupRows]],
  ["Webhooks", exchangeRows("webhook")],
  ["Signed HTTP", exchangeRows("request")],
];

const columns = [
  ["", 2],
  ["what was sent", 32],
  ["expected", 31],
  ["came back", 31],
  ["code in the log", 20],
];

/**
 * Runs the rows one after the other and prints each as it is done.
 * @returns {Promise<Result[]>}
 */
export async function runTable(context) {
  const results = [];
  for (const [title, rows] of sections) {
    console.log(`\n${bold(line(["", title, ...columns.slice(2).map(([column]) => column)]))}`);
    for (const row of rows) {
      const result = await runRow(row, context);
      results.push(result);
      const { came, code, mark, notes, problems } = result;
      const sign = mark === "passed" ? green("✓ ok") : mark === "skipped" ? yellow("- skipped") : red("✗ WRONG");
      console.log(`${line([String(results.length), row.name, row.expected, came, code])} ${sign}`);
      if (mark !== "failed") for (const note of notes) console.log(dim(`      ${note}`));
      for (const problem of problems) console.log(red(`      ${problem}`));
    }
  }
  return results;
}

async function runRow(row, context) {
  const none = { came: "", code: "", notes: [], problems: [] };
  if (context.backend.real && (row.needs.includes("env") || row.needs.includes("here"))) return { ...none, came: "skipped: real deployment", mark: "skipped" };
  if (context.workerSecret === undefined && row.needs.includes("worker")) {
    return { ...none, came: "skipped: no worker's secret", notes: ["skipped: COUNTERSIGN_WORKER_SECRET is not set in this shell"], mark: "skipped" };
  }
  try {
    const { problems, ...judged } = await row.run(context);
    if (context.backend.real && row.needs.includes("log")) {
      // Its log is elsewhere, so only the answer can be judged: that is half the row.
      const seen = problems.filter((problem) => !problem.startsWith("the code in the log") && !problem.startsWith("missing:"));
      const notes = [`skipped: real deployment; \`npx convex logs\` should show the code ${row.expected.split(", ").at(-1)}`];
      return { ...judged, code: "?", notes, problems: seen, mark: seen.length === 0 ? "skipped" : "failed" };
    }
    return { ...judged, problems, mark: problems.length === 0 ? "passed" : "failed" };
  } catch (error) {
    return { ...none, came: "the row could not be run", problems: [error.message], mark: "failed" };
  }
}

function line(cells) {
  return cells.map((cell, index) => cell.padEnd(columns[index][1])).join(" ");
}
