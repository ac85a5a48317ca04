// `init` asked, refused and broken off: what is done is said, what is not is said, and another run brings it to its end.

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { test } from "node:test";
import { putConvexCli } from "./support/deployments.mjs";
import { makeInitProject } from "./support/init.mjs";

const gitignore = { ".gitignore": "node_modules\n" };
/** Every question of a run with all options, in its order, and what a yes to it has done. */
const questions = /** @type {const} */ ([
  [/Add \.env\.local to \.gitignore\?/, ".gitignore has .env.local"],
  [/Make a secret, and set it on both sides\?/, ".env.local has a new COUNTERSIGN_SECRET"],
  [/Make another secret, and set it on the Convex production deployment\?/, "The Convex production deployment has a new COUNTERSIGN_SECRET of its own"],
  [/Make convex\/convex\.config\.ts\?/, "convex/convex.config.ts has app.use(countersign)"],
  [/Make convex\/countersign\.ts\?/, "convex/countersign.ts is made"],
  [/Make the two files of the example\?/, "app/api/countersign-example/route.ts is made"],
]);
const all = ["--prod", "--example"];
const yes = (/** @type {number} */ count) => questions.slice(0, count).map(([when]) => ({ when, type: "y" }));

test("yes to every question: all of it is done, and the second run asks nothing and changes nothing", async () => {
  const project = makeInitProject("plain", { files: gitignore });
  const { status, output } = await project.type(all, yes(6));
  assert.equal(status, 0, output);
  for (const [, done] of questions) assert.ok(output.includes(`✔ ${done}`), `${done}\n${output}`);
  assert.match(output, /\+import countersign from "countersign\/convex\.config";/, "the edit is shown");
  const before = project.snapshot();
  const again = await project.type(all, []);
  assert.equal(again.status, 0, again.output);
  assert.match(again.output, /All of it is done already\. Nothing was changed\./);
  assert.deepEqual(project.snapshot(), before);
});

test("Ctrl-C at each question: nothing was changed, and it says so", async () => {
  const project = makeInitProject("plain", { files: gitignore });
  const before = project.snapshot();
  for (const [index, [when]] of questions.entries()) {
    const { status, output } = await project.type(all, [...yes(index), { when, type: "\u0003" }]);
    assert.equal(status, 2, output);
    assert.match(output, /Stopped\. Nothing was changed\./);
    assert.deepEqual(project.snapshot(), before);
    assert.deepEqual([project.state().dev, project.state().prod], [{}, {}]);
  }
});

test("no to each question: that and what needs it is left, the rest is done, and the next run does what was left", async () => {
  /** What is not asked any more after a no to a question. */
  const needs = [[1, 3], [3], [], [], [5], []];
  const expected = ["gitignore", "secret", "prod", "config", "guards", "example"];
  for (const [index] of questions.entries()) {
    const project = makeInitProject("plain", { files: gitignore });
    const answers = questions.flatMap(([when], each) => (needs[index]?.includes(each) ? [] : [{ when, type: each === index ? "n" : "y" }]));
    const { status, output } = await project.type(all, answers);
    assert.equal(status, 1, output);
    assert.match(output, /you said no/);
    const missing = new Set([index, ...(needs[index] ?? [])]);
    const is = { gitignore: project.read(".gitignore").includes(".env.local"), secret: project.has(".env.local") && "COUNTERSIGN_SECRET" in project.state().dev, prod: "COUNTERSIGN_SECRET" in project.state().prod, config: project.has("convex/convex.config.ts"), guards: project.has("convex/countersign.ts"), example: project.has("app/api/countersign-example/route.ts") };
    assert.deepEqual(is, Object.fromEntries(expected.map((name, each) => [name, !missing.has(each)])), output);
    if (index % 2 === 1) assert.equal((await project.init([...all, "--yes"])).status, 0);
  }
});

test("without a terminal, without --yes: status 2, --yes is named, nothing was changed; --dry-run needs no answer", async () => {
  const project = makeInitProject();
  const before = project.snapshot();
  for (const args of [[], ["--json"]]) {
    const { status, output } = await project.init(args);
    assert.equal(status, 2);
    assert.match(output, /--yes/);
  }
  const { status, output } = await project.init(["--dry-run", ...all]);
  assert.equal(status, 0, output);
  assert.match(output, /Nothing was changed: this was --dry-run/);
  assert.deepEqual(project.snapshot(), before);
  assert.ok(project.state().calls.every((args) => args.includes("list")), "it only read");
});

test("--json prints one object: what was to do, what became of it, and nothing else", async () => {
  const project = makeInitProject();
  const report = (await project.init(["--json", "--yes", "--example"])).json();
  assert.equal(report.changed, true);
  assert.deepEqual(report.steps.map((/** @type {any} */ { id, state, result }) => [id, state, result]), [
    ["gitignore", "done", "already_done"],
    ...["env_file", "convex_dev", "config", "guards", "example_function", "example_route"].map((id) => [id, "to_do", "done"]),
  ]);
  const again = (await project.init(["--json", "--example"])).json();
  assert.equal(again.changed, false);
});

