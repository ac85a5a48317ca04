// The deployed functions inside the worker: which there are, and how one is called.
//
// convex-test would call a function's bare handler with a `ctx` of its own. Here it gets a stand-in that goes through
// what Convex itself calls, `invokeQuery(json)` and its siblings: the bundle's own copy of the convex library then
// builds `ctx` (with the right `ctx.meta`), decodes the arguments and encodes the result.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { convexToJson, jsonToConvex } from "convex/values";
import { findProblem } from "./validators.mjs";

/** @typedef {import("./validators.mjs").Validator} Validator */

/**
 * @typedef {object} DeployedFunction
 * @property {string} componentPath "" for the app's own
 * @property {string} name as `getFunctionName` prints it: `path/to/module:fn`, or `path/to/module` for the default export
 * @property {string} module such as `path/to/module.js`
 * @property {string} exportName
 * @property {"query" | "mutation" | "action"} type
 * @property {"public" | "internal"} visibility
 * @property {"isolate" | "node"} environment
 * @property {Validator} args
 * @property {Validator | null} returns
 */

/**
 * One running call; nested calls inherit the request's part.
 * @typedef {object} Execution
 * @property {string} componentPath
 * @property {string} name
 * @property {string} [type] unset until the function itself runs
 * @property {{ id: string, ip: string | null, userAgent: string | null }} request
 * @property {string | undefined} [argsJson] arguments from outside, for the first function of the request: they must reach it as sent
 * @property {Set<string>} reads tables this call and its nested calls read, as `tableKey` writes them
 * @property {number} depth
 * @property {"isolate" | "node"} environment
 * @property {boolean} scheduled until the scheduled function itself runs
 */

/** @type {AsyncLocalStorage<Execution>} */
export const execution = new AsyncLocalStorage();

/**
 * The execution a request starts with, before its first function.
 * @param {Partial<Pick<Execution, "componentPath" | "environment" | "scheduled" | "argsJson">> & { name: string, request?: Partial<Execution["request"]> }} options
 * @returns {Execution}
 */
export function startExecution({ name, componentPath = "", environment = "isolate", scheduled = false, request, argsJson }) {
  const id = request?.id ?? randomBytes(8).toString("hex");
  return { name, componentPath, environment, scheduled, argsJson, request: { ip: null, userAgent: null, ...request, id }, reads: new Set(), depth: 0 };
}

/** A function as the log names it: one of a component after the component's path. @param {{ componentPath: string, name: string }} fn */
export const logName = ({ componentPath, name }) => (componentPath === "" ? name : `${componentPath}/${name}`);

/** A table as subscriptions know it: each component has tables of its own. @param {string} componentPath @param {string} table */
export const tableKey = (componentPath, table) => `${componentPath}:${table}`;

const CONVEX_ERROR = Symbol.for("ConvexError");
const MAX_DEPTH = 8;

/** By which the library marks a function's type: `isQuery` and so on. */
const flag = (/** @type {string} */ type) => `is${type.charAt(0).toUpperCase()}${type.slice(1)}`;

/** Whether an error is a ConvexError of any copy of the library. @returns {error is { data: any }} */
export const isConvexError = (/** @type {unknown} */ error) => typeof error === "object" && error !== null && CONVEX_ERROR in error;

/** `a/b:c`, `a/b.js:c`, `a/b:default` and `a/b` in the form `getFunctionName` prints. */
export function canonicalName(/** @type {string} */ name) {
  const [path = "", exportName = "default"] = name.split(":");
  const module = path.replace(/\.js$/, "");
  return exportName === "default" ? module : `${module}:${exportName}`;
}

/**
 * Every function that the modules export, as `npx convex deploy` finds them: by evaluating each module.
 * @param {{ path: string, environment: "isolate" | "node" }[]} modules
 * @param {{ load(path: string): Record<string, any> }} loader
 * @param {string} componentPath
 */
