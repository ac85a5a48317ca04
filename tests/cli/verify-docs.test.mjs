// What www/docs/cli.md says of verify, run as it stands there.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { commandPage, snippet } from "../docs/snippets.mjs";
import { makeProject } from "./support/project.mjs";
import { environment } from "./support/run.mjs";

/** @type {{ name: string, secret: string, audience: string, token: string }[]} */
const vectors = JSON.parse(readFileSync(new URL("../vectors/tokens.json", import.meta.url), "utf8"));
const { secret, audience, token } = vectors.find(({ name }) => name === "a webhook's mutation") ?? assert.fail();

/** @param {Record<string, string>} files @param {string} title @returns {Promise<{ status: unknown, stdout: string }>} */
function runBlock(files, title) {
  const cwd = makeProject("plain", { files }).root;
  return new Promise((resolve) => {
    execFile("bash", ["-euc", snippet(commandPage, title)], { cwd, env: environment({ npm_config_offline: "true" }) }, (error, stdout) => resolve({ status: error?.code ?? 0, stdout }));
  });
}

test("a call with other arguments than those that were signed", async () => {
  const files = { ".env.local": `COUNTERSIGN_SECRET=${secret}\nNEXT_PUBLIC_CONVEX_URL=${audience}\n`, "token.txt": `${token}\n` };
  const { status, stdout } = await runBlock(files, "verify a call");
  assert.equal(status, 1);
  assert.equal(stdout, snippet(commandPage, "what verify prints"));
});

test("a request with a line end that was not signed", async () => {
  const files = { ".env.local": "COUNTERSIGN_SECRET=an-example-secret-of-32-bytes-01\n", "request.txt": snippet(commandPage, "request.txt") };
  const { status, stdout } = await runBlock(files, "verify a request");
  assert.equal(status, 1);
  assert.equal(stdout, snippet(commandPage, "what verify prints of a request"));
});
