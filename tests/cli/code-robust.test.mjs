// What findInCode does with projects that are not as they should be: it goes on, and says what it did not read.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generateSecret } from "countersign";
import { clean, findIn, findInCode, places } from "./support/code.mjs";

const fault = `export const same = (text: string) => text === process.env.API_SECRET;\n`;

test("a file that is no TypeScript is said, and the others are read", async () => {
  const report = await findIn({ "a.ts": "export const = {{{ <", "b.ts": fault, "c.js": "\u0000\u0001 not code `", "d.tsx": "export const x = <T>y;" });
  assert.deepEqual(places(report), ["code_secret_compared b.ts:1"]);
  assert.deepEqual(report.skipped.map(({ file }) => file), ["a.ts", "c.js", "d.tsx"]);
  for (const { reason } of report.skipped) assert.match(reason, /^a syntax error: .*\(\d+:\d+\)/);
  assert.equal(report.filesRead, 4);
});

test("of a file with a fault that the parser gets over, the rest is checked, and it is said", async () => {
  const report = await findIn({ "a.ts": `const x = 1;\nconst x = 2;\n${fault}` });
  assert.deepEqual(places(report), ["code_secret_compared a.ts:3"]);
  assert.match(report.skipped[0]?.reason ?? "", /^a syntax error, so only a part was checked: .*\(2:6\)/);
});

test("a secret is found in a file that cannot be parsed, and is in no text of the report", async () => {
  const secret = generateSecret();
  const report = await findIn({ "a.ts": `const = "${secret}";\n`, "b.ts": `const a = '${secret}'; const a = 1; throw new Error("${secret}" + process.env.API_SECRET);` });
  assert.deepEqual(places(report), ["code_secret_in_source a.ts:1", "code_secret_in_source b.ts:1", "code_secret_in_error b.ts:1", "code_secret_in_source b.ts:1"]);
  assert.equal(report.skipped.length, 2);
  assert.ok(!JSON.stringify(report).includes(secret.slice(4, 30)));
});

test("a file over 1 MiB is skipped and said; one just below it is read", async () => {
  const below = `${fault}// ${"x".repeat(1024 * 1024 - fault.length - 3)}`;
  const report = await findIn({ "big.ts": `${below}x`, "below.ts": below });
  assert.deepEqual(places(report), ["code_secret_compared below.ts:1"]);
  assert.deepEqual(report.skipped, [{ file: "big.ts", reason: "larger than 1 MiB (1.0 MiB): probably made by a program" }]);
});

test("what is nested very deeply neither ends the program nor is dropped silently", async () => {
  const report = await findIn({ "a.ts": `export const a = ${"(".repeat(30_000)}1${")".repeat(30_000)};`, "b.ts": `export const b = ${"1 + ".repeat(5_000)}1;\n${fault}`, "c.ts": fault });
  assert.equal(report.skipped.length + places(report).filter((each) => !each.endsWith("c.ts:1")).length >= 2, true, JSON.stringify(report));
  assert.ok(places(report).includes("code_secret_compared c.ts:1"));
  assert.match(report.skipped.find(({ file }) => file === "a.ts")?.reason ?? "", /nested too deeply/);
});

test("symbolic links in a circle end, and nothing is read twice; one that leads out is said", { skip: process.platform === "win32" }, async () => {
  const report = await findIn({ "src/a.ts": fault, "src/b/c.ts": "export {};" }, {
    keep: (root) => {
      symlinkSync(root, join(root, "src/b/loop"));
      symlinkSync(join(root, "src/a.ts"), join(root, "again.ts"));
      symlinkSync("nowhere", join(root, "broken.ts"));
      symlinkSync(process.cwd(), join(root, "outside"));
    },
  });
  assert.deepEqual(places(report), ["code_secret_compared src/a.ts:1"]);
  assert.equal(report.filesRead, 2);
  assert.deepEqual(report.skipped.map(({ file }) => file), ["outside"]);
});

test("a folder that is not there is said", async () => {
  const report = await findIn({ "a.ts": fault }, { convex: true });
  assert.deepEqual(places(report), ["code_secret_compared a.ts:1"]);
  assert.deepEqual(report.skipped, [{ file: "convex", reason: "it is not there" }]);
});

test("a file that vanishes while the others are read is said", async () => {
  const names = Array.from({ length: 30 }, (_, index) => `f${String(index).padStart(2, "0")}.ts`);
  // The list of files is made before anything else can happen.
  const report = await findIn(Object.fromEntries(names.map((name) => [name, fault])), { keep: (root) => void setImmediate(() => rmSync(join(root, "f29.ts"))) });
  assert.equal(places(report).length, 29);
  assert.deepEqual(report.skipped, [{ file: "f29.ts", reason: "it is not there any more" }]);
});

