// `countersign verify http`: captures of what the package's own client and servers send, tampered with and not, as a user's shell runs it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createKeyring, generateSecret } from "countersign";
import { signMessage, signResponse, signedFetch, verifyRequest } from "countersign/http";
import { temporaryFolder } from "./support/run.mjs";
import { asText, runWithin, stepsOf, watchedRun } from "./support/signing.mjs";

/** @typedef {[string, string][]} Headers */

const secret = generateSecret();
const next = generateSecret();
const run = watchedRun([secret, next]);
const within = runWithin([secret, next]);
const cwd = temporaryFolder("verify-http");
const audience = "https://app.example";
writeFileSync(join(cwd, ".env.local"), `COUNTERSIGN_SECRET=${secret}\nCOUNTERSIGN_SECRET_NEXT=${next}\nSITE_URL=${audience}/\n`);

const good = "+message +form +coverage +components +key +mac +window +digest";
const goodWithoutBody = "+message +form +coverage +components +key +mac +window";

/** What signedFetch puts on the wire, and the signed answer. @param {string} path @param {RequestInit} init @param {string} by */
async function captured(path, init, by) {
  /** @type {{ request: Buffer, response: Buffer, body: Buffer, headers: Headers, answer: Response } | undefined} */
  let capture;
  const keyring = createKeyring(by);
  const fetch = async (/** @type {Request} */ sent) => {
    const [copy, read] = [sent.clone(), sent.clone()];
    await verifyRequest(keyring, sent.clone(), { audience });
    const answer = await signResponse(keyring, copy, Response.json({ fine: true }, { status: 201 }), { audience });
    const { pathname, search } = new URL(read.url);
    const body = Buffer.from(await read.arrayBuffer());
    const headers = /** @type {Headers} */ ([["Host", "somewhere.internal:3000"], ...read.headers, ...(body.length > 0 ? [["content-length", String(body.length)]] : [])]);
    const responseBody = Buffer.from(await answer.clone().arrayBuffer());
    capture = { request: asText(`${read.method} ${pathname}${search} HTTP/1.1`, headers, body), response: asText("HTTP/1.1 201 Created", [...answer.headers], responseBody), body, headers, answer };
    return answer;
  };
  await signedFetch(`${audience}${path}`, init, { secret: by, fetch: /** @type {any} */ (fetch) });
  return capture ?? assert.fail();
}

const post = { method: "POST", body: '{"item":"book"}\r\n', headers: { "content-type": "application/json", "x-trace": "1" } };

test("what signedFetch sends verifies, and so does the answer, with each of the project's secrets", async () => {
  for (const by of [secret, next]) {
    for (const [init, steps] of /** @type {[RequestInit, string][]} */ ([[post, good], [{ method: "GET" }, goodWithoutBody]])) {
      const { request, response } = await captured("/api/orders?from=a+b", init, by);
      const asked = await run(["verify", "http", "--json"], { cwd, stdin: request });
      assert.deepEqual([asked.status, stepsOf(asked).replace(" +digest", "")], [0, steps.replace(" +digest", "")], asked.output);
      writeFileSync(join(cwd, "request"), request);
      const answered = await run(["verify", "http", "--request", "request", "--json"], { cwd, stdin: response });
      assert.deepEqual([answered.status, answered.json().steps.every((/** @type {any} */ { ok }) => ok)], [0, true], answered.output);
    }
  }
});

