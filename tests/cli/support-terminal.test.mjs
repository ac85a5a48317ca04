// The pseudo-terminal is one: prompts show, what is typed arrives, Ctrl-C stops, and an answer that was not asked for is an error.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL, fileURLToPath } from "node:url";
import { temporaryFolder } from "./support/run.mjs";
import { runInTerminal } from "./support/terminal.mjs";

const module = pathToFileURL(fileURLToPath(new URL("../../node_modules/countersign/esm/cli/terminal.js", import.meta.url)));
const cwd = temporaryFolder("terminal");
const script = join(cwd, "ask.mjs");
writeFileSync(
  script,
  `import { openTerminal } from ${JSON.stringify(module.href)};
const terminal = await openTerminal(process, process.env, false);
try {
  const yes = await terminal.confirm("Go on?", "--yes");
  const secret = yes ? await terminal.secret("The secret?", "stdin") : "";
  terminal.line(terminal.colours.green("answered " + yes + " " + secret.length));
} catch (error) {
  terminal.notice(error.message);
  process.exitCode = 2;
}
`,
);

test("answers are typed when they are asked for, and a password does not show", async () => {
  const { status, output, raw } = await runInTerminal([], { cwd, script, answers: [{ when: /Go on\?/, type: "y" }, { when: /The secret\?/, type: "hush-hush\r" }] });
  assert.equal(status, 0, output);
  assert.match(output, /answered true 9/);
  assert.doesNotMatch(output, /hush/);
  assert.match(raw, /\x1b\[/, "it is a terminal with colours");
});

test("Ctrl-C at a prompt", async () => {
  const { status, output } = await runInTerminal([], { cwd, script, answers: [{ when: /Go on\?/, type: "\u0003" }] });
  assert.equal(status, 2, output);
  assert.match(output, /Stopped\./);
});

test("a question that never comes, and an answer that is missing", async () => {
  await assert.rejects(runInTerminal([], { cwd, script, answers: [{ when: /Go on\?/, type: "n" }, { when: /Sure\?/, type: "y" }] }), /before \/Sure\\\?\/ showed/);
  await assert.rejects(runInTerminal([], { cwd, script, timeoutMs: 1000 }), /did not end within 1000 ms/);
});
