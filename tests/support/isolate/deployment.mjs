// A deployment in isolates: an app and its components, each function in a context of its own, nested calls too, over a small database
// with transactions. Where a call may go is decided as the backend does: get-convex/convex-backend, crates/isolate/src/environment/udf/
// async_syscall.rs and environment/action/task_executor.rs.
import { createIsolate } from "./index.mjs";
import { createStore } from "./store.mjs";
import { canonicalName } from "../convex/functions.mjs";
import { findProblem } from "../convex/validators.mjs";

/** @typedef {"query" | "mutation" | "action"} Type */
/** @typedef {import("./index.mjs").CallResult} CallResult */
/** @typedef {Pick<import("../convex/bundle.mjs").BundledApp, "modules" | "schema">} Bundle */
/** @typedef {{ componentPath: string, name: string, type: Type, uses: string[], ownMs: number }} Ran a function that ran, in order of their ends */

const MAX_DEPTH = 8;

/** @type {Record<string, Type>} */
const actionCalls = { "1.0/actions/query": "query", "1.0/actions/mutation": "mutation", "1.0/actions/action": "action" };

/**
 * @param {object} options
 * @param {Bundle} options.app as the CLI's bundler gives it
 * @param {Record<string, Bundle>} [options.components] those that the app uses, by name; they use none themselves
 * @param {Record<string, string>} [options.env] the app's; components have none
 * @param {number} options.now
 * @param {boolean} [options.watched] whether results and `ran` have `uses`; noting them takes time
 */
export async function createDeployment({ app, components = {}, env = {}, now, watched = true }) {
  let clock = now;
  /** Calls from outside run one after the other. @type {Promise<unknown>} */
  let last = Promise.resolve();
  /** @type {ReturnType<typeof createIsolate>[]} */
  const opened = [];
  /** @type {Ran[]} */
  const ran = [];
  const close = () => Promise.all(opened.map((isolate) => isolate.close()));
  const created = Object.entries({ "": app, ...components }).map(async ([path, bundle]) => /** @type {const} */ ([path, await createPart(path, bundle)]));
  const parts = new Map(await Promise.all(created).catch(async (error) => {
    await close();
    throw error;
  }));

  /** @param {string} path @param {Bundle} bundle */
  async function createPart(path, { modules, schema }) {
    /** Contexts under way have an isolate each: a call that waits for another one keeps its own. @type {ReturnType<typeof createIsolate>[]} */
    const isolates = [];
    const open = (/** @type {number} */ depth) => {
      const isolate = createIsolate({ modules, env: path === "" ? env : {}, componentPath: path, watched, onSyscall: (name, args) => answer(path, depth, name, args) });
      opened.push(isolate);
      return isolate;
    };
    const at = (/** @type {number} */ depth) => (isolates[depth] ??= open(depth));
    const exported = schema === null ? undefined : (await import(`data:text/javascript,${encodeURIComponent(schema.source)}`)).default.export();
    const functions = await at(1).analyze();
    const named = Object.entries(functions).map(([name, fn]) => /** @type {const} */ ([canonicalName(name), { ...fn, exportedName: name }]));
    return { at, functions: new Map(named), store: createStore(exported) };
  }
  /** @param {string} path */
  function part(path) {
    const found = parts.get(path);
    if (found === undefined) throw new Error(`There is no component "${path}".`);
    return found;
  }

  /** Runs a function; a query or mutation that fails leaves nothing behind. @param {string} path @param {string} name @param {Type} type @param {any} args @param {number} depth @param {boolean} fromOutside @returns {Promise<CallResult>} */
  async function run(path, name, type, args, depth, fromOutside) {
    const { functions, at } = part(path);
    const fn = functions.get(canonicalName(name));
    if (fn === undefined || (fromOutside && fn.visibility !== "public")) throw new Error(`Could not find public function for '${name}'.`);
    if (fn.type !== type) throw new Error(`Trying to execute ${name} as ${type}, but it is defined as ${fn.type}.`);
    if (depth > MAX_DEPTH) throw new Error("Function call depth limit exceeded.");
    const problem = findProblem(fn.args, args);
    if (problem !== null) throw new Error(`ArgumentValidationError: ${problem}`);
    const restores = type === "action" ? [] : [...parts.values()].map(({ store }) => store.snapshot());
    const result = await at(depth).call(fn.exportedName, args, { type, now: clock });
    ran.push({ componentPath: path, name, type, uses: result.uses, ownMs: result.ok ? result.ownMs : Number.NaN });
    if (!result.ok) restores.forEach((restore) => restore());
    return result;
  }

  /** @param {string} from @param {number} depth @param {string} syscall @param {any} args */
  async function answer(from, depth, syscall, args) {
    const type = syscall === "1.0/runUdf" ? args.udfType : actionCalls[syscall];
    if (type === undefined) {
      const access = part(from).store.syscalls[syscall];
      if (access === undefined) throw new Error(`Unknown operation ${syscall}`);
      return access(args);
    }
    const [path, name] = resolve(from, args);
    const result = await run(path, name, type, args.args, depth + 1, path !== from);
    if (result.ok) return result.value;
    throw Object.assign(new Error(result.error.message), "data" in result.error ? { data: result.error.data } : {});
  }

  /** @param {string} from @param {{ name?: string, reference?: string }} address @returns {[path: string, name: string]} */
  function resolve(from, { name, reference }) {
    if (name !== undefined) return [from, name];
    const [, child, file, exported] = /^_reference\/childComponent\/([^/]+)\/(.+)\/([^/]+)$/.exec(reference ?? "") ?? [];
    if (child === undefined || from !== "") throw new Error(`"${reference}" is no function that can be called here.`);
    return [child, `${file}:${exported}`];
  }

  return {
    /** Calls a function from outside. @param {Type} type @param {string} name @param {unknown} args in Convex's JSON form @returns {Promise<CallResult>} */
    call: (type, name, args) => {
      const turn = last.then(() => run("", name, type, args, 1, true));
      last = turn.catch(() => "its own caller has the error");
      return turn;
    },
    /** A request for an http action. @param {import("./index.mjs").HttpRequest} request */
    http: (request) => {
      const turn = last.then(async () => {
        const result = await part("").at(1).http(request, { now: clock });
        ran.push({ componentPath: "", name: new URL(request.url).pathname, type: "action", uses: result.uses, ownMs: result.ok ? result.ownMs : Number.NaN });
        return result;
      });
      last = turn.catch(() => "its own caller has the error");
      return turn;
    },
    /** A component's table, or the app's. @param {string} path @param {string} table */
    rows: (path, table) => part(path).store.rows(table),
    /** Every function that has run. */
    ran,
    /** @param {number} time */
    setClock: (time) => {
      clock = time;
    },
    close,
  };
}
