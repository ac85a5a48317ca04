// What stands between the functions and convex-test's syscalls: where a call goes and whether it may, request and
// function metadata as Convex gives them, ConvexError data that survives nesting, and a record of the tables read and
// written, by which subscriptions refresh.
import { convexToJson, jsonToConvex } from "convex/values";
import { canonicalName, execution, isConvexError, logName, startExecution, tableKey } from "./functions.mjs";

/** convex-test's ids are a decimal counter followed by the table's name. */
const tableOfId = (/** @type {unknown} */ id) => (typeof id === "string" ? /^[0-9]+(.+)$/.exec(id)?.[1] : undefined);

const tableOfSource = (/** @type {{ tableName?: string, indexName?: string }} */ source) => source.tableName ?? source.indexName?.split(".")[0];

const READS = /** @type {Record<string, (args: any) => string | undefined>} */ ({
  "1.0/get": ({ table, id }) => table ?? tableOfId(id),
  "1.0/count": ({ table }) => table,
  "1.0/queryStream": ({ query }) => tableOfSource(query.source),
  "1.0/queryPage": ({ query }) => tableOfSource(query.source),
  "1.0/actions/vectorSearch": ({ query }) => tableOfSource(query),
  "1.0/storageGetUrl": () => "_storage",
  "1.0/storageGetMetadata": () => "_storage",
});

const WRITES = /** @type {Record<string, (args: any) => string | undefined>} */ ({
  "1.0/insert": ({ table }) => table,
  "1.0/shallowMerge": ({ table, id }) => table ?? tableOfId(id),
  "1.0/replace": ({ table, id }) => table ?? tableOfId(id),
  "1.0/remove": ({ table, id }) => table ?? tableOfId(id),
  "1.0/schedule": () => "_scheduled_functions",
  "1.0/actions/schedule": () => "_scheduled_functions",
  "1.0/cancel_job": () => "_scheduled_functions",
  "1.0/actions/cancel_job": () => "_scheduled_functions",
  "1.0/storageDelete": () => "_storage",
});

const SCHEDULES = new Set(["1.0/schedule", "1.0/actions/schedule"]);

/** Syscalls that name a function. */
const CALLS = new Set([...SCHEDULES, "1.0/runUdf", "1.0/createFunctionHandle"]);

/** An action's calls, which convex-test knows by name alone, and what of its accessor takes a component's path as well. */
const ACTION_CALLS = new Map([
  ["1.0/actions/query", "queryFromPath"],
  ["1.0/actions/mutation", "mutationFromPath"],
  ["1.0/actions/action", "actionFromPath"],
]);

/** @typedef {{ componentPath: string, udfPath: string }} FunctionPath as convex-test has it */
/** @typedef {{ functions: Map<string, import("./functions.mjs").DeployedFunction> }} Component */

/**
 * The function that a syscall means: by its name in the caller's own component, by a reference into a component that
 * the caller's installed, which reaches public functions only, or by a handle, which may name any function.
 * @param {{ name?: string, reference?: string, functionHandle?: string }} address
 * @param {string} from the caller's component
 * @param {Map<string, Component>} components
 * @returns {FunctionPath}
 */
function resolveAddress({ name, reference, functionHandle }, from, components) {
  if (functionHandle !== undefined) {
    const [, componentPath, udfPath] = /^function:\/\/([^;]*);(.+)$/.exec(functionHandle) ?? [];
    if (componentPath === undefined || udfPath === undefined) throw new Error(`"${functionHandle}" is no function handle.`);
    return { componentPath, udfPath };
  }
  if (name !== undefined) return { componentPath: from, udfPath: name };
  const [, child, file, exportName] = /^_reference\/childComponent\/([^/]+)\/(.+)\/([^/]+)$/.exec(reference ?? "") ?? [];
  if (child === undefined) throw new Error(`"${reference}" is no reference to a function.`);
  const componentPath = from === "" ? child : `${from}/${child}`;
  const component = components.get(componentPath);
  if (component === undefined) throw new Error(`There is no component "${componentPath}": install it with use() in ${from === "" ? "the app" : `"${from}"`}'s convex.config.ts.`);
  const udfPath = canonicalName(`${file}:${exportName}`);
  // Whether it is internal or missing is no matter of the caller's.
  if (component.functions.get(udfPath)?.visibility !== "public") throw new Error(`Could not find public function for '${udfPath}' in the component "${componentPath}".`);
  return { componentPath, udfPath };
}

