// Evaluates the deployment's modules inside the worker. As on Convex, a function of the default runtime starts from a
// fresh evaluation of its module on every call, and a "use node" module is evaluated again when the variables change.
import { createRequire, SourceMap } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

/** @typedef {import("./compile.mjs").CompiledModule} CompiledModule */
/** @typedef {Map<string, { exports: any }>} Graph modules that share one evaluation, by path */

/** Node's own globals that the default runtime lacks; there, `process` holds nothing but `env`. */
const ABSENT = ["Buffer", "global", "navigator", "queueMicrotask", "setImmediate", "clearImmediate"];

const HEAD = {
  isolate: `(function (exports, module, require, process, ${ABSENT.join(", ")}) { "use strict"; `,
  node: '(function (exports, module, require, __moduleUrl) { "use strict"; ',
};

/** @typedef {ReturnType<typeof createLoader>} Loader */

/**
 * The modules of the app, or of one installed component.
 * @param {object} options
 * @param {CompiledModule[]} options.modules
 * @param {string} options.functionsDir packages that a "use node" bundle left outside are resolved from here
 * @param {string} options.componentPath
 * @param {() => Record<string, string | undefined>} options.env what `process.env` holds in the default runtime
 * @param {() => boolean} options.mayImport whether what runs may use `import()`
 */
export function createLoader({ modules, functionsDir, componentPath, env, mayImport }) {
  const scheme = componentPath === "" ? "convex:/" : `convex:/@${componentPath}@/`;
  const position = new RegExp(`${scheme}([^\\s:()@]+):(\\d+):(\\d+)`);
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const requireExternal = createRequire(path.join(functionsDir, "_.js"));
  /** @type {Map<string, Function>} */
  const scripts = new Map();
  /** @type {Map<string, SourceMap>} */
  const sourceMaps = new Map();
  /** @type {Graph} */
  let nodeGraph = new Map();

  /** The module as a function to call for each evaluation. @param {CompiledModule} module @returns {Function} */
  function scriptOf(module) {
    let script = scripts.get(module.path);
    if (script === undefined) {
      script = /** @type {Function} */ (new vm.Script(`${HEAD[module.environment]}${module.code}\n})`, { filename: scheme + module.path }).runInThisContext());
      scripts.set(module.path, script);
    }
    return script;
  }

  /** @param {Graph} graph @param {string} modulePath @param {string} importer @returns {any} */
  function evaluate(graph, modulePath, importer) {
    const present = graph.get(modulePath);
    if (present !== undefined) return present.exports;
    const module = byPath.get(modulePath);
    if (module === undefined) throw new Error(`Cannot find "${modulePath}", imported by ${importer}.`);
    const instance = { exports: {} };
    // Set before the evaluation, for modules that import each other in a circle.
    graph.set(modulePath, instance);
    const isNode = module.environment === "node";
    // esbuild makes a `require` of both; that of an `import()` comes in a later turn.
    let isEvaluating = true;
    const resolve = (/** @type {string} */ specifier) => {
      if (!isEvaluating && !isNode && !mayImport()) throw new TypeError("dynamic module import unsupported");
      const target = path.posix.join(path.posix.dirname(modulePath), specifier);
      return isNode && !(specifier.startsWith(".") && byPath.has(target)) ? requireExternal(specifier) : evaluate(graph, target, modulePath);
    };
    const own = isNode ? [pathToFileURL(path.join(functionsDir, modulePath)).href] : [{ env: { ...env() } }];
    try {
      scriptOf(module)(instance.exports, instance, resolve, ...own);
    } catch (error) {
      graph.delete(modulePath);
      throw error;
    } finally {
      isEvaluating = false;
    }
    return instance.exports;
  }

  /** @param {string} frame one line of a stack trace @returns {string[]} the line to show, or nothing */
  function mapFrame(frame) {
    const [found, modulePath, line, column] = position.exec(frame) ?? [];
    const module = byPath.get(modulePath ?? "");
    if (found === undefined || module === undefined) return [];
    const map = sourceMaps.get(module.path) ?? new SourceMap(JSON.parse(module.map));
    sourceMaps.set(module.path, map);
    const head = line === "1" ? HEAD[module.environment].length : 0;
    const entry = map.findEntry(Number(line) - 1, Math.max(0, Number(column) - 1 - head));
    if (!("originalSource" in entry)) return [frame];
    // The CLI bundles into a folder `out` of the working directory, and sources are relative to the bundle.
    const file = path.relative(functionsDir, path.resolve("out", path.dirname(module.path), entry.originalSource));
    const shown = componentPath === "" ? file : `${componentPath}/${file}`;
    return file.includes("node_modules") ? [] : [frame.replace(found, `${shown}:${entry.originalLine + 1}:${entry.originalColumn + 1}`)];
  }

  return {
    /**
     * @param {string} modulePath such as `messages.js`
     * @returns {Record<string, any>} the module's exports
     */
    load: (modulePath) => evaluate(byPath.get(modulePath)?.environment === "node" ? nodeGraph : new Map(), modulePath, "the deployment"),

    /** Called when an environment variable changes. */
    invalidate() {
      nodeGraph = new Map();
    },

    has: (/** @type {string} */ modulePath) => byPath.has(modulePath),
    mapFrame,
  };
}

/**
 * A stack trace in terms of the functions' own source files, without the frames of libraries and of this server.
 * @param {string} stack
 * @param {Pick<Loader, "mapFrame">[]} loaders
 */
export function mapStack(stack, loaders) {
  return stack
    .split("\n")
    .flatMap((line) => (/^\s+at /.test(line) ? loaders.flatMap(({ mapFrame }) => mapFrame(line)) : [line]))
    .join("\n");
}
