// What www/docs/cli.md says of doctor: its table of codes, and a screen. `node tests/cli/doctor-docs.test.mjs --accept` writes the screen.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startDeployments } from "./support/deployments.mjs";
import { clean, paste } from "./support/doctor.mjs";
import { run } from "./support/run.mjs";

const page = new URL("../../www/docs/cli.md", import.meta.url);
const installed = new URL("../../node_modules/countersign/esm/cli/doctor/", import.meta.url);
const section = () => /** @type {string} */ (/^## doctor\n([\s\S]*?)^## /m.exec(readFileSync(page, "utf8"))?.[1]);

test("every code has its line in the table, with how grave it is, and is given and planted somewhere", async () => {
  /** @type {{ codes: readonly string[], finding: (code: string, details: object) => { severity: string } }} */
  const { codes, finding } = await import(pathToFileURL(fileURLToPath(new URL("codes.js", installed))).href);
  const lines = [...section().matchAll(/^\| `(\w+)` \| (error|warning) \| .+ \|$/gm)].map(([, code, severity]) => [code, severity]);
  assert.deepEqual(lines, codes.map((code) => [code, finding(code, { where: "", message: "", fix: "" }).severity]));
  assert.ok(codes.length > 25);
  const textOf = (/** @type {URL} */ folder, /** @type {RegExp} */ names) => readdirSync(folder).filter((name) => names.test(name)).map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
  const checks = textOf(new URL("checks/", installed), /\.js$/);
  const tests = textOf(new URL(".", import.meta.url), /^doctor-(?!docs).*\.test\.mjs$/);
  for (const code of codes) {
    assert.ok(checks.includes(`"${code}"`), `no check gives ${code}`);
    // Environment variables are always well-formed text; the code is there because inspectSecret knows the problem.
    if (code !== "secret_malformed") assert.ok(tests.includes(`"${code}"`), `no test plants ${code}`);
  }
  const given = [...checks.matchAll(/\bfinding\(\s*"(\w+)"/g)].map(([, code]) => code);
  for (const code of given) assert.ok(codes.includes(/** @type {string} */ (code)), code);
});

test("the screen", async () => {
  // Fixed, so that the fingerprints are.
  const secretOf = (/** @type {string} */ name) => createHash("sha256").update(`the documents' ${name}`).digest("base64url");
  const [here, there, production] = ["server", "convex", "production"].map(secretOf);
  const deployments = await startDeployments({ dev: { COUNTERSIGN_SECRET: /** @type {string} */ (there) }, prod: { COUNTERSIGN_SECRET: `"${production}"` } });
  const project = clean({ git: true, dotenv: `${deployments.dotenv}COUNTERSIGN_SECRET=${here}\nNEXT_PUBLIC_API_TOKEN=${here}\n`, mode: 0o644 });
  const { stdout, status } = await run(["doctor", "--prod"], { cwd: project.root, env: deployments.env });
  assert.equal(status, 1);
  // Under a key of each run, because it is no usable secret.
  const screen = stdout.replace(/~[0-9a-f]{8}/, "~a1b2c3d4");
  const text = readFileSync(page, "utf8");
  const block = /(```text title="what doctor prints of a project"\n)[\s\S]*?(^```$)/m;
  const written = text.replace(block, (_, start, end) => start + screen + end);
  if (process.argv.includes("--accept")) writeFileSync(page, written);
  else assert.equal(text, written);
  // "both sides" is the command in front of it.
  const [, command = ""] = /```sh title="both sides"\n(.*)\n```/.exec(text) ?? [];
  await assert.rejects(paste(command, project, deployments.env), /variable_differs/);
});
