// Row 31 of the list of attacks: what is written, what is passed to other programs, and what can be guessed from what is shown.

import assert from "node:assert/strict";
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { chmodSync, statSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { generateSecret } from "countersign";
import { putConvexCli, startDeployments, storeDeployments } from "./support/deployments.mjs";
import { filesOf, makeProject } from "./support/project.mjs";
import { environmentOf, functions } from "./support/rotation.mjs";
import { run } from "./support/run.mjs";
import { watching } from "./support/watching.mjs";

const guards = { "convex/countersign.ts": functions["convex/countersign.ts"] };
const NAME = "COUNTERSIGN_SECRET";

/** Other variables, as people and programs write them. */
const others = [
  "# A file\\with \"all\" there is, $HOME too",
  "PLAIN=one",
  "  SPACES = two words  # a comment",
  "SINGLE='it is $HOME \\n and #this'",
  'DOUBLE="a \\n b # c"',
  "BACKTICKS=`\"both\" 'quotes'`",
  "export EXPORTED=exported",
  "EMPTY=",
  'LINES="-----BEGIN KEY-----\nabc+/=\n-----END KEY-----"',
  "EXPANDED=${PLAIN}/$PLAIN",
  "ESCAPED=cost\\$5",
  "COLON: yes",
  "TWICE=1",
  "TWICE=2",
  "not a line at all",
];

/** Whole files around a line, which `undefined` leaves out. @type {Record<string, (line?: string) => string>} */
const files = {
  "line feeds": (line) => [...others, ...(line === undefined ? [] : [line]), "AFTER=1", ""].join("\n"),
  "CRLF, a byte-order mark, no final line end": (line) => `\ufeff${[...others, ...(line === undefined ? [] : [line]), "AFTER='1'"].join("\n").replaceAll("\n", "\r\n")}`,
};

for (const [name, file] of Object.entries(files)) {
  test(`attack 31: init leaves all that an env file has, to the byte: ${name}`, async () => {
    const project = makeProject("plain", { files: { ...guards, ".env.local": file() } });
    const store = storeDeployments(project);
    const before = await environmentOf(project.root);
    const { status, output } = await run(["init", "--yes"], { cwd: project.root });
    assert.notEqual(status, 2, output);
    const after = await environmentOf(project.root);
    const { [NAME]: secret = "", ...rest } = after;
    assert.deepEqual(rest, before);
    assert.match(secret, /^csk_/);
    assert.equal(store.variables("dev")[NAME], secret, "the other side has the same");
    // One line more, and nothing else.
    const lines = project.read(".env.local").split(/(?<=\n)/);
    const added = lines.findIndex((line) => line.includes(secret));
    lines.splice(added, 1);
    assert.equal(lines.join("").trimEnd(), file().trimEnd());
  });

  for (const [how, write] of /** @type {[string, (secret: string) => string][]} */ ([
    ["as it is", (secret) => `${NAME}=${secret}`],
    ["exported, in double quotes, with a comment", (secret) => `export ${NAME} = "${secret}" # ours`],
  ])) {
    test(`attack 31: rotate leaves all that an env file has: ${name}, the secret ${how}`, async () => {
      const old = generateSecret();
      const project = makeProject("plain", { files: { ...guards, ".env.local": file(write(old)) } });
      const store = storeDeployments(project, { dev: { [NAME]: old } });
      const { [NAME]: _, ...before } = await environmentOf(project.root);
      const { status, output } = await run(["rotate", "--yes", "--no-wait"], { cwd: project.root });
      assert.equal(status, 0, output);
      const { [NAME]: secret = "", ...rest } = await environmentOf(project.root);
      assert.deepEqual(rest, before);
      assert.ok(secret !== old && store.variables("dev")[NAME] === secret);
      // Its own line is another, and no byte of the others.
      const text = project.read(".env.local");
      const own = text.split(/(?<=\n)/).filter((line) => line.includes(NAME));
      assert.equal(own.length, 1);
      const without = (/** @type {string} */ whole) => whole.split(/(?<=\n)/).filter((line) => !line.includes(NAME)).join("");
      // A last line without an end has one afterwards, because a variable stood below it on the way.
      assert.equal(without(text).trimEnd(), without(file(write(old))).trimEnd());
    });
  }
}

/** What a shell, a .env file, dotenv's expansion or JSON would take for something else. With all three kinds of quotes no .env file could hold it, and the command says so. */
const odd = "$(touch pwned)`touch pwned`;touch pwned|$HOME ${HOME} \\n\\\\ \"y\" #z &\té%PATH%!";

test("attack 31: a secret of every awkward character goes to both sides as it is", async () => {
  const deployments = await startDeployments({ dev: { [NAME]: odd } });
  const project = makeProject("plain", { files: { ...guards, ".env.local": deployments.dotenv } });
  const watch = watching({ "the odd secret": odd });
  const { env } = deployments;
  // From Convex into .env.local.
  const taken = await watch.run(["init", "--yes"], { cwd: project.root, env, timeoutMs: 180_000 });
  assert.notEqual(taken.status, 2, taken.output);
  assert.equal((await environmentOf(project.root))[NAME], odd);
  // And from there to Convex.
  await deployments.set("dev", NAME, undefined);
  const given = await watch.run(["init", "--yes"], { cwd: project.root, env, timeoutMs: 180_000 });
  assert.notEqual(given.status, 2, given.output);
  assert.equal(deployments.variables("dev")[NAME], odd);
  assert.ok(!project.has("pwned"));
});

test("attack 31: nothing goes through a shell: a path and a secret full of its characters", async () => {
  const folder = "a b;mkdir hit;`mkdir hit`$(mkdir hit)'q'\"r\" & ${PWD} #é";
  const watch = watching({ "the odd secret": odd });
  const project = makeProject("monorepo", { name: folder, git: true, files: { "packages/backend/convex/countersign.ts": guards["convex/countersign.ts"] } });
  project.write("apps/web/.env.local", `${NAME}='${odd.replaceAll("$", "\\$")}'\n`);
  const store = storeDeployments(project, { dev: { [NAME]: (await environmentOf(project.next))[NAME] ?? "" } });
  const shells = /^(sh|bash|dash|zsh|cmd(\.exe)?|powershell(\.exe)?)$/i;
  let seen = 0;
  for (const args of [["doctor"], ["init", "--yes", "--example"], ["rotate", "--yes", "--no-wait"], ["doctor", "--fix"]]) {
    const { status, output, argv } = await watch.run(args, { cwd: project.next, made: () => ({ "the new secret": store.variables("dev")[NAME] ?? "" }) });
    assert.notEqual(status, 2, output);
    for (const one of argv) assert.ok(one.every((each) => !shells.test(basename(each))), `${args.join(" ")} starts a shell`);
    seen += argv.length;
  }
  assert.ok(seen > 10, "programs were started");
  assert.match(store.variables("dev")[NAME] ?? "", /^csk_/, "and it did its work");
  assert.deepEqual(filesOf(project.root).filter((file) => /pwned$/.test(file)), []);
  assert.ok(!project.has("hit") && !project.has("apps/web/hit"));
});

test("attack 31: files that hold a secret are for their owner alone, whatever they were before", { skip: process.platform === "win32" }, async () => {
  const umask = process.umask(0);
  try {
    const project = makeProject("plain", { files: guards });
    storeDeployments(project);
    const mode = () => statSync(project.path(".env.local")).mode & 0o777;
    for (const args of [["init", "--yes"], ["rotate", "--yes", "--no-wait"]]) {
      if (project.has(".env.local")) chmodSync(project.path(".env.local"), 0o666);
      const { status, output } = await run(args, { cwd: project.root });
      assert.notEqual(status, 2, output);
      assert.equal(mode(), 0o600);
    }
  } finally {
    process.umask(umask);
  }
});

/** What somebody tries who sees an output: each guess under each function without a key, and under that of fingerprints. @param {string} guess @returns {string[]} */
function digests(guess) {
  const hashes = ["md5", "sha1", "sha256", "sha512"].flatMap((hash) => [createHash(hash).update(guess).digest("hex"), createHmac(hash, NAME).update(guess).digest("hex"), createHash(hash).update(Buffer.from(guess, "utf16le")).digest("hex")]);
  const derived = ["fingerprint", "key-id", "call", "http"].map((info) => Buffer.from(hkdfSync("sha256", guess, "countersign.v1", info, 32)).toString("hex"));
  return [...hashes, ...derived].map((digest) => digest.slice(0, 8));
}

test("attack 31: what is shown of a weak value tells a dictionary of guesses nothing, and nothing that can be compared with another run's", async () => {
  const guesses = ["changeme", "secret", "password123", "hunter2", "dev-secret", "my-super-secret-value-1234567890", "http://localhost:3000"];
  const weak = "my-super-secret-value-1234567890";
  const project = makeProject("plain", { files: { ".env.local": `${NAME}=hunter2\nSITE_URL=http://localhost:3000\nOTHER=${weak}\n` } });
  storeDeployments(project, { dev: { [NAME]: "hunter2", SITE_URL: "http://localhost:3001", OTHER: weak.toUpperCase() } });
  const args = ["doctor", "--var", NAME, "--var", "SITE_URL", "--var", "OTHER"];
  const outputs = [];
  for (const more of [[], ["--json"], []]) outputs.push((await run([...args, ...more], { cwd: project.root })).output);
  for (const command of ["fingerprint", "inspect"]) for (const guess of ["changeme", weak]) outputs.push((await run([command], { stdin: guess })).output);
  const [first = "", , second = ""] = outputs;
  const shown = (/** @type {string} */ output) => [...output.matchAll(/~([0-9a-f]{8})/g)].map(([, digits]) => digits);
  assert.ok(shown(first).length >= 2, first);
  assert.deepEqual(shown(first).filter((digits) => shown(second).includes(digits)), [], "two runs show the same digits");
  for (const digest of guesses.flatMap(digests)) for (const output of outputs) assert.ok(!output.includes(digest), `a guess is found: ${digest}`);
  for (const guess of guesses.filter((each) => !/^secret$|changeme/.test(each))) for (const output of outputs) assert.ok(!output.includes(guess), `shows ${guess}`);
});

test("attack 31: a convex CLI that repeats all it is given, or is not there, shows nothing of a secret", async () => {
  const secret = generateSecret();
  const watch = watching({ "the secret": secret });
  // It lists what a deployment may have, and where it is to set something it fails with all of it in its message.
  const repeating = (/** @type {string} */ listed) => ({ script: `if (process.argv.includes("list")) console.log(${JSON.stringify(listed)}); else { const given = require("fs").readFileSync(0, "utf8"); console.log(given); console.error("✖ cannot: " + given + JSON.stringify({ given, listed: ${JSON.stringify(listed)} })); process.exit(1); }` });
  for (const [args, listed] of /** @type {[string[], string][]} */ ([[["init", "--yes"], "OTHER=1"], [["rotate", "--yes"], `${NAME}=${secret}`]])) {
    const project = makeProject("plain", { files: { ...guards, ".env.local": `${NAME}=${secret}\n` } });
    putConvexCli(project, repeating(listed));
    const { status, output } = await watch.run(args, { cwd: project.root });
    assert.equal(status, 2, output);
    assert.match(output, /cannot: /, "its message is shown, without the value");
  }
  for (const args of [["init", "--yes"], ["rotate", "--yes"], ["doctor"]]) {
    const project = makeProject("plain", { files: { ...guards, ".env.local": `${NAME}=${secret}\n` } });
    putConvexCli(project, "missing");
    const { status, output } = await watch.run(args, { cwd: project.root });
    assert.ok(status !== 0, output);
  }
});
