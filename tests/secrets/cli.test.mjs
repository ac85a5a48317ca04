// The canary of the command line: no command prints a part of a secret, wherever it finds one and however it is run.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createKeyring, generateSecret } from "countersign";
import { Forbidden } from "./forms.mjs";
import { damaged } from "./odd.mjs";
import { Watch } from "./watch.mjs";

const installed = fileURLToPath(new URL("../../node_modules/countersign/", import.meta.url));
/** @type {{ bin: Record<string, string> }} */
const { bin } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
/** @type {{ main(args: string[], env: Record<string, string>, cwd: string, print: (line: string) => void): number }} */
const { main } = await import(pathToFileURL(join(installed, "esm/cli/main.js")).href);
const folder = mkdtempSync(join(tmpdir(), "countersign-canary-"));
after(() => rmSync(folder, { recursive: true }));

const forbidden = new Forbidden();
const watch = new Watch(forbidden);
watch.place = "countersign";
const secret = generateSecret();
const awkward = "Canary/7Q\"2Vw\\9Lm&4Rt%8K+3Zs'6H=1Ydé5Bg0xW";
forbidden.secret("the generated secret", secret);
forbidden.secret("the awkward secret", awkward);
const names = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_PREVIOUS", "COUNTERSIGN_SECRET_NEXT", "NEXT_PUBLIC_COUNTERSIGN_SECRET"];

/** Each command, and how it may be run. */
const commands = { doctor: [["doctor"], ["doctor", "--json"]] };

/** @param {Record<string, string>} files */
function app(files) {
  const cwd = mkdtempSync(join(folder, "app-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return cwd;
}

/** Runs a command here. @param {string[]} args @param {Record<string, string>} env @param {string} cwd */
function runHere(args, env, cwd) {
  /** @type {string[]} */
  const lines = [];
  watch.run(() => main(args, env, cwd, (line) => void lines.push(line)));
  watch.result(lines);
  return lines.join("\n");
}

/** Runs it as a shell does, and looks at all that it writes. @param {string[]} args @param {Record<string, string>} env @param {string} cwd @returns {Promise<string>} */
function runThere(args, env, cwd) {
  return new Promise((done) => {
    execFile(process.execPath, [join(installed, bin["countersign"] ?? ""), ...args], { cwd, env: { PATH: process.env["PATH"] ?? "", ...env } }, (_error, stdout, stderr) => {
      watch.result([stdout, stderr]);
      done(stdout + stderr);
    });
  });
}

test("every command has a row, and no other", async () => {
  assert.deepEqual(Object.keys(bin), ["countersign"]);
  const help = await runThere(["--help"], {}, folder);
  assert.deepEqual([...help.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name), Object.keys(commands));
});

test("whatever is in the environment, .env.local or .env", async () => {
  for (const text of [secret, awkward].flatMap(damaged)) {
    for (const name of names) {
      const [line, quoted] = [`${name}=${text}\n`, `${name}=${JSON.stringify(text)}\r\n`];
      const good = { COUNTERSIGN_SECRET: secret };
      for (const args of commands.doctor) {
        for (const env of [{ [name]: text }, { ...good, [name]: text }]) runHere(args, env, folder);
        for (const file of [".env.local", ".env"]) for (const content of [line, quoted]) runHere(args, {}, app({ [file]: content }));
      }
    }
  }
  const doctors = /** @type {Record<string, string>[]} */ ([{ COUNTERSIGN_SECRET: secret }, { COUNTERSIGN_SECRET: `"${secret}"` }, { COUNTERSIGN_SECRET: awkward.slice(0, 31) }, { NEXT_PUBLIC_COUNTERSIGN_SECRET: secret }]);
  for (const env of doctors) for (const args of commands.doctor) await runThere(args, env, app({ ".env": `COUNTERSIGN_SECRET=${awkward}\n` }));
  assert.deepEqual([...watch.found], []);
});

test("attack 31: quotes, line ends, export, comments, several lines and dollar signs in a file", async () => {
  const [keyId = ""] = createKeyring(secret).keyIds;
  for (const [text, finds] of /** @type {[string, boolean][]} */ ([
    [`COUNTERSIGN_SECRET="${secret}"\r\n`, true], [`COUNTERSIGN_SECRET='${secret}'\n`, true], [`export COUNTERSIGN_SECRET=${secret}\n`, true], [`COUNTERSIGN_SECRET=${secret} # of the web server\n`, true], [`\ufeffA=1\nCOUNTERSIGN_SECRET=${secret}`, true],
    [`COUNTERSIGN_SECRET="${secret}\n${secret}"\n`, false], [`COUNTERSIGN_SECRET="${secret}\n`, false], [`COUNTERSIGN_SECRET=\${OTHER}\nOTHER=${secret}\n`, false], [`COUNTERSIGN_SECRET="$(echo ${secret})"\n`, false], [`COUNTERSIGN_SECRET: ${secret}\n`, false],
  ])) {
    for (const args of commands.doctor) {
      const output = await runThere(args, {}, app({ ".env.local": text }));
      assert.equal(output.includes(keyId), finds, text.replaceAll(secret, "SECRET"));
    }
  }
  assert.deepEqual([...watch.found], []);
});

test("wrong usage, and files that cannot be read", async () => {
  for (const text of [secret, awkward]) {
    for (const args of [[text], ["doctor", text], ["doctor", "--json", text], [`--json=${text}`, "doctor"], ["doctor", `--secret=${text}`], ["doctor", "--secret", text], ["--", text]]) {
      runHere(args, { COUNTERSIGN_SECRET: text }, folder);
      await runThere(args, { COUNTERSIGN_SECRET: text }, folder);
    }
  }
  const cwd = app({});
  mkdirSync(join(cwd, ".env"));
  for (const args of commands.doctor) assert.match(await runThere(args, { COUNTERSIGN_SECRET: secret }, cwd), /EISDIR/);
  assert.deepEqual([...watch.found], []);
});
