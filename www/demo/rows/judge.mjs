// Compares what became of a delivery with what should have.

/**
 * @typedef {object} Judged
 * @property {string} came
 * @property {string} code the code in the server's log
 * @property {string[]} notes
 * @property {string[]} problems each difference; none: the row came out as it should
 */

/**
 * @param {import("../lab.mjs").Outcome} outcome
 * @param {{ ok?: boolean, status?: number, text?: string, code: string | null, stored: number }} expected
 * @returns {Judged}
 */
export function judge(outcome, expected) {
  const { answer, code, stored } = outcome;
  const problems = [];
  const said = answer.status === null ? (answer.ok ? "accepted" : (readCode(answer.text) ?? "an error")) : String(answer.status);
  if (expected.ok !== undefined && answer.ok !== expected.ok) problems.push(`the answer was ${answer.text}`);
  if (expected.status !== undefined && answer.status !== expected.status) problems.push(`status ${expected.status} was expected, the answer was ${answer.status ?? ""} ${answer.text}`);
  if (expected.text !== undefined && answer.text !== expected.text) problems.push(`the answer was ${answer.text}`);
  if (code !== expected.code) problems.push(`the code in the log was ${code ?? "none"}`);
  if (stored !== expected.stored) problems.push(`${stored} events were stored under ${outcome.delivery.id}`);
  // A sender learns that a delivery failed and never why.
  if (expected.status === 502 && /[a-z]+_[a-z]+|countersign/i.test(answer.text)) problems.push(`the answer tells too much: ${answer.text}`);
  const kept = stored === 0 ? "nothing stored" : stored === 1 ? "stored once" : `stored ${stored} times`;
  return { came: `${said}, ${kept}`, code: code ?? "-", notes: [], problems };
}

/** Adds a note, and the problem that it does not hold if it does not. */
export function note(judged, text, ok) {
  judged.notes.push(text);
  if (!ok) judged.problems.push(`missing: ${text}`);
}

function readCode(text) {
  return /^\{"code":"([a-z_]+)"/.exec(text)?.[1];
}

/** The first log line after `from` that fits; what a child process prints may come a moment late. */
export async function appears(log, from, fits) {
  const deadline = Date.now() + 3000;
  for (;;) {
    const line = log().slice(from).find(fits);
    if (line !== undefined || Date.now() > deadline) return line;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
