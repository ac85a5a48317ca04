// What an app gets by `app.use(countersign)`: the folder that the Convex CLI bundles, the types that it takes from there, and nothing else.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { root } from "../../pkg-template/build/process.mjs";
import { bundleFunctions } from "../support/convex/bundle.mjs";
import { componentEntries } from "../support/entries.mjs";

const installed = join(root, "node_modules/countersign");
const folder = join(installed, "esm/component");

/**
 * Everything that a module reaches, with the Convex CLI's settings for it.
 * @param {string} specifier
 */
async function reached(specifier) {
  const { metafile } = await build({
    stdin: { contents: `export * from ${JSON.stringify(specifier)};`, resolveDir: root, sourcefile: "app" },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    conditions: ["convex", "module"],
    external: ["convex", "convex/*"],
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs).filter((path) => path !== "app").map((path) => relative(installed, join(root, path)).replaceAll("\\", "/"));
}

for (const entry of ["convex.config", "convex.config.js"]) {
  test(`countersign/${entry} is in the component's folder, where the CLI looks for its functions`, async () => {
    assert.deepEqual(await reached(`countersign/${entry}`), ["esm/component/convex.config.js"]);
  });
}

test("the CLI's bundler finds the component's functions in that folder, its schema, and nothing else", async () => {
  const { modules, schema, authConfig } = await bundleFunctions(folder);
  const entries = modules.filter(({ path }) => !path.startsWith("_deps/"));
  assert.deepEqual(entries.map(({ path, environment }) => `${path} ${environment}`).sort(), ["crons.js isolate", "replay.js isolate", "sweep.js isolate"]);
  assert.equal(schema?.path, "schema.js");
  assert.equal(authConfig, null);
});

test("the component is called countersign", async () => {
  const { default: definition } = await import("countersign/convex.config");
  assert.equal(Reflect.get(definition, "_name"), "countersign");
});

test("neither the component nor what registers it reaches any other part of the package", async () => {
  for (const entry of componentEntries) {
    const outside = (await reached(entry.replace(/^\./, "countersign"))).filter((path) => !/^esm\/(?:component|testing)\//.test(path));
    assert.deepEqual(outside, [], entry);
  }
  for (const file of ["esm/component", "esm/testing"].flatMap((name) => readdirSync(join(installed, name), { recursive: true, encoding: "utf8" }).map((path) => join(installed, name, path)))) {
    if (!file.endsWith(".js")) continue;
    const text = readFileSync(file, "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*"([^"]+)"/gm)) {
      const isOurs = specifier.startsWith(".") && /^esm\/(?:component|testing)\//.test(relative(installed, join(dirname(file), specifier)).replaceAll("\\", "/"));
      assert.ok(isOurs || /^convex\/(?:server|values)$/.test(specifier), `${file} imports ${specifier}`);
    }
    assert.doesNotMatch(text, /\bprocess\b|\benv\b|WebAssembly|\bconsole\b|\bfetch\b/, file);
  }
});

test("the search for other parts of the package finds one", async () => {
  assert.ok((await reached("countersign/convex")).includes("esm/core/call.js"));
});

test("the types of ComponentApi are those of the validators", async () => {
  const { default: component } = await import("countersign/test");
  const replay = /** @type {Record<string, any>} */ (await component.modules["./component/replay.js"]?.());
  const functions = Object.keys(replay).filter((name) => replay[name].isPublic === true).sort();
  assert.deepEqual(functions, ["consume", "record"]);
  const members = functions.map((name) => `${name}: FunctionReference<"mutation", "internal", ${type(JSON.parse(replay[name].exportArgs()))}, ${type(JSON.parse(replay[name].exportReturns()))}, Name>;`);
  const declared = readFileSync(join(folder, "_generated/component.d.ts"), "utf8");
  assert.equal(squeeze(declared.slice(declared.indexOf("= {") + 2)), squeeze(`{ replay: { ${members.join(" ")} }; };`));
});

test("each function says what it returns", async () => {
  const { default: component } = await import("countersign/test");
  for (const path of ["./component/replay.js", "./component/sweep.js"]) {
    for (const [name, each] of Object.entries(/** @type {Record<string, any>} */ (await component.modules[path]?.()))) assert.notEqual(each.exportReturns(), "null", name);
  }
});

test("what registers the component has all of its modules", async () => {
  const { default: component } = await import("countersign/test");
  const files = readdirSync(folder).filter((name) => /^\w+\.js$/.test(name) && name !== "schema.js").map((name) => `./component/${name}`);
  assert.deepEqual(Object.keys(component.modules).filter((path) => !path.includes("_generated")).sort(), files.sort());
  assert.deepEqual(files, ["./component/crons.js", "./component/replay.js", "./component/sweep.js"]);
});

test("it is registered in convex-test in plain Node too, where nothing transforms a module", async () => {
  const { convexTest } = await import("convex-test");
  const { componentsGeneric, defineSchema } = await import("convex/server");
  const { register } = await import("countersign/test");
  const t = convexTest({ schema: defineSchema({}), modules: { "./convex/_generated/server.js": async () => ({}) } });
  register(t);
  const { countersign } = /** @type {{ countersign: import("countersign/_generated/component.js").ComponentApi }} */ (/** @type {unknown} */ (componentsGeneric()));
  const call = { key: "a".repeat(43), expiresAt: Date.now() + 120_000 };
  const consume = () => t.mutation((ctx) => ctx.runMutation(countersign.replay.consume, call));
  assert.deepEqual([await consume(), await consume()], [{ status: "fresh" }, { status: "replayed" }]);
});

/**
 * The TypeScript that the CLI writes for a validator.
 * @param {any} validator
 * @returns {string}
 */
function type(validator) {
  switch (validator.type) {
    case "object": {
      const fields = Object.entries(validator.value).sort(([a], [b]) => (a < b ? -1 : 1));
      return `{ ${fields.map(([name, { fieldType, optional }]) => `${name}${optional ? "?" : ""}: ${type(fieldType)};`).join(" ")} }`;
    }
    case "union":
      return validator.value.map(type).join(" | ");
    case "literal":
      return JSON.stringify(validator.value);
    case "string":
    case "number":
    case "null":
      return validator.type;
    default:
      throw new Error(`a validator of an unknown type: ${validator.type}`);
  }
}

/** Without white space, and one way of ending a member. @param {string} text */
function squeeze(text) {
  return text.replaceAll(/\s+/g, "").replaceAll(";}", "}");
}
