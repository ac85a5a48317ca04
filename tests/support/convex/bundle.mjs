// Bundles a folder of Convex functions exactly as `npx convex deploy` does: with the CLI's own bundler.
//
// The npm package `convex` holds that bundler as dist/esm/bundler/*.js, but it neither exports it nor installs the
// packages it imports (the CLI itself ships as one prepared bundle). So those files are bundled here once, in memory:
// esbuild (the very version `convex` depends on) and @babel/parser stay real, what only colours or reports is
// replaced, and anything else throws, by name, if the bundler should ever call it.
import { existsSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import path from "node:path";
import { compileFunction } from "node:vm";

/**
 * One module of a bundled app, as the CLI uploads it.
 * @typedef {object} BundledModule
 * @property {string} path relative to the functions folder, with `.js`; shared chunks lie under `_deps/`
 * @property {string} source an ES module
 * @property {string} [sourceMap]
 * @property {"isolate" | "node"} environment
 */

/**
 * @typedef {object} BundledApp
 * @property {string} functionsDir
 * @property {BundledModule[]} modules functions, http.ts, crons.ts and their chunks, of both environments
 * @property {BundledModule | null} schema schema.ts; the CLI bundles it on its own
 * @property {BundledModule | null} authConfig auth.config.ts, as the CLI bundles it
 * @property {BundledModule | null} definition convex.config.ts; what it imports of components is left to `_componentDeps/`
 * @property {BundledComponent[]} components every component that the app's definition reaches, installed once or often
 */

/**
 * @typedef {object} BundledComponent
 * @property {string} definitionPath from the functions folder to the component's: by this name definitions import each other
 * @property {string} functionsDir
 * @property {BundledModule[]} modules
 * @property {BundledModule | null} schema
 * @property {BundledModule} definition
 */

const require = createRequire(import.meta.url);
const convexDir = path.dirname(require.resolve("convex/package.json"));
const fromConvex = createRequire(path.join(convexDir, "package.json"));

/** Packages of which the bundler needs the real thing, and who can find them. */
const REAL = /** @type {Record<string, NodeJS.Require>} */ ({ esbuild: fromConvex, "@babel/parser": require });

/** Packages that only colour or report: their calls have no bearing on the bundle. */
const QUIET = {
  chalk: "const plain = (text) => text; const colours = new Proxy(plain, { get: () => colours }); export const chalkStderr = colours; export default colours;",
  "@sentry/node": "export const captureMessage = () => undefined; export const captureException = captureMessage;",
};

/** Stands for what npm `convex` does not install: importing it is harmless, using it is an error. */
const absent = (/** @type {string} */ name) => `
const fail = () => { throw new Error(${JSON.stringify(`The Convex bundler called "${name}", which tests/support/convex/bundle.mjs leaves out.`)}); };
module.exports = new Proxy({}, { get: (_, key) => (key === "__esModule" ? true : fail) });`;

/** @type {import("esbuild").Plugin} */
const standIns = {
  name: "stand-ins",
  setup(build) {
    // The command line's own code is only reached for `externalPackages`, which nothing here uses.
    build.onResolve({ filter: /^\.\.?\/.*cli\// }, ({ path: name }) => ({ path: name, namespace: "stand-in" }));
    // Finding components reads one thing of the project's configuration: where the app's functions are.
    build.onResolve({ filter: /\/config\.js$/ }, ({ importer }) => (path.basename(importer) === "directoryStructure.js" ? { path: "config", namespace: "config" } : undefined));
    build.onLoad({ filter: /.*/, namespace: "config" }, () => ({ contents: "export const getFunctionsDirectoryPath = async (ctx) => ctx.functionsDir;" }));
    build.onResolve({ filter: /^[^./]/ }, ({ path: name }) => {
      if (path.isAbsolute(name)) return undefined;
      return isBuiltin(name) || Object.hasOwn(REAL, name) ? { path: name, external: true } : { path: name, namespace: "stand-in" };
    });
    build.onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path: name }) => ({
      contents: Object.hasOwn(QUIET, name) ? QUIET[/** @type {keyof typeof QUIET} */ (name)] : absent(name),
    }));
  },
};

/** @type {Promise<Record<string, any>> | undefined} */
let bundler;

/** The CLI's bundler, as one script evaluated from memory. */
function loadBundler() {
  bundler ??= (async () => {
    const exports = {
      "dist/esm/bundler/index.js": "bundle, bundleSchema, bundleAuthConfig, entryPointsByEnvironment, nodeFs",
      "dist/esm/cli/lib/components/definition/bundle.js": "componentGraph, bundleDefinitions, bundleImplementations",
      "dist/esm/cli/lib/components/definition/directoryStructure.js": "isComponentDirectory, toAbsolutePath",
    };
    const contents = Object.entries(exports).map(([file, names]) => {
      const entry = path.join(convexDir, file);
      if (!existsSync(entry)) throw new Error(`No bundler at ${entry}: this version of "convex" keeps it elsewhere; adapt tests/support/convex/bundle.mjs.`);
      return `export { ${names} } from ${JSON.stringify(entry)};\n`;
    });
    const result = await fromConvex("esbuild").build({
      stdin: { contents: contents.join(""), resolveDir: convexDir, loader: "js" },
      bundle: true,
      write: false,
      format: "cjs",
      platform: "node",
      target: "node20",
      logLevel: "warning",
      plugins: [standIns],
    });
    const script = compileFunction(result.outputFiles[0].text, ["module", "require"], { filename: "convex-bundler.cjs" });
    const module = { exports: {} };
    script(module, (/** @type {string} */ name) => (REAL[name] ?? require)(name));
    return module.exports;
  })();
  return bundler;
}

