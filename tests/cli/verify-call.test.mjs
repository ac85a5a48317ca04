// `countersign verify call`, as a user's shell runs it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { anyApi } from "convex/server";
import { diagnose } from "cbor2";
import { createKeyring, generateSecret, signCall } from "countersign";
import { CountersignClient } from "countersign/client";
import { fromConvexJson, unhex } from "../conformance/cases/checks.mjs";
import { makeProject } from "./support/project.mjs";
import { internal, runWithMistake, runWithin, stepsOf, watchedRun } from "./support/signing.mjs";

const [secret, previous, worker] = [generateSecret(), generateSecret(), generateSecret()];
const run = watchedRun([secret, previous, worker]);
const within = runWithin([secret, previous, worker]);
const audience = "https://happy-animal-123.convex.cloud";
const files = { ".env.local": `COUNTERSIGN_SECRET=${secret}\nCOUNTERSIGN_SECRET_PREVIOUS=${previous}\nCOUNTERSIGN_WORKER=${worker}\nCOUNTERSIGN_NOTE=none\nNEXT_PUBLIC_CONVEX_URL=${audience}\n` };
const cwd = makeProject("plain", { files }).root;

const NOW = Date.parse("2025-11-22T08:30:00Z");
const json = '{"eventId":"evt_1","n":{"$integer":"AQAAAAAAAAA="},"b":{"$bytes":"AQID"}}';
const args = fromConvexJson(JSON.parse(json));
const call = { audience, type: /** @type {const} */ ("mutation"), name: "webhooks:mark", args, now: NOW };
/** @param {string} by @param {object} [more] */
const sign = (by, more = {}) => signCall(createKeyring(by), { ...call, ...more });
const given = ["--type", "mutation", "--args", json, "--now", String(NOW + 1000)];
const good = "+call +form +key +mac +window";

test("a good call, with each of the project's secrets: every check, and by which variable it was signed", async () => {
  for (const [by, variable] of [[secret, "COUNTERSIGN_SECRET"], [previous, "COUNTERSIGN_SECRET_PREVIOUS"], [worker, "COUNTERSIGN_WORKER"]]) {
    const { status, stdout, stderr } = await run(["verify", "call", "webhooks:mark", sign(/** @type {string} */ (by)), ...given], { cwd });
    assert.deepEqual([status, stderr], [0, ""], stdout);
    assert.match(stdout, new RegExp(`✔ key +key ${createKeyring(/** @type {string} */ (by)).keyIds[0]} of the caller "${variable}"`));
    assert.match(stdout, /✔ The signature is right\./);
    assert.ok(!stdout.includes("COUNTERSIGN_NOTE"), "a variable that holds no secret is none of the keys");
  }
});

test("one secret in two variables is one key", async () => {
  const { status, stdout } = await within(["verify", "call", "webhooks:mark", sign(secret), ...given], { cwd, env: { COUNTERSIGN_WEB: secret } });
  assert.equal(status, 0);
  assert.ok(!stdout.includes("COUNTERSIGN_WEB"));
});

test("the token on stdin, in a file, as it travels among the arguments, with an idempotency key", async () => {
  const token = sign(secret);
  writeFileSync(`${cwd}/token`, `${token}\r\n`);
  for (const [more, stdin] of /** @type {[string[], string][]} */ ([[[], `${token}\n`], [["--token-file", "-"], token], [["--token-file", "token"], ""]])) {
    assert.equal((await run(["verify", "call", "webhooks:mark", ...given, ...more], { cwd, stdin })).status, 0, more.join(" "));
  }
  const travelling = JSON.stringify({ ...JSON.parse(json), countersign: { token: sign(secret, { idempotencyKey: "evt_1" }), idempotencyKey: "evt_1" } });
  const result = await run(["verify", "call", "webhooks:mark", "--type", "mutation", "--args-file", "-", "--now", "2025-11-22T09:30:59+01:00", "--json"], { cwd, stdin: travelling });
  assert.deepEqual([result.status, stepsOf(result)], [0, good]);
});

test("what the client sends verifies", async () => {
  /** @type {any} */
  let sent;
  const fetch = async (/** @type {unknown} */ _url, /** @type {any} */ init) => {
    sent = JSON.parse(init.body);
    return Response.json({ status: "success", value: null });
  };
  const client = new CountersignClient(audience, { secret: worker, fetch: /** @type {any} */ (fetch) });
  await client.mutation(/** @type {any} */ (anyApi).webhooks.mark, args, { idempotencyKey: "evt_7" });
  const result = await run(["verify", "call", sent.path, "--type", "mutation", "--args-file", "-", "--json"], { cwd, stdin: JSON.stringify(sent.args[0]) });
  assert.deepEqual([result.status, stepsOf(result)], [0, good], result.output);
});

