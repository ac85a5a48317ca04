// What the tests of `init` share: a project whose convex CLI keeps its variables in a file, which is quick and fails on demand, and what must be so after every run.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesOf, makeProject } from "./project.mjs";
import { putConvexCli } from "./deployments.mjs";
import { run, temporaryFolder } from "./run.mjs";
import { runInTerminal } from "./terminal.mjs";

/** @typedef {"dev" | "prod"} Kind */
/** @typedef {{ dev: Record<string, string>, prod: Record<string, string>, calls: string[][], fails?: string, hangs?: string }} State */

/** Its output is that of the real one, of convex 1.48; `fails` and `hangs` name the action in which it does. */
const script = (/** @type {string} */ file) => `
const { readFileSync, renameSync, writeFileSync } = require("node:fs");
const file = ${JSON.stringify(file)};
const state = JSON.parse(readFileSync(file, "utf8"));
const args = process.argv.slice(2);
// In one step: the tests read it meanwhile.
const save = () => { writeFileSync(file + ".new", JSON.stringify(state)); renameSync(file + ".new", file); };
state.calls.push(args);
save();
const kind = args.includes("--prod") ? "prod" : "dev";
const [group, action, name] = args.filter((arg) => !arg.startsWith("--"));
if (group !== "env") throw new Error("unexpected: " + args.join(" "));
if (state.fails === action) { console.error("✖ Error: something broke"); process.exit(1); }
if (state.hangs === action) setInterval(() => {}, 1000);
else if (action === "list") for (const [key, value] of Object.entries(state[kind])) console.log(args.includes("--names-only") ? key : key + "=" + value);
else if (action === "get") { if (name in state[kind]) console.log(state[kind][name]); else console.error("✖ Environment variable \\"" + name + "\\" not found."); }
else if (action === "set") { state[kind][name] = readFileSync(0, "utf8").replace(/\\r?\\n$/, ""); save(); }
else throw new Error("unexpected: " + args.join(" "));
`;

/**
 * A project with variables on the deployments and text in files.
 * @param {import("./project.mjs").Layout} layout
 * @param {{ dev?: Record<string, string>, prod?: Record<string, string>, files?: import("./project.mjs").Files, git?: boolean }} [options]
 */
export function makeInitProject(layout = "plain", { dev = {}, prod = {}, files = {}, git = true } = {}) {
  const project = makeProject(layout, { git, files });
  const file = join(temporaryFolder("variables"), "state.json");
  writeFileSync(file, JSON.stringify({ dev, prod, calls: [] }));
  const cli = putConvexCli(project, { script: script(file) });
  withTheRest(cli);
  // In npm's workspaces there is one for all.
  if (layout === "monorepo") symlinkSync(cli, join(project.root, "node_modules/convex"), "junction");
  const state = () => /** @type {State} */ (JSON.parse(readFileSync(file, "utf8")));
  const env = project.next === project.root ? ".env.local" : "apps/web/.env.local";
  return {
    ...project,
    env,
    state,
    /** @param {Partial<State>} change */
    change: (change) => writeFileSync(file, JSON.stringify({ ...state(), ...change })),
    /** The secret in .env.local, as it stands there. */
    secret: () => /^COUNTERSIGN_SECRET=(csk_[\w-]{50})\r?$/m.exec(project.read(env))?.[1] ?? assert.fail("no secret in .env.local"),
    mode: () => statSync(project.path(env)).mode & 0o777,
    /** Every file with its content. */
    snapshot: () => Object.fromEntries(filesOf(project.root).map((path) => [path, project.has(path) ? project.read(path) : ""])),
    /** @param {string[]} args @param {import("./run.mjs").RunOptions} [options] */
    async init(args, options = {}) {
      const ended = await run(["init", ...args], { cwd: project.root, ...options });
      holdsNothing(ended.output, project, state());
      return ended;
    },
    /** @param {string[]} args @param {import("./terminal.mjs").Answer[]} answers */
    async type(args, answers) {
      const ended = await runInTerminal(["init", ...args], { cwd: project.root, answers });
      holdsNothing(ended.output, project, state());
      return ended;
    },
  };
}

/** Puts what else is in the package beside that CLI: the functions and types that the project imports. @param {string} folder */
function withTheRest(folder) {
  const real = fileURLToPath(new URL("../../../node_modules/convex", import.meta.url));
  for (const name of readdirSync(real)) if (!["bin", "package.json"].includes(name)) symlinkSync(join(real, name), join(folder, name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...JSON.parse(readFileSync(join(real, "package.json"), "utf8")), bin: { convex: "bin/main.js" } }));
  writeFileSync(join(folder, "bin/package.json"), '{ "type": "commonjs" }');
}

/** @typedef {ReturnType<typeof makeInitProject>} InitProject */

/** No value of any side, whole or its middle, stands in what was printed or in an argument. @param {string} output @param {import("./project.mjs").Project} project @param {State} state */
function holdsNothing(output, project, state) {
  const inFiles = filesOf(project.root).filter((path) => /\.env/.test(path) && project.has(path)).flatMap((path) => [...project.read(path).matchAll(/COUNTERSIGN_SECRET\w*=(.+)/g)].map(([, value = ""]) => value.trim()));
  const values = [...Object.values(state.dev), ...Object.values(state.prod), ...inFiles].filter((value) => value.length > 7);
  for (const value of values) {
    for (const text of [value, value.slice(4, 24)].filter((each) => each.length > 7)) {
      assert.ok(!output.includes(text), "a value was printed");
      assert.ok(!state.calls.flat().some((arg) => arg.includes(text)), "a value was an argument");
    }
  }
}

/**
 * `_generated/api.d.ts`, which the convex CLI writes after it has sent the functions to a deployment: with the modules that are there now, and the component.
 * @param {string} functions
 */
export function writeGenerated(functions) {
  const modules = readdirSync(functions).flatMap((file) => /^(\w+)\.[tj]s$/.exec(file)?.[1] ?? []).filter((name) => name !== "schema");
  const list = (/** @type {"public" | "internal"} */ visibility) => `FilterApi<typeof fullApi, FunctionReference<any, "${visibility}">>`;
  const lines = [
    'import type { ApiFromModules, FilterApi, FunctionReference } from "convex/server";',
    ...modules.map((name) => `import type * as ${name} from "../${name}.js";`),
    `declare const fullApi: ApiFromModules<{ ${modules.map((name) => `${name}: typeof ${name}`).join("; ")} }>;`,
    `export declare const api: ${list("public")};`,
    `export declare const internal: ${list("internal")};`,
    'export declare const components: { countersign: import("countersign/_generated/component.js").ComponentApi<"countersign"> };',
  ];
  writeFileSync(join(functions, "_generated/api.d.ts"), `${lines.join("\n")}\n`);
}
