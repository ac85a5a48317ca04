// Sends webhooks and signed requests, honest ones and altered ones, and tells what became of each.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeIn } from "../lab.mjs";
import { www } from "../paths.mjs";
import { plain } from "../relay.mjs";
import { createRequestCourses } from "./requests.mjs";
import { createWebhookCourses } from "./webhooks.mjs";

/**
 * What one of them is, and what must become of it: the page shows the same list.
 * @typedef {object} Exchange
 * @property {"webhook" | "request"} kind
 * @property {string} id
 * @property {string} title
 * @property {string} came the status that the sender was answered with; or for an action in Convex what it made of the answer
 * @property {string | null} code in the log of whoever received it
 * @property {number} stored how many events
 * @property {boolean} [here] whether it takes a deployment on this machine; all requests do
 */

/**
 * What happened.
 * @typedef {object} Course
 * @property {string} from
 * @property {string} to
 * @property {import("../relay.mjs").Message} sent
 * @property {import("../relay.mjs").Message | null} arrived
 * @property {import("../relay.mjs").Message | null} answer what the receiver answered
 * @property {import("../relay.mjs").Message} returned what its sender got
 * @property {string} came
 * @property {string[]} eventIds under which something could be stored
 * @property {string[]} [problems]
 */

/** @type {{ kind: "webhook" | "request", groups: { title: string, choices: Omit<Exchange, "kind">[] }[] }[]} */
const described = JSON.parse(readFileSync(join(www, "app", "lib", "exchanges.json"), "utf8"));

/** @type {(Exchange & { group: string })[]} */
export const exchanges = described.flatMap(({ kind, groups }) => groups.flatMap(({ title: group, choices }) => choices.map((choice) => ({ kind, group, ...choice }))));

const longest = 4000;

// From outside all refusals are the same.
const refusals = {
  401: '{"type":"about:blank","title":"Unauthorized","status":401}',
  413: '{"type":"about:blank","title":"Content Too Large","status":413}',
};

/**
 * @param {Parameters<typeof createRequestCourses>[0] & Parameters<typeof createWebhookCourses>[0] & {
 *   lab: ReturnType<typeof import("../lab.mjs").createLab>, nextLog: () => string[], secrets: () => string[] }} options
 */
export function createExchanges(options) {
  const { lab, backend, nextLog, secrets } = options;
  const courses = { webhook: createWebhookCourses(options), request: createRequestCourses(options) };
  for (const { kind, id } of exchanges) if (courses[kind][id] === undefined) throw new Error(`app/lib/exchanges.json describes "${id}", which is not there.`);

  // The sender of a secret as a bearer token really sends it; the page is not to show it.
  const masked = (text) => secrets().reduce((shown, secret) => shown.replaceAll(secret, "(the secret)"), text);

  function shown(message) {
    if (message === null) return null;
    const { method, path, status, headers, body } = plain(message);
    const text = masked(body.toString("utf8"));
    return {
      start: method === undefined ? String(status) : `${method} ${path}`,
      headers: headers.map(([name, value]) => [name.toLowerCase(), masked(value)]),
      body: text.length > longest ? `${text.slice(0, longest)} …` : text,
      bytes: body.length,
    };
  }

  /**
   * @param {Exchange} exchange
   * @returns what became of it, for the page and the table
   */
  async function send({ kind, id, came: wanted, code: wantedCode, stored: wantedStored }) {
    const from = { next: nextLog().length, convex: backend.log().length };
    const lines = () => [...nextLog().slice(from.next), ...backend.log().slice(from.convex)];
    const course = await courses[kind][id]();
    // What a child process prints may come a moment late.
    for (const deadline = Date.now() + 3000; codeIn(lines()) !== wantedCode && Date.now() < deadline; ) await new Promise((resolve) => setTimeout(resolve, 20));
    const log = lines().filter((line) => line.trim() !== "").map(masked);
    const [code, stored] = [codeIn(log), (await lab.storedCounts(course.eventIds)).reduce((sum, count) => sum + count, 0)];
    const problems = [...(course.problems ?? [])];
    if (course.came !== wanted) problems.push(`${wanted} was expected, what came was ${course.came}`);
    if (code !== wantedCode) problems.push(`the code in the log was ${code ?? "none"}`);
    if (stored !== wantedStored) problems.push(`${stored} events were stored under ${course.eventIds.join(" and ")}`);
    const { answer } = course;
    const told = answer === null ? "" : plain(answer).body.toString("utf8");
    if ([401, 413].includes(answer?.status) && told !== refusals[answer.status]) problems.push(`the answer tells too much: ${told}`);
    const { from: sender, to, sent, arrived, returned, came } = course;
    return { kind, id, from: sender, to, sent: shown(sent), arrived: shown(arrived), answer: shown(answer), returned: shown(returned), came, code, stored, log, problems };
  }

  return {
    /** @param {Exchange} exchange */
    send: (exchange) => lab.inTurn(() => send(exchange)),
  };
}

