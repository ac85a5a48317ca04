// `init` in the layouts that projects have: what it writes lies in the right place, compiles, runs, and is never written over something else.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeFunctionReference } from "convex/server";
import { CountersignClient } from "countersign/client";
import { startConvex } from "../support/convex/index.mjs";
import { startDeployments } from "./support/deployments.mjs";
import { makeInitProject, writeGenerated } from "./support/init.mjs";
import { filesOf, makeProject } from "./support/project.mjs";
import { run } from "./support/run.mjs";

const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/** @param {string} folder */
function compiles(folder) {
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", folder], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
}

/** What is new in each layout, from the root. */
const written = {
  plain: { env: ".env.local", convex: "convex", route: "app/api/countersign-example/route.ts" },
  src: { env: ".env.local", convex: "convex", route: "src/app/api/countersign-example/route.ts" },
  monorepo: { env: "apps/web/.env.local", convex: "packages/backend/convex", route: "apps/web/app/api/countersign-example/route.ts" },
  pnpm: { env: "apps/web/.env.local", convex: "packages/backend/convex", route: "apps/web/src/app/api/countersign-example/route.ts" },
};

for (const layout of /** @type {const} */ (["plain", "src", "monorepo", "pnpm"])) {
  test(`${layout}: everything in its place, and the second run changes no byte`, async () => {
    const project = makeInitProject(layout);
    const before = filesOf(project.root);
    const { env, convex, route } = written[layout];
    // From wherever in the project it is started.
    const { status, output } = await project.init(["--yes", "--example"], { cwd: layout === "monorepo" ? project.convex : project.root });
    assert.equal(status, 0, output);
    const added = filesOf(project.root).filter((file) => !before.includes(file));
    assert.deepEqual(added.sort(), [env, route, ...["convex.config.ts", "countersign.ts", "countersignExample.ts"].map((file) => `${convex}/${file}`)].sort());
    const words = layout === "pnpm" ? "cd packages/backend && pnpm exec convex dev" : layout === "monorepo" ? "cd packages/backend && npx convex dev" : "npx convex dev";
    assert.ok(output.includes(`· ${words} `), output);
    const target = /from "(\..*_generated\/api)"/.exec(project.read(route))?.[1] ?? "";
    assert.ok(existsSync(`${join(dirname(project.path(route)), target)}.js`), `${target} leads to Convex's api`);
    const snapshot = project.snapshot();
    const again = await project.init(["--example"]);
    assert.equal(again.status, 0, again.output);
    assert.match(again.output, /All of it is done already\. Nothing was changed\./);
    assert.deepEqual(project.snapshot(), snapshot);
  });
}

test("what it writes compiles, in a monorepo, and its function runs for who holds the secret of .env.local", async () => {
  const project = makeInitProject("monorepo");
  assert.equal((await project.init(["--yes", "--example"])).status, 0);
  writeGenerated(project.functions);
  compiles(project.next);
  const secret = project.secret();
  const convex = await startConvex({ functionsDir: project.functions, env: project.state().dev });
  after(() => convex.close());
  const client = /** @type {any} */ (new CountersignClient(convex.url, { secret }));
  assert.match(await client.mutation(makeFunctionReference("countersignExample:hello"), { name: "you" }), /^Hello you, your call was signed by key [0-9a-f]{16}\.$/);
});

test("with the real convex CLI, and both deployments", async () => {
  const deployments = await startDeployments();
  const project = makeProject("pnpm", { git: true });
  project.write("packages/backend/.env.local", deployments.dotenv);
  const { status, output } = await run(["init", "--yes", "--prod"], { cwd: project.root, env: deployments.env });
  assert.equal(status, 0, output);
  const secret = /^COUNTERSIGN_SECRET=(.*)$/m.exec(project.read("apps/web/.env.local"))?.[1];
  const { dev, prod } = { dev: deployments.variables("dev")["COUNTERSIGN_SECRET"], prod: deployments.variables("prod")["COUNTERSIGN_SECRET"] };
  assert.equal(dev, secret);
  assert.match(String(prod), /^csk_/);
  assert.notEqual(prod, dev);
  for (const value of [dev, prod]) assert.ok(!output.includes(String(value)), "prints a secret");
  assert.equal((await run(["init", "--prod", "--json"], { cwd: project.root, env: deployments.env })).json().changed, false);
});

