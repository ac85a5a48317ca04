// Controls: each kind of leak, planted, is found; and what is no leak is none.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generateSecret } from "countersign";
import { makeProject } from "./support/project.mjs";
import { temporaryFolder } from "./support/run.mjs";
import { watching } from "./support/watching.mjs";

const secret = generateSecret();
const awkward = "Canary/7Q\"2Vw\\9Lm&4Rt%8K+3Zs'6H=1Ydé5Bg0xW";
const head = `import fs from "node:fs"; import { writeFileSync, promises } from "node:fs"; import { open, writeFile } from "node:fs/promises"; import * as child from "node:child_process"; import os from "node:os"; import path from "node:path"; import { Worker } from "node:worker_threads";
const secret = process.env.CANARY; const file = path.join(os.tmpdir(), "x");\n`;

/** @param {string} text @param {string} canary @param {{ terminal?: boolean }} [options] */
async function leaksOf(text, canary, { terminal = false } = {}) {
  const cwd = temporaryFolder("planted");
  const script = join(cwd, "planted.mjs");
  writeFileSync(script, head + text);
  const watch = watching({ canary });
  const options = { cwd, script, env: { CANARY: canary }, report: true };
  return (await (terminal ? watch.runInTerminal([], options) : watch.run([], options))).leaks;
}

/** What a command may do wrong, and where it shows. @type {[string, string, RegExp][]} */
const planted = [
  ["stdout", `console.log("the value is " + secret)`, /^stdout: canary/],
  ["stderr", `console.error("wrong: " + JSON.stringify(secret))`, /^stderr: canary/],
  ["part of it", `console.log(secret.slice(6, 20))`, /^stdout: canary/],
  ["a variable in base64", `console.log(Buffer.from("x" + process.env.CANARY).toString("base64"))`, /^stdout: canary, in base64/],
  ["in hexadecimal", `console.log(Buffer.from(secret).toString("hex"))`, /^stdout: canary, in hexadecimal/],
  ["in a URL", `console.log(encodeURIComponent(secret))`, /^stdout: canary/],
  ["backwards", `console.log([...secret].reverse().join(""))`, /^stdout: canary, backwards/],
  ["arguments of a child", `child.spawnSync(process.execPath, ["-e", "0", secret])`, /^arguments of node: canary/],
  ["arguments of git", `child.spawn("git", ["--version", secret]).on("error", () => {})`, /^arguments of git: canary/],
  ["through a shell", `child.execSync("true " + JSON.stringify(secret))`, /^arguments of/],
  ["through a shell, later", `child.exec("true '" + secret.replaceAll("'", "") + "'")`, /^arguments of/],
  ["arguments of a grandchild", `child.execFileSync(process.execPath, ["-e", "require('child_process').spawnSync(process.execPath, ['-e', '0', process.env.CANARY])"])`, /^arguments of node: canary/],
  ["arguments of a grandchild that a shell starts", `child.execFileSync("sh", ["-c", '"' + process.execPath + '" -e 0 -- "$CANARY"'], { env: { CANARY: secret, PATH: process.env.PATH } })`, /^arguments of node: canary/],
  ["arguments of a grandchild of an empty environment", `child.execFile(process.execPath, ["-e", "require('child_process').execFile(process.execPath, ['-e', '0', process.argv[1].split('').reverse().join('')])", "--", Buffer.from(secret).toString("base64")], { env: {} })`, /^arguments of node: canary, in base64/],
  ["a temporary file that is deleted right away", `fs.writeFileSync(file, "x" + secret); fs.unlinkSync(file)`, /^file x, written: canary/],
  ["by a name that was imported", `writeFileSync(file, secret); fs.unlinkSync(file)`, /^file x, written: canary/],
  ["by promises", `await promises.writeFile(file, secret); await promises.rm(file)`, /^file x, written: canary/],
  ["by promises, imported", `await writeFile(file, Buffer.from(secret)); await promises.rm(file)`, /^file x, written: canary/],
  ["by a handle", `const handle = await open(file, "w"); await handle.write(secret); await handle.close(); fs.unlinkSync(file)`, /^file x, written: canary/],
  ["by a handle's writeFile", `const handle = await open(file, "w"); await handle.writeFile(secret); await handle.close(); fs.unlinkSync(file)`, /^file x, written: canary/],
  ["by a descriptor, in two pieces", `const fd = fs.openSync(file, "w"); fs.unlinkSync(file); fs.writeSync(fd, secret.slice(0, 8)); fs.writeSync(fd, secret.slice(8))`, /^file x, written: canary/],
  ["by a stream", `fs.createWriteStream(file).end(secret, () => fs.unlinkSync(file))`, /^file x, written: canary/],
  ["by appending", `fs.appendFile(file, secret, () => fs.unlinkSync(file))`, /^file x, written: canary/],
  ["in a worker", `new Worker("require('fs').writeFileSync(process.env.FILE, process.env.CANARY); require('fs').unlinkSync(process.env.FILE)", { eval: true, env: { ...process.env, FILE: file } })`, /^file x, written: canary/],
  ["a copy of the environment file", `writeFileSync(".env.local", "A=" + secret, { mode: 0o600 }); fs.copyFileSync(".env.local", "backup"); fs.unlinkSync("backup")`, /^file backup, written: canary/],
  ["a temporary file by a grandchild", `child.execFileSync(process.execPath, ["-e", "const fs = require('fs'); fs.writeFileSync(process.argv[1], process.env.CANARY); fs.unlinkSync(process.argv[1])", file])`, /^file x, written: canary/],
  ["a temporary file by another program, left", `child.execFileSync("sh", ["-c", 'printf %s "$CANARY" > "$TMPDIR/left"'])`, /^file left: canary/],
  ["a file in the project", `writeFileSync("notes.md", secret)`, /^file notes\.md: canary/],
  ["a name of a file", `writeFileSync(path.join(os.tmpdir(), Buffer.from(secret).toString("hex").slice(0, 80)), "")`, /^name of a file: canary/],
  ["an environment file that others may read", `fs.writeFileSync(".env.local", "A=" + secret, { mode: 0o644 })`, /^file \.env\.local, which others may read: canary/],
  ["a temporary file beside it that others may read", `fs.writeFileSync("tmp-1", "A=" + secret, { mode: 0o644 }); fs.chmodSync("tmp-1", 0o600); fs.renameSync("tmp-1", ".env.local")`, /^file tmp-1, which others may read: canary/],
  ["in the home folder", `writeFileSync(path.join(os.homedir(), ".history"), secret)`, /^file \.history: canary/],
];
for (const [name, text, expected] of planted) {
  test(`planted: ${name}`, async () => {
    const leaks = await leaksOf(text, secret);
    assert.ok(leaks.some((leak) => expected.test(leak)), `not found: ${leaks.join("; ") || "nothing"}`);
    assert.ok(leaks.every((leak) => !leak.includes(secret)), "the message shows it");
  });
}

