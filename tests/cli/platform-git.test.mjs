// What the CLI asks git.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { environment, temporaryFolder } from "./support/run.mjs";

/** @param {string} file @returns {Promise<any>} */
const internal = (file) => import(new URL(`../../node_modules/countersign/esm/cli/${file}`, import.meta.url).href);
const { git } = await internal("git.js");

const env = environment({
  GIT_CONFIG_GLOBAL: "/dev/null",
  ...Object.fromEntries(["AUTHOR", "COMMITTER"].flatMap((who) => [[`GIT_${who}_NAME`, "Somebody"], [`GIT_${who}_EMAIL`, "somebody@example.com"]])),
});

/** @param {string} [place] below a temporary folder */
function repository(place = ".") {
  const root = join(temporaryFolder("git"), place);
  mkdirSync(root, { recursive: true });
  const call = (/** @type {string[]} */ ...args) => execFileSync("git", args, { cwd: root, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  /** @param {string} file @param {string} text */
  const write = (file, text) => {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  /** @param {string} file @param {string} text */
  const commit = (file, text) => {
    write(file, text);
    call("add", "-f", "--", `:(literal)${file}`);
    call("commit", "-q", "-m", "a change");
    return call("rev-parse", "HEAD").trim();
  };
  call("init", "-q", "-b", "main");
  return { root, call, write, commit };
}

test("tracked, staged, ignored, neither", async () => {
  const { root, call, write, commit } = repository();
  commit(".gitignore", ".env*\n!.env.example\nsub/only\n");
  commit(".env.local", "A=1\n");
  commit(".env.example", "A=\n");
  write(".env", "B=1\n");
  write("staged", "x");
  call("add", "staged");
  write("new", "x");
  const asked = await git(root, env);
  assert.ok(asked.isRepository && asked.unavailable === undefined && asked.root === root);
  const answers = async (/** @type {string} */ file) => [await asked.isTracked(file), await asked.isIgnored(file)];
  // Ignoring does not help what is tracked already: both are true of .env.local.
  assert.deepEqual(await answers(".env.local"), [true, true]);
  assert.deepEqual(await answers(join(root, ".env.local")), [true, true]);
  assert.deepEqual(await answers(".env"), [false, true]);
  assert.deepEqual(await answers(".env.example"), [true, false]);
  assert.deepEqual(await answers("staged"), [true, false]);
  assert.deepEqual(await answers("new"), [false, false]);
  assert.deepEqual(await answers("sub/only"), [false, true], "neither the file nor its folder is there yet");
  assert.deepEqual(await answers("../outside"), [false, false]);
  assert.deepEqual((await asked.trackedFiles()).sort(), [".env.example", ".env.local", ".gitignore", "staged"].map((file) => join(root, file)));
});

test("names with spaces, quotes, brackets, asterisks, other letters, and a hyphen in front", async () => {
  const { root, write, commit } = repository("with spaces (ünd)");
  const names = ["two words.env", "it's [a] *.env", "ключ.env", "-n.env", ":(top)x.env", 'a"b\\c.env', "line\nbreak.env"].filter((name) => process.platform !== "win32" || /^[\w .'[\]()-]+$/.test(name));
  for (const name of names) commit(name, `OF=${name}\n`);
  // These only look as if a pattern for one of them covered them.
  write("it's a x.env", "x");
  commit(".gitignore", "ignored*\n");
  const asked = await git(root, env);
  for (const name of names) {
    assert.ok(await asked.isTracked(name), name);
    assert.deepEqual((await asked.versions(name)).map((/** @type {{ content: string }} */ { content }) => content), [`OF=${name}\n`], name);
    assert.ok(!(await asked.isIgnored(name)), name);
    assert.ok(await asked.isIgnored(`ignored ${name}`), name);
  }
  assert.ok(!(await asked.isTracked("it's a x.env")));
  assert.ok(!(await asked.isTracked("*.env")));
  assert.deepEqual((await asked.trackedFiles()).sort(), [...names, ".gitignore"].map((name) => join(root, name)).sort());
});

test("every content a file had: changed, removed, on another branch, in a tag, a stash, a merge; each once", async () => {
  const { root, call, commit, write } = repository();
  const file = "apps/web/.env.local";
  const first = commit(file, "A=1\n");
  commit(file, "A=2\n");
  commit(file, "A=1\n");
  call("checkout", "-q", "-b", "other");
  const elsewhere = commit(file, "A=other branch\n");
  call("checkout", "-q", "--detach");
  commit(file, "A=tag only\n");
  call("tag", "kept");
  call("checkout", "-q", "main");
  commit(file, "A=main\n");
  assert.throws(() => call("merge", "-q", "other"));
  const merged = commit(file, "A=written in the merge\n");
  call("rm", "-q", "--cached", file);
  call("commit", "-q", "-m", "not tracked any more");
  write("tracked", "1");
  commit("tracked", "1");
  write(file, "A=not committed\n");
  call("add", "-f", file);
  call("stash", "-q");
  mkdirSync(join(root, "apps/web"), { recursive: true });
  const asked = await git(join(root, "apps/web"), env);
  const versions = await asked.versions(".env.local");
  assert.deepEqual(
    versions.map((/** @type {{ content: string }} */ { content }) => content).sort(),
    ["A=1\n", "A=2\n", "A=main\n", "A=not committed\n", "A=other branch\n", "A=tag only\n", "A=written in the merge\n"],
  );
  const commitOf = (/** @type {string} */ content) => versions.find((/** @type {any} */ version) => version.content === content)?.commit;
  assert.equal(commitOf("A=other branch\n"), elsewhere);
  assert.equal(commitOf("A=written in the merge\n"), merged);
  assert.notEqual(commitOf("A=1\n"), first, "the newest commit that has it");
  assert.ok(!(await asked.isTracked(".env.local")));
  assert.deepEqual(await asked.versions("never"), []);
  // The folder that is asked limits the list.
  assert.deepEqual(await asked.trackedFiles(), []);
  assert.deepEqual(await (await git(root, env)).trackedFiles(), [join(root, "tracked")]);
});

test("bytes that are no UTF-8, an empty file, a large one, a repository without commits", async () => {
  const { root, call, commit } = repository();
  assert.deepEqual(await (await git(root, env)).versions("a"), []);
  commit("a", "");
  writeFileSync(join(root, "a"), Buffer.from([0xff, 0, 10, 0x41]));
  call("commit", "-qam", "bytes");
  const large = `A=${"x".repeat(300_000)}\n`;
  commit("a", large);
  const asked = await git(root, env);
  assert.deepEqual((await asked.versions("a")).map((/** @type {{ content: string }} */ { content }) => content).sort(), ["", "\uFFFD\0\nA", large].sort());
});

test("a folder reached by a link, and a variable of another repository", { skip: process.platform === "win32" ? "links need a right there" : false }, async () => {
  const { root, commit } = repository("real");
  commit("a", "1");
  const other = repository();
  const link = join(root, "../link");
  symlinkSync(root, link, "junction");
  const asked = await git(link, { ...env, GIT_DIR: join(other.root, ".git"), GIT_WORK_TREE: other.root });
  assert.equal(asked.root, root);
  assert.ok(await asked.isTracked(join(link, "a")));
});

test("no repository, and no git: it says so, and nothing is tracked", async () => {
  const { root } = repository();
  const bare = temporaryFolder("no-git");
  const nowhere = temporaryFolder("path");
  for (const [folder, environment, expected] of /** @type {const} */ ([
    [bare, env, /no git repository/],
    [root, { ...env, PATH: nowhere }, /not installed/],
  ])) {
    const asked = await git(folder, environment);
    assert.match(asked.unavailable ?? "", expected);
    assert.deepEqual([asked.isRepository, await asked.isTracked("a"), await asked.isIgnored("a"), await asked.versions("a"), await asked.trackedFiles()], [false, false, false, [], []]);
  }
});

test("nothing of a file is in the arguments of git", { skip: process.platform === "win32" ? "a script stands in for git" : false }, async () => {
  const { root, commit } = repository();
  const canary = "csk_canary_in_git";
  commit(".env.local", `A=${canary}\n`);
  // Stands before git in the path, and writes down what it is called with.
  const folder = temporaryFolder("spy");
  const log = join(folder, "log");
  const real = execFileSync("which", ["git"], { env, encoding: "utf8" }).trim();
  writeFileSync(join(folder, "git"), `#!/bin/sh\nprintf '%s\\n' "$@" >> "${log}"\nexec "${real}" "$@"\n`, { mode: 0o755 });
  const asked = await git(root, { ...env, PATH: `${folder}${delimiter}${env["PATH"]}` });
  assert.deepEqual((await asked.versions(".env.local")).map((/** @type {{ content: string }} */ { content }) => content), [`A=${canary}\n`]);
  await asked.isTracked(".env.local");
  assert.ok(existsSync(log));
  assert.match(readFileSync(log, "utf8"), /cat-file/);
  assert.ok(!readFileSync(log, "utf8").includes(canary));
});
