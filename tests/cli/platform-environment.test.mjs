// What the CLI reads in env files and in a Next.js app's environment, beside what Next.js's own @next/env reads.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { chance, nastyFile, pick, random, seed } from "./support/env-files.mjs";
import { temporaryFolder } from "./support/run.mjs";

/** @param {string} file @returns {Promise<any>} */
const internal = (file) => import(new URL(`../../node_modules/countersign/esm/cli/${file}`, import.meta.url).href);
const { parseEnvFile, readNextEnvironment } = await internal("environment/index.js");

/** @type {typeof import("@next/env")} */
const next = createRequire(createRequire(import.meta.url).resolve("next/package.json"))("@next/env");

const FILES = [".env.development.local", ".env.local", ".env.development", ".env", ".env.production.local", ".env.production"];
const folder = temporaryFolder("environment");

// @next/env keeps the environment of its first call: this one.
const TMPDIR = process.env["TMPDIR"];
for (const name of Object.keys(process.env)) if (!name.startsWith("NODE_TEST")) delete process.env[name];
/** @type {Record<string, string>} */
const processVariables = { ...(TMPDIR === undefined ? {} : { TMPDIR }), FROM_PROCESS: "process", B: "of $A \\$NONE", EMPTY: "", "odd.name": "x" };
Object.assign(process.env, processVariables);
const initial = { ...process.env };

beforeEach(() => {
  for (const name of FILES) rmSync(join(folder, name), { recursive: true, force: true });
});

