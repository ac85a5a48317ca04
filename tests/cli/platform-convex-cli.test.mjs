// The user's own convex CLI as countersign calls it: the real one against the embedded Convex, and stand-ins for what goes wrong.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { putConvexCli, startDeployments } from "./support/deployments.mjs";
import { makeProject } from "./support/project.mjs";
import { environment, temporaryFolder } from "./support/run.mjs";

/** @param {string} file @returns {Promise<any>} */
const internal = (file) => import(new URL(`../../node_modules/countersign/esm/cli/${file}`, import.meta.url).href);
const { ConvexCli } = await internal("convex-cli.js");
const { findProject } = await internal("project/index.js");

/** @param {import("./support/project.mjs").Project} made @param {{ env?: Record<string, string>, timeoutMs?: number, from?: string }} [options] */
function open(made, { env = {}, timeoutMs = 60_000, from = made.root } = {}) {
  /** @type {string[]} */
  const concealed = [];
  /** @type {any} */
  const context = { environment: environment(env), folder: from, terminal: { conceal: (/** @type {string} */ value) => concealed.push(value) } };
  return { cli: ConvexCli.find(findProject(context, {}), context, { timeoutMs }), concealed };
}

const secret = "csk_canary-of-the-convex-cli_k3x9Qz";

/** What an env file, a shell or the CLI's own list could take for something else. */
const odd = {
  PLAIN: "plain",
  TRAILING: "two words  ",
  LEADING: "\t x",
  EMPTY: "",
  NEWLINE: "\n",
  LINES: "one\ntwo\n\n",
  CRLF: "one\r\ntwo\r",
  SINGLE: "'quoted'",
  DOUBLE: '"quoted"',
  BACKTICK: "`quoted`",
  OPEN: "'open",
  CLOSE: "open'",
  ALL_QUOTES: `'"\``,
  HASH: "a #b",
  EQUALS: "A=b=c",
  LIKE_A_LIST: "x\nPLAIN=another\nFAKE=1",
  BACKSLASHES: "\\n\\\\ \\$",
  DOLLAR: "$HOME ${PATH} $(id)",
  PERCENT: "%s %d %o %%",
  UNICODE: "ünï 😀 \u2028 \u00A0",
  PEM: "-----BEGIN PRIVATE KEY-----\nab+c/=\n-----END PRIVATE KEY-----\n",
  JSON: '{"keys":[{"kid":"1","n":"a#b"}]}',
  LIKE_AN_OPTION: "--prod",
};

test("every value comes back exactly: set, list, get, remove, in development and in production", async () => {
  const deployments = await startDeployments({ dev: odd, prod: { ONLY: "prod" } });
  const made = makeProject("monorepo", { files: { "packages/backend/.env.local": deployments.dotenv } });
  // The variable makes the CLI list names only, unless it is told otherwise.
  const { cli, concealed } = open(made, { env: { ...deployments.env, AI_AGENT: "somebody", FORCE_COLOR: "1" } });
  assert.deepEqual(Object.fromEntries(await cli.variables({})), odd);
  assert.deepEqual(Object.fromEntries(await cli.variables({}, ["LIKE_A_LIST", "PLAIN", "FAKE", "NONE"])), { LIKE_A_LIST: odd.LIKE_A_LIST, PLAIN: "plain" });
  assert.deepEqual(Object.fromEntries(await cli.variables({ prod: true })), { ONLY: "prod" });
  for (const value of Object.values(odd)) assert.ok(concealed.includes(value), JSON.stringify(value));

  const hard = ["TRAILING", "LINES", "CRLF", "ALL_QUOTES", "UNICODE", "EMPTY", "LIKE_AN_OPTION"];
  for (const name of hard) await cli.set(`${name}_AGAIN`, /** @type {Record<string, string>} */ (odd)[name] ?? "", { prod: true });
  assert.deepEqual(deployments.variables("prod"), { ONLY: "prod", ...Object.fromEntries(hard.map((name) => [`${name}_AGAIN`, /** @type {Record<string, string>} */ (odd)[name]])) });
  assert.deepEqual(deployments.variables("dev"), odd, "the other deployment is as it was");

  assert.equal(await cli.get("EMPTY_AGAIN", { prod: true }), "");
  assert.equal(await cli.get("NONE", { prod: true }), undefined);
  assert.equal(await cli.get("LINES_AGAIN", { prod: true }), odd.LINES);
  for (const name of ["EMPTY_AGAIN", "NONE"]) await cli.remove(name, { prod: true });
  assert.equal(await cli.get("EMPTY_AGAIN", { prod: true }), undefined);
});

