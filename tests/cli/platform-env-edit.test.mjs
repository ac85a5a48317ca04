// Editing env files: every other byte stays, and Next.js's own @next/env reads back exactly the value.

import assert from "node:assert/strict";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { chance, nastyFile, pick, random, seed } from "./support/env-files.mjs";
import { temporaryFolder } from "./support/run.mjs";

/** @param {string} file @returns {Promise<any>} */
const internal = (file) => import(new URL(`../../node_modules/countersign/esm/cli/${file}`, import.meta.url).href);
const { parseEnvFile, removeVariable, setVariable, writePrivately } = await internal("environment/index.js");
const { CliError } = await internal("errors.js");

/** @type {typeof import("@next/env")} */
const next = createRequire(createRequire(import.meta.url).resolve("next/package.json"))("@next/env");
const folder = temporaryFolder("env-edit");
const NAME = "COUNTERSIGN_SECRET";
const silent = { info: () => undefined, error: () => undefined };

/** What Next.js has for the variable with this .env.local. @param {string} text */
function readByNext(text) {
  writeFileSync(join(folder, ".env.local"), text);
  const { parsedEnv } = next.loadEnvConfig(folder, true, silent, true);
  const value = /** @type {Record<string, string>} */ (parsedEnv)[NAME];
  next.resetEnv();
  return value;
}

/** @param {string} text @returns {[string, string, string][]} */
const others = (text) => entriesOf(text).filter(({ name }) => name !== NAME).map(({ name, raw, value }) => [name, raw, value]);

/** @param {string} text @returns {{ name: string, raw: string, value: string }[]} */
function entriesOf(text) {
  return parseEnvFile(text).entries;
}

/** Whether one text is the other with one piece put in place of another, both of whole bytes. @param {string} before @param {string} after @param {string} oldPiece */
function differsOnlyAt(before, after, oldPiece) {
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const gone = before.slice(start, before.length - end);
  return oldPiece.includes(gone);
}

const secret = "csk_8Jq2b0J1uB7mJvXh3mC6s0r2pVfQ4iK9wYzLtNeGdHa_k3x9Qz";

test("what is written, by example", () => {
  for (const [text, value, expected] of /** @type {[string, string, string][]} */ ([
    ["", secret, `${NAME}=${secret}\n`],
    ["A=1\n", secret, `A=1\n${NAME}=${secret}\n`],
    ["A=1", secret, `A=1\n${NAME}=${secret}\n`],
    ["A=1\r\nB=2", secret, `A=1\r\nB=2\r\n${NAME}=${secret}\r\n`],
    ["\uFEFF", secret, `\uFEFF${NAME}=${secret}\n`],
    [`# c\nexport ${NAME} = 'old' # keep\nB=2`, secret, `# c\nexport ${NAME} = ${secret} # keep\nB=2`],
    [`${NAME}=`, secret, `${NAME}=${secret}`],
    [`${NAME}= # empty\r\n`, secret, `${NAME}=${secret} # empty\r\n`],
    [`${NAME}="old\r\nlines"\r\nB=2\r\n`, "a b", `${NAME}="a b"\r\nB=2\r\n`],
    [`${NAME}=1\nB=2\n${NAME}=3\n`, "4", `${NAME}=1\nB=2\n${NAME}=4\n`],
    [`${NAME}: old\n`, secret, `${NAME}: ${secret}\n`],
    ["", "pa$$w#rd", `${NAME}="pa\\$\\$w#rd"\n`],
    ["", 'say "x"', `${NAME}='say "x"'\n`],
    ["", "one\ntwo\n", `${NAME}="one\\ntwo\\n"\n`],
    ["", "", `${NAME}=""\n`],
  ])) {
    assert.equal(setVariable(text, NAME, value), expected);
    assert.equal(readByNext(expected), value);
  }
});

test("what is removed, by example", () => {
  for (const [text, expected] of [
    [`A=1\n${NAME}=x # c\n\n# about B\nB=2\n`, "A=1\n\n# about B\nB=2\n"],
    [`\uFEFF${NAME}=x\r\nB=2\r\n`, "\uFEFFB=2\r\n"],
    [`A=1\n  export ${NAME}='x\ny' # c\nB=2`, "A=1\nB=2"],
    [`${NAME}=1\nA=1\n${NAME}=2`, "A=1\n"],
    [`A=1\r${NAME}=2\rB=3\r`, "A=1\rB=3\r"],
    [`${NAME}=\n"next line"\nB=2\n`, "B=2\n"],
    [`# ${NAME}=x\nA='${NAME}'\n`, `# ${NAME}=x\nA='${NAME}'\n`],
  ]) {
    assert.equal(removeVariable(/** @type {string} */ (text), NAME), expected);
  }
});

