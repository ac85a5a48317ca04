import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleFunctions } from "./bundle.mjs";
import { FIXTURE } from "./testing.mjs";

/** @type {string} */
let folder;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bundle-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** @param {string} name @param {Record<string, string>} files */
async function project(name, files) {
  for (const [file, text] of Object.entries(files)) {
    const target = path.join(folder, name, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  return path.join(folder, name, "convex");
}

test("bundles a functions folder as the CLI does", async () => {
  const app = await bundleFunctions(FIXTURE);
  const entries = app.modules.filter((module) => !module.path.startsWith("_deps/"));
  expect(entries.map((module) => `${module.environment} ${module.path}`).sort()).toEqual([
    "isolate counters.js",
    "isolate environment.js",
    "isolate http.js",
    "isolate late.js",
    "isolate messages.js",
    "isolate meta.js",
    "isolate nested/deep.js",
    "isolate values.js",
    "node hash.js",
  ]);
  // Shared code is split off, and the two environments share none of it.
  const chunks = app.modules.filter((module) => module.path.startsWith("_deps/"));
  expect(chunks.length).toBeGreaterThan(0);
  for (const chunk of chunks) expect(chunk.path.startsWith("_deps/node/")).toBe(chunk.environment === "node");
  expect(app.schema?.path).toBe("schema.js");
  expect(app.authConfig).toBeNull();
  expect(entries.every((module) => module.sourceMap !== undefined)).toBe(true);
});

test("resolves packages under the conditions of each environment", async () => {
  const conditions = { browser: "./browser.js", node: "./node.js" };
  const dir = await project("conditions", {
    "node_modules/plain/package.json": JSON.stringify({ name: "plain", type: "module", exports: conditions }),
    "node_modules/plain/browser.js": 'export default "plain for browsers";',
    "node_modules/plain/node.js": 'export default "plain for node";',
    "node_modules/aware/package.json": JSON.stringify({ name: "aware", type: "module", exports: { convex: "./convex.js", default: "./default.js" } }),
    "node_modules/aware/convex.js": 'export default "aware of convex";',
    "node_modules/aware/default.js": 'export default "unaware";',
    "convex/isolated.ts": 'export { default as plain } from "plain";\nexport { default as aware } from "aware";\n',
    "convex/noded.ts": '"use node";\n\nexport { default as plain } from "plain";\nexport { default as aware } from "aware";\n',
  });
  const { modules } = await bundleFunctions(dir);
  const source = (/** @type {string} */ name) => modules.find((module) => module.path === name)?.source;
  expect(source("isolated.js")).toContain("plain for browsers");
  expect(source("noded.js")).toContain("plain for node");
  expect(source("isolated.js")).toContain("aware of convex");
  expect(source("noded.js")).toContain("aware of convex");
});

test("refuses what the CLI refuses", async () => {
  const builtin = await project("builtin", { "convex/a.ts": 'import fs from "node:fs";\nexport const x = fs;\n' });
  await expect(bundleFunctions(builtin)).rejects.toThrow(/Node APIs from a file without the "use node" directive/);
  const nodeHttp = await project("node-http", { "convex/http.ts": '"use node";\nexport default 1;\n' });
  await expect(bundleFunctions(nodeHttp)).rejects.toThrow('"use node" directive is not allowed for http.ts');
  await expect(bundleFunctions(path.join(folder, "nowhere"))).rejects.toThrow(/There is no folder of Convex functions at/);
});

test("skips what the CLI skips", async () => {
  const dir = await project("skipped", {
    "convex/_generated/api.js": "export const api = 1;",
    "convex/a.test.ts": "export const x = 1;",
    "convex/notes.md": "notes",
    "convex/b.ts": "export const y = 1;",
  });
  const { modules, schema } = await bundleFunctions(dir);
  expect(modules.map((module) => module.path)).toEqual(["b.js"]);
  expect(schema).toBeNull();
});