test("values without quotes are listed in one call; no variables at all", async () => {
  const deployments = await startDeployments({ dev: { A: "1", B: " x ", COUNTERSIGN_SECRET: secret } });
  const made = makeProject("plain", { files: { ".env.local": deployments.selfHosted("dev"), "prod.env": deployments.selfHosted("prod") } });
  const calls = spied(made);
  const { cli } = open(made);
  assert.deepEqual(Object.fromEntries(await cli.variables({})), { A: "1", B: " x ", COUNTERSIGN_SECRET: secret });
  assert.equal(calls().length, 1);
  // From another folder: a file for --env-file is looked for where the command was started.
  const elsewhere = open(made, { from: join(made.root, "app") }).cli;
  assert.equal((await elsewhere.variables({ envFile: "../prod.env" })).size, 0);
  assert.equal((await elsewhere.variables({})).size, 3);
  await assert.rejects(elsewhere.variables({ envFile: "none.env" }), { reason: "no_deployment", message: /that env file is missing/ });
});

test("the value is on stdin, in no argument and in no variable", async () => {
  const deployments = await startDeployments();
  const made = makeProject("pnpm", { files: { "packages/backend/.env.local": deployments.dotenv } });
  const calls = spied(made);
  const { cli } = open(made, { env: deployments.env });
  await cli.set("COUNTERSIGN_SECRET", secret, {});
  assert.equal(await cli.get("COUNTERSIGN_SECRET", { prod: false }), secret);
  const [set] = calls();
  assert.deepEqual(set?.args, ["env", "set", "COUNTERSIGN_SECRET"]);
  assert.equal(calls().length, 2);
  assert.ok(!JSON.stringify(calls()).includes(secret));
  for (const name of ["--prod", "A=B", "A B", ""]) await assert.rejects(cli.set(name, secret, {}), { name: "CliError", message: /not the name/ });
  assert.equal(calls().length, 2);
});

test("an older convex CLI, whose list has no options", async () => {
  const deployments = await startDeployments({ dev: { A: "1", LINES: "x\nA=2\nFAKE=3", B: " 2 " } });
  const made = makeProject("plain", { files: { ".env.local": deployments.dotenv } });
  const real = realScript(made);
  putConvexCli(made, { script: `if (process.argv.includes("--include-values") || process.argv.includes("--names-only")) { console.error("error: unknown option '--include-values'"); process.exit(1); }\nprocess.argv[1] = ${JSON.stringify(real)};\nif (process.argv[3] === "list") process.argv.push("--include-values");\nimport(${JSON.stringify(real)});` });
  const { cli } = open(made, { env: deployments.env });
  assert.deepEqual(Object.fromEntries(await cli.variables({})), { A: "1", LINES: "x\nA=2\nFAKE=3", B: " 2 " });
});

test("not logged in, and before a deployment was chosen", async () => {
  const deployments = await startDeployments();
  const made = makeProject("pnpm", { files: { "packages/backend/.env.local": deployments.dotenv } });
  deployments.logout();
  const { cli } = open(made, { env: deployments.env });
  const expected = { reason: "no_deployment", message: /not logged in, or no deployment is chosen/, hint: /pnpm exec convex dev/ };
  await assert.rejects(cli.variables({}), expected);
  await assert.rejects(cli.set("A", secret, {}), expected);
  made.remove("packages/backend/.env.local");
  await assert.rejects(cli.variables({}), expected);
});

