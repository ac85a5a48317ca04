// What all commands have in common: help, status, what happens to output that nobody reads.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { makeProject } from "./support/project.mjs";
import { binOf, run, temporaryFolder } from "./support/run.mjs";
import { runInTerminal } from "./support/terminal.mjs";

const cwd = temporaryFolder("frame");

/** Names below `command`, as its help lists them. @param {string[]} command */
async function listed(command) {
  const { stdout, status } = await run([...command, "--help"], { cwd });
  assert.equal(status, 0, stdout);
  assert.doesNotMatch(stdout, /refused\.\.\./);
  return [...(stdout.split("Commands:\n")[1] ?? "").matchAll(/^ {2}(\w+)/gm)].map(([, name = ""]) => [...command, name]);
}

test("each command has help with an example, and --json", async () => {
  const first = await listed([]);
  assert.ok(first.length >= 8, first.join());
  let commands = 0;
  for (const command of first) {
    const below = await listed(command);
    for (const each of below.length === 0 ? [command] : below) {
      const { stdout, status } = await run([...each, "--help"], { cwd });
      assert.equal(status, 0);
      assert.match(stdout, /--json/, each.join(" "));
      assert.match(stdout, /Example: /, each.join(" "));
      assert.doesNotMatch(stdout, /refused\.\.\./, each.join(" "));
      commands++;
    }
  }
  assert.ok(commands >= 12, `${commands}`);
});

test("wrong usage is status 2, on stderr, and says where help is", async () => {
  for (const args of [["nothing-like-it"], ["doctor", "--nothing-like-it"], ["sign"], ["verify", "nothing-like-it"], []]) {
    const { status, stdout, stderr } = await run(args, { cwd });
    assert.equal(status, 2, args.join(" "));
    assert.equal(stdout, "", args.join(" "));
    assert.match(stderr, /--help/, args.join(" "));
  }
});

test("a reader that goes away early neither stops the command nor changes its status", async () => {
  const child = spawn(process.execPath, [binOf(cwd), "verify", "--help"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const status = await new Promise((done) => child.on("close", done));
  assert.deepEqual([status, stderr], [0, ""]);
});

test("the name of a file gives the terminal no commands", { skip: process.platform === "win32" }, async () => {
  const app = makeProject("plain");
  app.write("convex/a\u001b]0;title\u0007\r\u009b2Jb.ts", "export const check = (args: { secret: string }) => args.secret === process.env.INTERNAL_API_SECRET;\n");
  const { stdout, stderr } = await run(["doctor", "--offline"], { cwd: app.root });
  assert.match(stdout, /convex\/a\\u001b\]0;title\\u0007\\u000d\\u009b2Jb\.ts:1/);
  assert.doesNotMatch(stdout + stderr, /(?!\n)\p{Cc}/u);
});

test("colours at a terminal, or where they are asked for, and nowhere else", async () => {
  const coloured = async (/** @type {Record<string, string>} */ env) => (await run(["fingerprint"], { cwd, env, stdin: "short" })).output.includes("\u001b[");
  assert.equal(await coloured({}), false);
  assert.equal(await coloured({ CI: "true" }), false, "what a CI keeps in a file");
  assert.equal(await coloured({ FORCE_COLOR: "1" }), true);
  assert.equal(await coloured({ FORCE_COLOR: "1", NO_COLOR: "1" }), false);
  const shown = async (/** @type {Record<string, string>} */ env) => (await runInTerminal(["fingerprint", "--var", "NOT_THERE"], { cwd, env })).raw.includes("\u001b[31m");
  assert.equal(await shown({}), true);
  assert.equal(await shown({ NO_COLOR: "1" }), false);
});
