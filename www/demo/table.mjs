// The ten rows: each sends a delivery and checks what came back, what the log says and what was stored.

import { bold, dim, green, red, yellow } from "./steps.mjs";

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} expected
 * @property {string} came
 * @property {string} code the code in the server's log
 * @property {string[]} notes
 * @property {"passed" | "failed" | "skipped"} mark
 */

const accepted = (name, route) => ({
  name,
  expected: "200, stored once",
  needs: "nothing",
  async run({ lab }) {
    const outcome = await lab.send("none", { route, delivery: lab.newDelivery() });
    return judge(outcome, { status: 200, code: null, stored: 1 });
  },
});

// Through Next.js a refusal is its own 502 without detail; to a direct caller Convex says "unauthorized" and no more.
const refused = (name, change, code, { notes = () => [], throughNext = false } = {}) => ({
  name,
  expected: `refused, ${code}`,
  needs: "log",
  async run({ lab, backend }) {
    const outcome = await lab.send(change, { route: "node", delivery: lab.newDelivery() });
    const answer = throughNext && !backend.real ? { status: 502 } : { text: '{"code":"unauthorized"}' };
    const judged = judge(outcome, { ...answer, code, stored: 0 });
    for (const { text, ok } of notes(lab, outcome)) {
      judged.notes.push(text);
      if (!ok) judged.problems.push(`missing: ${text}`);
    }
    return judged;
  },
});

const bothKeyIds = (lab, { log }) => {
  const has = (id) => log.some((line) => line.includes(id));
  return [{ text: `the log names both key ids: ${lab.strangersKeyId} signed, ${lab.keyId} is accepted`, ok: has(lab.strangersKeyId) && has(lab.keyId) }];
};

const missingInConvex = {
  name: "secret missing in Convex",
  expected: "refused, misconfigured",
  needs: "env",
  async run({ lab, backend, secret, nextLog }) {
    const from = nextLog().length;
    await backend.removeSecret();
    let judged;
    try {
      const outcome = await lab.send("none", { route: "node", delivery: lab.newDelivery() });
      judged = judge(outcome, { status: 502, code: "misconfigured", stored: 0 });
      const command = "npx convex env set COUNTERSIGN_SECRET";
      const convexSays = outcome.log.some((line) => line.includes(command));
      const nextSays = await appears(nextLog, from, (line) => line.includes("misconfigured") && line.includes(command));
      judged.notes.push(`both logs say to run \`${command}\``);
      if (!convexSays) judged.problems.push(`the deployment's log does not name \`${command}\``);
      if (!nextSays) judged.problems.push(`the Next.js log does not name \`${command}\``);
    } finally {
      await backend.setSecret(secret);
    }
    const after = await lab.send("none", { route: "node", delivery: lab.newDelivery() });
    judged.notes.push(`with that command run, the next delivery ${after.answer.ok ? "was accepted" : "was refused"}`);
    if (!after.answer.ok || after.stored !== 1) judged.problems.push("a delivery after the secret was set again was not accepted");
    return judged;
  },
};

const missingInNext = {
  name: "secret missing in Next.js",
  expected: "refused, secret_missing",
  needs: "nothing",
  async run({ lab, startNextWithout }) {
    const next = await startNextWithout("COUNTERSIGN_SECRET");
    try {
      const outcome = await lab.send("none", { route: "node", delivery: lab.newDelivery(), url: next.url });
      const found = await appears(next.log, 0, (line) => line.includes("secret_missing"));
      const judged = judge({ ...outcome, code: found === undefined ? null : "secret_missing" }, { status: 502, code: "secret_missing", stored: 0 });
      if (outcome.sent !== null) judged.problems.push("a call reached Convex all the same");
      judged.notes.push("its log names .env.local; nothing was sent to Convex");
      if (!found?.includes(".env.local")) judged.problems.push("the Next.js log does not name .env.local");
      return judged;
    } finally {
      await next.close();
    }
  },
};