const HARD = ["$", "$$", "\\$", "${A}", "$A", "'", '"', "`", "#", " #", "\\", "\\\\", "\\n", "\n", "\r", "\r\n", " ", "\t", "=", "a", "B1", "é", "😀", "\u00A0", "\u2028", "\uFEFF", "{", "}"];
function hardValue() {
  const value = Array.from({ length: Math.floor(random() * 8) }, () => pick(HARD)).join("");
  return chance(0.3) ? pick([secret, `${secret}$`, "p$4$x", "-----BEGIN KEY-----\nab+c/=\n-----END KEY-----\n"]) : value;
}

/** Two kinds of quotes at most, and what only double quotes can carry is not mixed with what they cannot: dotenv has a way to write all of these. @param {string} value */
const surelyPossible = (value) => !/[\r\u2028]/.test(value) && ["'", "`"].some((quote) => !value.includes(quote) && !value.endsWith("\\"));

test("1000 random edits of random files", () => {
  const counts = { set: 0, refused: 0, replaced: 0, removed: 0, own: 0 };
  for (let round = 0; round < 1000; round++) {
    const file = chance(0.5) ? nastyFile() : chance(0.5) ? "" : "A=1\r\nB='two'\r\n# end\r\n";
    const value = hardValue();
    const about = `seed ${seed}, round ${round}: ${JSON.stringify({ file, value })}`;
    const old = entriesOf(file).findLast(({ name }) => name === NAME);
    /** @type {string | undefined} */
    let edited;
    try {
      edited = setVariable(file, NAME, value);
    } catch (error) {
      const { message, hint } = /** @type {any} */ (error);
      assert.ok(error instanceof CliError && hint !== undefined, `${about}\n${String(error)}`);
      assert.ok(value.length < 4 || !`${message} ${hint}`.includes(value), `${about}: the value is in the message`);
      counts.refused++;
      // Only nasty files and values may be refused.
      assert.ok(!(file === "" && surelyPossible(value)), about);
    }
    if (edited !== undefined) {
      counts.set++;
      assert.equal(readByNext(edited), value, about);
      assert.deepEqual(others(edited), others(file), about);
      if (old === undefined) {
        const added = edited.slice(file.length);
        assert.ok(edited.startsWith(file), about);
        assert.match(added, /^(?:\r\n|\n|\r)?COUNTERSIGN_SECRET=/, about);
      } else {
        counts.replaced++;
        assert.ok(differsOnlyAt(file, edited, old.raw), about);
      }
      // A second time changes nothing.
      assert.equal(setVariable(edited, NAME, value), edited, about);
      if (old === undefined && /[\r\n]$/.test(file)) {
        assert.equal(removeVariable(edited, NAME), file, about);
        counts.own++;
      }
    }
    try {
      const without = removeVariable(file, NAME);
      counts.removed += old === undefined ? 0 : 1;
      assert.deepEqual(others(without), others(file), about);
      assert.equal(others(without).length, parseEnvFile(without).entries.length, about);
      // Lines go as they are: what is left is the same lines in the same order.
      const lines = (/** @type {string} */ text) => text.split(/(?<=\r\n|\n|\r(?!\n))/);
      const all = lines(file);
      let at = 0;
      for (const line of lines(without)) {
        at = all.findIndex((each, index) => index >= at && each.replace("\uFEFF", "") === line.replace("\uFEFF", "")) + 1;
        assert.ok(at > 0 || without === "" || line === "\uFEFF", about);
      }
      if (old === undefined) assert.equal(without, file, about);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
    }
  }
  assert.ok(counts.set > 700 && counts.replaced > 50 && counts.removed > 50 && counts.own > 100, JSON.stringify(counts));
  assert.ok(counts.refused < 130, JSON.stringify(counts));
});

test("a value that no quotes can carry, a file that would be read differently, one Next.js leaves out: refused, and why", () => {
  assert.throws(() => setVariable("", NAME, "'\"`#\n"), { name: "CliError", message: /several kinds of quotes/ });
  assert.throws(() => setVariable("", NAME, "a\rb\\n"), { name: "CliError", message: /carriage return/ });
  // A quote of each kind is open, and what is added would close it.
  assert.throws(() => setVariable('A="x\nB=\'y\nC=`z\n', NAME, " #b"), { name: "CliError", message: /without changing how other lines are read/ });
  assert.throws(() => setVariable("A=$A\n", NAME, secret), { name: "CliError", message: /refers to itself/ });
  for (const name of ["", "A B", "-x", "A=B", "1A", "__proto__"]) {
    assert.throws(() => setVariable("", name, "x"), { name: "CliError", message: /not the name/ });
    assert.throws(() => removeVariable("", name), { name: "CliError", message: /not the name/ });
  }
});

