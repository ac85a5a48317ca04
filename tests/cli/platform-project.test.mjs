// Where the CLI finds the Next.js app and convex/, in the layouts people have.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeProject } from "./support/project.mjs";
import { temporaryFolder } from "./support/run.mjs";

/** @param {string} file @returns {Promise<any>} */
const internal = (file) => import(new URL(`../../node_modules/countersign/esm/cli/${file}`, import.meta.url).href);
const { findProject, installWords, runWords } = await internal("project/index.js");
const { pnpmPackages, workspaceFolders, workspacePatterns } = await internal("project/workspaces.js");
const { CommanderError, Command } = await internal("vendor/args.js");
const { addProjectOptions } = await internal("project/options.js");

/** @param {string} folder @param {{ next?: string, convex?: string }} [options] */
const find = (folder, options = {}) => findProject({ folder, environment: {}, terminal: /** @type {any} */ (undefined) }, options);

/** @param {Record<string, string | object>} files */
function tree(files) {
  const root = temporaryFolder("project");
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

const app = { "package.json": { dependencies: { next: "16.0.0", convex: "1.40.0" } }, "app/page.tsx": "", "convex/a.ts": "" };
/** @param {string} folder @param {Record<string, string | object>} files */
const under = (folder, files) => Object.fromEntries(Object.entries(files).map(([file, content]) => [`${folder}/${file}`, content]));

for (const layout of /** @type {const} */ (["plain", "src", "monorepo", "pnpm"])) {
  test(`a project as people have it: ${layout}, from every folder of it`, () => {
    const made = makeProject(layout, { name: "with spaces (ünd)" });
    const manager = layout === "pnpm" ? "pnpm" : "npm";
    for (const from of [made.root, made.next, made.functions, join(made.functions, "_generated"), join(made.next, layout === "src" || layout === "pnpm" ? "src/app" : "app")]) {
      const { root, packageManager, next, convex } = find(from);
      assert.equal(root, made.root);
      assert.equal(packageManager, manager);
      assert.equal(next?.folder, made.next);
      assert.equal(convex?.folder, made.convex);
      assert.equal(convex?.functions, made.functions);
      assert.match(next?.version ?? "", /^16\./);
      assert.match(convex?.version ?? "", /^1\./);
      const source = layout === "src" || layout === "pnpm" ? "src" : ".";
      assert.equal(next?.appFolder, join(made.next, source, "app"));
      assert.deepEqual(next?.alias, { prefix: "@/", folder: join(made.next, source) });
    }
  });
}

test("the package manager: by packageManager, else by lock file, else npm; and its words", () => {
  for (const [files, expected] of /** @type {[Record<string, string | object>, string][]} */ ([
    [{}, "npm"],
    [{ "package-lock.json": "{}" }, "npm"],
    [{ "yarn.lock": "" }, "yarn"],
    [{ "bun.lock": "" }, "bun"],
    [{ "bun.lockb": "" }, "bun"],
    [{ "pnpm-lock.yaml": "" }, "pnpm"],
    [{ "package.json": { packageManager: "yarn@4.1.0+sha224.abc", dependencies: { next: "1" } }, "package-lock.json": "{}" }, "yarn"],
    [{ "package.json": { packageManager: "npx@1", dependencies: { next: "1" } }, "bun.lock": "" }, "bun"],
  ])) {
    assert.equal(find(tree({ ...app, ...files })).packageManager, expected, JSON.stringify(files));
  }
  assert.deepEqual(/** @type {const} */ (["npm", "pnpm", "yarn", "bun"]).map((manager) => runWords(manager, "convex dev")), ["npx convex dev", "pnpm exec convex dev", "yarn convex dev", "bunx convex dev"]);
  assert.deepEqual(/** @type {const} */ (["npm", "pnpm", "yarn", "bun"]).map((manager) => installWords(manager, "convex")), ["npm install convex", "pnpm add convex", "yarn add convex", "bun add convex"]);
});

test("workspaces: npm's list, yarn's object, bun's, pnpm's file; a nested package; what is excluded", () => {
  const web = under("apps/web", { "package.json": { dependencies: { next: "16", convex: "1" } }, "next.config.mjs": "" });
  const backend = under("packages/deep/backend", { "package.json": { dependencies: { convex: "1" } }, "convex/a.ts": "" });
  for (const [name, files] of /** @type {[string, Record<string, string | object>][]} */ ([
    ["npm", { "package.json": { workspaces: ["apps/*", "packages/deep/*"] } }],
    ["yarn", { "package.json": { workspaces: { packages: ["apps/*", "packages/**"], nohoist: [] } }, "yarn.lock": "" }],
    ["bun", { "package.json": { workspaces: { packages: ["./apps/web", "packages/{deep,flat}/*/"], catalog: {} } }, "bun.lock": "" }],
    ["pnpm", { "package.json": {}, "pnpm-workspace.yaml": 'packages:\n  - "apps/*"\n  - packages/**\n' }],
  ])) {
    const root = tree({ ...files, ...web, ...backend });
    for (const from of [root, join(root, "apps/web"), join(root, "packages/deep/backend/convex"), join(root, "packages")]) {
      const project = find(from);
      assert.deepEqual([project.packageManager, project.root, project.next?.folder, project.convex?.folder], [name, root, join(root, "apps/web"), join(root, "packages/deep/backend")], `${name}, from ${from}`);
    }
  }
  // An example that the workspace leaves out is not of the project; from inside, it is a project of its own.
  const root = tree({ "package.json": { workspaces: ["apps/**", "!apps/example"] }, ...under("apps/web", app), ...under("apps/example", app) });
  assert.equal(find(root).next?.folder, join(root, "apps/web"));
  assert.equal(find(join(root, "apps/example")).root, join(root, "apps/example"));
  // node_modules holds many packages, and none of the project.
  const crowded = tree({ "package.json": { workspaces: ["**"] }, ...under("web", app), ...under("node_modules/other", app), ...under("web/node_modules/third", app), ...under("web/.next/standalone", app) });
  assert.equal(find(crowded).next?.folder, join(crowded, "web"));
});

test("what is a Next.js app: a config or pages, in packages that depend on next; not a library for it", () => {
  const library = under("packages/ui", { "package.json": { peerDependencies: { next: "*" } } });
  const workspace = { "package.json": { workspaces: ["*/*"], devDependencies: { next: "16" } }, ...library };
  for (const files of /** @type {Record<string, string | object>[]} */ ([{ "next.config.js": "" }, { "next.config.ts": "" }, { "src/pages/index.tsx": "", "package.json": { devDependencies: { next: "16" } } }])) {
    const root = tree({ ...workspace, ...under("apps/web", { "package.json": {}, ...files }) });
    assert.equal(find(root).next?.folder, join(root, "apps/web"), JSON.stringify(files));
  }
  // Nothing to serve yet: the dependency alone.
  const young = tree({ "package.json": { dependencies: { next: "16" } } });
  const { next, convex } = find(young);
  assert.deepEqual([next, convex], [{ folder: young }, undefined]);
  const pages = find(tree({ "package.json": { dependencies: { next: "16" } }, "pages/index.tsx": "" }));
  assert.equal(pages.next?.appFolder, undefined);
});

test("what is convex/: its folder, convex.json's \"functions\", Create React App's", () => {
  const named = tree({ "package.json": { dependencies: { convex: "1" } }, "convex.json": { functions: "src/backend/" }, "src/backend/a.ts": "" });
  assert.deepEqual(find(named).convex, { folder: named, functions: join(named, "src/backend") });
  const react = tree({ "package.json": { dependencies: { convex: "1", "react-scripts": "5" } }, "src/convex/a.ts": "" });
  assert.equal(find(react).convex?.functions, join(react, "src/convex"));
  const hoisted = tree({ "package.json": {}, "convex/_generated/api.js": "" });
  assert.equal(find(hoisted).convex?.folder, hoisted);
  // A folder of that name alone is anybody's.
  assert.equal(find(tree({ "package.json": {}, "convex/lens.stl": "" })).convex, undefined);
  const root = tree({ "package.json": { workspaces: ["*"] }, ...under("web", { "package.json": { dependencies: { next: "1", convex: "1" } } }), ...under("backend", { "package.json": {}, "convex.json": {} }) });
  assert.equal(find(root).convex?.folder, join(root, "backend"));
});

test("several of a kind: the one that the current folder is in, or the option that says which", () => {
  const root = tree({ "package.json": { workspaces: ["apps/*"] }, ...under("apps/a", app), ...under("apps/b", app) });
  assert.throws(() => find(root), { name: "CliError", message: /more than one Next\.js app: apps[/\\]a, apps[/\\]b/, hint: /--next <folder>/ });
  assert.throws(() => find(root, { next: "apps/a" }), { name: "CliError", message: /more than one convex/, hint: /--convex <folder>/ });
  const inside = find(join(root, "apps/b/app"));
  assert.deepEqual([inside.next?.folder, inside.convex?.folder, inside.root], [join(root, "apps/b"), join(root, "apps/b"), root]);
  const named = find(root, { next: "apps/a", convex: join(root, "apps/b") });
  assert.deepEqual([named.next?.folder, named.convex?.folder], [join(root, "apps/a"), join(root, "apps/b")]);
  // The functions' folder itself is as good a name.
  assert.equal(find(root, { next: "apps/a", convex: "apps/b/convex" }).convex?.folder, join(root, "apps/b"));
  assert.throws(() => find(root, { next: "apps/none" }), { name: "CliError", message: /--next apps\/none is no folder/ });
  assert.throws(() => find(root, { next: "apps/a", convex: "apps/b/app" }), { name: "CliError", message: /no package\.json/ });
});

test("two folders without a workspace: both options", () => {
  const root = tree({ ...under("frontend", { "package.json": { dependencies: { next: "1" } }, "package-lock.json": "{}" }), ...under("backend", { "package.json": { dependencies: { convex: "1" } }, "convex/a.ts": "" }) });
  const project = find(join(root, "frontend"), { next: ".", convex: "../backend" });
  assert.deepEqual([project.root, project.next?.folder, project.convex?.folder], [root, join(root, "frontend"), join(root, "backend")]);
  assert.equal(find(join(root, "frontend")).convex, undefined);
});

test("no package.json, one that is broken, workspaces that are no list: said, with what helps", () => {
  const empty = temporaryFolder("empty");
  assert.throws(() => find(empty), { name: "CliError", message: /no package\.json here, nor above/, hint: /--next <folder> and --convex <folder>/ });
  assert.throws(() => find(tree({ "package.json": '{ "secret": csk_x' })), (/** @type {any} */ error) => error.name === "CliError" && /is not valid JSON/.test(error.message) && !error.message.includes("csk_"));
  assert.throws(() => find(tree({ "package.json": "[]" })), { name: "CliError", message: /not a JSON object/ });
  assert.throws(() => find(tree({ "package.json": { workspaces: "apps/*" } })), { name: "CliError", hint: /--next/ });
});

test("pnpm-workspace.yaml: the ways people write it", () => {
  for (const [yaml, expected] of /** @type {[string, string[] | undefined][]} */ ([
    ["packages:\n  - apps/*\n  - 'packages/**'\n  - \"!**/test/**\"\n", ["apps/*", "packages/**", "!**/test/**"]],
    ["packages:\n- apps/*\n- tools\ncatalog:\n  react: ^19\n", ["apps/*", "tools"]],
    ["# c\n\npackages: # all\n\n  # the apps\n  - apps/* # c\n\n  - 'a # b'\n  - a#b\nonlyBuiltDependencies:\n  - esbuild\n", ["apps/*", "a # b", "a#b"]],
    ['packages: ["apps/*", \'b\', c/**]\r\n', ["apps/*", "b", "c/**"]],
    ["catalog:\n  packages: 1\npackages:\r\n  - x\r\n", ["x"]],
    ["packages: []\n", []],
    ["packages:\n", []],
    ["\uFEFF'packages':\n  - '*'\n  - '**/*'\n  - ./x\n  - .\n", ["*", "**/*", "./x", "."]],
    ["onlyBuiltDependencies:\n  - packages\n", undefined],
    ["", undefined],
  ])) {
    assert.deepEqual(pnpmPackages(yaml), expected, yaml);
  }
});

test("pnpm-workspace.yaml that is not understood is refused with its line, and not half read", () => {
  for (const [yaml, line] of /** @type {[string, number][]} */ ([
    ["packages: &all\n  - a\n", 1],
    ["packages: *all\n", 1],
    ["packages: |\n  - a\n", 1],
    ["packages: [a,\n  b]\n", 1],
    ["packages: a\n", 1],
    ["packages:\n  - *all\n", 2],
    ["packages:\n  - !!str a\n", 2],
    ["packages:\n  - !a/**\n", 2],
    ["packages:\n  - a: b\n", 2],
    ["packages:\n  - - a\n", 2],
    ["packages:\n  - a\n  - >\n    b\n", 3],
    ["packages:\n  - a\n    b\n", 3],
    ['packages:\n  - "a\\tb"\n', 2],
    ["packages:\n  - {a: b}\n", 2],
    ["packages:\n  - 'a''b'\n", 2],
    ["packages:\n  -\n    a\n", 2],
  ])) {
    assert.throws(() => pnpmPackages(yaml), (/** @type {any} */ error) => error.name === "CliError" && error.message.includes(`line ${line}:`) && /--next <folder> and --convex <folder>/.test(error.hint), yaml);
  }
  // And then the options help: nothing has to be looked for.
  const root = tree({ "pnpm-workspace.yaml": "packages: &a [x]\n", "package.json": {}, ...under("web", app) });
  assert.throws(() => find(root), { name: "CliError", message: /pnpm-workspace\.yaml, line 1/ });
  assert.throws(() => find(root, { next: "web" }), { name: "CliError" });
  assert.equal(find(root, { next: "web", convex: "web" }).packageManager, "pnpm");
});

test("patterns of folders", () => {
  const root = tree(Object.fromEntries(["a", "b/c", "b/d", "b/d/e", "x.y/z", "xay/z"].map((folder) => [`${folder}/package.json`, {}])));
  mkdirSync(join(root, "b/empty"));
  const found = (/** @type {string[]} */ ...patterns) => workspaceFolders(root, patterns).map((/** @type {string} */ folder) => folder.slice(root.length + 1).split("\\").join("/"));
  assert.deepEqual(found("*"), ["a"]);
  assert.deepEqual(found("b/*"), ["b/c", "b/d"]);
  assert.deepEqual(found("b/**"), ["b/c", "b/d", "b/d/e"]);
  assert.deepEqual(found("**", "!b/**"), ["a", "x.y/z", "xay/z"]);
  assert.deepEqual(found("x.y/*"), ["x.y/z"]);
  assert.deepEqual(found("b/{c,e}", "?"), ["a", "b/c"]);
  assert.deepEqual(found(), []);
  assert.equal(workspacePatterns(join(root, "a")), undefined);
  rmSync(join(root, "a"), { recursive: true });
});

test("an alias: from tsconfig.json with comments, with a base, from jsconfig.json, or none", () => {
  for (const [files, expected] of /** @type {[Record<string, string | object>, { prefix: string, folder: string } | undefined][]} */ ([
    [{ "tsconfig.json": '{\n  // c "x": 1\n  "compilerOptions": { /* "paths": {} */ "paths": { "react": ["./x"], "~/*": ["./src/*",], }, },\n}\n' }, { prefix: "~/", folder: "src" }],
    [{ "tsconfig.json": { compilerOptions: { baseUrl: "src", paths: { "@/*": ["*"] } } } }, undefined],
    [{ "tsconfig.json": { compilerOptions: { baseUrl: "src", paths: { "@/*": ["./*"] } } } }, { prefix: "@/", folder: "src" }],
    [{ "jsconfig.json": { compilerOptions: { paths: { "@/*": ["./*"] } } } }, { prefix: "@/", folder: "" }],
    [{ "tsconfig.json": '{ "compilerOptions": { "paths": { "http://x/*": ["./y/*"] } } }' }, { prefix: "http://x/", folder: "y" }],
    [{ "tsconfig.json": "{ broken" }, undefined],
    [{ "tsconfig.json": {} }, undefined],
  ])) {
    const root = tree({ ...app, ...files });
    assert.deepEqual(find(root).next?.alias, expected === undefined ? undefined : { ...expected, folder: join(root, expected.folder) }, JSON.stringify(files));
  }
});

test("--timeout is a number of seconds", () => {
  const parse = (/** @type {string[]} */ ...args) => addProjectOptions(new Command().exitOverride().configureOutput({ writeErr: () => undefined })).parse(args, { from: "user" }).opts();
  assert.deepEqual(parse(), { timeout: 60 });
  assert.deepEqual(parse("--timeout", "2.5", "--next", "a", "--convex", "b"), { timeout: 2.5, next: "a", convex: "b" });
  for (const wrong of ["0", "-1", "x", "", "1e3", "Infinity", "99999999"]) assert.throws(() => parse("--timeout", wrong), CommanderError, wrong);
});