test("the convex CLI fails, or takes too long, while the secret is set: it says so, and another run sets the same secret", async () => {
  for (const [change, args, why] of /** @type {const} */ ([
    [{ fails: "set" }, [], /something broke/],
    [{ hangs: "set" }, ["--timeout", "3"], /3 s/],
  ])) {
    const project = makeInitProject();
    project.change(change);
    const { status, output } = await project.init(["--yes", ...args]);
    assert.equal(status, 2, output);
    assert.match(output, why);
    assert.match(output, /✔ \.env\.local has a new COUNTERSIGN_SECRET/);
    assert.match(output, /✖ The Convex development deployment gets the same one\. \(not done: it failed\)/);
    assert.match(output, /! convex\/countersign\.ts is made\. \(not done\)/);
    assert.match(output, /npx countersign init again/);
    assert.deepEqual(project.state().dev, {});
    assert.ok(!project.has("convex/convex.config.ts"), "it would declare a variable that is not there");
    const secret = project.secret();
    project.change({ fails: "", hangs: "" });
    assert.equal((await project.init(["--yes"])).status, 0);
    assert.deepEqual(project.state().dev, { COUNTERSIGN_SECRET: secret });
    assert.equal(project.secret(), secret);
  }
});

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  test(`${signal} while the convex CLI runs: it ends with it, says what is done, and another run goes on from there`, { skip: process.platform === "win32" }, async () => {
    const project = makeInitProject();
    project.change({ hangs: "set" });
    const { status, output } = await project.init(["--yes"], {
      started: (child) => {
        const waiting = setInterval(() => {
          if (!project.state().calls.some((args) => args.includes("set"))) return;
          clearInterval(waiting);
          child.kill(signal);
        }, 50);
        child.on("exit", () => clearInterval(waiting));
      },
    });
    assert.equal(status, 2, output);
    assert.match(output, new RegExp(`Stopped by ${signal}`));
    assert.match(output, /✔ \.env\.local has a new COUNTERSIGN_SECRET/);
    assert.match(output, /! convex\/convex\.config\.ts .*\(not done\)/);
    const secret = project.secret();
    project.change({ hangs: "" });
    assert.equal((await project.init(["--yes"])).status, 0);
    assert.deepEqual(project.state().dev, { COUNTERSIGN_SECRET: secret });
  });
}

test("a folder that cannot be written: the secret is where it should be, no file is left in half, another run goes on", { skip: process.platform === "win32" || process.getuid?.() === 0 }, async () => {
  const project = makeInitProject();
  chmodSync(project.functions, 0o555);
  const { status, output } = await project.init(["--yes"]);
  chmodSync(project.functions, 0o755);
  assert.equal(status, 2, output);
  assert.match(output, /convex\.config\.ts cannot be written \(EACCES\)/);
  assert.equal((await project.init(["--yes"])).status, 0);
});

test("a file in the place of a folder: the step fails with its reason, what came before stays", async () => {
  const project = makeInitProject("plain", { files: { "app/api": "in the way\n" } });
  const { status, output } = await project.init(["--yes", "--example"]);
  assert.equal(status, 2, output);
  assert.match(output, /route\.ts cannot be written/);
  assert.ok(project.has("convex/countersignExample.ts"));
  project.remove("app/api");
  const again = await project.init(["--yes", "--example"]);
  assert.equal(again.status, 0, again.output);
  assert.ok(project.has("app/api/countersign-example/route.ts"));
});

test("the convex CLI is missing, not logged in, offline: status 2, what to do, and nothing was changed", async () => {
  for (const [which, hint] of /** @type {const} */ ([
    ["missing", /npm install convex/],
    ["not logged in", /npx convex dev/],
    ["offline", /network|reach/i],
    ["refused key", /key/],
  ])) {
    const project = makeInitProject();
    putConvexCli(project, which);
    const before = project.snapshot();
    const { status, output } = await project.init(["--yes", "--timeout", "2"]);
    assert.equal(status, 2, output);
    assert.match(output, hint);
    assert.deepEqual(project.snapshot(), before);
  }
});

test("somebody sets another secret while the questions are open: theirs stays", async () => {
  const project = makeInitProject();
  const theirs = "csk_set-by-somebody-else-in-the-meantime-0123456789";
  const [secret, config, guards] = [1, 3, 4].map((index) => questions[index]?.[0] ?? /never/);
  const meanwhile = {
    when: config,
    // Read when it is typed.
    get type() {
      project.change({ dev: { COUNTERSIGN_SECRET: theirs } });
      return "y";
    },
  };
  const { status, output } = await project.type([], /** @type {any} */ ([{ when: secret, type: "y" }, meanwhile, { when: guards, type: "y" }]));
  assert.equal(status, 2, output);
  assert.match(output, /Somebody else has set COUNTERSIGN_SECRET/);
  assert.equal(project.state().dev["COUNTERSIGN_SECRET"], theirs);
});
