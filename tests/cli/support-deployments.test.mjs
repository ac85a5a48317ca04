// The real convex CLI finds both deployments, reads and writes their variables, and says what it says when it cannot.

import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { putConvexCli, startDeployments } from "./support/deployments.mjs";
import { makeProject } from "./support/project.mjs";
import { runScript } from "./support/run.mjs";

/** @param {import("./support/project.mjs").Project} project @param {string[]} args @param {Partial<import("./support/run.mjs").RunOptions>} [options] */
function convex(project, args, options = {}) {
  const folder = realpathSync(join(project.convex, "node_modules/convex"));
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return runScript(join(folder, bin.convex), args, { cwd: project.convex, ...options });
}

/** Texts that a shell, a .env file or a terminal would take for something else. */
const odd = { TRAILING: "two words ", QUOTES: `"a" 'b' \`c\``, LINES: "one\ntwo\n", SHELL: "$(id) ; `id` | $HOME #no comment", BACKSLASHES: "\\n\\\\" };

test("env set, get, list and remove, in development and with --prod", async () => {
  const deployments = await startDeployments({ dev: { FIRST: "dev" }, prod: { FIRST: "prod", ...odd } });
  const { env } = deployments;
  const project = makeProject("plain", { files: { ".env.local": deployments.dotenv } });
  const first = await convex(project, ["env", "get", "FIRST"], { env });
  assert.equal(first.stdout, "dev\n", first.output);
  assert.equal((await convex(project, ["env", "get", "--prod", "FIRST"], { env })).stdout, "prod\n");
  for (const [name, value] of Object.entries(odd)) assert.equal((await convex(project, ["env", "get", "--prod", name], { env })).stdout, `${value}\n`);
  assert.match((await convex(project, ["env", "list", "--prod", "--include-values"], { env })).stdout, /^FIRST=prod$/m);
  const set = await convex(project, ["env", "set", "SECOND"], { env, stdin: odd.SHELL });
  assert.equal(set.status, 0, set.output);
  assert.deepEqual(deployments.variables("dev"), { FIRST: "dev", SECOND: odd.SHELL });
  assert.equal((await convex(project, ["env", "remove", "--prod", "FIRST"], { env })).status, 0);
  assert.deepEqual(deployments.variables("prod"), odd);
  assert.ok(deployments.requests.includes("POST /api/deployment/authorize_prod"), deployments.requests.join());
});

test("the same as self-hosted deployments, by --env-file", async () => {
  const deployments = await startDeployments({ dev: { WHICH: "dev" }, prod: { WHICH: "prod" } });
  const project = makeProject("plain", { files: { ".env.local": deployments.selfHosted("dev"), "prod.env": deployments.selfHosted("prod") } });
  assert.equal((await convex(project, ["env", "get", "WHICH"])).stdout, "dev\n");
  assert.equal((await convex(project, ["env", "get", "--env-file", "prod.env", "WHICH"])).stdout, "prod\n");
  const refused = await convex(project, ["env", "get", "--prod", "WHICH"]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /self-hosted/);
});

test("without a login, and before a deployment was chosen", async () => {
  const deployments = await startDeployments();
  const { env } = deployments;
  const project = makeProject("plain", { files: { ".env.local": deployments.dotenv } });
  deployments.logout();
  const loggedOut = await convex(project, ["env", "list"], { env });
  assert.equal(loggedOut.status, 1, loggedOut.output);
  assert.match(loggedOut.stderr, /401|[Aa]ccess token|log ?in/);
  project.remove(".env.local");
  const unchosen = await convex(project, ["env", "list"], { env });
  assert.equal(unchosen.status, 1, unchosen.output);
  assert.match(unchosen.stderr, /No CONVEX_DEPLOYMENT set/);
  const stand = makeProject("plain");
  // The stand-ins say the same.
  const same = (/** @type {string} */ text) => text.replace(/https?:\/\/[^/]+/, "").trim();
  putConvexCli(stand, "not logged in");
  assert.equal(same((await convex(stand, ["env", "list"])).stderr), same(loggedOut.stderr));
  putConvexCli(stand, "no deployment");
  assert.equal((await convex(stand, ["env", "list"])).stderr, unchosen.stderr);
});

test("a deploy key of another deployment", async () => {
  const deployments = await startDeployments({ dev: { FIRST: "one" } });
  const project = makeProject("plain", { files: { ".env.local": deployments.selfHosted("dev").replace(/\|.*/, "|of-another") } });
  const refused = await convex(project, ["env", "set", "FIRST"], { stdin: "two" });
  assert.equal(refused.status, 1, refused.output);
  assert.deepEqual(deployments.variables("dev"), { FIRST: "one" });
  putConvexCli(project, "refused key");
  assert.equal((await convex(project, ["env", "set", "FIRST"], { stdin: "two" })).stderr, refused.stderr);
});

test("stand-ins: slow, failing, offline, missing, in each layout", async () => {
  for (const layout of /** @type {const} */ (["plain", "monorepo", "pnpm"])) {
    const project = makeProject(layout);
    putConvexCli(project, "slow");
    await assert.rejects(convex(project, ["env", "list"], { timeoutMs: 500 }), /did not end within 500 ms/);
    putConvexCli(project, "failing");
    const failed = await convex(project, ["env", "set", "NAME"], { stdin: "the value" });
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /the value for env set NAME/);
    putConvexCli(project, "offline");
    await assert.rejects(convex(project, ["env", "list"], { timeoutMs: 500 }), /ECONNREFUSED/);
    putConvexCli(project, "missing");
    assert.throws(() => realpathSync(join(project.convex, "node_modules/convex")), /ENOENT/);
    assert.ok(!project.has("node_modules/convex"));
  }
});