/** @type {[string, string, string, string[], string, string][]} */
const refused = [
  ["no token", "", "webhooks:mark", given, "+call -form", "signature_missing"],
  ["a token cut short", sign(secret).slice(0, -1), "webhooks:mark", given, "+call -form", "signature_malformed"],
  ["another version", sign(secret).replace("cs1", "cs2"), "webhooks:mark", given, "+call -form", "version_unsupported"],
  ["another's secret", sign(generateSecret()), "webhooks:mark", given, "+call +form -key +window", "key_unknown"],
  ["another function", sign(secret), "webhooks:other", given, "+call +form +key -mac +window", "signature_invalid"],
  ["another type", sign(secret), "webhooks:mark", ["--type", "action", ...given.slice(2)], "+call +form +key -mac +window", "signature_invalid"],
  ["other arguments", sign(secret), "webhooks:mark", [...given.slice(0, 3), json.replace("evt_1", "evt_2"), ...given.slice(4)], "+call +form +key -mac +window", "signature_invalid"],
  ["another deployment", sign(secret, { audience: "https://other.convex.cloud" }), "webhooks:mark", given, "+call +form +key -mac +window", "signature_invalid"],
  ["an idempotency key that was not signed", sign(secret), "webhooks:mark", [...given, "--idempotency-key", "x"], "+call +form +key -mac +window", "signature_invalid"],
  ["too late", sign(secret, { now: NOW - 60_000 }), "webhooks:mark", given, "+call +form +key +mac -window", "expired"],
  ["too early", sign(secret, { now: NOW + 62_000 }), "webhooks:mark", given, "+call +form +key +mac -window", "not_yet_valid"],
];
test("each tampering is named by the first check that fails, and by what to do", async () => {
  for (const [what, token, name, more, steps, code] of refused) {
    const result = await within(["verify", "call", name, ...more, "--json"], { cwd, stdin: token });
    assert.equal(result.status, 1, `${what}: ${result.output}`);
    const report = result.json();
    assert.deepEqual([stepsOf(result), report.code, report.failed, report.ok], [steps, code, /-(\w+)/.exec(steps)?.[1], false], what);
    assert.ok(report.advice.length > 20, what);
  }
});

test("for people: the check that fails, when it was signed, and a name that Convex writes otherwise", async () => {
  const late = await run(["verify", "call", "webhooks:mark", sign(secret), "--type", "mutation", "--args", json], { cwd });
  assert.equal(late.status, 1);
  assert.match(late.stdout, /✖ window +expired: [^]*✖ Refused: expired, at the check "window"\.\n {2}Compare the clocks[^\n]*--now[^\n]* It was signed at 2025-11-22T08:30:00\.000Z\.\n/);
  const named = await run(["verify", "call", "webhooks.ts:mark", sign(secret), ...given], { cwd });
  assert.match(named.stderr, /this one is webhooks:mark/);
  const wider = await run(["verify", "call", "webhooks:mark", sign(secret), "--type", "mutation", "--args", json, "--now", String(NOW + 600_000), "--tolerance", "900"], { cwd });
  assert.equal(wider.status, 0);
});

