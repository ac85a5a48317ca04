// `node tests/types/check.mjs [--fast]`: the types that users see hold in each version of TypeScript that is supported;
// with --fast, in the newest one.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const versions = process.argv.includes("--fast") ? ["typescript"] : ["typescript", "typescript-6", "typescript-5"];
let allHold = true;

for (const name of versions) {
  const folder = dirname(require.resolve(`${name}/package.json`));
  /** @type {{ version: string }} */
  const { version } = require(`${name}/package.json`);
  let holds = true;
  // The suites over convex-test are our own code, so one version is enough for them.
  for (const project of name === "typescript" ? [here, join(here, "../convex")] : [here]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, "bin/tsc"), "-p", project, "--noEmit", "--pretty", "false"], {
      encoding: "utf8",
      timeout: 120_000,
    });
    if (status === 0) continue;
    holds = false;
    console.error(`TypeScript ${version}:\n${stdout}${stderr}`);
  }
  console.log(`TypeScript ${version}: ${holds ? "ok" : "failed"}`);
  allHold &&= holds;
}
process.exit(allHold ? 0 : 1);
