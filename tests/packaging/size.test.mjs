// What the guards add to a Convex function's bundle. Convex evaluates it again for every call, so each kilobyte is paid for each time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "../../pkg-template/build/process.mjs";

const maxBytes = 28_672;

/**
 * Bundles with the Convex CLI's settings for its default runtime.
 * @param {string} contents
 */
async function bundle(contents) {
  const result = await build({
    stdin: { contents, resolveDir: root, sourcefile: "convex/countersign.ts" },
    bundle: true,
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
  const [output] = Object.values(result.metafile.outputs);
  assert.ok(output !== undefined && result.outputFiles[0] !== undefined);
  const inputs = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { bytes: result.outputFiles[0].contents, inputs };
}

test(`the guards add at most ${maxBytes} bytes`, async () => {
  const { bytes, inputs } = await bundle('import { countersign } from "countersign/convex"; export { countersign };');
  const parts = inputs.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput).map(([path, { bytesInOutput }]) => `${bytesInOutput}  ${path}`);
  const summary = `${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} with gzip:\n${parts.join("\n")}`;
  assert.ok(bytes.length <= maxBytes, summary);
});

test("the guards' bundle holds the lean module once and nothing of the rich one", async () => {
  const { inputs } = await bundle('import { countersign, requireSecret } from "countersign/convex"; export { countersign, requireSecret };');
  const generated = inputs.map(([path]) => path).filter((path) => path.includes("/generated/"));
  assert.deepEqual(generated.map((path) => path.split("/").at(-1)), ["lean.packed.js"]);
});

test("an entry whose exports are not used adds nothing", async () => {
  const entries = ["", "/inspect", "/convex", "/client"].map((path) => `import "countersign${path}";`);
  const { bytes } = await bundle(entries.join("\n"));
  assert.equal(new TextDecoder().decode(bytes).trim(), "");
});