test("line ends, a byte order mark and a shebang do not move a place", async () => {
  const report = await findIn({ "a.ts": `\uFEFFexport {};\r\n\r\n  ${fault}`, "b.mjs": `#!/usr/bin/env node\n// countersign-ignore: a demonstration\r\n${fault.replace(": string", "")}\n${fault.replace(": string", "").replace("same", "two")}` });
  assert.deepEqual(report.findings.map(({ where }) => where), ["a.ts:3:41", "b.mjs:5:30"]);
});

test("decorators, enums, namespaces, satisfies, using, top-level await and old assertions are read", async () => {
  const report = await findIn({
    "a.ts": `@Injectable() class A { constructor(private readonly x: string, @Inject() y: number) {} accessor z = 1; declare w: string; }\nenum E { A = "a" }\nnamespace N { export const a = 1; }\nconst o = { a: 1 } satisfies object;\nconst t = <string>process.env.X;\nfunction f(a: string): void;\nfunction f(a: number): void;\nfunction f(a: unknown) { using x = open(a); }\nexport = A;\n`,
    "b.mts": "const x = await import('./a.js', { with: { type: 'json' } });\nexport type { A } from './a.js';\nabstract class B<const T> { abstract get x(): T; static {} }",
    "c.jsx": "export const X = () => <><a {...{}}>{/* x */}</a></>;",
    "d.cjs": "return module.exports = { x: 1 };",
    "e.tsx": "export const id = <T,>(x: T) => <div>{x as never}</div>;",
  }, { convex: false });
  assert.deepEqual([report.findings, report.skipped, report.filesRead], [[], [], 5]);
});

test("declarations, generated files and what others wrote are not read", async () => {
  const files = ["a.d.ts", "a.d.mts", ".next/a.ts", "dist/a.ts", "build/a.js", "convex/_generated/a.ts", "node_modules/x/a.ts", ".git/a.ts", "vendor.min.js", "a.json", "a.md"];
  const report = await findIn({ ...Object.fromEntries(files.map((name) => [name, fault])), "convex/x.ts": "export {};" });
  assert.deepEqual([report.findings, report.skipped, report.filesRead], [[], [], 1]);
});

test("convex/ in a folder beside the Next.js app is read as convex/", async () => {
  const files = { "apps/web/app/page.tsx": clean["app/page.tsx"], "packages/backend/functions/webhooks.ts": `import { mutation } from "./_generated/server";\nexport const record = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("x", {}); } });\n` };
  /** @type {import("./support/code.mjs").Report | undefined} */
  let report;
  await findIn(files, {
    keep: async (root) => {
      report = await findInCode({ root, next: { folder: join(root, "apps/web") }, convex: { folder: join(root, "packages/backend"), functions: join(root, "packages/backend/functions") } }, { variables: [] });
    },
  });
  assert.deepEqual(places(report ?? { findings: [] }), ["code_unguarded_function packages/backend/functions/webhooks.ts:2"]);
});

test("four times the files take about four times as long", async () => {
  const sources = Object.entries(clean).filter(([name]) => /^(?:app|components|lib|convex)\/.*\.tsx?$/.test(name) && !name.includes("_generated"));
  const rows = Array.from({ length: 20 }, (_, row) => row);
  /** Seconds of this process, so that what runs beside it does not count. @param {number} count */
  const secondsFor = async (count) => {
    let used = 0;
    await findIn({ "a.ts": "export {};" }, {
      keep: async (root) => {
        for (let index = 0; index < count; index += 1) {
          const [name, text] = /** @type {[string, string]} */ (sources[index % sources.length]);
          const folder = join(root, name.startsWith("convex/") ? "convex" : "src", `m${index}`);
          mkdirSync(folder, { recursive: true });
          writeFileSync(join(folder, name.split("/").at(-1) ?? ""), `${text}\n${rows.map((row) => `export const row${row} = [{ a: 1, b: "two", c: (x) => x + ${index} }];`).join("\n")}\n`);
        }
        const project = { root, next: { folder: root }, convex: { folder: root, functions: join(root, "convex") } };
        const before = process.cpuUsage();
        const { filesRead } = await findInCode(project, { variables: [] });
        const { user, system } = process.cpuUsage(before);
        assert.equal(filesRead, count + 1);
        used = (user + system) / 1e6;
      },
    });
    return used;
  };
  // Once for the compiler of this language; the best of two for what else runs on the machine.
  await secondsFor(100);
  const few = Math.min(await secondsFor(250), await secondsFor(250));
  const many = await secondsFor(1000);
  console.log(`# 250 files: ${few.toFixed(2)} s, 1000 files: ${many.toFixed(2)} s`);
  // Four times would be linear, sixteen times quadratic.
  assert.ok(many < 10 * few, `${few} s, then ${many} s`);
  // About 1.5 s on a quiet machine.
  assert.ok(many < 15, `${many} s`);
});
