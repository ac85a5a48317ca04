// Which components a deployment has, found as Convex does when an app is deployed: by evaluating the definitions
// (convex.config.ts) of the app and of what it uses, and following each `use()`.
import { createLoader } from "./loader.mjs";

/** @typedef {import("./compile.mjs").CompiledModule} CompiledModule */

/**
 * The app, or a component as its author wrote it, installed once or often.
 * @typedef {object} Definition
 * @property {string} definitionPath "" for the app
 * @property {string} functionsDir
 * @property {CompiledModule[]} modules
 * @property {CompiledModule | null} schema
 * @property {CompiledModule | null} config convex.config.ts, which an app may lack
 */

/** What a component's variable is bound to: a text, or a variable of the component that installs it. @typedef {{ type: "value", value: string } | { type: "envVar", name: string }} EnvBinding */

/**
 * @typedef {object} Installed
 * @property {string} path the names from the app down, as in `rateLimiter/counter`; "" for the app itself
 * @property {Definition} definition
 * @property {[string, EnvBinding][]} env
 */

/** What a definition's `export()` says of itself. @typedef {{ name?: string, childComponents: { name: string, path: string, env: [string, EnvBinding][] | null }[], httpMounts: Record<string, string> }} Analysis */

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
/** What the CLI's bundler makes of a definition's import of another one. */
const IMPORT = /_componentDeps\/([\w-]+)/g;

/**
 * @param {Definition[]} definitions
 * @returns {Installed[]} the app first, and each component after the one that installs it
 */
export function findInstalled(definitions) {
  const byPath = new Map(definitions.map((definition) => [definition.definitionPath, definition]));
  /** @type {Map<string, Analysis | null>} null while it is being evaluated */
  const analyses = new Map();

  /** @param {Definition} definition @returns {Analysis} */
  function analyze({ definitionPath, functionsDir, config }) {
    if (config === null) return { childComponents: [], httpMounts: {} };
    const known = analyses.get(definitionPath);
    if (known === null) throw new Error(`Components use each other in a circle, through ${definitionPath || "the app"}.`);
    if (known !== undefined) return known;
    analyses.set(definitionPath, null);
    // An imported definition is nothing but its path and its default name.
    const imports = [...new Set(config.code.match(IMPORT))].map((path) => {
      const imported = Buffer.from(path.replace(IMPORT, "$1"), "base64url").toString();
      const other = byPath.get(imported);
      if (other === undefined) throw new Error(`The component at ${imported} was not bundled.`);
      const value = JSON.stringify({ componentDefinitionPath: imported, defaultName: analyze(other).name });
      const code = `Object.defineProperty(exports, "__esModule", { value: true }); exports.default = ${value};`;
      return { path, environment: /** @type {const} */ ("isolate"), code, map: "" };
    });
    const loader = createLoader({ modules: [config, ...imports], functionsDir, componentPath: "", env: () => ({}), mayImport: () => false });
    const exported = loader.load(config.path).default;
    if (typeof exported?.export !== "function") throw new Error(`The default export of ${definitionPath || "the app"}'s convex.config is neither defineApp() nor defineComponent().`);
    const analysis = exported.export();
    analyses.set(definitionPath, analysis);
    return analysis;
  }

  /** @param {Installed} parent @returns {Installed[]} */
  function install(parent) {
    const { childComponents, httpMounts } = analyze(parent.definition);
    const where = parent.path === "" ? "the app" : `the component "${parent.path}"`;
    if (Object.keys(httpMounts).length > 0) throw new Error(`The embedded Convex does not support http actions of components (httpPrefix in ${where}).`);
    const names = new Set();
    const children = childComponents.flatMap(({ name, path, env }) => {
      if (!NAME.test(name)) throw new Error(`"${name}", in ${where}, cannot be a component's name: use letters, digits and underscores, and a letter first.`);
      if (names.has(name)) throw new Error(`Two components in ${where} are called "${name}": give one another name, as in use(component, { name: "..." }).`);
      names.add(name);
      const definition = byPath.get(path);
      if (definition === undefined) throw new Error(`The component at ${path} was not bundled.`);
      return install({ path: parent.path === "" ? name : `${parent.path}/${name}`, definition, env: env ?? [] });
    });
    return [parent, ...children];
  }

  const app = byPath.get("");
  if (app === undefined) throw new Error("The app itself is missing from the definitions.");
  return install({ path: "", definition: app, env: [] });
}

/**
 * What `process.env` holds inside a component: what the one that installs it bound, and nothing of the app's.
 * @param {Installed[]} installed
 * @param {Record<string, string | undefined>} appEnv
 * @returns {(path: string) => Record<string, string | undefined>}
 */
export function environments(installed, appEnv) {
  const byPath = new Map(installed.map((component) => [component.path, component]));
  /** @param {string} path @returns {Record<string, string | undefined>} */
  function environmentOf(path) {
    if (path === "") return { ...appEnv };
    const parent = environmentOf(path.split("/").slice(0, -1).join("/"));
    const values = (byPath.get(path)?.env ?? []).map(([name, binding]) => [name, binding.type === "value" ? binding.value : parent[binding.name]]);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }
  return environmentOf;
}
