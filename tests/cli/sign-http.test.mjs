// `countersign sign http` and `sign webhook`: what they print is taken by the verifiers, and their curl commands by servers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { createKeyring, generateSecret } from "countersign";
import { memoryReplayStore, verifyMessage, verifyRequest } from "countersign/http";
import { hmac, verifyWebhook } from "countersign/webhooks";
import { commandPage, snippet } from "../docs/snippets.mjs";
import { makers } from "../webhooks/makers.mjs";
import { makeProject } from "./support/project.mjs";
import { environment, temporaryFolder } from "./support/run.mjs";
import { headersIn, runWithMistake, runWithin, watchedRun } from "./support/signing.mjs";

const exec = promisify(execFile);
const secret = generateSecret();
const keyring = createKeyring(secret);
const run = watchedRun([secret]);
const within = runWithin([secret]);
const cwd = temporaryFolder("sign-http");
const body = Buffer.from("\ufeff{\"n\":\t1}\r\n\u00e9\n");
writeFileSync(join(cwd, "body.json"), body);
writeFileSync(join(cwd, "it's \"a\" $file"), body);
writeFileSync(join(cwd, "empty"), "");
writeFileSync(join(cwd, ".env.local"), `COUNTERSIGN_SECRET=${secret}\n`);

test("header lines that the verifier takes with this request, and with no other", async () => {
  const { status, stdout, stderr } = await run(["sign", "http", "post", "https://app.example/api/orders?from=web", "-H", "Content-Type:application/json", "-H", "x-trace:  a b ", "--cover", "x-trace", "--data", "body.json"], { cwd });
  assert.equal(status, 0, stderr);
  const headers = [["content-type", "application/json"], ["x-trace", "a b"], ...headersIn(stdout)];
  const message = { method: "POST", target: "/api/orders?from=web", headers: /** @type {[string, string][]} */ (headers), body, audience: "https://app.example" };
  const { keyId } = verifyMessage(keyring, message, { now: Date.now() });
  assert.match(stderr, new RegExp(`Signed with COUNTERSIGN_SECRET \\(\\.env\\.local\\), key ${keyId}, for https://app\\.example\\. It is good once, within 300 seconds`));
  for (const other of [{ target: "/api/orders" }, { body: body.subarray(1) }, { audience: "https://other.example" }, { headers: message.headers.map(([name, value]) => /** @type {[string, string]} */ ([name, name === "x-trace" ? "c" : value])) }]) {
    assert.throws(() => verifyMessage(keyring, { ...message, ...other }, { now: Date.now() }), { code: "signature_invalid" });
  }
});

test("without a body; another audience; the body on stdin; --json", async () => {
  const plain = await run(["sign", "http", "GET", "https://app.example", "--audience", "https://inner.example"], { cwd });
  verifyMessage(keyring, { method: "GET", target: "/", headers: headersIn(plain.stdout), audience: "https://inner.example" }, { now: Date.now() });
  const piped = await run(["sign", "http", "PUT", "http://localhost:3000/a", "--data", "-", "--json"], { cwd, stdin: body });
  const { headers, url, audience } = piped.json();
  assert.deepEqual([url, audience], ["http://localhost:3000/a", "http://localhost:3000"]);
  verifyMessage(keyring, { method: "PUT", target: "/a", headers, body, audience }, { now: Date.now() });
});

test("a query that Next.js would write otherwise is signed as Next.js writes it, and that is said", async () => {
  const { stdout, stderr } = await run(["sign", "http", "GET", "https://app.example/a?q=x%20y&z#part"], { cwd });
  assert.match(stderr, /Send it to exactly this URL[^\n]*https:\/\/app\.example\/a\?q=x\+y&z=\n/);
  verifyMessage(keyring, { method: "GET", target: "/a?q=x+y&z=", headers: headersIn(stdout), audience: "https://app.example" }, { now: Date.now() });
});

/** @type {import("node:http").Server} */
let server;
/** @type {{ method: string, url: string, headers: [string, string][], body: Buffer }[]} */
const received = [];
let origin = "";
const replay = memoryReplayStore();
before(async () => {
  server = createServer(async (incoming, answer) => {
    const { method = "", url = "", rawHeaders } = incoming;
    const headers = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [/** @type {[string, string]} */ ([name, rawHeaders[at + 1] ?? ""])] : []));
    const bytes = Buffer.concat(await incoming.toArray());
    received.push({ method, url, headers, body: bytes });
    if (url.startsWith("/hook")) return void answer.end("kept");
    const request = new Request(`http://anybody${url}`, { method, headers: headers.filter(([name]) => !/^(connection|content-length|expect)$/i.test(name)), ...(["GET", "HEAD"].includes(method) ? {} : { body: bytes }) });
    const verdict = await verifyRequest(keyring, request, { audience: origin, replay }).then(({ caller }) => `yes, ${caller}`, ({ code }) => code);
    answer.setHeader("x-verdict", verdict).end(verdict);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
});
after(() => server.close());