test("a wrong key is refused at once, for reading and for writing, and is in no message", async () => {
  const deployments = await startDeployments({ dev: { A: "1" } });
  const key = "embedded|wrong-key-of-somebody";
  const made = makeProject("plain", { files: { ".env.local": deployments.selfHosted("dev").replace(/(?<=ADMIN_KEY=).*/, key) } });
  const { cli, concealed } = open(made, { timeoutMs: 50_000 });
  assert.ok(concealed.includes(key));
  const started = Date.now();
  for (const act of [() => cli.variables({}), () => cli.get("A", {}), () => cli.set("A", secret, {}), () => cli.remove("A", {})]) {
    await assert.rejects(act, (/** @type {any} */ error) => error.reason === "refused" && !`${error.message}${error.hint}`.includes("wrong-key"));
  }
  // The real CLI would wait for ever after a read.
  assert.ok(Date.now() - started < 40_000);
  assert.deepEqual(deployments.variables("dev"), { A: "1" });
});

test("the CLI is missing, or there is no convex/", async () => {
  for (const [layout, install] of /** @type {const} */ ([["plain", "npm install convex"], ["pnpm", "pnpm add convex"]])) {
    const made = makeProject(layout);
    putConvexCli(made, "missing");
    assert.throws(() => open(made), { reason: "not_installed", hint: new RegExp(`Run ${install} in `) });
  }
  const bare = makeProject("plain");
  bare.remove("convex");
  assert.throws(() => open(bare), { name: "CliError", message: /no convex\/ folder/ });
});

test("no server: the real CLI tries for ever, countersign does not", async () => {
  const made = makeProject("plain", { files: { ".env.local": "CONVEX_SELF_HOSTED_URL=http://127.0.0.1:9\nCONVEX_SELF_HOSTED_ADMIN_KEY=embedded|key\n" } });
  const { cli } = open(made, { timeoutMs: 50_000 });
  await assert.rejects(cli.variables({}), { reason: "network" });
  await assert.rejects(cli.set("A", secret, {}), { reason: "network" });
});

test("what the CLI's client prints of its connection, on stdout too, is no value", async () => {
  const made = makeProject("plain");
  const lines = "WebSocket closed with code 1006\\nAttempting reconnect in 12ms\\nWebSocket reconnected at 12:00:00\\n";
  const place = putConvexCli(made, { script: `const fs = require("node:fs");\nconst count = __dirname + "/count";\nconst calls = fs.existsSync(count) ? Number(fs.readFileSync(count, "utf8")) : 0;\nfs.writeFileSync(count, String(calls + 1));\nprocess.stdout.write((calls % 4 === 0 || calls >= 4 ? "${lines}" : "") + (process.argv[3] === "get" ? "the value\\n" : "A=1\\nB=2\\n"));` });
  const { cli } = open(made);
  assert.equal(await cli.get("A", {}), "the value");
  assert.deepEqual(Object.fromEntries(await cli.variables({})), { A: "1", B: "2" });
  assert.equal(await cli.get("A", {}), "the value");
  await assert.rejects(cli.variables({}), { reason: "network" });
  assert.equal(readFileSync(join(place, "bin/count"), "utf8"), "7");
  putConvexCli(made, "offline");
  await assert.rejects(open(made, { timeoutMs: 1000 }).cli.get("A", {}), { reason: "network" });
});

test("slow: it and what it started are stopped when the time is up", async () => {
  const made = makeProject("plain");
  const place = putConvexCli(made, { script: `const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);\nprocess.on("SIGTERM", () => {}); process.on("SIGINT", () => {});\nrequire("node:fs").writeFileSync(__dirname + "/pids", process.pid + " " + child.pid);\nsetInterval(() => {}, 1000);` });
  const { cli } = open(made, { timeoutMs: 1500 });
  await assert.rejects(cli.variables({}), { reason: "timed_out", message: /took longer than 1\.5 seconds/, hint: /--timeout/ });
  await gone(readFileSync(join(place, "bin/pids"), "utf8").split(" ").map(Number));
});

