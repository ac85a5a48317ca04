// countersign/next, client, http and webhooks hold a secret: in a bundle for a browser they must fail the build, and anywhere else they must not.
// What Next.js says to it, with both of its bundlers, is in tests/next.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { cacheDir, root } from "../../pkg-template/build/process.mjs";

const entries = ["countersign/next", "countersign/client", "countersign/http", "countersign/webhooks"];

/**
 * @param {string} entry
 * @param {readonly string[]} conditions
 * @param {"browser" | "node" | "neutral"} [platform]
 */
function bundle(entry, conditions, platform = "neutral") {
  return build({
    stdin: { contents: `import * as entry from "${entry}"; export default Object.keys(entry);`, resolveDir: root },
    bundle: true,
    write: false,
    format: "esm",
    platform,
    conditions: [...conditions],
    external: ["convex", "convex/*", "next", "next/*", "*.wasm", "*.wasm?module"],
    logLevel: "silent",
  });
}

for (const entry of entries) {
  test(`${entry} cannot be bundled for a browser by esbuild`, async () => {
    await assert.rejects(bundle(entry, ["module"], "browser"), /Could not resolve "countersign\//);
  });

  test(`${entry} cannot be bundled for a browser by Vite`, async () => {
    await assert.rejects(viteBuild(entry), /is not exported under the condition/);
  });

  test(`${entry} is there for servers, by import and by require`, async () => {
    await bundle(entry, [], "node");
    for (const host of ["edge-light", "workerd", "deno", "bun", "node"]) {
      const { outputFiles } = await bundle(entry, [host]);
      assert.ok((outputFiles?.[0]?.text.length ?? 0) > 1000, host);
    }
    // Convex's own settings, and those of bundlers for edge hosts, say "browser" too.
    for (const host of ["convex", "edge-light", "workerd"]) await bundle(entry, [host, "module"], "browser");
  });
}

test("what a client component may use can be bundled for a browser", async () => {
  for (const entry of ["countersign", "countersign/inspect"]) await bundle(entry, ["module"], "browser");
});

/** @param {string} entry */
async function viteBuild(entry) {
  const { build: vite } = await import("vite");
  const folder = mkdtempSync(join(cacheDir, "server-entries-"));
  try {
    writeFileSync(join(folder, "index.html"), '<script type="module" src="./main.js"></script>');
    writeFileSync(join(folder, "main.js"), `import * as entry from "${entry}"; console.log(entry);`);
    await vite({ root: folder, configFile: false, logLevel: "silent", build: { write: false } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