test("a project in JavaScript gets JavaScript; one with pages/ gets an API route", async () => {
  const files = { "tsconfig.json": undefined, "next.config.ts": undefined, "next.config.mjs": "export default {};\n", "app/layout.tsx": undefined, "app/page.tsx": undefined, "pages/index.js": "export default () => null;\n", "convex/schema.ts": undefined, "convex/notes.ts": undefined, "convex/notes.js": "export {};\n" };
  const project = makeInitProject("plain", { files });
  project.remove("app");
  const { status, output } = await project.init(["--yes", "--example"]);
  assert.equal(status, 0, output);
  const route = project.read("pages/api/countersign-example.js");
  assert.match(route, /from "\.\.\/\.\.\/convex\/_generated\/api"/);
  assert.doesNotMatch(route, /import type|: Next/);
  for (const file of ["convex.config.js", "countersign.js", "countersignExample.js"]) assert.ok(project.has(`convex/${file}`), file);
  assert.ok(filesOf(project.root).every((file) => !/\.ts$/.test(file) || file.includes("_generated")));
  assert.match((await project.init(["--example"])).output, /Nothing was changed/);
});

test("an API route in TypeScript compiles", async () => {
  const project = makeInitProject("plain", { files: { "app/layout.tsx": undefined, "app/page.tsx": undefined, "pages/index.tsx": "export default function Page() {\n  return null;\n}\n" } });
  project.remove("app");
  assert.equal((await project.init(["--yes", "--example"])).status, 0);
  writeGenerated(project.functions);
  compiles(project.next);
  assert.match(project.read("pages/api/countersign-example.ts"), /NextApiRequest/);
});

test("files that are there are not written over, and a file it does not understand is left with what to add", async () => {
  const files = {
    "convex/convex.config.ts": 'import { make } from "./make";\n\nexport default make();\n',
    "convex/countersign.ts": "export const mine = 1;\n",
    "app/api/countersign-example/route.js": "export const GET = () => new Response();\n",
  };
  const project = makeInitProject("plain", { files });
  const { status, output } = await project.init(["--yes", "--example"]);
  assert.equal(status, 1, output);
  for (const [file, text] of Object.entries(files)) assert.equal(project.read(file), text);
  assert.match(output, /✖ convex\/convex\.config\.ts.*left as it is/);
  for (const text of ["app.use(countersign);", "COUNTERSIGN_SECRET: v.string(),", "Put this into another file:"]) assert.ok(output.includes(text), text);
  assert.equal(project.state().dev["COUNTERSIGN_SECRET"], project.secret(), "the rest is done");
  assert.ok(!project.has("convex/countersignExample.ts"), "it would import what is not there");
});

test("an app with other components keeps them, and a component of another name is the one the guards take", async () => {
  const config = "import { defineApp } from 'convex/server'\nimport counter from '@convex-dev/counter/convex.config'\nimport countersign from 'countersign/convex.config'\n\nconst app = defineApp()\napp.use(counter)\napp.use(countersign, { name: 'replay' })\n\nexport default app\n";
  const project = makeInitProject("plain", { files: { "convex/convex.config.ts": config } });
  assert.equal((await project.init(["--yes"])).status, 0);
  assert.match(project.read("convex/convex.config.ts"), /import { v } from 'convex\/values'\n\nconst app = defineApp\(\{\n  env: \{\n    COUNTERSIGN_SECRET: v\.string\(\),/);
  assert.match(project.read("convex/countersign.ts"), /replay: components\.replay,/);
});

test("no Next.js app, no convex/: status 2, and what to do", async () => {
  const project = makeInitProject();
  project.remove("convex");
  const none = await project.init(["--yes"]);
  assert.equal(none.status, 2);
  assert.match(none.output, /npx convex dev/);
  const convexOnly = makeInitProject("plain", { files: { "package.json": '{ "dependencies": { "convex": "*" } }\n', "next.config.ts": undefined } });
  const app = await convexOnly.init(["--yes"]);
  assert.equal(app.status, 2);
  assert.match(app.output, /--next <folder>/);
});
