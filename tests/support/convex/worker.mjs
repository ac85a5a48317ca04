// The worker thread in which a deployment's functions run, over convex-test's database. Its `process.env` is the
// deployment's own: the thread is started with those variables and no others. Started by deployment.mjs; never imported.
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { format } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import { convexTest } from "convex-test";
import { convexToJson, jsonToConvex } from "convex/values";
import { environments, findInstalled } from "./components.mjs";
import { readCrons, startCron } from "./crons.mjs";
import { analyze, canonicalName, convexTestModules, execution, isConvexError, logName, startExecution, withErrorData } from "./functions.mjs";
import { createLoader, mapStack } from "./loader.mjs";
import { wrapSyscalls } from "./syscalls.mjs";

/**
 * @typedef {object} WorkerData
 * @property {import("./components.mjs").Definition[]} definitions
 * @property {string} deploymentName
 */

/** @typedef {{ id: string, ip?: string | null, userAgent?: string | null }} RequestInfo */

/**
 * A failure, ready to cross the thread: `data` is a ConvexError's, in Convex's JSON encoding.
 * @typedef {{ message: string, data?: unknown }} Failure
 */

/** @typedef {{ reads: string[] } & ({ value: unknown } | { failure: Failure })} Outcome */

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
const { definitions, deploymentName } = /** @type {WorkerData} */ (workerData);
/** The thread's own, which only "use node" functions see. */
const realProcess = process;
/** @type {import("./loader.mjs").Loader[]} */
const loaders = [];

/** @param {string} level @param {string} name @param {string} message */
function log(level, name, message) {
  port.postMessage({ log: { time: Date.now(), level, function: name, message } });
}

function installConsole() {
  const write = (/** @type {string} */ level) => (/** @type {unknown[]} */ ...args) => {
    const running = execution.getStore();
    // Before a scheduled function runs and after, nothing speaks but convex-test, to report that it failed.
    if (running?.scheduled === true) reportFailure(running, describeFailure(args.at(-1)));
    else log(level, running === undefined ? "" : logName(running), format(...args));
  };
  const levels = { log: write("log"), info: write("info"), warn: write("warn"), error: write("error"), debug: write("debug"), trace: write("debug") };
  Object.defineProperty(globalThis, "console", { value: { ...console, ...levels }, writable: true, configurable: true });
}

/**
 * `globalThis.process` as a function may see it: on Convex's own runtime it holds nothing but `env`.
 * @param {(componentPath: string) => Record<string, string | undefined>} environmentOf
 */
function installProcess(environmentOf) {
  const get = () => {
    const running = execution.getStore();
    return running === undefined || running.environment === "node" ? realProcess : { env: environmentOf(running.componentPath) };
  };
  Object.defineProperty(globalThis, "process", { get, configurable: true });
}

/** A failure that nobody waits for. @param {import("./functions.mjs").Execution} context @param {Failure} failure */
function reportFailure(context, { message }) {
  log("failure", context.scheduled ? context.name : logName(context), `[Request ID: ${context.request.id}] ${message}`);
}

/** @param {unknown} error @returns {Failure} */
function describeFailure(error) {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  const message = `Uncaught ${mapStack(text, loaders)}`;
  return isConvexError(error) ? { message, data: convexToJson(error.data ?? null) } : { message };
}