test("Ctrl-C stops it as well", { skip: process.platform === "win32" ? "Windows has no such signals" : false }, async () => {
  const made = makeProject("plain");
  const place = putConvexCli(made, { script: `process.on("SIGTERM", () => {}); process.on("SIGINT", () => {});\nrequire("node:fs").writeFileSync(__dirname + "/pids", String(process.pid));\nsetInterval(() => {}, 1000);` });
  const module = (/** @type {string} */ name) => JSON.stringify(new URL(`../../node_modules/countersign/esm/cli/${name}`, import.meta.url).href);
  const script = join(temporaryFolder("ctrl-c"), "call.mjs");
  writeFileSync(script, `import { ConvexCli } from ${module("convex-cli.js")};\nimport { findProject } from ${module("project/index.js")};\nconst context = { environment: process.env, folder: ${JSON.stringify(made.root)}, terminal: { conceal() {} } };\nawait ConvexCli.find(findProject(context, {}), context, { timeoutMs: 60000 }).variables({});\n`);
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    const caller = spawn(process.execPath, [script], { env: environment(), stdio: "ignore" });
    const ended = new Promise((resolve) => caller.on("close", (_, by) => resolve(by)));
    const pids = join(place, "bin/pids");
    while (!existsSync(pids) || readFileSync(pids, "utf8") === "") await new Promise((resolve) => setTimeout(resolve, 20));
    const child = Number(readFileSync(pids, "utf8"));
    writeFileSync(pids, "");
    caller.kill(signal);
    assert.equal(await ended, signal);
    await gone([child]);
  }
});

test("failing: what it said, without the value", async () => {
  const made = makeProject("plain");
  putConvexCli(made, "failing");
  const { cli } = open(made);
  for (const value of [secret, "short", 'with "quotes"\nand lines']) {
    await assert.rejects(cli.set("COUNTERSIGN_SECRET", value, { prod: true }), (/** @type {any} */ error) => {
      assert.equal(error.reason, "failed");
      assert.match(error.message, /convex env set --prod failed \(status 1\)[\s\S]*it broke while it had \[hidden\]/);
      return !error.message.includes(value);
    });
  }
  putConvexCli(made, { script: `console.error("given " + JSON.stringify(require("node:fs").readFileSync(0, "utf8"))); process.exit(3);` });
  await assert.rejects(open(made).cli.set("A", 'a"b\nc\\d', {}), (/** @type {any} */ error) => /status 3/.test(error.message) && /given "\[hidden\]\\n"/.test(error.message));
  putConvexCli(made, { script: `process.kill(process.pid, "SIGKILL")` });
  await assert.rejects(open(made).cli.get("A", {}), { reason: "failed", message: process.platform === "win32" ? /failed/ : /ended by a signal/ });
  // Ends before it has read what it is given.
  putConvexCli(made, { script: `process.stdin.destroy(); console.error("no thanks"); process.exit(1);` });
  await assert.rejects(open(made).cli.set("A", "x".repeat(1_000_000), {}), { reason: "failed", message: /no thanks/ });
});

/** The real CLI of a project. @param {import("./support/project.mjs").Project} made */
function realScript(made) {
  return execFileSync(process.execPath, ["-p", `require("node:fs").realpathSync("node_modules/convex") + "/bin/main.js"`], { cwd: made.convex, encoding: "utf8" }).trim();
}

/** Puts in front of the real CLI what writes down its arguments and variables. @param {import("./support/project.mjs").Project} made @returns {() => { args: string[], env: object }[]} */
function spied(made) {
  const real = realScript(made);
  const log = join(temporaryFolder("spy"), "log");
  writeFileSync(log, "");
  putConvexCli(made, { script: `require("node:fs").appendFileSync(${JSON.stringify(log)}, JSON.stringify({ args: process.argv.slice(2), env: process.env }) + "\\n");\nprocess.argv[1] = ${JSON.stringify(real)};\nimport(${JSON.stringify(real)});` });
  return () => readFileSync(log, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** @param {number[]} pids */
async function gone(pids) {
  const alive = (/** @type {number} */ pid) => {
    try {
      process.kill(pid, 0);
      // A process that has ended and was not waited for still has its number.
      return process.platform !== "linux" || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };
  for (let tries = 0; pids.some(alive); tries++) {
    assert.ok(tries < 200, "still running");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
