// The edit of convex.config.ts: every way of writing it comes out as its author would have written it, says the right thing to Convex, and is left alone after that.

import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";

/** @param {string} name */
const internal = (name) => import(new URL(`../../node_modules/countersign/esm/cli/init/config/${name}.js`, import.meta.url).href);
/** @type {{ editConfig: (text: string | undefined, options: { typescript: boolean, env: boolean }) => any }} */
const { editConfig } = await internal("edit");
/** @type {{ knowsEnv: (version: string | undefined) => boolean }} */
const { knowsEnv } = await internal("env");

const declared = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_PREVIOUS", "COUNTERSIGN_SECRET_NEXT"];

/**
 * What Convex reads in a file: it is run with the `defineApp` of Convex, and with components that are only a name.
 * @param {string} code @param {"ts" | "js"} language
 */
async function whatConvexReads(code, language) {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: language, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    logLevel: "silent",
    plugins: [
      {
        name: "components",
        setup(plugins) {
          plugins.onResolve({ filter: /\/convex\.config/ }, ({ path }) => ({ path, namespace: "component" }));
          plugins.onLoad({ filter: /.*/, namespace: "component" }, ({ path }) => {
            const name = path.replace(/\/convex\.config.*/, "").replace(/^.*\//, "");
            return { contents: `export default { componentDefinitionPath: ${JSON.stringify(path)}, defaultName: ${JSON.stringify(name)} }` };
          });
        },
      },
    ],
  });
  const { default: app } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? "").toString("base64")}`);
  const { childComponents, envVars = [] } = app.export();
  return {
    components: childComponents.map((/** @type {{ name: string }} */ { name }) => name).sort(),
    variables: envVars.map((/** @type {[string, { optional?: boolean }]} */ [name, { optional = false }]) => (optional ? `${name}?` : name)),
  };
}

const ours = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_PREVIOUS?", "COUNTERSIGN_SECRET_NEXT?"];
const envBlock = "  env: {\n    COUNTERSIGN_SECRET: v.string(),\n    COUNTERSIGN_SECRET_PREVIOUS: v.optional(v.string()),\n    COUNTERSIGN_SECRET_NEXT: v.optional(v.string()),\n  },\n";

/**
 * @typedef {object} Spelling
 * @property {string} [before]
 * @property {string} [after] the whole text, where it is worth reading
 * @property {string[]} [components] beside countersign
 * @property {string[]} [variables] all of them
 * @property {string} [component] what it is called
 * @property {"ts" | "js"} [language]
 */

/** @type {Record<string, Spelling>} */
const spellings = {
  "no file": {
    after: `import { defineApp } from "convex/server";\nimport { v } from "convex/values";\nimport countersign from "countersign/convex.config";\n\nconst app = defineApp({\n${envBlock}});\napp.use(countersign);\n\nexport default app;\n`,
  },
  "an empty file": { before: "\n" },
  "a name": {
    before: 'import { defineApp } from "convex/server";\n\nconst app = defineApp();\n\nexport default app;\n',
    after: `import { defineApp } from "convex/server";\nimport countersign from "countersign/convex.config";\nimport { v } from "convex/values";\n\nconst app = defineApp({\n${envBlock}});\napp.use(countersign);\n\nexport default app;\n`,
  },
  "no name": {
    before: 'import { defineApp } from "convex/server";\n\nexport default defineApp();\n',
    after: `import { defineApp } from "convex/server";\nimport countersign from "countersign/convex.config";\nimport { v } from "convex/values";\n\nconst app = defineApp({\n${envBlock}});\napp.use(countersign);\n\nexport default app;\n`,
  },
  "no name, no final newline, no semicolon, a comment": {
    before: "import { defineApp } from 'convex/server'\n\nexport default defineApp() // ours",
    after: `import { defineApp } from 'convex/server'\nimport countersign from 'countersign/convex.config'\nimport { v } from 'convex/values'\n\nconst app = defineApp({\n${envBlock}}) // ours\napp.use(countersign)\n\nexport default app`,
  },
  "other components, single quotes, no semicolons, tabs": {
    before: "import { defineApp } from 'convex/server'\nimport rateLimiter from '@convex-dev/rate-limiter/convex.config'\nimport workpool from '@convex-dev/workpool/convex.config'\n\nconst app = defineApp()\napp.use(rateLimiter)\napp.use(workpool, {\n\tname: 'emails',\n})\n\nexport default app\n",
    after: `import { defineApp } from 'convex/server'\nimport rateLimiter from '@convex-dev/rate-limiter/convex.config'\nimport workpool from '@convex-dev/workpool/convex.config'\nimport countersign from 'countersign/convex.config'\nimport { v } from 'convex/values'\n\nconst app = defineApp({\n${envBlock.replaceAll("  ", "\t")}})\napp.use(rateLimiter)\napp.use(workpool, {\n\tname: 'emails',\n})\napp.use(countersign)\n\nexport default app\n`,
    components: ["emails", "rate-limiter"],
  },
  "extensions in all imports": { before: 'import { defineApp } from "convex/server";\nimport a from "@convex-dev/a/convex.config.js";\nconst app = defineApp();\napp.use(a);\nexport default app;\n', components: ["a"] },
  "Windows' line ends": { before: 'import { defineApp } from "convex/server";\r\nconst app = defineApp();\r\nexport default app;\r\n' },
  "other names": { before: 'import { defineApp as define } from "convex/server";\nimport { v as validators } from "convex/values";\nimport type { AppDefinition } from "convex/server";\nconst backend = define() as AppDefinition;\nexport { backend as default };\nexport const used = validators;\n' },
  "a namespace": { before: 'import * as server from "convex/server";\nlet app = server.defineApp({});\nexport default app;\n' },
  "satisfies, without a name": { before: 'import { defineApp, type AppDefinition } from "convex/server";\nexport default (defineApp() satisfies AppDefinition);\n' },
  "all on one line": { before: 'import { defineApp } from "convex/server"; const app = defineApp(); export default app;\n' },
  "an option, inline": { before: 'import { defineApp } from "convex/server";\nconst app = defineApp({ httpPrefix: "/api" });\nexport default app;\n' },
  "variables of its own": {
    before: 'import { defineApp } from "convex/server";\nimport { v } from "convex/values";\n\nconst app = defineApp({\n  env: {\n    OPENAI_API_KEY: v.string(), // theirs\n    "OTHER": v.optional(v.string()) // last\n  },\n});\nexport default app;\n',
    after: 'import { defineApp } from "convex/server";\nimport { v } from "convex/values";\nimport countersign from "countersign/convex.config";\n\nconst app = defineApp({\n  env: {\n    OPENAI_API_KEY: v.string(), // theirs\n    "OTHER": v.optional(v.string()), // last\n    COUNTERSIGN_SECRET: v.string(),\n    COUNTERSIGN_SECRET_PREVIOUS: v.optional(v.string()),\n    COUNTERSIGN_SECRET_NEXT: v.optional(v.string()),\n  },\n});\napp.use(countersign);\nexport default app;\n',
    variables: ["OPENAI_API_KEY", "OTHER?", ...ours],
  },
  "some of the variables, and another's validators": {
    before: 'import { defineApp } from "convex/server";\nimport { type Validator, v as val } from "convex/values";\nconst app = defineApp({ env: { A: val.string(), COUNTERSIGN_SECRET: val.string() } });\nexport default app;\nexport type V = Validator<string>;\n',
    variables: ["A", ...ours],
  },
  "variables under a name": { before: 'import { defineApp } from "convex/server";\nimport { v } from "convex/values";\nconst env = { A: v.string() };\nconst app = defineApp({ env });\nexport default app;\n', variables: ["A", ...ours] },
  "no variables yet": { before: 'import { defineApp } from "convex/server";\nconst app = defineApp({ env: {} });\nexport default app;\n' },
  "v is something else": { before: 'import { defineApp } from "convex/server";\nconst v = 1;\nconst app = defineApp();\nexport default app;\nexport { v };\n' },
  "app and countersign are something else": { before: 'import { defineApp } from "convex/server";\nconst app = 1;\nconst countersign = 2;\nexport default defineApp();\nexport { app, countersign };\n' },
  "only the import": { before: 'import { defineApp } from "convex/server";\nimport guard from "countersign/convex.config";\nconst app = defineApp();\nexport default app;\nexport { guard };\n' },
  "installed, the variables are missing": { before: 'import { defineApp } from "convex/server";\nimport countersign from "countersign/convex.config.js";\nconst app = defineApp();\napp.use(countersign, { name: "replay" });\nexport default app;\n', component: "replay" },
  "JavaScript": { before: 'import { defineApp } from "convex/server";\nconst app = defineApp();\nexport default app;\n', language: "js" },
};

