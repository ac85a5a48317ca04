// `npx countersign doctor`, run as a user's shell runs it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createKeyring, generateSecret } from "countersign";

const installed = fileURLToPath(new URL("../../node_modules/countersign/", import.meta.url));
const bin = join(installed, JSON.parse(readFileSync(join(installed, "package.json"), "utf8")).bin.countersign);
const folder = mkdtempSync(join(tmpdir(), "countersign-doctor-"));
after(() => rmSync(folder, { recursive: true }));

/**
 * @param {string[]} args @param {{ env?: Record<string, string>, files?: Record<string, string> }} [given]
 * @returns {Promise<{ status: number, output: string }>}
 */
function run(args, { env = {}, files = {} } = {}) {
  const cwd = mkdtempSync(join(folder, "app-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return new Promise((done) => {
    execFile(process.execPath, [bin, ...args], { cwd, env: { PATH: process.env["PATH"] ?? "", ...env } }, (error, stdout, stderr) => {
      done({ status: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

const secret = generateSecret();
const [keyId = ""] = createKeyring(secret).keyIds;

test("a usable secret: its key id, where it comes from, and status 0", async () => {
  const { status, output } = await run(["doctor"], { files: { ".env.local": `A=1\r\nCOUNTERSIGN_SECRET="${secret}"\r\n` } });
  assert.equal(status, 0, output);
  assert.match(output, new RegExp(`ok +COUNTERSIGN_SECRET \\(\\.env\\.local\\): key ${keyId}`));
});

test("the environment comes before .env.local, and that before .env, as in Next.js", async () => {
  const files = { ".env.local": `COUNTERSIGN_SECRET=${secret}\n`, ".env": "COUNTERSIGN_SECRET=changeme\n" };
  assert.equal((await run(["doctor"], { files })).status, 0);
  const { status, output } = await run(["doctor"], { files, env: { COUNTERSIGN_SECRET: "changeme" } });
  assert.equal(status, 1);
  assert.match(output, /\(environment\)/);
});

test("a missing secret, a weak one, one of a rotation, a leaked one: status 1, and what to do", async () => {
  for (const [files, expected] of /** @type {[Record<string, string>, RegExp][]} */ ([
    [{}, /!! +COUNTERSIGN_SECRET\n.*Set the variable/],
    [{ ".env.local": "COUNTERSIGN_SECRET=changeme\n" }, /placeholder/],
    [{ ".env.local": `COUNTERSIGN_SECRET=${secret}\nCOUNTERSIGN_SECRET_NEXT=${secret.slice(0, -1)}\n` }, /!! +COUNTERSIGN_SECRET_NEXT .*\n.*checksum/],
    [{ ".env.local": `COUNTERSIGN_SECRET=${secret}\n`, ".env": `NEXT_PUBLIC_COUNTERSIGN_SECRET=${secret}\n` }, /!! +NEXT_PUBLIC_COUNTERSIGN_SECRET .*\n.*every visitor/],
  ])) {
    const { status, output } = await run(["doctor"], { files });
    assert.equal(status, 1, output);
    assert.match(output, expected);
    assert.ok(!output.includes(secret.slice(4, 40)), "prints the secret");
    assert.ok(!output.includes("changeme"), "prints the secret");
  }
});

test("--json is for programs and has no secret either", async () => {
  const { status, output } = await run(["doctor", "--json"], { env: { COUNTERSIGN_SECRET: secret } });
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(output), [{ variable: "COUNTERSIGN_SECRET", source: "environment", ok: true, keyId, problems: [] }]);
});

test("wrong usage is status 2 and shows the right one; --help is status 0", async () => {
  for (const args of [[], ["docter"], ["doctor", "x"], ["doctor", "--value"]]) {
    const { status, output } = await run(args);
    assert.equal(status, 2);
    assert.match(output, /Usage: countersign doctor/);
  }
  const { status, output } = await run(["--help"]);
  assert.equal(status, 0);
  assert.match(output, /Usage: countersign doctor/);
});