test("a name that a terminal would act on is shown, and not obeyed", async () => {
  const { status, stdout } = await run(["verify", "call", "a:b\u001b[31m\u202e", sign(secret), ...given, "--explain"], { cwd });
  assert.equal(status, 1);
  assert.equal(stdout.search(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/), -1);
  assert.match(stdout, /a:b\\u001b\[31m\\u202e on/);
});

test("--explain: the exact bytes, in hexadecimal and in diagnostic notation, as another CBOR decoder reads them", async () => {
  const token = sign(secret);
  const { status, stdout } = await run(["verify", "call", "webhooks:mark", token, ...given, "--explain"], { cwd });
  assert.equal(status, 0);
  const dumped = [...stdout.matchAll(/^[0-9a-f]{8} {2}([0-9a-f ]{48}) {2}\|(.{1,16})\|$/gm)];
  const bytes = Buffer.from(dumped.map(([, hex = ""]) => hex.replaceAll(" ", "")).join(""), "hex");
  assert.equal(dumped.map(([, , text = ""]) => text).join(""), bytes.toString("latin1").replace(/[^ -~]/g, "."));
  assert.match(stdout, new RegExp(`over these ${bytes.length} bytes, CBOR`));
  const notation = stdout.slice(stdout.indexOf("notation:\n") + 10).replaceAll(/\n */g, " ").replaceAll("[ ", "[").replaceAll(" ]", "]").trim();
  assert.equal(notation, diagnose(bytes));
  assert.match(notation, /^\["countersign\.call\.v1", "[0-9a-f]{16}", "https:\/\/happy-animal-123\.convex\.cloud", "mutation", "webhooks:mark", 1763800200000, h'[0-9a-f]{32}', \{"b": h'010203', "n": 1, "eventId": "evt_1"\}\]$/);
  const json = await run(["verify", "call", "webhooks:mark", token, ...given, "--explain", "--json"], { cwd });
  assert.equal(json.json().signed.base64, bytes.toString("base64"));
  const none = await run(["verify", "call", "webhooks:mark", "x", ...given, "--explain"], { cwd });
  assert.match(none.stdout, /did not come to the signature/);
});

test("the diagnostic notation of every value of the vectors is what another CBOR decoder prints", async () => {
  const { readCbor, lineOf, linesOf } = await internal("verify/diagnostic.js");
  /** @type {{ name: string, hex: string }[]} */
  const values = JSON.parse(readFileSync(new URL("../vectors/values.json", import.meta.url), "utf8"));
  const escapes = (/** @type {string} */ text) => text.replaceAll(/\\u([0-9a-f]{4})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  let compared = 0;
  for (const { name, hex } of values) {
    const bytes = unhex(hex);
    const line = lineOf(readCbor(bytes));
    assert.equal(line.search(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\ufeff]/), -1, `${name}: something that a terminal would act on`);
    assert.equal(escapes(line), escapes(diagnose(bytes)), name);
    assert.equal(linesOf(readCbor(bytes)).replaceAll(/\n */g, " ").replaceAll(/([[{]) | (?=[\]}])/g, "$1"), line.replaceAll(/([[{]) | (?=[\]}])/g, "$1"), name);
    compared++;
  }
  assert.ok(compared >= 100);
  for (const hex of ["", "61", "1c", "ff", "9f00ff", "c000", "f7", "fa00000000", "0000", "5b7fffffffffffffff", "9bffffffffffffffff", "62c328"]) assert.throws(() => readCbor(unhex(hex)), hex);
});

/** @type {[string, string[], RegExp, string?][]} */
const wrong = [
  ["no type", ["a:b", "x"], /--type query/],
  ["the token twice", ["a:b", "x", "--token-file", "token", "--type", "query"], /token is given twice/],
  ["stdin for two things", ["a:b", "--type", "query", "--args-file", "-"], /The token and --args-file - both want stdin/, "{}"],
  ["a token that is no text", ["a:b", "--type", "query", "--args", '{"countersign":1}'], /no token/],
  ["a time in seconds", ["a:b", "x", "--type", "query", "--now", "1800000000"], /looks like seconds/],
  ["a tolerance that is too wide", ["a:b", "x", "--type", "query", "--tolerance", "901"], /900 at most/],
  ["an empty audience", ["a:b", "x", "--type", "query", "--audience", ""], /--audience https/],
  ["an empty name", ["", "x", "--type", "query"], /type_invalid/],
];
test("what cannot be read is status 2, and says what is right", async () => {
  for (const [what, args, expected, stdin] of wrong) {
    const { status, stdout, stderr } = await within(["verify", "call", ...args], { cwd, stdin: stdin ?? "" });
    assert.deepEqual([status, stdout], [2, ""], `${what}: ${stderr}`);
    assert.match(stderr, expected, what);
    assert.ok(!stderr.includes("fault of countersign"), stderr);
  }
});

test("no secret in the environment is status 2, and a secret in the place of the token is refused", async () => {
  const none = await run(["verify", "call", "a:b", "x", "--type", "query", "--audience", audience], { cwd: makeProject("src").root });
  assert.equal(none.status, 2);
  assert.match(none.stderr, /COUNTERSIGN_SECRET is not set here/);
  const mistaken = await runWithMistake([secret])(["verify", "call", "a:b", secret, "--type", "query"], { cwd });
  assert.equal(mistaken.status, 2);
  assert.match(mistaken.stderr, /shell's history/);
});