test("the same in parts, with LF, from a file, and for people", async () => {
  const { request, body, headers } = await captured("/api/orders?from=a+b", post, secret);
  writeFileSync(join(cwd, "lf"), Buffer.concat([Buffer.from(request.toString("latin1").split("\r\n\r\n")[0]?.replaceAll("\r\n", "\n") + "\n\n", "latin1"), body]));
  const people = await run(["verify", "http", "--message", "lf"], { cwd });
  assert.equal(people.status, 0, people.output);
  assert.match(people.stdout, new RegExp(`COUNTERSIGN_SECRET \\(\\.env\\.local, key ${createKeyring(secret).keyIds[0]}\\)[^]*✔ mac[^]*✔ The signature is right\\.\n· Whether it was used before`));
  writeFileSync(join(cwd, "body"), body);
  const parts = ["verify", "http", "--method", "POST", "--url", `${audience}/api/orders?from=a+b`, ...headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`])];
  assert.equal((await run([...parts, "--data", "body"], { cwd })).status, 0);
  assert.equal((await run([...parts, "--data", "-"], { cwd, stdin: body, env: { SITE_URL: "https://other.example" } })).status, 0, "the origin of --url");
  assert.equal((await run([...parts, "--data", "body", "--audience", "https://other.example"], { cwd })).status, 1);
});

/** @type {[string, (text: string) => string, string, string][]} */
const tampered = [
  ["another method", (text) => text.replace("POST", "PUT"), "+message +form +coverage +components +key -mac", "signature_invalid"],
  ["another path", (text) => text.replace("/api/orders", "/api/refunds"), "+message +form +coverage +components +key -mac", "signature_invalid"],
  ["another query", (text) => text.replace("from=web", "from=me"), "+message +form +coverage +components +key -mac", "signature_invalid"],
  ["another type", (text) => text.replace("application/json", "text/plain"), "+message +form +coverage +components +key -mac", "signature_invalid"],
  ["another body", (text) => text.replace("book", "boot"), "+message +form +coverage +components +key +mac +window -digest", "signature_invalid"],
  ["a byte more", (text) => `${text.replace(/content-length.*\r\n/, "")} `, "+message +form +coverage +components +key +mac +window -digest", "signature_invalid"],
  ["another digest", (text) => text.replace(/(content-digest: sha-256=:)./, "$1_"), "+message +form +coverage +components +key -mac", "signature_invalid"],
  ["another signature", (text) => text.replace(/(signature: countersign=:)(.)/, (_, before, one) => before + (one === "A" ? "B" : "A")), "+message +form +coverage +components +key -mac", "signature_invalid"],
  ["no signature", (text) => text.replace(/signature: .*\r\n/, ""), "+message -form", "signature_missing"],
  ["another tag", (text) => text.replace('tag="countersign"', 'tag="other"'), "+message -form", "signature_missing"],
  ["a space too many", (text) => text.replace('("@method" ', '("@method"  '), "+message -form", "signature_malformed"],
  ["the path not covered", (text) => text.replace('"@path" ', ""), "+message +form -coverage", "signature_malformed"],
  ["the body not covered", (text) => text.replace('"content-digest" ', ""), "+message +form +coverage -components", "signature_malformed"],
  ["a covered header twice", (text) => text.replace("content-type:", "content-type: text/html\r\ncontent-type:"), "+message +form +coverage +components +key -mac", "signature_invalid"],
  ["another key id", (text) => text.replace(/keyid="./, (found) => `keyid="${found.endsWith("0") ? "1" : "0"}`), "+message +form +coverage +components -key", "key_unknown"],
  ["a path that is not in its one form", (text) => text.replace("/api/", "/x/../api/"), "-message", "header_invalid"],
  ["more headers than a message has", (text) => text.replace("x-trace: 1\r\n", "x-trace: 1\r\n".repeat(1100)), "-message", "header_invalid"],
  ["an absolute URL in its first line", (text) => text.replace("POST /", "POST https://app.example/"), "-message", "header_invalid"],
];
test("each tampering is named by the first check that fails, and by what to do; what no signature covers may change", async () => {
  const { request } = await captured("/api/orders?from=web", post, secret);
  const text = request.toString("latin1");
  for (const [what, change, steps, code] of tampered) {
    const changed = change(text);
    assert.notEqual(changed, text, what);
    const result = await within(["verify", "http", "--json"], { cwd, stdin: Buffer.from(changed, "latin1") });
    assert.equal(result.status, 1, `${what}: ${result.output}`);
    const report = result.json();
    assert.deepEqual([stepsOf(result), report.code, report.failed], [steps, code, /-(\w+)$/.exec(steps)?.[1]], what);
    assert.ok(report.advice.length > 20, what);
  }
  const uncovered = text.replace("x-trace: 1", "x-trace: 2").replace("somewhere.internal:3000", "evil.example");
  assert.equal((await run(["verify", "http"], { cwd, stdin: uncovered })).status, 0);
});

test("a response is for its own request, and of one key", async () => {
  const [one, other] = [await captured("/a?b=c", post, secret), await captured("/a?b=c", post, secret)];
  const judge = async (/** @type {Buffer} */ request, /** @type {Buffer | string} */ response) => {
    writeFileSync(join(cwd, "request"), request);
    const result = await within(["verify", "http", "--request", "request", "--json"], { cwd, stdin: response });
    return [result.status, result.json().code, result.json().failed];
  };
  assert.deepEqual(await judge(one.request, one.response), [0, undefined, undefined]);
  assert.deepEqual((await judge(other.request, one.response))[1], "signature_invalid");
  assert.deepEqual(await judge(one.request, one.response.toString("latin1").replace("201", "200")), [1, "signature_invalid", "mac"]);
  assert.deepEqual(await judge(one.request, one.response.toString("latin1").replace("true", "null")), [1, "signature_invalid", "digest"]);
  assert.deepEqual(await judge(Buffer.from(one.request.toString("latin1").replace(/signature: .*\r\n/, ""), "latin1"), one.response), [1, "signature_missing", "request"]);
  const mixed = await captured("/a?b=c", post, next);
  assert.deepEqual((await judge(one.request, mixed.response))[0], 1);
});

test("an old capture is judged as of its time; the window may be another", async () => {
  const now = Date.parse("2025-11-22T08:30:00Z");
  const message = { method: "GET", target: "/", headers: [], audience };
  const text = asText("GET / HTTP/1.1", signMessage(createKeyring(secret), message, { now }));
  const at = async (/** @type {string[]} */ ...more) => {
    const result = await within(["verify", "http", ...more], { cwd, stdin: text });
    return [result.status, /Refused: (\w+)/.exec(result.stdout)?.[1]];
  };
  assert.deepEqual(await at(), [1, "expired"]);
  assert.deepEqual(await at("--now", "2025-11-22T09:35:00+01:00"), [0, undefined]);
  assert.deepEqual(await at("--now", String(now + 301_000)), [1, "expired"]);
  assert.deepEqual(await at("--now", String(now + 301_000), "--tolerance", "600"), [0, undefined]);
  assert.deepEqual(await at("--now", String(now - 301_000)), [1, "not_yet_valid"]);
  assert.match((await run(["verify", "http"], { cwd, stdin: text })).stdout, /It was signed at 2025-11-22T08:30:00\.000Z\./);
});

test("--explain prints the signature base, byte for byte", async () => {
  /** @type {any[]} */
  const vectors = JSON.parse(readFileSync(new URL("../vectors/messages.json", import.meta.url), "utf8"));
  const vector = vectors.find(({ name }) => name === "POST");
  const { request, signed, now, base } = vector;
  const stdin = asText(`POST ${request.target} HTTP/1.1`, signed, Buffer.from(request.body, "hex"));
  const given = ["verify", "http", "--audience", request.audience, "--now", String(now), "--explain"];
  const env = { COUNTERSIGN_SECRET: vector.secret };
  const { stdout } = await run(given, { cwd, env, stdin });
  assert.match(stdout, new RegExp(`over these ${base.length} bytes, with no line end behind the last:\n`));
  assert.equal(stdout.slice(stdout.indexOf("the last:\n") + 10), `${base}\n`);
  const { signed: report } = (await run([...given, "--json"], { cwd, env, stdin })).json();
  assert.deepEqual(report, { text: base, base64: Buffer.from(base).toString("base64") });
});

test("a line end that an editor put behind the body is left out where content-length says so, and that is said", async () => {
  const { request } = await captured("/a", post, secret);
  for (const end of ["\n", "\r\n"]) {
    const { status, stderr } = await run(["verify", "http"], { cwd, stdin: Buffer.concat([request, Buffer.from(end)]) });
    assert.equal(status, 0);
    assert.match(stderr, /line end behind the body was left out/);
  }
});

test("what comes out of a message is nothing that a terminal acts on", async () => {
  const { stdout } = await run(["verify", "http", "--explain"], { cwd, stdin: "GET /\u00e9\u009b31m HTTP/1.1\r\nx: \u009b\r\n\r\n" });
  assert.equal(stdout.search(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/), -1);
});

/** @type {[string, string[], RegExp, (string | Buffer)?][]} */
const wrong = [
  ["nothing", [], /The message is empty/],
  ["a URL without its scheme", ["--url", "app.example"], /no http or https URL/],
  ["parts without a URL", ["--method", "POST"], /--url/],
  ["a whole and parts", ["--message", "request", "--url", audience], /--message is a whole message/],
  ["a response without its request", [], /--request request\.txt/, "HTTP/1.1 200 OK\n\n"],
  ["a response as the request", ["--request", "answer"], /is a response/, "HTTP/1.1 200 OK\n\n"],
  ["a file that is not there", ["--message", "none"], /none: there is none/],
  ["an audience that is none", ["--audience", "app"], /must be an origin/, "GET / HTTP/1.1\n\n"],
  ["stdin for two things", ["--secret-stdin"], /The message and --secret-stdin both want stdin/, "GET / HTTP/1.1\n\n"],
  ["a status that is none", ["--request", "plain"], /type_invalid/, "HTTP/1.1 000\n\n"],
];
test("what cannot be read is status 2, and says what is right", async () => {
  writeFileSync(join(cwd, "answer"), "HTTP/1.1 200 OK\n\n");
  writeFileSync(join(cwd, "plain"), "GET / HTTP/1.1\n\n");
  for (const [what, args, expected, stdin] of wrong) {
    const { status, stdout, stderr } = await within(["verify", "http", ...args], { cwd, stdin: stdin ?? "" });
    assert.deepEqual([status, stdout], [2, ""], `${what}: ${stderr}`);
    assert.match(stderr, expected, what);
    assert.ok(!stderr.includes("fault of countersign"), stderr);
  }
  const nowhere = await run(["verify", "http"], { env: { COUNTERSIGN_SECRET: secret }, stdin: "GET / HTTP/1.1\nhost: app.example\n\n" });
  assert.match(nowhere.stderr, /--audience with the origin/);
});
