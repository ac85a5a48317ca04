// What `verify` shows is what the verifier decides: every shared vector through the command's own judgement, and some of each kind through the command.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CountersignError, createKeyring } from "countersign";
import { hmac } from "countersign/webhooks";
import { fromConvexJson, unhex } from "../conformance/cases/checks.mjs";
import { makeProject } from "./support/project.mjs";
import { run, temporaryFolder } from "./support/run.mjs";
import { asText, internal } from "./support/signing.mjs";

const { judgeCall, judged, judgeMessage, judgeWebhook } = await internal("verify/judge.js");

/** @param {string} name @returns {any[]} */
const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
const calls = [...vectors("tokens"), ...vectors("refused")].filter(({ args }) => typeof args === "object" && args !== null && !Array.isArray(args));
const messages = [...vectors("messages"), ...vectors("messages-refused")];
const webhooks = vectors("webhooks");

/** @param {() => any} judge @returns {{ code: string | undefined, steps: { ok: boolean, detail: string }[], signed?: Uint8Array }} */
function outcomeOf(judge) {
  try {
    return { code: undefined, ...judge() };
  } catch (error) {
    // The set-up, or how it was asked: nothing to explain.
    if (!(error instanceof CountersignError)) throw error;
    return { code: error.code, steps: [] };
  }
}

/** @param {any} vector @param {() => any} judge */
function agrees(vector, judge) {
  const { code, steps, signed } = outcomeOf(judge);
  assert.equal(code, vector.code, vector.name);
  const failed = steps.find(({ ok }) => !ok);
  if (steps.length > 0) assert.equal(failed?.detail.split(":")[0], vector.code, vector.name);
  return { steps, signed };
}

/** @param {any} vector */
const callOf = ({ audience, type, fn, args, now, toleranceMs, idempotencyKey }) => ({ audience, type, name: fn, args: fromConvexJson(args), now, ...(toleranceMs === undefined ? {} : { toleranceMs }), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });

/** @param {any} message */
const bodied = (message) => ({ ...message, body: unhex(message.body) });

/** A vector's message as it arrived, with its signature. @param {any} vector */
function messageOf({ request, response, signed }) {
  if (response === undefined || response === null) return bodied({ ...request, headers: signed ?? request.headers });
  return { ...bodied({ ...response, headers: signed ?? response.headers }), request: bodied(response.request) };
}

test("every token of the vectors is judged as verifyCall judges it", () => {
  let [accepted, explained] = [0, 0];
  for (const vector of calls) {
    const { steps, signed } = agrees(vector, () => judgeCall(createKeyring(vector.secret), vector.token, callOf(vector)));
    if (vector.code === undefined) accepted++;
    if (steps.length > 0) explained++;
    if (vector.code === undefined) assert.ok(signed !== undefined && signed.length > 60, vector.name);
  }
  assert.ok(accepted > 30 && explained > 150, `${accepted} ${explained}`);
});

test("every HTTP message of the vectors is judged as verifyMessage judges it, and its signature base is the one that was signed", () => {
  let [accepted, explained] = [0, 0];
  for (const vector of messages) {
    const options = { now: vector.now, ...(vector.toleranceMs === undefined ? {} : { toleranceMs: vector.toleranceMs }) };
    const { steps, signed } = agrees(vector, () => judgeMessage(createKeyring(vector.secret), messageOf(vector), options));
    if (steps.length > 0) explained++;
    if (vector.base === undefined) continue;
    accepted++;
    assert.equal(Buffer.from(signed ?? []).toString(), vector.base, vector.name);
  }
  assert.ok(accepted > 150 && explained > 500, `${accepted} ${explained}`);
});

test("every webhook of the vectors is judged as verifyWebhook judges it", () => {
  let [accepted, explained] = [0, 0];
  for (const vector of webhooks) {
    const { provider, custom, secret, headers, body, url, now, toleranceMs } = vector;
    const { steps } = agrees(vector, () => judgeWebhook(custom ? hmac(custom) : provider, { secret, headers, body: unhex(body), url, now, toleranceMs }));
    if (vector.code === undefined) accepted++;
    if (steps.length > 0) explained++;
  }
  assert.ok(accepted > 30 && explained > 180, `${accepted} ${explained}`);
});

