// Serves the worker in the folder given and prints what it answers. Miniflare needs Node 22.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";

const folder = process.argv[2];
const modules = readdirSync(folder)
  .filter((name) => name === "worker.mjs" || name.endsWith(".wasm"))
  .sort((one) => (one === "worker.mjs" ? -1 : 1))
  .map((name) => /** @type {const} */ ({ type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path: join(folder, name), contents: readFileSync(join(folder, name)) }));
const miniflare = new Miniflare({ modules, modulesRoot: folder, compatibilityDate: "2026-07-01" });
try {
  const response = await miniflare.dispatchFetch("http://localhost/");
  const text = await response.text();
  console.log(response.ok ? `CONFORMANCE ${text}` : text);
} finally {
  await miniflare.dispose();
}