test("planted: a secret with quotes, backslashes and letters beyond ASCII", async () => {
  for (const text of [`console.log(secret)`, `console.log(JSON.stringify({ secret }))`, `console.log({ secret })`, `child.spawnSync("true", [secret])`, `fs.writeFileSync(file, secret); fs.unlinkSync(file)`]) {
    assert.equal((await leaksOf(text, awkward)).length > 0, true, text);
  }
});

test("planted: at a terminal", async () => {
  assert.match((await leaksOf(`console.log("\\x1b[32m" + secret + "\\x1b[39m")`, secret, { terminal: true })).join(), /^terminal: canary/);
});

test("no leaks: what is right is not reported", async () => {
  for (const text of [
    `console.log("fine", secret.length); child.spawnSync(process.execPath, ["-e", "0"], { input: secret })`,
    `writeFileSync(".env.local.tmp", "A=" + secret, { mode: 0o600 }); fs.renameSync(".env.local.tmp", ".env.local")`,
    `writeFileSync("tmp-2", "A=" + secret, { mode: 0o600 }); fs.renameSync("tmp-2", ".env.local")`,
    `process.stdout.write("a"); fs.writeSync(1, "b"); process.exitCode = 1`,
  ]) assert.deepEqual(await leaksOf(text, secret), []);
});

test("a leak is an error; what a command made is looked for; keygen's stdout may hold it, and nothing else", async () => {
  const cwd = temporaryFolder("planted");
  const script = join(cwd, "planted.mjs");
  writeFileSync(script, `${head}console.log(secret); if (process.argv[2] === "twice") console.error(secret);`);
  const env = { CANARY: secret };
  await assert.rejects(watching({ secret }).run([], { cwd, script, env }), /A secret shows\.\nstdout: secret/);
  const made = (/** @type {{ stdout: string }} */ { stdout }) => ({ "the new one": stdout.trim() });
  await assert.rejects(watching({}).run([], { cwd, script, env, made }), /stdout: the new one/);
  await watching({}).run([], { cwd, script, env, made, allow: ["stdout"] });
  await assert.rejects(watching({}).run(["twice"], { cwd, script, env, made, allow: ["stdout"] }), /^Error: A secret shows\.\nstderr: the new one, as [^\n]+$/);
});

test("a secret that a project's files had before is no leak; a file that was changed with it in is", async () => {
  const project = makeProject("plain", { files: { "lib/old.ts": `export const old = "${secret}";\n` } });
  const script = project.path("planted.mjs");
  const watch = watching({ secret });
  project.write("planted.mjs", `import fs from "node:fs"; console.log(fs.readFileSync("lib/old.ts").length);`);
  await watch.run([], { cwd: project.root, script });
  project.write("planted.mjs", `import fs from "node:fs"; fs.writeFileSync("lib/old.ts", fs.readFileSync("lib/old.ts") + "\\n");`);
  await assert.rejects(watch.run([], { cwd: project.root, script }), /file lib\/old\.ts: secret/);
});

test("a command that is not watched is an error", async () => {
  const cwd = temporaryFolder("planted");
  const script = join(cwd, "planted.mjs");
  writeFileSync(script, "0");
  const watch = watching({ secret });
  const { argv } = await watch.run(["one"], { cwd, script });
  assert.deepEqual(argv.map((one) => one.at(-1)), ["one"]);
  assert.throws(() => watch.forbid("short", "changeme"), /too short/);
});