function start() {
  installConsole();
  // The CLI's bundler resolves `async_hooks` to these globals, which Convex's runtime has.
  Object.assign(globalThis, { AsyncLocalStorage, AsyncResource });
  const installed = findInstalled(definitions);
  const environmentOf = environments(installed, realProcess.env);
  installProcess(environmentOf);
  const components = new Map(installed.map(({ path, definition }) => [path, loadComponent(path, definition, environmentOf)]));
  const { functions, loader, schema } = /** @type {Component} */ (components.get(""));
  const t = /** @type {any} */ (convexTest(/** @type {any} */ ({ schema, modules: convexTestModules(functions, loader) })));
  for (const [path, component] of components) {
    if (path !== "") t.registerComponent(path, component.schema, convexTestModules(component.functions, component.loader));
  }
  const globals = /** @type {any} */ (globalThis);
  const convexTestSyscalls = globals.Convex;
  globals.Convex = wrapSyscalls(convexTestSyscalls, { deploymentName, accessor: t, components, onWrite: (table) => port.postMessage({ written: table }) });
  const hasHttp = loader.has("http.js");

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

  /** @param {import("./crons.mjs").CronJob} job @returns {Promise<Outcome>} */
  async function runCron({ componentPath, functionName, args }) {
    const context = startExecution({ name: canonicalName(functionName), componentPath, argsJson: JSON.stringify(args) });
    const outcome = await outcomeOf(context, async () => convexToJson((await t.fun({ componentPath, udfPath: functionName }, {})) ?? null));
    if ("failure" in outcome) reportFailure(context, outcome.failure);
    return outcome;
  }

  const crons = [...components.values()].flatMap((component) => component.crons);

  return {
    startCrons() {
      for (const job of crons) startCron(job, () => runCron(job));
    },
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
        if (value === undefined) delete realProcess.env[name];
        else realProcess.env[name] = value;
        loader.invalidate();
      },

      /** @param {{ componentPath: string, name: string }} payload */
      async runCron({ componentPath, name }) {
        const job = crons.find((cron) => cron.componentPath === componentPath && cron.name === name);
        if (job === undefined) return { unknown: crons.map((cron) => `"${cron.name}" in "${cron.componentPath}"`) };
        return { outcome: await runCron(job) };
      },

      /** @param {{ componentPath: string, table: string }} payload */
      async readTable({ componentPath, table }) {
        const component = components.get(componentPath);
        if (component === undefined) return { refused: `There is no component "${componentPath}". There are: ${[...components.keys()].map((path) => `"${path}"`).join(", ")}.` };
        const tables = component.schema === null ? null : Object.keys(component.schema.tables);
        // A table that a schema does not name would always look empty.
        if (tables !== null && !tables.includes(table) && !table.startsWith("_")) return { refused: `There is no table "${table}" in the component "${componentPath}". There are: ${tables.join(", ")}.` };
        const read = (/** @type {any} */ { db }) => (table.startsWith("_") ? db.system : db).query(table).collect();
        const documents = await execution.run(startExecution({ name: "readTable", componentPath }), () => t.runInComponent(componentPath, read));
        return { documents: convexToJson(documents) };
      },
    },
  };
}

/** @typedef {ReturnType<typeof loadComponent>} Component */

/**
 * The app at "", or one installed component: its modules, evaluated, and what they say.
 * @param {string} path
 * @param {import("./components.mjs").Definition} definition
 * @param {(componentPath: string) => Record<string, string | undefined>} environmentOf
 */
function loadComponent(path, { modules, schema, functionsDir }, environmentOf) {
  const all = schema === null ? modules : [...modules, schema];
  const loader = createLoader({ modules: all, functionsDir, componentPath: path, env: () => environmentOf(path), mayImport: () => execution.getStore()?.type === "action" });
  loaders.push(loader);
  const functions = analyze(modules, loader, path);
  const crons = loader.has("crons.js") ? readCrons(loader.load("crons.js").default, path, (name) => functions.get(canonicalName(name))) : [];
  /** @type {{ tables: Record<string, unknown> } | null} */
  const tables = schema === null ? null : loader.load(schema.path).default;
  return { loader, functions, crons, schema: tables };
}

// What a function leaves running must not end the deployment; on Convex it would only fail that function.
for (const event of /** @type {const} */ (["uncaughtException", "unhandledRejection"])) {
  realProcess.on(event, (/** @type {unknown} */ error) => console.error(describeFailure(error).message));
}

try {
  const { functions, handlers, startCrons } = start();
  port.on("message", async ({ id, kind, payload }) => {
    try {
      port.postMessage({ id, result: await handlers[/** @type {keyof typeof handlers} */ (kind)](payload) });
    } catch (error) {
      port.postMessage({ id, broken: describeFailure(error).message });
    }
  });
  port.postMessage({ ready: functions });
  startCrons();
} catch (error) {
  port.postMessage({ unusable: describeFailure(error).message });
}