for (const [name, { before, after, components = [], variables = ours, component = "countersign", language = "ts" }] of Object.entries(spellings)) {
  test(`understood: ${name}`, async () => {
    const options = { typescript: language === "ts", env: true };
    const edit = editConfig(before, options);
    assert.equal(edit.state, "edit", JSON.stringify(edit));
    if (after !== undefined) assert.equal(edit.text, after);
    assert.equal(edit.component, component);
    const read = await whatConvexReads(edit.text, language);
    assert.deepEqual(read, { components: [...components, component].sort(), variables: read.variables });
    assert.deepEqual(read.variables.sort(), [...variables].sort());
    assert.equal(edit.text.includes("\r\n"), before?.includes("\r\n") ?? false);
    if (before?.includes("\r\n")) assert.ok(!/[^\r]\n/.test(edit.text), "one kind of line end");
    for (const line of (before ?? "").split(/\r?\n/)) {
      if (!/defineApp|define\(|export default|env|OTHER/.test(line)) assert.ok(edit.text.includes(line), `keeps ${line}`);
    }
    assert.deepEqual(editConfig(edit.text, options), { state: "done", component }, "once more, and nothing is to do");
  });
}

test("a version of Convex without declared variables gets none", async () => {
  const edit = editConfig(undefined, { typescript: true, env: false });
  assert.equal(edit.state, "edit");
  assert.deepEqual(await whatConvexReads(edit.text, "ts"), { components: ["countersign"], variables: [] });
  assert.deepEqual(["1.37.0", "1.38.9", "1.39.0", "1.48.0", "2.0.0", undefined, "latest"].map(knowsEnv), [false, false, true, true, true, false, false]);
});

const start = 'import { defineApp } from "convex/server";\n';
for (const [name, text, why] of [
  ["a syntax error", `${start}const app = ;\n`, /syntax error in line 2/],
  ["no default export", `${start}export const app = defineApp();\n`, /no default export/],
  ["made by a function", `${start}import make from "./make";\nexport default make(defineApp);\n`, /another way/],
  ["made by a function, with a name", `${start}const app = wrap(defineApp());\nexport default app;\n`, /`app`.*another way/],
  ["CommonJS", 'const { defineApp } = require("convex/server");\nmodule.exports = defineApp();\n', /no default export/],
  ["passed on", 'export { default } from "./app";\n', /no default export/],
  ["options from elsewhere", `${start}import { options } from "./options";\nconst app = defineApp(options);\nexport default app;\n`, /options of defineApp/],
  ["options put together", `${start}import { options } from "./options";\nconst app = defineApp({ ...options });\nexport default app;\n`, /put together/],
  ["variables put together", `${start}import { env } from "./env";\nconst app = defineApp({ env: { ...env } });\nexport default app;\n`, /put together/],
  ["another's defineApp", 'import { defineApp } from "./mine";\nconst app = defineApp();\nexport default app;\n', /another way/],
]) {
  test(`left alone, and said what to add: ${name}`, () => {
    const edit = editConfig(String(text), { typescript: true, env: true });
    assert.equal(edit.state, "unclear");
    assert.match(edit.why, /** @type {RegExp} */ (why));
    for (const word of ["app.use(countersign)", 'from "countersign/convex.config"', ...declared]) assert.ok(edit.add.includes(word), word);
  });
}
