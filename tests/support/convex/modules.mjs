// Evaluates bundled modules inside the worker. As on Convex, a function of the default runtime starts from a fresh
// evaluation of its module on every call, and a "use node" module is evaluated again when the variables change.
import { createRequire, isBuiltin, SourceMap } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

/** @typedef {import("./bundle.mjs").BundledModule} BundledModule */

const SCHEME = "convex:/";
const GLOBALS = "convex:globals";

/** Node's own globals that the default runtime lacks; there, `process` holds nothing but `env`. */
const ABSENT = ["Buffer", "global", "navigator", "queueMicrotask", "setImmediate", "clearImmediate"];

/** Shadows them by imported names. The bundler renames a module's own top-level names, so nothing collides. */
const PRELUDE = `import { process, ${ABSENT.join(", ")} } from "${GLOBALS}"; `;

/** @typedef {Map<string, Promise<any>>} Graph modules that share one evaluation, by path */

/**
 * @param {object} options
 * @param {BundledModule[]} options.modules
 * @param {string} options.functionsDir packages that the bundle left outside are resolved from here
 */
export function createLoader({ modules, functionsDir }) {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const require = createRequire(path.join(functionsDir, "_.js"));
  /** V8's compiled code, so that a fresh evaluation need not parse again. @type {Map<string, Buffer>} */
  const compiled = new Map();
  /** @type {Map<string, SourceMap>} */
  const sourceMaps = new Map();
  /** @type {Graph} */
  let nodeGraph = new Map();
  /** The last load of a "use node" module: they share a graph, so they link one after the other. @type {Promise<any>} */
  let lastNodeLoad = Promise.resolve();

  const missing = (/** @type {string} */ specifier, /** @type {string} */ from) => new Error(`Cannot find "${specifier}", imported by ${from}.`);

  /** Node's own loader, for what a "use node" bundle leaves outside. */
  async function external(/** @type {string} */ specifier) {
    const namespace = await import(isBuiltin(specifier) ? specifier : pathToFileURL(require.resolve(specifier)).href);
    const names = Object.keys(namespace);
    return new vm.SyntheticModule(names, function () {
      for (const name of names) this.setExport(name, namespace[name]);
    });
  }

  function globalsModule() {
    const names = ["process", ...ABSENT];
    return new vm.SyntheticModule(names, function () {
      this.setExport("process", { env: { ...process.env } });
      for (const name of ABSENT) this.setExport(name, undefined);
    });
  }

  /** @param {Graph} graph @param {string} modulePath */
  function instantiate(graph, modulePath) {
    let pending = graph.get(modulePath);
    if (pending === undefined) {
      pending = build(graph, /** @type {BundledModule} */ (byPath.get(modulePath)));
      graph.set(modulePath, pending);
    }
    return pending;
  }

  /** @param {Graph} graph @param {BundledModule} module */
  async function build(graph, module) {
    const isNode = module.environment === "node";
    const resolve = async (/** @type {string} */ specifier) => {
      if (specifier === GLOBALS) return globalsModule();
      const target = path.posix.join(path.posix.dirname(module.path), specifier);
      if (specifier.startsWith(".") && byPath.has(target)) return instantiate(graph, target);
      if (!isNode) throw missing(specifier, module.path);
      return external(specifier);
    };
    const built = new vm.SourceTextModule((isNode ? "" : PRELUDE) + module.source, {
      identifier: SCHEME + module.path,
      cachedData: compiled.get(module.path),
      initializeImportMeta: (meta) => {
        // Convex gives a module no URL; "use node" bundles are files there, and so they look like files here.
        if (isNode) meta.url = pathToFileURL(path.join(functionsDir, module.path)).href;
      },
      importModuleDynamically: async (specifier) => {
        const imported = await resolve(specifier);
        if (imported.status === "unlinked") await imported.link(resolve);
        if (imported.status === "linked") await imported.evaluate();
        return imported;
      },
    });
    if (!compiled.has(module.path)) compiled.set(module.path, /** @type {any} */ (built).createCachedData());
    return Object.assign(built, { resolve });
  }

  /** @param {any} root */
  async function evaluate(root) {
    if (root.status === "unlinked") await root.link((/** @type {string} */ specifier, /** @type {any} */ referrer) => referrer.resolve(specifier));
    if (root.status === "linked") await root.evaluate();
    if (root.status === "errored") throw root.error;
    return root.namespace;
  }

  /** @param {string} frame one line of a stack trace @returns {string[]} the line to show, or nothing */
  function mapFrame(frame) {
    const [position, modulePath, line, column] = /convex:\/([^\s:()]+):(\d+):(\d+)/.exec(frame) ?? [];
    const module = byPath.get(modulePath ?? "");
    if (position === undefined || module === undefined) return [];
    const map = sourceMaps.get(module.path) ?? (module.sourceMap && new SourceMap(JSON.parse(module.sourceMap)));
    if (!map) return [frame];
    sourceMaps.set(module.path, map);
    const prelude = line === "1" && module.environment === "isolate" ? PRELUDE.length : 0;
    const entry = map.findEntry(Number(line) - 1, Math.max(0, Number(column) - 1 - prelude));
    if (!("originalSource" in entry)) return [frame];
    // The CLI bundles into a folder `out` of the working directory, and sources are relative to the bundle.
    const file = path.relative(functionsDir, path.resolve("out", path.dirname(module.path), entry.originalSource));
    return file.includes("node_modules") ? [] : [frame.replace(position, `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`)];
  }

  return {
    /**
     * @param {string} modulePath such as `messages.js`
     * @returns {Promise<Record<string, any>>} the module's exports
     */
    async load(modulePath) {
      const module = byPath.get(modulePath);
      if (module === undefined) throw missing(modulePath, "the deployment");
      const evaluateIn = async (/** @type {Graph} */ graph) => evaluate(await instantiate(graph, modulePath));
      if (module.environment === "isolate") return evaluateIn(new Map());
      const next = () => evaluateIn(nodeGraph);
      return (lastNodeLoad = lastNodeLoad.then(next, next));
    },

    /** Called when an environment variable changes. */
    invalidate() {
      nodeGraph = new Map();
    },

    /** A stack trace in terms of the functions' own source files, without the frames of libraries and of this server. */
    mapStack(/** @type {string} */ stack) {
      return stack
        .split("\n")
        .flatMap((line) => (/^\s+at /.test(line) ? mapFrame(line) : [line]))
        .join("\n");
    },
  };
}