export function analyze(modules, loader, componentPath) {
  /** @type {Map<string, DeployedFunction>} */
  const functions = new Map();
  for (const { path, environment } of modules) {
    if (path.startsWith("_deps/")) continue;
    const exports = execution.run(startExecution({ name: "", componentPath, environment }), () => loader.load(path));
    for (const [exportName, value] of Object.entries(exports)) {
      const type = /** @type {const} */ (["query", "mutation", "action"]).find((kind) => value?.[flag(kind)] === true);
      if (type === undefined) continue;
      if (environment === "node" && type !== "action") {
        throw new Error(`\`${exportName}\` defined in \`${path}\` is a ${type} function. Only actions can be defined in Node.js.`);
      }
      const name = canonicalName(`${path}:${exportName}`);
      functions.set(name, {
        ...{ componentPath, name, module: path, exportName, type, environment },
        visibility: value.isInternal === true ? "internal" : "public",
        args: JSON.parse(value.exportArgs()),
        returns: JSON.parse(value.exportReturns()),
      });
    }
  }
  return functions;
}

/**
 * Calls a function the way Convex does.
 * @param {DeployedFunction} fn
 * @param {{ load(path: string): Record<string, any> }} loader
 * @param {any} args arguments of a nested call
 */
async function invoke(fn, loader, args) {
  const outer = execution.getStore();
  if (outer === undefined) throw new Error(`"${fn.name}" was called outside of any request.`);
  const json = outer.argsJson ?? JSON.stringify(convexToJson(args));
  const depth = outer.depth + 1;
  if (depth > MAX_DEPTH) throw new Error(`Function call depth limit exceeded: "${fn.name}" would be call number ${depth} in a row, and the limit is ${MAX_DEPTH}.`);
  const { componentPath, name, type, environment } = fn;
  return execution.run({ ...outer, argsJson: undefined, scheduled: false, componentPath, name, type, environment, depth }, async () => {
    const badArgument = findProblem(fn.args, JSON.parse(json));
    if (badArgument !== null) throw new Error(`ArgumentValidationError: ${badArgument}`);
    const deployed = loader.load(fn.module)[fn.exportName];
    const result = await run(fn, deployed, `[${json}]`, outer.request.id);
    const badResult = fn.returns === null ? null : findProblem(fn.returns, JSON.parse(result));
    if (badResult !== null) throw new Error(`ReturnsValidationError: ${badResult}`);
    return jsonToConvex(JSON.parse(result));
  });
}

/**
 * Runs what one of the library's `invoke...` functions does, and undoes one thing: the library replaces the data of a
 * ConvexError by its JSON text, which convex-test would encode once more.
 * @template T @param {() => Promise<T>} call
 */
export async function withErrorData(call) {
  try {
    return await call();
  } catch (error) {
    if (isConvexError(error) && "ConvexErrorSymbol" in error) error.data = jsonToConvex(JSON.parse(error.data));
    throw error;
  }
}

/** @param {DeployedFunction} fn @param {any} deployed @param {string} args @param {string} requestId @returns {Promise<string>} */
function run(fn, deployed, args, requestId) {
  return withErrorData(() => {
    if (fn.type === "query") return deployed.invokeQuery(args);
    return fn.type === "mutation" ? deployed.invokeMutation(args) : deployed.invokeAction(requestId, args);
  });
}

/**
 * The functions as the `modules` that convex-test wants: maps of exports, by path.
 * @param {Map<string, DeployedFunction>} functions
 * @param {{ load(path: string): Record<string, any> }} loader
 */
export function convexTestModules(functions, loader) {
  /** @type {Record<string, Record<string, any>>} */
  const modules = {};
  for (const fn of functions.values()) {
    const standIn = {
      [flag(fn.type)]: true,
      [fn.visibility === "public" ? "isPublic" : "isInternal"]: true,
      // invoke() checks both, and within the transaction.
      exportArgs: () => '{"type":"any"}',
      exportReturns: () => "null",
      _handler: (/** @type {unknown} */ _ctx, /** @type {unknown} */ args) => invoke(fn, loader, args),
    };
    // convex-test drops one extension from a key and none from a function's name; Convex takes `a.js:f` for `a:f`.
    for (const key of [`./${fn.module}`, `./${fn.module}.js`]) (modules[key] ??= {})[fn.exportName] = standIn;
  }
  const entries = Object.entries(modules).map(([key, exports]) => [key, async () => exports]);
  // convex-test finds the root of the functions by this folder.
  return Object.fromEntries([...entries, ["./_generated/server.js", async () => ({})]]);
}