test("writePrivately: whole, mode 0600, in place of an open file", () => {
  const place = mkdtempSync(join(folder, "write-"));
  const file = join(place, ".env.local");
  const mask = process.umask(0);
  try {
    writePrivately(file, "A=1\n");
    assert.equal(readFileSync(file, "utf8"), "A=1\n");
    chmodSync(file, 0o644);
    const { ino } = statSync(file);
    writePrivately(file, "A=2\n");
    assert.equal(readFileSync(file, "utf8"), "A=2\n");
    if (process.platform !== "win32") {
      assert.equal(statSync(file).mode & 0o777, 0o600);
      // Another file took its name: nobody ever read half of it.
      assert.notEqual(statSync(file).ino, ino);
    }
    process.umask(0o777);
    writePrivately(file, "A=3\n");
    if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  } finally {
    process.umask(mask);
  }
  assert.deepEqual(readdirSync(place), [".env.local"]);
});

test("writePrivately follows no link, and writes to nothing but a file", () => {
  const place = mkdtempSync(join(folder, "link-"));
  const elsewhere = join(place, "elsewhere");
  writeFileSync(elsewhere, "untouched", { mode: 0o644 });
  for (const target of [elsewhere, join(place, "missing")]) {
    const link = join(place, `.env.${target.length}`);
    symlinkSync(target, link);
    assert.throws(() => writePrivately(link, secret), { name: "CliError", message: /is a link to/ });
    assert.ok(lstatSync(link).isSymbolicLink());
  }
  assert.equal(readFileSync(elsewhere, "utf8"), "untouched");
  assert.ok(!existsSync(join(place, "missing")));
  mkdirSync(join(place, ".env.local"));
  assert.throws(() => writePrivately(join(place, ".env.local"), secret), { name: "CliError", message: /not a file/ });
  assert.equal(readdirSync(place).length, 4);
});

test("writePrivately fails in a folder that is missing, and where a long name leaves no room, and leaves nothing", () => {
  assert.throws(() => writePrivately(join(folder, "no", ".env.local"), secret), { name: "CliError", message: /ENOENT/ });
  const place = mkdtempSync(join(folder, "rename-"));
  const file = join(place, "x".repeat(240));
  assert.throws(() => writePrivately(file, secret), { name: "CliError", message: /ENAMETOOLONG/ });
  assert.deepEqual(readdirSync(place), []);
});

test("writePrivately fails where it may not write, and leaves the old file and nothing else", { skip: process.platform === "win32" ? "Windows knows no modes" : false }, () => {
  const place = mkdtempSync(join(folder, "closed-"));
  const file = join(place, ".env.local");
  writeFileSync(file, "A=1\n");
  chmodSync(folder, 0o755);
  chmodSync(place, 0o555);
  withoutRoot(() => assert.throws(() => writePrivately(file, secret), { name: "CliError", message: /cannot be written \(EACCES\)/ }));
  chmodSync(place, 0o755);
  assert.deepEqual(readdirSync(place), [".env.local"]);
  assert.equal(readFileSync(file, "utf8"), "A=1\n");
});

test("writePrivately leaves nothing of a file that could not take its name", { skip: process.platform === "win32" ? "Windows knows no modes" : false }, () => {
  // In such a folder everybody may make files, and replace none of another's: everything succeeds but the last step.
  const place = mkdtempSync(join(folder, "sticky-"));
  const file = join(place, ".env.local");
  writeFileSync(file, "A=1\n");
  chmodSync(folder, 0o755);
  chmodSync(place, 0o1777);
  if (process.getuid?.() === 0) withoutRoot(() => assert.throws(() => writePrivately(file, secret), { name: "CliError", message: /cannot be written \(EPERM|EACCES\)/ }));
  assert.deepEqual(readdirSync(place), [".env.local"]);
  assert.equal(readFileSync(file, "utf8"), "A=1\n");
});

/** Root may do everything: for these, somebody else. @param {() => void} act */
function withoutRoot(act) {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    act();
  } finally {
    if (root) process.seteuid?.(0);
  }
}
