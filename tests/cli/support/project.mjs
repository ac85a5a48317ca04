// A Next.js + Convex project in a temporary folder, in the layouts that people have, with countersign installed as a package manager leaves it.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./run.mjs";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const packages = join(repository, "node_modules");

/** @typedef {"plain" | "src" | "monorepo" | "pnpm"} Layout */
/** Text by path, relative to the project's root; `undefined` leaves a file out. @typedef {Record<string, string | undefined>} Files */

/** Where the two halves are, from the root. @type {Record<Layout, { next: string, convex: string, source: string }>} */
const places = {
  plain: { next: "", convex: "", source: "" },
  src: { next: "", convex: "", source: "src" },
  monorepo: { next: "apps/web", convex: "packages/backend", source: "" },
  pnpm: { next: "apps/web", convex: "packages/backend", source: "src" },
};

/** What the two halves depend on. Whatever else these need is found from where they really lie. */
const dependencies = { next: ["next", "react", "react-dom"], convex: ["convex"], both: ["countersign"], development: ["typescript", "@types/node", "@types/react"] };

/** @param {string} name */
const versionOf = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")).version;
/** @param {object} value */
const json = (value) => `${JSON.stringify(value, undefined, 2)}\n`;
/** @param {readonly string[]} names */
const versions = (names) => Object.fromEntries([...names].sort().map((name) => [name, versionOf(name)]));

/**
 * @param {Layout} layout `monorepo`: npm workspaces, everything in the root's node_modules; `pnpm`: a pnpm workspace, each package with links of its own into `.pnpm`
 * @param {object} [options]
 * @param {Files} [options.files] besides, or instead of, those that a project has
 * @param {boolean} [options.git] a repository with all of it committed
 * @param {string} [options.name] the end of the folder's name
 */
