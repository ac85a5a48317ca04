// What makeProject makes is a project: it type-checks, the convex CLI bundles it, and countersign finds its peers from where it lies.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { realpathSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startConvex } from "../support/convex/index.mjs";
import { filesOf, makeProject } from "./support/project.mjs";
import { binOf, run } from "./support/run.mjs";

const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

for (const layout of /** @type {const} */ (["plain", "src", "monorepo", "pnpm"])) {
  test(`a project, ${layout}: types, functions, packages`, async () => {
    const project = makeProject(layout, { git: true });
    assert.equal(project.git("status", "--porcelain"), "");
    execFileSync(process.execPath, [tsc, "-p", project.next], { stdio: "pipe" });
    const bin = binOf(project.next);
    assert.ok(realpathSync(bin).startsWith(project.root), "countersign is a copy in the project");
    assert.equal((await run(["--version"], { cwd: project.convex })).status, 0);
    // The copy takes the project's own convex.
    assert.ok(createRequire(realpathSync(bin)).resolve("convex/server").includes("convex"));
    const convex = await startConvex({ functionsDir: project.functions });
    await convex.close();
    assert.ok(filesOf(project.root).every((file) => !file.includes("node_modules")));
  });
}

test("files that are given take the place of others, or leave them out", () => {
  const project = makeProject("src", { files: { ".gitignore": undefined, "src/app/page.tsx": "export default () => null;\n", ".env.local": "A=1\n" } });
  assert.ok(!project.has(".gitignore"));
  assert.equal(project.read("src/app/page.tsx"), "export default () => null;\n");
  assert.equal(project.read(".env.local"), "A=1\n");
});