/**
 * @param {{ syscall: Function, asyncSyscall: Function, jsSyscall: Function }} convexTest its `Convex` global
 * @param {object} options
 * @param {string} options.deploymentName
 * @param {Record<string, (path: FunctionPath, args: unknown) => Promise<any>>} options.accessor what convexTest() returned
 * @param {Map<string, Component>} options.components by path; the app is at ""
 * @param {(table: string) => void} options.onWrite called before the transaction commits, with what `tableKey` makes
 */
export function wrapSyscalls(convexTest, { deploymentName, accessor, components, onWrite }) {
  /** @param {string} op @param {any} args */
  function record(op, args) {
    const running = execution.getStore();
    const read = READS[op]?.(args);
    if (read !== undefined) running?.reads.add(tableKey(running.componentPath, read));
    const written = WRITES[op]?.(args);
    if (written !== undefined) onWrite(tableKey(running?.componentPath ?? "", written));
  }

  /** @type {Record<string, (running: import("./functions.mjs").Execution) => unknown>} */
  const ANSWERS = {
    "1.0/getFunctionMetadata": ({ name, componentPath }) => ({ name, componentPath }),
    "1.0/getDeploymentMetadata": () => ({ name: deploymentName, region: null, class: "s16" }),
    "1.0/getRequestMetadata": ({ type, request }) => {
      if (type === "query") throw new Error("getRequestMetadata() is not available in queries.");
      return { ip: request.ip, userAgent: request.userAgent, requestId: request.id, scheduledFunctionId: null, authToken: null };
    },
    // No authentication provider is configured, so nobody is signed in.
    "1.0/getUserIdentity": () => null,
  };

  /** @param {string} op @param {string} json @param {any} args @param {import("./functions.mjs").Execution} running */
  async function forward(op, json, args, running) {
    const actionCall = ACTION_CALLS.get(op);
    if (actionCall === undefined && !CALLS.has(op)) return convexTest.asyncSyscall(op, json);
    const target = resolveAddress(args, running.componentPath, components);
    if (actionCall !== undefined) return JSON.stringify(convexToJson((await accessor[actionCall]?.(target, jsonToConvex(args.args))) ?? null));
    const { name, reference, ...rest } = args;
    const call = () => convexTest.asyncSyscall(op, JSON.stringify({ ...rest, functionHandle: `function://${target.componentPath};${target.udfPath}` }));
    // A scheduled function is a request of its own, and its timer keeps the context it is set in.
    if (!SCHEDULES.has(op)) return call();
    const { componentPath } = running;
    const scheduled = logName({ componentPath: target.componentPath, name: canonicalName(target.udfPath) });
    return execution.run(startExecution({ name: scheduled, componentPath, scheduled: true }), call);
  }

  return {
    syscall(/** @type {string} */ op, /** @type {string} */ json) {
      record(op, JSON.parse(json));
      return convexTest.syscall(op, json);
    },

    async asyncSyscall(/** @type {string} */ op, /** @type {string} */ json) {
      const running = execution.getStore();
      if (running === undefined) throw new Error(`"${op}" was called outside of any function.`);
      const answer = Object.hasOwn(ANSWERS, op) ? ANSWERS[op] : undefined;
      if (answer !== undefined) return JSON.stringify(answer(running));
      const args = JSON.parse(json);
      record(op, args);
      try {
        return await forward(op, json, args, running);
      } catch (error) {
        // The library decodes the data of a nested call's error; convex-test hands it over decoded.
        if (isConvexError(error)) error.data = convexToJson(error.data);
        throw error;
      }
    },

    async jsSyscall(/** @type {string} */ op, /** @type {any} */ args) {
      if (op === "storage/storeBlob") onWrite(tableKey(execution.getStore()?.componentPath ?? "", "_storage"));
      return convexTest.jsSyscall(op, args);
    },
  };
}