export function makeProject(layout, { files = {}, git = false, name = "app" } = {}) {
  const place = places[layout];
  const root = join(temporaryFolder("project"), name);
  mkdirSync(root);
  const path = (/** @type {string[]} */ ...parts) => join(root, ...parts);
  const convex = path(place.convex);
  const project = {
    layout,
    root,
    /** The folder of the Next.js app. */
    next: path(place.next),
    /** The folder of the package that has convex/. */
    convex,
    functions: join(convex, "convex"),
    path,
    /** @param {string} file */
    read: (file) => readFileSync(path(file), "utf8"),
    /** @param {string} file @param {string} text */
    write(file, text) {
      mkdirSync(dirname(path(file)), { recursive: true });
      writeFileSync(path(file), text);
    },
    /** @param {string} file */
    remove: (file) => rmSync(path(file), { recursive: true, force: true }),
    /** @param {string} file */
    has: (file) => existsSync(path(file)),
    /** Runs git there. @param {string[]} args @returns {string} */
    git: (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8", env: gitEnvironment, stdio: ["ignore", "pipe", "pipe"] }),
    /** Commits all that there is and that is not ignored. @param {string} [message] */
    commit(message = "All of it") {
      project.git("add", "-A");
      project.git("commit", "-q", "--allow-empty", "-m", message);
    },
  };
  for (const [file, text] of Object.entries({ ...standardFiles(layout, place), ...files })) if (text !== undefined) project.write(file, text);
  install(layout, project);
  if (git) {
    project.git("init", "-q", "-b", "main");
    project.commit("The project");
  }
  return project;
}

/** @typedef {ReturnType<typeof makeProject>} Project */

/** Nothing of the settings of whoever runs the tests. */
const gitEnvironment = {
  PATH: process.env["PATH"],
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  ...Object.fromEntries(["AUTHOR", "COMMITTER"].flatMap((who) => [[`GIT_${who}_NAME`, "Somebody"], [`GIT_${who}_EMAIL`, "somebody@example.com"]])),
};

/** @param {Layout} layout @param {{ next: string, convex: string, source: string }} place @returns {Files} */
function standardFiles(layout, { next, convex, source }) {
  const inNext = (/** @type {string} */ file) => join(next, file);
  const inConvex = (/** @type {string} */ file) => join(convex, "convex", file);
  const { next: ofNext, convex: ofConvex, both, development } = dependencies;
  const [minor] = /^\d+/.exec(versionOf("next")) ?? [];
  /** @type {Files} */
  const manifests =
    next === convex
      ? { "package.json": json({ name: "app", private: true, scripts: { dev: "next dev", build: "next build" }, dependencies: versions([...ofNext, ...ofConvex, ...both]), devDependencies: versions(development) }) }
      : {
          "package.json": json({ name: "app", private: true, ...(layout === "pnpm" ? { packageManager: "pnpm@10.0.0" } : { workspaces: ["apps/*", "packages/*"] }) }),
          [inNext("package.json")]: json({ name: "web", private: true, scripts: { dev: "next dev" }, dependencies: versions([...ofNext, ...ofConvex, ...both]), devDependencies: versions(development) }),
          [join(convex, "package.json")]: json({ name: "backend", private: true, dependencies: versions([...ofConvex, ...both]), devDependencies: versions(["typescript"]) }),
        };
  const generated = join(repository, "www/convex/_generated");
  return {
    ...manifests,
    ...(layout === "pnpm" ? { "pnpm-workspace.yaml": "packages:\n  - apps/*\n  - packages/*\n", "pnpm-lock.yaml": "lockfileVersion: '9.0'\n" } : { "package-lock.json": json({ name: "app", lockfileVersion: 3, packages: {} }) }),
    ".gitignore": "node_modules\n.next\nnext-env.d.ts\n.env*.local\n",
    [inNext("tsconfig.json")]: json({
      compilerOptions: { target: "es2022", lib: ["dom", "esnext"], module: "esnext", moduleResolution: "bundler", jsx: "react-jsx", strict: true, skipLibCheck: true, noEmit: true, paths: { "@/*": [source === "" ? "./*" : "./src/*"] } },
      include: ["**/*.ts", "**/*.tsx"],
      exclude: ["node_modules"],
    }),
    [inNext("next.config.ts")]: `import type { NextConfig } from "next";\n\n// Written for Next.js ${minor}.\nconst config: NextConfig = {};\n\nexport default config;\n`,
    [inNext(join(source, "app/layout.tsx"))]: `import type { ReactNode } from "react";\n\nexport default function Layout({ children }: { children: ReactNode }) {\n  return (\n    <html lang="en">\n      <body>{children}</body>\n    </html>\n  );\n}\n`,
    [inNext(join(source, "app/page.tsx"))]: `export default function Page() {\n  return <h1>Notes</h1>;\n}\n`,
    [inConvex("schema.ts")]: `import { defineSchema, defineTable } from "convex/server";\nimport { v } from "convex/values";\n\nexport default defineSchema({\n  notes: defineTable({ text: v.string() }),\n});\n`,
    [inConvex("notes.ts")]: `import { query } from "./_generated/server";\n\nexport const list = query({\n  args: {},\n  handler: async (ctx) => await ctx.db.query("notes").take(100),\n});\n`,
    // As the convex CLI writes them; only the list of modules differs between projects.
    ...Object.fromEntries(["api.js", "server.js", "server.d.ts", "dataModel.d.ts"].map((file) => [inConvex(`_generated/${file}`), readFileSync(join(generated, file), "utf8")])),
    [inConvex("_generated/api.d.ts")]: apiTypes(["notes"]),
  };
}

/** @param {readonly string[]} modules */
function apiTypes(modules) {
  const reference = (/** @type {string} */ visibility) => `FilterApi<\n  typeof fullApi,\n  FunctionReference<any, "${visibility}">\n>`;
  return [
    `import type {\n  ApiFromModules,\n  FilterApi,\n  FunctionReference,\n} from "convex/server";`,
    ...modules.map((module) => `import type * as ${module} from "../${module}.js";`),
    `\ndeclare const fullApi: ApiFromModules<{\n${modules.map((module) => `  ${module}: typeof ${module};\n`).join("")}}>;`,
    `export declare const api: ${reference("public")};\nexport declare const internal: ${reference("internal")};\n\nexport declare const components: {};\n`,
  ].join("\n");
}

/** @param {Layout} layout @param {{ root: string, next: string, convex: string }} project */
function install(layout, { root, next, convex }) {
  const { next: ofNext, convex: ofConvex, both, development } = dependencies;
  const names = [...ofNext, ...ofConvex, ...both, ...development];
  if (layout !== "pnpm") {
    for (const name of names) put(name, join(root, "node_modules", name));
    linkCommands(join(root, "node_modules"), ["countersign", "convex", "next"]);
    return;
  }
  // Each package lies beside what it may import, and nothing is found in a folder above.
  const store = (/** @type {string} */ name) => join(root, "node_modules/.pnpm", `${name.replace("/", "+")}@${versionOf(name)}`, "node_modules");
  for (const name of names) put(name, join(store(name), name));
  for (const peer of [...ofConvex, ...ofNext]) link(join(store(peer), peer), join(store("countersign"), peer));
  for (const [folder, wanted] of /** @type {const} */ ([[next, names], [convex, [...ofConvex, ...both, "typescript"]]])) {
    for (const name of wanted) link(join(store(name), name), join(folder, "node_modules", name));
    linkCommands(join(folder, "node_modules"), ["countersign", "convex", ...(folder === next ? ["next"] : [])]);
  }
}

/** countersign is copied, so that it finds its peers in the project; the others are as large as they are. @param {string} name @param {string} to */
function put(name, to) {
  const from = join(packages, name);
  if (!existsSync(from)) throw new Error(`${name} is not installed: run npm install, and npm run build.`);
  mkdirSync(dirname(to), { recursive: true });
  if (name === "countersign") cpSync(from, to, { recursive: true });
  else symlinkSync(realpathSync(from), to, "junction");
}

/** @param {string} target @param {string} place */
function link(target, place) {
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(process.platform === "win32" ? target : relative(dirname(place), target), place, "junction");
}

/** What `npx` looks for. @param {string} folder a node_modules @param {readonly string[]} names */
function linkCommands(folder, names) {
  mkdirSync(join(folder, ".bin"), { recursive: true });
  for (const name of names) {
    const { bin } = JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8"));
    const script = join(folder, name, typeof bin === "string" ? bin : bin[name]);
    writeFileSync(join(folder, ".bin", name), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`, { mode: 0o755 });
  }
}

/** Every file of a project but those of packages and of git, relative to it. @param {string} root @returns {string[]} */
export function filesOf(root) {
  /** @param {string} folder @returns {string[]} */
  const below = (folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (["node_modules", ".git"].includes(entry.name)) return [];
      const whole = join(folder, entry.name);
      return entry.isDirectory() ? below(whole) : [relative(root, whole)];
    });
  return below(root).sort();
}
