// Every code block of the documents is compiled, run, or held against what runs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { startConvex } from "../support/convex/index.mjs";
import { documents, readmeSnippet, root, snippets, writeApp } from "./snippets.mjs";

const exec = promisify(execFile);
const packageJson = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** @type {string} */
let app;
/** @type {Awaited<ReturnType<typeof startConvex>>} */
let convex;

before(async () => {
  app = writeApp();
  convex = await startConvex({ functionsDir: join(app, "convex") });
});
after(() => convex.close());

test("every TypeScript block has a title and compiles", async () => {
  const blocks = snippets("README.md").filter(({ language }) => language === "ts");
  assert.ok(blocks.length >= 5);
  assert.ok(blocks.every(({ title }) => title !== undefined), "a block without a title is not compiled");
  await exec(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", "-p", app]);
});

test("other documents bring no code that the README does not have", () => {
  for (const document of documents.slice(1)) {
    for (const { language, title, code } of snippets(document)) {
      if (language === "text" && title === undefined) continue; // drawings and formats
      if (language === "sh" && title === undefined) continue; // see the next test
      assert.equal(code, readmeSnippet(title ?? `(no title in ${document})`), `${document}: ${title}`);
    }
  }
});

test("every command in the documents exists", () => {
  const scripts = Object.keys(packageJson.scripts);
  let seen = 0;
  for (const document of documents) {
    const text = readFileSync(join(root, document), "utf8");
    for (const [command, , script] of text.matchAll(/npm (run ([\w:-]+)|test)\b/g)) {
      assert.ok(scripts.includes(script ?? "test"), `${document}: ${command}`);
      seen++;
    }
    for (const [, path] of text.matchAll(/\]\(([\w/.-]+)\)/g)) assert.ok(existsSync(join(root, document, "..", path ?? "")), `${document} links to ${path}`);
    for (const [, path = ""] of text.matchAll(/`((?:src|tests|pkg-template|www)\/[\w/.-]*)`/g)) assert.ok(existsSync(join(root, path)), `${document} names ${path}`);
  }
  assert.ok(seen > 5);
});

test("every error code is explained, and no other", () => {
  /** @type {{ number: number, code: string }[] | [number, string][]} */
  const listed = JSON.parse(readFileSync(join(root, "tests/vectors/errors.json"), "utf8"));
  const codes = listed.map((entry) => (Array.isArray(entry) ? entry[1] : entry.code)).sort();
  const explained = [...readFileSync(join(root, "www/docs/errors.md"), "utf8").matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = ""]) => cell.split(", ").map((code) => code.replaceAll("`", "")));
  assert.deepEqual(explained.sort(), codes);
});

test("the README's commands set one secret on both sides, its route calls its function, and a refusal looks as it says", async () => {
  const cli = { CONVEX_SELF_HOSTED_URL: convex.url, CONVEX_SELF_HOSTED_ADMIN_KEY: convex.adminKey };
  const bin = join(root, "node_modules/.bin");
  await exec("bash", ["-euo", "pipefail", "-c", readmeSnippet("set up")], { cwd: app, env: { ...process.env, ...cli, PATH: `${bin}:${process.env["PATH"]}` } });
  const secret = /^COUNTERSIGN_SECRET=(csk_\S{50})$/m.exec(readFileSync(join(app, ".env.local"), "utf8"))?.[1];
  assert.ok(secret !== undefined, "the first command writes a secret into .env.local");

  process.env["NEXT_PUBLIC_CONVEX_URL"] = convex.url;
  process.env["COUNTERSIGN_SECRET"] = secret;
  const { POST } = await load("app/api/webhooks/route.ts");
  const deliver = () => POST(new Request("http://localhost/api/webhooks", { method: "POST", body: JSON.stringify({ id: "evt_1" }) }));
  assert.equal((await deliver()).status, 204);

  const { generateSecret } = await import("countersign");
  process.env["COUNTERSIGN_SECRET"] = generateSecret();
  await assert.rejects(deliver(), { name: "CountersignError", code: "unauthorized" });
  const line = readmeSnippet("refusal").trim();
  const pattern = new RegExp(`^${line.replace(/<[^>]*key id>/, "[0-9a-f]{16}").replace(/<[^>]*key ids>/, "[0-9a-f]{16}")}$`);
  const lines = convex.logs.map(({ message }) => message);
  assert.ok(lines.some((message) => pattern.test(message)), `no line like ${pattern} in:\n${lines.join("\n")}`);
  assert.ok(!lines.some((message) => message.includes(secret)));
});

/** @param {string} file @returns {Promise<any>} a file of the app, as a bundler loads it */
async function load(file) {
  const outfile = join(app, `${file}.mjs`);
  await build({ entryPoints: [join(app, file)], outfile, bundle: true, platform: "node", format: "esm", packages: "external", alias: { "@": app }, logLevel: "silent" });
  return import(pathToFileURL(outfile).href);
}
