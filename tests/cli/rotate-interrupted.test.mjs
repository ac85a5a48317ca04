// A rotation that is stopped at every single write, by each way there is, and run again: nobody is locked out on the way, and it ends right.

import assert from "node:assert/strict";
import { readdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { putConvexCli } from "./support/deployments.mjs";
import { accepts, startRotation } from "./support/rotation.mjs";
import { temporaryFolder } from "./support/run.mjs";

/**
 * How the run is stopped at its first write. Of a write to the file it is at the look at Convex that follows it; of one to Convex:
 * `fail`: the CLI fails and has done nothing; `fail late`: it fails and has done it; `kill`: the command is killed when the CLI has done it;
 * `interrupt`: Ctrl-C while the CLI is at it, before it is done.
 * @typedef {"fail" | "fail late" | "kill" | "interrupt"} How
 */

/** A convex CLI that is the real one, but for one thing that happens to it. @param {Awaited<ReturnType<typeof startRotation>>} world */
function tamperedCli({ project }) {
  const control = join(temporaryFolder("control"), "control.json");
  const real = join(realpathSync(join(project.convex, "node_modules/convex")), "bin/main.js");
  putConvexCli(project, {
    script: `
const { spawnSync } = require("node:child_process");
const { readFileSync, writeFileSync } = require("node:fs");
const control = JSON.parse(readFileSync(${JSON.stringify(control)}, "utf8"));
const writes = process.argv[3] !== "list";
const really = () => spawnSync(process.execPath, [${JSON.stringify(real)}, ...process.argv.slice(2)], { stdio: "inherit" }).status;
const fail = () => { console.error("✖ Something broke on the way."); process.exit(1); };
const linger = () => setTimeout(() => process.exit(1), 20_000);
const file = readFileSync(${JSON.stringify(join(project.root, ".env.local"))}, "utf8");
if (control.file === undefined) writeFileSync(${JSON.stringify(control)}, JSON.stringify({ ...control, file }));
if (!writes && (control.file ?? file) === file) process.exit(really());
if (control.how === "fail") fail();
if (control.how === "fail late") { if (writes) really(); fail(); }
if (control.how === "kill") { if (writes) really(); process.kill(process.ppid, "SIGKILL"); }
if (control.how === "interrupt") { process.kill(process.ppid, "SIGINT"); linger(); }
`,
  });
  return (/** @type {How} */ how) => writeFileSync(control, JSON.stringify({ how }));
}

for (const ways of /** @type {[How, How][]} */ ([["fail", "kill"], ["interrupt", "fail late"]])) {
  test(`stopped at each write: ${ways.join(", then ")}`, { timeout: 240_000 }, async () => {
    const world = await startRotation();
    const { project, secret } = world;
    const next = tamperedCli(world);
    /** The states between the runs. @type {Set<string>} */
    const seen = new Set();
    for (let turn = 0; ; turn += 1) {
      const how = /** @type {How} */ (ways[turn % 2]);
      next(how);
      const run = await world.rotate(["--yes", "--window", "1"]);
      assert.ok(!run.output.includes(secret.slice(4, 40)), "prints the secret");
      const [server, convex] = [await world.server(), world.convex()];
      seen.add(JSON.stringify([server, convex]));
      const over = server.current !== secret && server.previous === undefined && server.next === undefined && Object.keys(convex).length === 1;
      if (how === "kill") assert.equal(run.signal, "SIGKILL", run.output);
      else {
        assert.equal(run.status, 2, run.output);
        assert.match(run.stderr, how === "interrupt" ? /error: Stopped\./ : /Something broke on the way/);
        assert.match(run.stderr, /(Nothing was changed by this run\.|Done by this run:\n)/);
        assert.match(run.stderr, /Go on with: npx countersign rotate$/m);
      }
      // A server that was not started again yet, and one that starts now.
      const dropped = server.current !== secret && convex.previous === undefined && convex.current !== secret;
      assert.equal(await accepts(world.url(), secret), !dropped, JSON.stringify([server, convex]));
      assert.equal(await accepts(world.url(), server.current), true, JSON.stringify([server, convex]));
      if (over) {
        assert.deepEqual(convex, { current: server.current });
        break;
      }
      assert.ok(turn < 20, "it comes to no end");
    }
    // One for each of the eight writes; the state before the first one to Convex was there already.
    assert.equal(seen.size, 8);
    assert.deepEqual(readdirSync(project.root).filter((name) => name.startsWith(".env")), [".env.local"]);
  });
}

test("what the convex CLI says when it cannot is said, and what is done and how to go on", async () => {
  const world = await startRotation();
  for (const [which, words] of /** @type {const} */ ([["not logged in", /not logged in, or no deployment is chosen/], ["offline", /could not reach Convex/], ["refused key", /refused the key/], ["missing", /npm install convex/]])) {
    putConvexCli(world.project, which);
    // Some of them would wait for ever.
    const { status, stderr, stdout } = await world.rotate(["--yes", "--timeout", "3"]);
    assert.equal(status, 2);
    assert.match(stderr, words);
    if (which !== "missing") assert.match(stderr, /Nothing was changed by this run\.\n {2}Go on with: npx countersign rotate/);
    assert.equal(stdout, "");
  }
  putConvexCli(world.project, "slow");
  const { status, stderr } = await world.rotate(["--yes", "--timeout", "1"]);
  assert.equal(status, 2);
  assert.match(stderr, /took longer than 1 seconds/);
  assert.deepEqual([await world.server(), world.convex()], [{ current: world.secret }, { current: world.secret }]);
});
