// What www/docs/cli.md shows of rotate, keygen, fingerprint and inspect, run as it stands there.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fingerprint } from "countersign";
import { patternOf } from "../docs/app.mjs";
import { commandPage, snippet } from "../docs/snippets.mjs";
import { startRotation } from "./support/rotation.mjs";
import { environment } from "./support/run.mjs";

test("the page's blocks on rotate, keygen, fingerprint and inspect", async () => {
  const world = await startRotation();
  const { project, deployments } = world;
  /** @param {string} title @returns {Promise<{ status: number, stdout: string }>} */
  const shell = (title) =>
    new Promise((resolve) => {
      const env = environment({ npm_config_offline: "true", ...deployments.env });
      execFile("bash", ["-euo", "pipefail", "-c", snippet(commandPage, title)], { cwd: project.root, env }, (error, stdout) => resolve({ status: Number(error?.code ?? 0), stdout }));
    });
  const planned = await shell("a rotation as planned");
  assert.equal(planned.status, 0);
  assert.match(planned.stdout.trim(), patternOf(snippet(commandPage, "what rotate plans")));
  assert.ok(planned.stdout.includes(fingerprint(world.secret)));

  const printed = await shell("fingerprint");
  assert.equal(printed.status, 0);
  assert.match(printed.stdout.trim(), patternOf(snippet(commandPage, "what fingerprint prints")));
  assert.deepEqual([...printed.stdout.matchAll(/^fingerprint (.*)$/gm)].map(([, print]) => print), [fingerprint(world.secret), fingerprint(world.secret)]);

  assert.deepEqual(await shell("inspect"), { status: 1, stdout: snippet(commandPage, "what inspect prints") });

  const before = project.read(".env.local");
  assert.deepEqual(await shell("keygen"), { status: 0, stdout: "" });
  assert.match(project.read(".env.local").slice(before.length), /^COUNTERSIGN_SECRET=csk_.{50}\n$/);
});