/** @param {Record<string, string>} files */
function write(files) {
  for (const name of FILES) rmSync(join(folder, name), { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** @param {"development" | "production"} mode @returns {{ values: Record<string, string>, failed: string[] }} */
function theirs(mode) {
  /** @type {string[]} */
  const failed = [];
  const log = { info: () => undefined, error: (/** @type {string} */ text) => failed.push(String(/from (?:.*[\\/])?(\.env\S*)/.exec(text)?.[1])) };
  next.loadEnvConfig(folder, mode === "development", log, true);
  const { __NEXT_PROCESSED_ENV: _, ...values } = /** @type {Record<string, string>} */ ({ ...process.env });
  next.resetEnv();
  // It leaves those that its own objects inherit.
  for (const name of ["constructor", "toString"]) delete process.env[name];
  return { values, failed };
}

/** @param {"development" | "production"} mode */
function ours(mode) {
  const project = { root: folder, packageManager: /** @type {const} */ ("npm"), next: { folder }, convex: undefined };
  return readNextEnvironment(project, { environment: initial, folder, terminal: /** @type {any} */ (undefined) }, mode);
}

/** @param {string} about @param {("development" | "production")[]} [modes] */
function compare(about, modes = ["development", "production"]) {
  for (const mode of modes) {
    const { values, failed } = theirs(mode);
    const environment = ours(mode);
    assert.deepEqual(Object.fromEntries([...environment.variables].map(([name, { value }]) => [name, value])), values, about);
    assert.deepEqual(environment.files.flatMap((/** @type {any} */ { name, problem }) => (problem === undefined ? [] : [name])), failed, about);
  }
}

const corpus = {
  "plain": "A=1\nB=two words\nC=\nD = spaced \n",
  "quotes": `A="a b"\nB='c d'\nC=\`e f\`\nD="it's"\nE='say "x"'\nF="unclosed\nG='a'b'\nH="a"b"\nI=""\nJ='\n`,
  "CRLF": 'A=1\r\nB="two\r\nlines"\r\nC=3',
  "CR alone": "A=1\rB='x\ry'\rC=3\r",
  "export": "export A=1\nexport   B='2'\n  export\tC=3\nexport=4\nexported D=5\n",
  "multiline": "KEY='-----BEGIN\nabc\nEND-----'\nB=\"x\ny\" # comment\nC=`1\n2`",
  "value on the next line": 'A=\n"b"\nC=  \n  \'d\'\nE=\nF=f\n',
  "comments": "A=a#b\nB=a #b\nC='a#b' # c\n# D=4\n  # E=5\nF=\"#\"\nG=#\nH= # x",
  "escapes": 'A="a\\nb\\rc\\td\\\\n"\nB=\'a\\nb\'\nC=a\\nb\nD="a\\"b"\nE=\'a\\\'b\'\n',
  "dollars": "A=1\nB=$A\nC=${A}x$A\nD='$A'\nE=\\$A\nF=$\nG=$$A\nH=${NONE:-else}\nI=${NONE}\nJ=$FROM_PROCESS\nK=a$A\\$A\nL=$B$C\nM=${A",
  "cost of a password": "A=pa$$word\nB=pa\\$\\$word\nC=p4$1\nD='p$4$x'\n",
  "BOM": "\uFEFFA=1\nB=2\n",
  "BOM and CRLF": '\uFEFFexport A="1"\r\n',
  "duplicates": "A=1\nA=2\nB=$A\nA=3\n",
  "colon": "A: 1\nB:2\nC:   'x'\n",
  "names": "a.b=1\na-b=2\n1A=3\nÄ=4\n=5\nA B=6\n__proto__=7\nconstructor=8\ntoString=$toString\nD=$constructor\n",
  "no final newline": "A=1\nB=",
  "only white space": " \n\t\r\n",
  "empty": "",
  "odd spaces": "A=\u00A0x\u00A0\nB='\u00A0'\nC=a\u2028D=2\nE=\u3000\n",
  "refers to itself": "A=$A\nB=2\n",
  "over the process": "FROM_PROCESS=file\nB=b\nEMPTY=x\n",
};

for (const [name, text] of Object.entries(corpus)) {
  test(`as @next/env: ${name}`, () => {
    write({ ".env.local": text });
    compare(name);
    write({ ".env.local": text, ".env": "A=from .env\nC=$A\nFROM_ENV=1\nKEY=$OTHER\nB=x\n", ".env.production": "A=production\n", ".env.development.local": "Z=$A\nA=local" });
    compare(`${name}, with other files`);
  });
}

test("as @next/env: 2000 random files, and up to three beside each", () => {
  let entries = 0;
  for (let round = 0; round < 2000; round++) {
    /** @type {Record<string, string>} */
    const files = { [pick(FILES)]: nastyFile() };
    for (let more = Math.floor(random() * 4); more > 0; more--) files[pick(FILES)] = nastyFile();
    write(files);
    compare(`seed ${seed}, round ${round}: ${JSON.stringify(files)}`, [chance(0.5) ? "development" : "production"]);
    for (const text of Object.values(files)) entries += parseEnvFile(text).entries.length;
  }
  // Files without variables would agree as well.
  assert.ok(entries > 6000, `${entries} variables`);
});

test("files Next.js does not read: a folder, one without permission", { skip: process.getuid?.() === 0 || process.platform === "win32" ? "root reads everything" : false }, () => {
  mkdirSync(join(folder, ".env.local"));
  writeFileSync(join(folder, ".env"), "A=1\n");
  chmodSync(join(folder, ".env"), 0);
  compare("a folder and an unreadable file");
  assert.match(ours("development").files[0]?.problem ?? "", /EACCES/);
});

test("where each value comes from, and what it shadows", () => {
  write({ ".env.local": "\n# c\nA='$FROM_PROCESS'\nFROM_PROCESS=x\n", ".env.development": "A=second\nA=third\n", ".env": "A=last\nONLY=1", ".env.production": "A=other mode\n" });
  const { variables } = ours("development");
  const places = (/** @type {string} */ name) => {
    const found = variables.get(name);
    assert.ok(found !== undefined, name);
    return [found, ...found.shadows].map(({ source, line, written }) => `${source}:${line ?? ""} ${written}`);
  };
  assert.deepEqual(places("A"), [".env.local:3 $FROM_PROCESS", ".env.development:2 third", ".env:1 last"]);
  assert.equal(variables.get("A")?.value, "process");
  assert.deepEqual(places("FROM_PROCESS"), ["process: process", ".env.local:4 x"]);
  assert.deepEqual(places("ONLY"), [".env:2 1"]);
  assert.equal(ours("production").variables.get("A")?.shadows[0]?.source, ".env.production");
});

test("an entry's line, quotes and place in the text", () => {
  const text = "\uFEFF# first\r\nexport A='x\r\ny' # c\r\nB=\r\n\r\nC:  z  \r\nD=\"open";
  const { entries, hasBom, lineEnding } = parseEnvFile(text);
  assert.deepEqual(
    entries.map((/** @type {any} */ { name, raw, value, line, quote, exported }) => ({ name, raw, value, line, quote, exported })),
    [
      { name: "A", raw: "'x\r\ny'", value: "x\ny", line: 2, quote: "'", exported: true },
      { name: "B", raw: "", value: "", line: 4, quote: "", exported: false },
      { name: "C", raw: "z", value: "z", line: 6, quote: "", exported: false },
      { name: "D", raw: '"open', value: '"open', line: 7, quote: "", exported: false },
    ],
  );
  for (const { raw, span } of entries) assert.equal(text.slice(span.valueStart, span.valueEnd), raw);
  assert.ok(hasBom);
  assert.equal(lineEnding, "\r\n");
  assert.deepEqual(["A=1\nB=2\r\n", "A=1\r", "", "A"].map((each) => parseEnvFile(each).lineEnding), ["\n", "\r", "\n", "\n"]);
});
