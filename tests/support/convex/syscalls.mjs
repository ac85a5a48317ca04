// What stands between the functions and convex-test's syscalls: request and function metadata as Convex gives them,
// ConvexError data that survives nesting, and a record of the tables read and written, by which subscriptions refresh.
import { convexToJson } from "convex/values";
import { execution, isConvexError, startExecution } from "./functions.mjs";

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

/**
 * @param {{ syscall: Function, asyncSyscall: Function, jsSyscall: Function }} convexTest its `Convex` global
 * @param {object} options
 * @param {string} options.deploymentName
 * @param {(table: string) => void} options.onWrite called before the transaction commits
 */
export function wrapSyscalls(convexTest, { deploymentName, onWrite }) {
  /** @param {string} op @param {any} args */
  function record(op, args) {
    const read = READS[op]?.(args);
    if (read !== undefined) execution.getStore()?.reads.add(read);
    const written = WRITES[op]?.(args);
    if (written !== undefined) onWrite(written);
  }

  /** @type {Record<string, (running: import("./functions.mjs").Execution) => unknown>} */
  const ANSWERS = {
    "1.0/getFunctionMetadata": ({ name }) => ({ name, componentPath: "" }),
    "1.0/getDeploymentMetadata": () => ({ name: deploymentName, region: null, class: "s16" }),
    "1.0/getRequestMetadata": ({ type, request }) => {
      if (type === "query") throw new Error("getRequestMetadata() is not available in queries.");
      return { ip: request.ip, userAgent: request.userAgent, requestId: request.id, scheduledFunctionId: null, authToken: null };
    },
    // No authentication provider is configured, so nobody is signed in.
    "1.0/getUserIdentity": () => null,
  };

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
      record(op, JSON.parse(json));
      const forward = async () => convexTest.asyncSyscall(op, json);
      try {
        // A scheduled function is a request of its own, and its timer keeps the context it is set in.
        return await (SCHEDULES.has(op) ? execution.run(startExecution({ name: "scheduler" }), forward) : forward());
      } catch (error) {
        // The library decodes the data of a nested call's error; convex-test hands it over decoded.
        if (isConvexError(error)) error.data = convexToJson(error.data);
        throw error;
      }
    },

    async jsSyscall(/** @type {string} */ op, /** @type {any} */ args) {
      if (op === "storage/storeBlob") onWrite("_storage");
      return convexTest.jsSyscall(op, args);
    },
  };
}
