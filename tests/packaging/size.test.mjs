// What the guards add to a Convex function's bundle. Convex evaluates it again for every call, so each kilobyte is paid for each time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "../../pkg-template/build/process.mjs";

const maxBytes = 28_672;

/**
 * Bundles as the Convex CLI does for its default runtime: what is imported dynamically gets files of its own.
 * @param {string} contents
 */
async function bundle(contents) {
  const result = await build({
    stdin: { contents, resolveDir: root, sourcefile: "convex/countersign.ts" },
    bundle: true,
    splitting: true,
    outdir: "out",
    chunkNames: "_deps/[hash]",
    write: false,
    metafile: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "esnext",
    conditions: ["convex", "module"],
    external: ["convex", "convex/*"],
    logLevel: "silent",
  });
  const { outputs } = result.metafile;
  /** A file and what it imports, without what it may load later. @param {string} path @returns {string[]} */
  const loaded = (path) => [path, ...(outputs[path]?.imports ?? []).filter(({ kind, external }) => kind === "import-statement" && external !== true).flatMap((each) => loaded(each.path))];
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint !== undefined);
  assert.ok(entry !== undefined);
  const atOnce = new Set(loaded(entry));
  const inputsOf = (/** @type {string} */ path) => Object.entries(outputs[path]?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const bytes = Buffer.concat(result.outputFiles.filter(({ path }) => [...atOnce].some((each) => path.endsWith(each))).map((file) => file.contents));
  return { bytes, inputs: [...atOnce].flatMap(inputsOf), later: Object.keys(outputs).filter((path) => !atOnce.has(path)).flatMap(inputsOf) };
}

test(`the guards add at most ${maxBytes} bytes`, async () => {
  const { bytes, inputs } = await bundle('import { countersign } from "countersign/convex"; export { countersign };');
  const parts = inputs.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput).map(([path, { bytesInOutput }]) => `${bytesInOutput}  ${path}`);
  const summary = `${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} with gzip:\n${parts.join("\n")}`;
  assert.ok(bytes.length <= maxBytes, summary);
});

test("the guards' bundle holds the lean module once and nothing of the rich one, which http actions load when they run", async () => {
  const { inputs, later } = await bundle('import { countersign, requireSecret } from "countersign/convex"; export { countersign, requireSecret };');
  const generated = inputs.map(([path]) => path).filter((path) => path.includes("/generated/"));
  assert.deepEqual(generated.map((path) => path.split("/").at(-1)), ["lean.packed.js"]);
  assert.deepEqual(inputs.filter(([path]) => path.includes("/http/")), []);
  assert.deepEqual(later.map(([path]) => path.split("/").at(-1)).filter((name) => /^(rich\.|signed-http)/.test(name ?? "")).sort(), ["rich.base64.js", "rich.inline.js", "signed-http-action.js"]);
});

test("an entry whose exports are not used adds nothing", async () => {
  const entries = ["", "/inspect", "/convex", "/client"].map((path) => `import "countersign${path}";`);
  const { bytes } = await bundle(entries.join("\n"));
  assert.equal(new TextDecoder().decode(bytes).trim(), "");
});
