// The real CLI, `npx convex env ...`, against the embedded deployment.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpClient, startFixture } from "./testing.mjs";

const require = createRequire(import.meta.url);
const root = new URL("../../..", import.meta.url);
const bin = path.join(path.dirname(require.resolve("convex/package.json")), "bin/main.js");

/** @type {Awaited<ReturnType<typeof startFixture>>} */
let convex;

beforeAll(async () => {
  convex = await startFixture({ env: { FIRST: "one" } });
});
afterAll(() => convex.close());

/**
 * @param {string[]} args
 * @param {{ stdin?: string, adminKey?: string, until?: string }} [options] `until`: end the command once it has printed this
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
function cli(args, { stdin = "", adminKey = convex.adminKey, until } = {}) {
  const { PATH, HOME } = process.env;
  // The variables alone choose the deployment; nothing of the caller's own Convex project gets in.
  const env = { PATH, HOME, CONVEX_SELF_HOSTED_URL: convex.url, CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey };
  const child = spawn(process.execPath, [bin, ...args], { env, cwd: root, timeout: 50_000 });
  const output = { stdout: "", stderr: "" };
  for (const stream of /** @type {const} */ (["stdout", "stderr"])) {
    child[stream].on("data", (chunk) => {
      output[stream] += chunk;
      if (until !== undefined && output[stream].includes(until)) child.kill();
    });
  }
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}

const variables = () => /** @type {any} */ (httpClient(convex.url)).query("environment:all", {});

test("env set NAME value, get, list and remove", async () => {
  expect(await cli(["env", "set", "SECOND", "two words"])).toMatchObject({ code: 0, stderr: expect.stringContaining("Successfully set SECOND") });
  expect(await variables()).toMatchObject({ FIRST: "one", SECOND: "two words" });
  expect(await cli(["env", "get", "SECOND"])).toMatchObject({ code: 0, stdout: "two words\n" });
  expect(await cli(["env", "list", "--include-values"])).toMatchObject({ code: 0, stdout: "FIRST=one\nSECOND=two words\n" });
  expect(await cli(["env", "remove", "SECOND"])).toMatchObject({ code: 0, stderr: expect.stringContaining("Successfully unset SECOND") });
  expect(await variables()).not.toHaveProperty("SECOND");
  expect(await cli(["env", "get", "SECOND"])).toMatchObject({ stdout: "", stderr: expect.stringContaining('"SECOND" not found') });
});

test("env set NAME, with the value on stdin", async () => {
  expect(await cli(["env", "set", "FROM_STDIN"], { stdin: "csk_value" })).toMatchObject({ code: 0 });
  expect(await variables()).toMatchObject({ FROM_STDIN: "csk_value" });
});

test("a name against Convex's rules is refused", async () => {
  const { code, stderr } = await cli(["env", "set", "CONVEX_CLOUD_URL", "http://elsewhere"]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("built-in and cannot be overridden");
});

test("a wrong admin key is refused, for writing and for reading", async () => {
  const refusal = "The provided deploy key was invalid for this deployment";
  const write = await cli(["env", "set", "FIRST", "overwritten"], { adminKey: "embedded|wrong" });
  expect(write.code).not.toBe(0);
  expect(write.stderr).toContain(refusal);
  expect(await variables()).toMatchObject({ FIRST: "one" });
  // The CLI prints the refusal of a read and then waits; it does the same with Convex itself.
  const read = await cli(["env", "list", "--include-values"], { adminKey: "embedded|wrong", until: refusal });
  expect(read.stderr).toContain(refusal);
  expect(read.stdout).toBe("");
});

test("convex run calls an internal function", async () => {
  expect(await cli(["run", "messages:countInternal"])).toMatchObject({ code: 0, stdout: "0\n" });
});