test("an explanation that came to another end than the verifier is a fault, and is not shown", () => {
  const yes = () => ({ caller: "default" });
  const no = () => {
    throw new CountersignError("expired");
  };
  const steps = (/** @type {string[]} */ ...details) => () => ({ steps: details.map((detail) => ({ step: "x", ok: !detail.includes(": "), detail })) });
  assert.equal(judged(yes, steps("fine")).code, undefined);
  assert.equal(judged(no, steps("fine", "expired: too old")).code, "expired");
  for (const [verify, explain] of [[no, steps("fine")], [yes, steps("expired: too old")], [no, steps("key_unknown: who", "expired: too old")]]) assert.throws(() => judged(verify, explain), /The verifier says/);
});

const folder = temporaryFolder("vectors");
// Reading arguments takes the project's own convex.
const project = makeProject("plain");

/** @param {any} vector @param {string[]} args @param {Record<string, string>} env @param {Buffer} stdin */
async function command(vector, args, env, stdin) {
  const result = await run(["verify", ...args, "--now", String(vector.now), "--json"], { cwd: project.root, env, stdin });
  const report = result.json();
  assert.equal(result.status, vector.code === undefined ? 0 : 1, result.output);
  assert.equal(report.code, vector.code, vector.name);
}

/** Some of a kind that differ in their codes, good ones too. @param {any[]} all @param {number} count */
function some(all, count) {
  const codes = [...new Set(all.map(({ code }) => code))];
  return Array.from({ length: count }, (_, at) => {
    const of = all.filter(({ code }) => code === codes[at % codes.length]);
    return of[Math.floor(at / codes.length) % of.length];
  });
}

test("vectors through the command: calls", async () => {
  // What a command line cannot carry: another time than of these years, another tolerance, texts with line ends.
  const fit = calls.filter(({ now, toleranceMs, token, code, secret }) => now > 1e11 && toleranceMs === undefined && !/[\r\n]/.test(token) && secret.length > 31 && (code === undefined || /^(signature|key|expired|not_yet|version)/.test(code)));
  await Promise.all(some(fit, 10).map((vector) => {
    const args = ["call", vector.fn, "--type", vector.type, "--audience", vector.audience, "--args", JSON.stringify(vector.args), ...(vector.idempotencyKey === undefined ? [] : ["--idempotency-key", vector.idempotencyKey])];
    return command(vector, args, { COUNTERSIGN_SECRET: vector.secret }, Buffer.from(vector.token));
  }));
});

test("vectors through the command: HTTP requests and responses", async () => {
  const fit = messages.filter(({ now, toleranceMs, request, response, code }) => now > 1e11 && toleranceMs === undefined && (request ?? response?.request) !== undefined && code !== "type_invalid" && isWritable(request ?? response.request) && isWritable(response));
  await Promise.all(some(fit, 14).map((vector, at) => {
    const message = messageOf(vector);
    const request = message.request ?? message;
    const lines = asText(`${request.method} ${request.target} HTTP/1.1`, request.headers, request.body, at % 2 === 0 ? "\n" : "\r\n");
    if (message.request === undefined) return command(vector, ["http", "--audience", request.audience], { COUNTERSIGN_SECRET: vector.secret }, lines);
    const file = join(folder, `request-${at}`);
    writeFileSync(file, lines);
    return command(vector, ["http", "--audience", request.audience, "--request", file], { COUNTERSIGN_SECRET: vector.secret }, asText(`HTTP/1.1 ${message.status} Something`, message.headers, message.body));
  }));
});

test("vectors through the command: webhooks", async () => {
  const fit = webhooks.filter(({ now, toleranceMs, headers, code, secret }) => now > 1e11 && toleranceMs === 300_000 && isWritable({ headers }) && secret.length === 1 && (code === undefined || /^(signature|header|expired|not_yet)/.test(code)));
  await Promise.all(some(fit, 12).map((vector) => {
    const args = ["webhook", vector.provider, "--var", "THE_SECRET", ...(vector.custom ? ["--scheme", JSON.stringify(vector.custom)] : []), ...(vector.provider === "qstash" ? ["--url", vector.url] : [])];
    return command(vector, args, { THE_SECRET: vector.secret[0] }, asText("POST /api/webhooks HTTP/1.1", vector.headers, unhex(vector.body)));
  }));
});

/** Whether a message can stand in a file as HTTP/1.1. @param {any} message */
function isWritable(message) {
  if (message === undefined || message === null) return true;
  const { method = "GET", target = "/", headers, status = 200 } = message;
  return status >= 100 && /^[A-Z]+$/.test(method) && /^[!-~]+$/.test(target) && headers.every((/** @type {[string, string]} */ [name, value]) => /^[\w-]+$/.test(name) && /^[ -~]*$/.test(value) && value === value.trim() && !["content-length", "transfer-encoding"].includes(name.toLowerCase()));
}
