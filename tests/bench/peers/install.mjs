// Puts the peers of package-lock.json into node_modules beside this, if they are not there. `node tests/bench/peers/install.mjs`, and the benchmarks call it.

import { fileURLToPath } from "node:url";
import { BuildError, runMain, step, withLock } from "../../../pkg-template/build/process.mjs";
import { lockDifference, npm } from "../../../pkg-template/build/toolchain.mjs";

const directory = fileURLToPath(new URL(".", import.meta.url));

/** Tests and benchmarks may want them at once: one installs, the others wait. */
export async function ensurePeers() {
  if (lockDifference(directory) === null) return;
  await withLock("bench-peers", async () => {
    const difference = lockDifference(directory);
    if (difference === null) return;
    await step(`installing the benchmarks' peers with npm (${difference})`, () => npm(["ci", "--no-audit", "--no-fund"], directory));
    const left = lockDifference(directory);
    if (left !== null) throw new BuildError(`npm ci has left tests/bench/peers/node_modules unlike its package-lock.json: ${left}. Delete that folder and run this again.`);
  });
}

await runMain(import.meta.url, ensurePeers);
