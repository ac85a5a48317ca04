// A user's project compiles against the tarball, with each TypeScript and each way of resolving modules that knows an exports map.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { attempt, root } from "../../pkg-template/build/process.mjs";

const compilers = { "5.9": "typescript-5", 6: "typescript-6", 7: "typescript" };
const ways = [
  { name: "bundler", flags: ["--module", "esnext", "--moduleResolution", "bundler"], projects: ["tsconfig.json", "tsconfig.convex.json"] },
  { name: "node16", flags: ["--module", "node16", "--moduleResolution", "node16"], projects: ["tsconfig.json", "tsconfig.convex.json", "tsconfig.require.json"] },
  { name: "nodenext", flags: ["--module", "nodenext", "--moduleResolution", "nodenext"], projects: ["tsconfig.json", "tsconfig.convex.json", "tsconfig.require.json"] },
];

for (const [version, folder] of Object.entries(compilers)) {
  for (const { name, flags, projects } of ways) {
    for (const project of projects) {
      test(`TypeScript ${version}, ${name}, ${project}`, async () => {
        const tsc = join(root, "node_modules", folder, "bin/tsc");
        const result = await attempt(process.execPath, [tsc, "-p", join(import.meta.dirname, "consumer", project), "--pretty", "false", ...flags]);
        assert.equal(result.code, 0, result.stdout + result.stderr);
      });
    }
  }
}
