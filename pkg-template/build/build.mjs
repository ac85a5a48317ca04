// `npm run build`: the crate and the TypeScript -> pkg/, its tarball, and the tarball's content in node_modules/countersign.

import { runMain, seconds, withLock } from "./process.mjs";
import { ensureToolchain } from "./toolchain.mjs";

export async function build() {
  const start = performance.now();
  console.log("Building countersign");
  await ensureToolchain();
  // These need npm packages, which may only just have been installed.
  const [{ buildWasm }, { buildPackage }, { packAndInstall }] = await Promise.all([import("./wasm.mjs"), import("./typescript.mjs"), import("./pack.mjs")]);
  await withLock("build", async () => {
    await buildWasm();
    await buildPackage();
    await packAndInstall();
  });
  console.log(`  done in ${seconds(start)}`);
}

await runMain(import.meta.url, build);
