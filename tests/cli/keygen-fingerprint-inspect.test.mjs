// The small commands: one makes a secret, two look at one, and of these two neither shows it nor takes it as an argument.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeyring, fingerprint, generateSecret } from "countersign";
import { inspectSecret } from "countersign/inspect";
import { makeProject } from "./support/project.mjs";
import { run } from "./support/run.mjs";
import { runInTerminal } from "./support/terminal.mjs";

const secret = generateSecret();
const [keyId] = createKeyring(secret).keyIds;
const names = { fingerprint: fingerprint(secret), keyId };
/** @param {{ output: string }} run @param {string} [value] */
const hides = ({ output }, value = secret) => assert.ok(!output.includes(value.slice(4, 40)), "prints the secret");

test("keygen: a new secret each time, alone on stdout", async () => {
  const [first, second] = await Promise.all([run(["keygen"]), run(["keygen"])]);
  for (const { status, stdout, stderr } of [first, second]) {
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /^csk_.{50}\n$/);
    assert.equal(inspectSecret(stdout.trim()).ok, true);
  }
  assert.notEqual(first.stdout, second.stdout);
});

test("keygen --var and --json", async () => {
  assert.match((await run(["keygen", "--var", "COUNTERSIGN_SECRET"])).stdout, /^COUNTERSIGN_SECRET=csk_.{50}\n$/);
  const { secret: made, ...of } = (await run(["keygen", "--json"])).json();
  assert.deepEqual(of, { fingerprint: fingerprint(made), keyId: createKeyring(made).keyIds[0] });
  for (const [name, words] of /** @type {[string, RegExp][]} */ ([["A-B", /no name/], ["1A", /no name/], ["A".repeat(41), /at most 40/], [secret, /no name/], ["NEXT_PUBLIC_SECRET", /every visitor's browser/]])) {
    const refused = await run(["keygen", "--var", name]);
    assert.deepEqual([refused.status, refused.stdout], [2, ""]);
    assert.match(refused.stderr, words);
    hides(refused);
  }
});

test("keygen at a terminal says what follows, and how to keep it out of there", async () => {
  const { status, output } = await runInTerminal(["keygen"], {});
  assert.equal(status, 0);
  assert.match(output, /! What follows is a secret.*\n {2}npx countersign keygen \| npx convex env set COUNTERSIGN_SECRET\ncsk_.{50}\n$/);
});

test("fingerprint: of a secret on stdin, without the one line ending that commands add", async () => {
  for (const stdin of [secret, `${secret}\n`, `${secret}\r\n`]) {
    const { status, stdout } = await run(["fingerprint"], { stdin });
    assert.deepEqual([status, stdout], [0, `fingerprint ${names.fingerprint}\nkey id      ${keyId}\n`]);
  }
  assert.deepEqual((await run(["fingerprint", "--json"], { stdin: secret })).json(), { where: "stdin", ok: true, ...names, problems: [] });
  // A second line ending does not come from a command.
  for (const stdin of [`${secret}\n\n`, `${secret}\r`, ` ${secret}\n`]) {
    const padded = await run(["fingerprint"], { stdin });
    assert.equal(padded.status, 1);
    assert.match(padded.stdout, /✖ stdin: There is white space or a control character at an end/);
    hides(padded);
  }
});

test("what keygen prints, fingerprint takes", async () => {
  const { stdout } = await run(["keygen"]);
  assert.equal((await run(["fingerprint", "--json"], { stdin: stdout })).json().fingerprint, fingerprint(stdout.trim()));
});

test("no argument is taken, and none is repeated", async () => {
  for (const command of ["fingerprint", "inspect"]) {
    for (const args of [[secret], ["--", secret], [`--secret=${secret}`], ["--secret", secret], [`-${secret}`]]) {
      const refused = await run([command, ...args], { stdin: secret });
      assert.deepEqual([refused.status, refused.stdout], [2, ""], args.join(" ").slice(0, 10));
      assert.match(refused.stderr, /shell's history and in the list of processes.*\n {2}Give it on stdin/);
      hides(refused);
    }
  }
});

test("inspect: every problem with what to do, as the library finds them", async () => {
  for (const value of ["", "   ", "changeme", `"${secret}"`, `${secret.slice(0, -1)}`, "a".repeat(40), "ab".repeat(20), ` ${"x".repeat(17_000)}`, "\u00fc short"]) {
    const { ok, problems } = inspectSecret(value);
    assert.equal(ok, false);
    const text = await run(["inspect"], { stdin: value });
    assert.equal(text.status, 1);
    for (const { message } of problems) assert.ok(text.stdout.includes(message), message);
    assert.deepEqual((await run(["inspect", "--json"], { stdin: value })).json(), { where: "stdin", ok, problems });
    if (value.trim().length > 4) assert.ok(!text.output.includes(value.trim()), "prints the value");
  }
  const fine = await run(["inspect"], { stdin: `${secret}\n` });
  assert.deepEqual([fine.status, fine.stdout], [0, `✔ stdin: it can be used. Fingerprint ${names.fingerprint}, key id ${keyId}.\n`]);
});

test("a line of an env file, and another encoding, are no secret", async () => {
  for (const stdin of [`COUNTERSIGN_SECRET=${secret}\n`, `export A="${secret}"`]) {
    const refused = await run(["fingerprint"], { stdin });
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /a line of an env file/);
    hides(refused);
  }
  for (const stdin of [Buffer.from(`\uFEFF${secret}`), Buffer.from(`\uFEFF${secret}`, "utf16le")]) assert.match((await run(["inspect"], { stdin })).stderr, /byte-order mark/);
});

test("--var finds what Next.js finds", async () => {
  const other = generateSecret();
  const { root: cwd } = makeProject("plain", { files: { ".env.local": `A=1\r\nCOUNTERSIGN_SECRET="${secret}"\r\n`, ".env.production.local": `COUNTERSIGN_SECRET=${other}\n`, ".env": "COUNTERSIGN_SECRET=changeme\n" } });
  const args = ["--var", "COUNTERSIGN_SECRET", "--json"];
  assert.deepEqual((await run(["fingerprint", ...args], { cwd })).json(), { where: "COUNTERSIGN_SECRET (.env.local:2)", ok: true, ...names, problems: [] });
  assert.equal((await run(["inspect", ...args, "--production"], { cwd })).json().fingerprint, fingerprint(other));
  assert.equal((await run(["inspect", ...args], { cwd, env: { COUNTERSIGN_SECRET: "changeme" } })).json().where, "COUNTERSIGN_SECRET (environment)");
  const missing = await run(["inspect", "--var", "NOT_THERE"], { cwd });
  assert.equal(missing.status, 1);
  assert.match(missing.stdout, /NOT_THERE: it cannot be used\.\n {2}There is no secret here/);
  const slip = await run(["inspect", "--var", secret], { cwd });
  assert.equal(slip.status, 2);
  hides(slip);
});

test("at a terminal they ask, and show nothing of what is typed", async () => {
  const shown = await runInTerminal(["fingerprint"], { answers: [{ when: /The secret \(it is not shown\)/, type: `${secret}\r` }] });
  assert.equal(shown.status, 0, shown.output);
  assert.match(shown.output, new RegExp(`fingerprint ${names.fingerprint}`));
  hides(shown);
  const stopped = await runInTerminal(["inspect"], { answers: [{ when: /The secret/, type: "\u0003" }] });
  assert.equal(stopped.status, 2);
  assert.match(stopped.output, /error: Stopped\./);
});