/** The CLI's context: where it would print and exit the process, this throws. */
function createContext(/** @type {any} */ fs, /** @type {string} */ functionsDir) {
  return {
    fs,
    functionsDir,
    deprecationMessagePrinted: false,
    spinner: undefined,
    registerCleanup: () => "",
    removeCleanup: () => null,
    crash: async (/** @type {{ printedMessage: string | null, errForSentry?: Error }} */ { printedMessage, errForSentry }) => {
      // With no message of its own, esbuild has already written the reason to stderr.
      throw new Error(`The Convex bundler refused the functions: ${printedMessage?.trim() ?? "see esbuild's messages above."}`, { cause: errForSentry });
    },
  };
}

/**
 * Bundles the functions under `functionsDir`, those with "use node" under Node's conditions.
 * @param {string} functionsDir the folder a project calls `convex/`
 * @param {{ sourceMaps?: boolean, extraConditions?: string[] }} [options]
 * @returns {Promise<BundledApp>}
 */
export async function bundleFunctions(functionsDir, { sourceMaps = true, extraConditions = [] } = {}) {
  const dir = path.resolve(functionsDir);
  if (!existsSync(dir) || !statSync(dir).isDirectory()) throw new Error(`There is no folder of Convex functions at ${dir}.`);
  const { bundle, bundleSchema, bundleAuthConfig, entryPointsByEnvironment, nodeFs } = await loadBundler();
  const ctx = createContext(nodeFs, dir);
  const entryPoints = await entryPointsByEnvironment(ctx, dir);
  const shared = { ctx, dir, generateSourceMaps: sourceMaps, extraConditions };
  const isolate = await bundle({ ...shared, entryPoints: entryPoints.isolate, platform: "browser" });
  const node = await bundle({ ...shared, entryPoints: entryPoints.node, platform: "node", chunksFolder: path.join("_deps", "node") });
  const hasSchema = ["schema.ts", "schema.js"].some((name) => existsSync(path.join(dir, name)));
  const schema = hasSchema ? await bundleSchema(ctx, dir, extraConditions) : { modules: [] };
  const authConfig = await bundleAuthConfig(ctx, dir);
  return {
    functionsDir: dir,
    modules: [...isolate.modules, ...node.modules],
    schema: schema.modules[0] ?? null,
    authConfig: authConfig.modules[0] ?? null,
    ...(await bundleComponents(ctx, dir, extraConditions)),
  };
}

/**
 * Finds the components that the app's convex.config.ts installs, directly or not, and bundles them, all as the CLI does.
 * @param {ReturnType<typeof createContext>} ctx
 * @param {string} dir
 * @param {string[]} extraConditions
 * @returns {Promise<Pick<BundledApp, "definition" | "components">>}
 */
async function bundleComponents(ctx, dir, extraConditions) {
  const { componentGraph, bundleDefinitions, bundleImplementations, isComponentDirectory, toAbsolutePath } = await loadBundler();
  const { component: root } = isComponentDirectory(ctx, dir, true);
  if (root.isRootWithoutConfig) return { definition: null, components: [] };
  // The CLI's own working directory: it gives esbuild paths that are relative to it.
  const workingDir = process.cwd();
  const { components, dependencyGraph } = await componentGraph(ctx, workingDir, root, false, false);
  const directories = [...components.values()];
  const definitions = await bundleDefinitions(ctx, workingDir, dependencyGraph, root, directories, false);
  const { componentImplementations } = await bundleImplementations({
    ctx,
    // With an import of its own the root is taken for synthetic, and only the components are bundled: the app is already.
    rootComponentDirectory: { ...root, syntheticComponentImport: root.definitionPath },
    componentDirectories: directories.filter(({ path: directory }) => directory !== root.path),
    nodeExternalPackages: [],
    extraConditions,
  });
  const implementations = new Map(componentImplementations.map((/** @type {any} */ implementation) => [implementation.definitionPath, implementation]));
  return {
    definition: definitions.appDefinitionSpecWithoutImpls.definition,
    components: definitions.componentDefinitionSpecsWithoutImpls.map((/** @type {any} */ { definitionPath, definition }) => {
      const { functions, schema } = implementations.get(definitionPath);
      return { definitionPath, functionsDir: toAbsolutePath(root, definitionPath), modules: functions, schema, definition };
    }),
  };
}