/** @param {string} command @param {string} [input] @returns {Promise<string>} */
async function bash(command, input = "") {
  const running = exec("bash", ["-euc", command], { cwd, env: environment() });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** @type {[string, string[], string?][]} */
const sent = [
  ["a GET", ["GET", "/a/b?c=d&c=e"]],
  ["what curl would take for a pattern", ["GET", "/a/[1-3]/{b,c}?d=[x]"]],
  ["a POST with a file", ["POST", "/orders", "-H", "content-type: application/json", "--data", "body.json"]],
  ["a file with a name that a shell would read", ["POST", "/orders", "--data", "it's \"a\" $file"]],
  ["a body on stdin", ["PATCH", "/orders", "--data", "-"], "a body\n"],
  ["a digest that was there before", ["POST", "/orders", "-H", "Content-Digest: sha-256=:AAAA:", "--data", "body.json"]],
  ["an empty file", ["POST", "/orders", "--data", "empty"]],
  ["a POST without a body", ["POST", "/orders"]],
  ["a DELETE with headers that a shell would read", ["DELETE", "/orders/1", "-H", "x-note: it's $HOME `id` \"\\", "-H", "x-empty:", "--cover", "x-note"]],
];
for (const [what, [method = "", path = "", ...more], input] of sent) {
  test(`--curl: ${what} is accepted once`, async () => {
    const { status, stdout, stderr } = await run(["sign", "http", method, `${origin}${path}`, ...more, "--curl"], { cwd, stdin: input ?? "" });
    assert.equal(status, 0, stderr);
    assert.equal(await bash(stdout, input), "yes, default", stdout);
    assert.equal(received.at(-1)?.method, method);
    if (more.includes("x-empty:")) assert.deepEqual(received.at(-1)?.headers.filter(([name]) => /^x-/.test(name)), [["x-note", "it's $HOME `id` \"\\"], ["x-empty", ""]]);
    assert.equal(await bash(stdout, input), "replayed");
  });
}

test("--curl: a HEAD", async () => {
  const { stdout } = await run(["sign", "http", "HEAD", `${origin}/a`, "--curl"], { cwd });
  assert.match(await bash(stdout), /^x-verdict: yes, default\r$/m);
});

/** @type {[string, string[], RegExp][]} */
const wrong = [
  ["no URL", ["GET", "app.example"], /no http or https URL/],
  ["not encrypted", ["GET", "http://app.example/"], /not encrypted/],
  ["a password in the URL", ["GET", "https://me:password@app.example/"], /user name or a password/],
  ["a method that is none", ["G T", "https://app.example/"], /header_invalid/],
  ["a header without a colon", ["GET", "https://app.example/", "-H", "x"], /'name: value'/],
  ["a header with a line end", ["GET", "https://app.example/", "-H", "x: a\r\ny: b"], /line end/],
  ["a covered header that is not there", ["GET", "https://app.example/", "--cover", "x-a"], /header_invalid/],
  ["what is covered anyway", ["GET", "https://app.example/", "--cover", "@method"], /type_invalid/],
  ["an audience with a path", ["GET", "https://app.example/", "--audience", "https://a.example/b"], /audience must be an origin/],
  ["a folder for a body", ["POST", "https://app.example/", "--data", "."], /it is a folder/],
];
test("wrong usage is status 2, says what is right, and signs nothing", async () => {
  for (const [what, args, expected] of wrong) {
    const { status, stdout, stderr } = await within(["sign", "http", ...args], { cwd });
    assert.deepEqual([status, stdout], [2, ""], `${what}: ${stderr}`);
    assert.match(stderr, expected, what);
    assert.ok(!stderr.includes("fault of countersign") && !stderr.includes("password@"), stderr);
  }
});

test("webhooks: what is signed is taken by the makers' own libraries", async () => {
  const text = JSON.stringify({ id: "evt_1", type: "order.paid", webhookTimestamp: Date.now() });
  writeFileSync(join(cwd, "event.json"), text);
  const url = "https://app.example/api/hook";
  const providers = ["standard", "svix", "clerk", "resend", "polar", "stripe", "github", "slack", "qstash", "shopify", "lemonsqueezy", "paddle", "workos", "linear"];
  await Promise.all(providers.map(async (provider) => {
    const maker = makers.find((each) => each.provider === provider);
    assert.ok(maker !== undefined, provider);
    // An environment variable holds no NUL.
    const own = maker.secret().replaceAll("\0", "0");
    const { status, stdout, stderr } = await runWithin([own])(["sign", "webhook", provider, "--data", "event.json", "--var", "THE_SECRET", ...(provider === "qstash" ? ["--url", url] : [])], { cwd, env: { THE_SECRET: own } });
    assert.equal(status, 0, `${provider}: ${stderr}`);
    assert.ok(await maker.verify(own, headersIn(stdout), text, url), provider);
    assert.match(stderr, new RegExp(`Signed as ${provider} signs, with THE_SECRET \\(environment\\)`));
  }));
});

test("webhooks: id, time, event, the usual variable, stdin, a scheme of one's own", async () => {
  const now = Date.parse("2026-11-22T08:30:00Z");
  const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const own = watchedRun([whsec]);
  const standard = await own(["sign", "webhook", "standard", "--data", "body.json", "--id", "msg_1", "--timestamp", "2026-11-22T09:30:00+01:00"], { cwd, env: { WEBHOOK_SECRET: whsec } });
  assert.equal(verifyWebhook("standard", { secret: whsec, headers: headersIn(standard.stdout), body, now }).id, "msg_1");
  const github = await run(["sign", "webhook", "github", "--data", "-", "--event", "push", "--id", "1-2", "--json"], { cwd, stdin: body, env: { GITHUB_WEBHOOK_SECRET: secret } });
  assert.equal(verifyWebhook("github", { secret, headers: github.json().headers, body }).event, "push");
  const scheme = { header: "x-acme-signature", encoding: /** @type {const} */ ("hex"), prefix: "sha256=", timestamp: { header: "x-acme-time", unit: /** @type {const} */ ("s"), after: "." } };
  const acme = await own(["sign", "webhook", "hmac", "--scheme", JSON.stringify(scheme), "--secret-stdin", "--data", "body.json", "--timestamp", String(now)], { cwd, stdin: `${whsec}\r\n` });
  assert.equal(verifyWebhook(hmac(scheme), { secret: whsec, headers: headersIn(acme.stdout), body, now }).timestamp, now);
});

test("webhooks: --curl delivers it", async () => {
  const whsec = "whsec_abcdefghijklmnopqrstuvwxyz";
  const { stdout } = await watchedRun([whsec])(["sign", "webhook", "stripe", "--data", "body.json", "--curl", `${origin}/hook?a=1`], { cwd, env: { STRIPE_WEBHOOK_SECRET: whsec } });
  assert.equal(await bash(stdout), "kept");
  const { method, url, headers, body: sentBody } = received.at(-1) ?? assert.fail();
  assert.deepEqual([method, url], ["POST", "/hook?a=1"]);
  verifyWebhook("stripe", { secret: whsec, headers, body: sentBody });
});

test("webhooks: the page's command, as it stands there, delivers it", async () => {
  const whsec = "whsec_abcdefghijklmnopqrstuvwxyz";
  const folder = makeProject("plain", { files: { ".env.local": `STRIPE_WEBHOOK_SECRET=${whsec}\n`, "event.json": '{"id":"evt_2"}\n' } }).root;
  const command = snippet(commandPage, "sign a webhook").replace("http://localhost:3000/api", `${origin}/hook`);
  const { stdout } = await exec("bash", ["-euo", "pipefail", "-c", command], { cwd: folder, env: environment({ npm_config_offline: "true" }) });
  assert.equal(stdout, "kept");
  const { headers, body: sentBody } = received.at(-1) ?? assert.fail();
  assert.equal(verifyWebhook("stripe", { secret: whsec, headers, body: sentBody }).id, "evt_2");
});

/** @type {[string, string[], RegExp][]} */
const wrongWebhooks = [
  ["no provider", ["acme", "--data", "body.json"], /no such provider. There are: standard, svix/],
  ["no body", ["stripe"], /--data event\.json/],
  ["no secret", ["stripe", "--data", "body.json"], /STRIPE_WEBHOOK_SECRET is not set here/],
  ["a secret of another form", ["stripe", "--data", "body.json", "--var", "COUNTERSIGN_SECRET"], /not of its form/],
  ["qstash without an address", ["qstash", "--data", "body.json", "--var", "COUNTERSIGN_SECRET"], /url/],
  ["seconds for milliseconds", ["github", "--data", "body.json", "--timestamp", "1800000000"], /looks like seconds.*\n.*1800000000000/],
  ["a date without a zone", ["github", "--data", "body.json", "--timestamp", "2026-11-22T09:30:00"], /no time that can be read/],
  ["hmac without a scheme", ["hmac", "--data", "body.json"], /needs --scheme/],
  ["a scheme that is none", ["hmac", "--data", "body.json", "--scheme", '{"header":1}'], /must be/],
  ["an id that no header can have", ["standard", "--data", "body.json", "--id", "a b", "--var", "WEBHOOK"], /header_invalid/],
];
test("webhooks: wrong usage is status 2, says what is right, and signs nothing", async () => {
  for (const [what, args, expected] of wrongWebhooks) {
    const { status, stdout, stderr } = await within(["sign", "webhook", ...args], { cwd, env: { WEBHOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } });
    assert.deepEqual([status, stdout], [2, ""], `${what}: ${stderr}`);
    assert.match(stderr, expected, what);
    assert.ok(!stderr.includes("fault of countersign"), stderr);
  }
});

test("webhooks: a secret as an argument is refused, and not repeated", async () => {
  const given = "whsec_zyxwvutsrqponmlkjihgfedcba";
  for (const args of [["stripe", "--secret", given], ["stripe", `--secret=${given}`], ["stripe", "--var", given], [given]]) {
    const { status, stderr } = await runWithMistake([given])(["sign", "webhook", ...args, "--data", "body.json"], { cwd });
    assert.equal(status, 2);
    assert.match(stderr, /shell's history/);
  }
});