export const rows = [
  accepted("accepted on the Node route", "node"),
  accepted("accepted on the edge route", "edge"),
  refused("args changed on the way", "args", "signature_invalid", { throughNext: true, notes: argsWereChanged }),
  refused("signed with another secret", "secret", "key_unknown", { notes: bothKeyIds }),
  refused("signed for another function", "function", "signature_invalid"),
  refused("signed for another deployment", "deployment", "signature_invalid"),
  refused("too old", "old", "expired"),
  refused("no signature", "unsigned", "signature_missing"),
  missingInConvex,
  missingInNext,
];

/** The row means something only if the proxy really changed the call. */
function argsWereChanged(_lab, { sent, passedOn }) {
  const ok = sent !== null && sent.args.amount !== passedOn?.args.amount && sent.args.countersign === passedOn?.args.countersign;
  return [{ text: `amount ${sent?.args.amount} became ${passedOn?.args.amount} between Next.js and Convex`, ok }];
}

/** Compares an outcome with what it should be; each difference is a problem. */
function judge(outcome, expected) {
  const { answer, code, stored } = outcome;
  const problems = [];
  const said = answer.status === null ? (answer.ok ? "accepted" : (readCode(answer.text) ?? "an error")) : String(answer.status);
  if (expected.status !== undefined && answer.status !== expected.status) problems.push(`status ${expected.status} was expected, the answer was ${answer.status ?? ""} ${answer.text}`);
  if (expected.text !== undefined && answer.text !== expected.text) problems.push(`the answer was ${answer.text}`);
  if (code !== expected.code) problems.push(`the code in the log was ${code ?? "none"}`);
  if (stored !== expected.stored) problems.push(`${stored} events were stored under ${outcome.delivery.id}`);
  // A sender learns that a delivery failed and never why.
  if (expected.status === 502 && /[a-z]+_[a-z]+|countersign/i.test(answer.text)) problems.push(`the answer tells too much: ${answer.text}`);
  const kept = stored === 0 ? "nothing stored" : stored === 1 ? "stored once" : `stored ${stored} times`;
  return { came: `${said}, ${kept}`, code: code ?? "-", notes: [], problems };
}

function readCode(text) {
  return /^\{"code":"([a-z_]+)"/.exec(text)?.[1];
}

/** The first log line after `from` that fits; what a child process prints may come a moment late. */
async function appears(log, from, fits) {
  const deadline = Date.now() + 3000;
  for (;;) {
    const line = log().slice(from).find(fits);
    if (line !== undefined || Date.now() > deadline) return line;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const columns = [
  ["", 2],
  ["delivery", 30],
  ["expected", 27],
  ["came back", 29],
  ["code in the log", 17],
];

/**
 * Runs the rows one after the other and prints each as it is done.
 * @returns {Promise<Row[]>}
 */
export async function runTable(context) {
  console.log(`\n${bold(line(columns.map(([title]) => title)))}`);
  const results = [];
  for (const [index, row] of rows.entries()) {
    const result = await runRow(row, context);
    results.push(result);
    const { came, code, mark, notes, problems } = result;
    const sign = mark === "passed" ? green("✓ ok") : mark === "skipped" ? yellow("- skipped") : red("✗ WRONG");
    console.log(`${line([String(index + 1), row.name, row.expected, came, code])} ${sign}`);
    if (mark !== "failed") for (const note of notes) console.log(dim(`      ${note}`));
    for (const problem of problems) console.log(red(`      ${problem}`));
  }
  return results;
}

async function runRow(row, context) {
  const none = { came: "", code: "", notes: [], problems: [] };
  if (context.backend.real && row.needs === "env") return { ...none, came: "skipped: real deployment", mark: "skipped" };
  try {
    const { problems, ...judged } = await row.run(context);
    if (context.backend.real && row.needs === "log") {
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
