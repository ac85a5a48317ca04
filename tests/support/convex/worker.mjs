// The worker thread in which a deployment's functions run, over convex-test's database. Its `process.env` is the
// deployment's own: the thread is started with those variables and no others. Started by deployment.mjs; never imported.
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { format } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import { convexTest } from "convex-test";
import { convexToJson, jsonToConvex } from "convex/values";
import { analyze, convexTestModules, execution, isConvexError, startExecution, withErrorData } from "./functions.mjs";
import { createLoader } from "./loader.mjs";
import { wrapSyscalls } from "./syscalls.mjs";

/**
 * @typedef {object} WorkerData
 * @property {import("./compile.mjs").CompiledModule[]} modules
 * @property {boolean} hasSchema
 * @property {string} functionsDir
 * @property {string} deploymentName
 */

/** @typedef {{ id: string, ip?: string | null, userAgent?: string | null }} RequestInfo */

/**
 * A failure, ready to cross the thread: `data` is a ConvexError's, in Convex's JSON encoding.
 * @typedef {{ message: string, data?: unknown }} Failure
 */

/** @typedef {{ reads: string[] } & ({ value: unknown } | { failure: Failure })} Outcome */

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
const { modules, hasSchema, functionsDir, deploymentName } = /** @type {WorkerData} */ (workerData);
const loader = createLoader({ modules, functionsDir });

function installConsole() {
  const write = (/** @type {string} */ level) => (/** @type {unknown[]} */ ...args) => {
    const entry = { time: Date.now(), level, function: execution.getStore()?.name ?? "", message: format(...args) };
    port.postMessage({ log: entry });
  };
  const levels = { log: write("log"), info: write("info"), warn: write("warn"), error: write("error"), debug: write("debug"), trace: write("debug") };
  Object.defineProperty(globalThis, "console", { value: { ...console, ...levels }, writable: true, configurable: true });
}

/** @param {unknown} error @returns {Failure} */
function describeFailure(error) {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  const message = `Uncaught ${loader.mapStack(text)}`;
  return isConvexError(error) ? { message, data: convexToJson(error.data ?? null) } : { message };
}

function start() {
  installConsole();
  // The CLI's bundler resolves `async_hooks` to these globals, which Convex's runtime has.
  Object.assign(globalThis, { AsyncLocalStorage, AsyncResource });
  const functions = analyze(modules, loader);
  const schema = hasSchema ? loader.load("schema.js").default : undefined;
  const t = /** @type {any} */ (convexTest({ schema, modules: convexTestModules(functions, loader) }));
  const globals = /** @type {any} */ (globalThis);
  const convexTestSyscalls = globals.Convex;
  globals.Convex = wrapSyscalls(convexTestSyscalls, { deploymentName, onWrite: (table) => port.postMessage({ written: table }) });
  const hasHttp = modules.some(({ path }) => path === "http.js");

  /** The latest commit's timestamp. */
  const snapshotTs = () => jsonToConvex(JSON.parse(convexTestSyscalls.syscall("1.0/getSnapshotTs", "{}")));

  /** @param {import("./functions.mjs").Execution} context @param {() => Promise<unknown>} call @returns {Promise<Outcome>} */
  async function outcomeOf(context, call) {
    const outcome = await execution.run(context, async () => {
      try {
        return { value: await call() };
      } catch (error) {
        return { failure: describeFailure(error) };
      }
    });
    return { ...outcome, reads: [...context.reads] };
  }

  return {
    functions: [...functions.values()].map(({ name, type, visibility }) => ({ name, type, visibility })),
    handlers: {
      /**
       * Queries that see one and the same state of the database.
       * @param {{ queries: { name: string, argsJson: string }[], request: RequestInfo }} payload
       */
      async queries({ queries, request }) {
        /** @type {Outcome[]} */
        const outcomes = [];
        /** @type {unknown} */
        let ts;
        await t.query(async () => {
          ts = snapshotTs();
          for (const { name, argsJson } of queries) {
            const context = startExecution({ name, request, argsJson });
            const call = async () => JSON.parse(await convexTestSyscalls.asyncSyscall("1.0/runUdf", JSON.stringify({ udfType: "query", name, args: {} })));
            outcomes.push(await outcomeOf(context, call));
          }
        });
        return { outcomes, ts };
      },

      /** @param {{ name: string, argsJson: string, request: RequestInfo }} payload */
      async mutation({ name, argsJson, request }) {
        const context = startExecution({ name, request, argsJson });
        const outcome = await outcomeOf(context, async () => convexToJson((await t.mutationFromPath({ componentPath: "", udfPath: name }, {})) ?? null));
        return { outcome, ts: await t.query(async () => snapshotTs()) };
      },

      /** @param {{ name: string, argsJson: string, request: RequestInfo }} payload */
      async action({ name, argsJson, request }) {
        const context = startExecution({ name, request, argsJson });
        return { outcome: await outcomeOf(context, async () => convexToJson((await t.actionFromPath({ componentPath: "", udfPath: name }, {})) ?? null)) };
      },

      /** @param {{ method: string, url: string, headers: [string, string][], body: Uint8Array<ArrayBuffer> | null, request: RequestInfo }} payload */
      async http({ method, url, headers, body, request: info }) {
        if (!hasHttp) return { status: 404, headers: [], body: "This Convex deployment does not have HTTP actions enabled." };
        const { pathname } = new URL(url);
        const context = startExecution({ name: `${method} ${pathname}`, request: info });
        /** @type {{ status: number, headers: [string, string][], body: Uint8Array | string } | undefined} */
        let answer;
        const outcome = await outcomeOf(context, () =>
          t.action(async () => {
            const router = loader.load("http.js").default;
            // HEAD is answered by the route for GET, without its body.
            const route = router?.lookup(pathname, method === "HEAD" ? "GET" : method) ?? null;
            if (route === null) {
              answer = { status: 404, headers: [], body: "No matching routes found" };
              return;
            }
            context.type = "action";
            const request = new Request(url, { method, headers, body: method === "GET" || method === "HEAD" ? null : body });
            const response = await withErrorData(() => route[0].invokeHttpAction(request));
            answer = { status: response.status, headers: [...response.headers], body: new Uint8Array(await response.arrayBuffer()) };
          }),
        );
        return "failure" in outcome ? { failure: outcome.failure } : answer;
      },

      /** @param {{ name: string, value?: string }} payload */
      async setEnv({ name, value }) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
        loader.invalidate();
      },
    },
  };
}

// What a function leaves running must not end the deployment; on Convex it would only fail that function.
for (const event of /** @type {const} */ (["uncaughtException", "unhandledRejection"])) {
  process.on(event, (/** @type {unknown} */ error) => console.error(describeFailure(error).message));
}

try {
  const { functions, handlers } = start();
  port.on("message", async ({ id, kind, payload }) => {
    try {
      port.postMessage({ id, result: await handlers[/** @type {keyof typeof handlers} */ (kind)](payload) });
    } catch (error) {
      port.postMessage({ id, broken: describeFailure(error).message });
    }
  });
  port.postMessage({ ready: functions });
} catch (error) {
  port.postMessage({ unusable: describeFailure(error).message });
}
