// A stand-in for Convex's default runtime: runs bundled Convex functions in a bare V8 context, fresh for each call, that holds
// only what Convex documents, in a child process with Convex's V8 flags.
//
// It follows get-convex/convex-backend: crates/isolate/src/client.rs (flags), isolate.rs and execution_scope.rs (modules),
// environment/ (clock, randomness, what is allowed where), npm-packages/udf-runtime (globals). It has no database or validation of
// its own (both are Rust in Convex): deployment.mjs adds a small one, and components.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ path: string, source: string, environment?: string }} DeployedModule as the CLI's bundler gives them
 * @typedef {object} IsolateOptions
 * @property {string} [source]                      one module, deployed as "main.js"
 * @property {DeployedModule[] | Record<string, string>} [modules]   or all of them, by path
 * @property {Record<string, string>} [env]         the deployment's environment variables
 * @property {number} [now]                         the clock of a call, if it does not say its own; real time if left out
 * @property {string} [componentPath]               where the modules are: a component's path; "", the app, if left out
 * @property {boolean} [watched]                    whether results have `uses`
 * @property {number} [deployedAt]                  the clock at module scope
 * @property {string} [deploySeed]                  the randomness at module scope; the same until the "next deploy"
 * @property {number} [timeLimitMs]                 for one call. Convex allows 1 s; the default leaves room for a busy machine
 * @property {string} [node]                        the Node to use; the newest V8 installed if left out
 * @property {string[]} [nodeFlags]                 more flags, for tests of this harness
 * @property {(name: string, args: any) => unknown} [onSyscall]   answers ctx.runQuery and the like ("1.0/runUdf", ...); what it throws may have `data`, as a ConvexError
 *
 * @typedef {{ type?: "query" | "mutation" | "action", now?: number, seed?: string }} CallOptions
 * @typedef {object} HttpRequest for an http action
 * @property {string} method
 * @property {string} url
 * @property {[name: string, value: string][]} headers
 * @property {string[]} [body] the parts of a body in base64, as they arrive; none: no body
 * @property {number} [repeat] how often all of the parts arrive, one after the other
 * `partsRead`: how many parts of the request's body were asked for.
 * @typedef {{ status: number, headers: [name: string, value: string][], body: string, partsRead: number }} HttpAnswer `body` in base64
 * @typedef {{ name: string, message: string, stack: string, data?: any }} GuestError
 * @typedef {{ level: string, message: string }[]} Logs
 * What of the runtime a call used, and whether a module did at its evaluation: "importing: env NAME", "executing: clock", ...
 * @typedef {string[]} Uses
 * `ownMs`: what evaluating its modules and running it took, without setting up the context and waiting for answers to system calls.
 * `cpuMs`: the processor's time that went by meanwhile in the process; others on a busy machine are not in it.
 * @typedef {{ ok: true, value: any, logs: Logs, uses: Uses, ownMs: number, cpuMs: number } | { ok: false, error: GuestError, logs: Logs, uses: Uses }} CallResult
 */

const host = fileURLToPath(new URL("./host.mjs", import.meta.url));
/** crates/isolate/src/client.rs, `initialize_v8`. Older Nodes do not know all of them. */
const convexFlags = ["--no-wasm-async-compilation", "--disallow-code-generation-from-strings", "--js-base-64", "--stack-size=2048"];

/** The Node whose V8 is nearest to Convex's: an npm package of the workspace, or the one running this. */
export function nearestNode() {
  const root = new URL("../../../node_modules/", import.meta.url);
  const newest = fileURLToPath(new URL(`node26-${process.platform}-${process.arch}/bin/node`, root));
  return existsSync(newest) ? newest : process.execPath;
}

/** @type {Map<string, string[]>} */
const acceptedFlags = new Map();
/** @param {string} node */
function flagsFor(node) {
  const known = acceptedFlags.get(node);
  if (known !== undefined) return known;
  const accepted = convexFlags.filter((flag) => spawnSync(node, [flag, "-e", "0"], { stdio: "ignore" }).status === 0);
  acceptedFlags.set(node, accepted);
  return accepted;
}

/** @param {IsolateOptions} options @returns {Record<string, string>} */
function collectModules({ source, modules }) {
  if (source !== undefined) return { "main.js": source };
  if (modules === undefined) throw new Error("createIsolate: give `source` or `modules`");
  if (!Array.isArray(modules)) return { ...modules };
  const isolated = modules.filter((module) => module.environment === undefined || module.environment === "isolate");
  return Object.fromEntries(isolated.map((module) => [module.path, module.source]));
}

/** @param {IsolateOptions} options */
export function createIsolate(options) {
  const { env = {}, deployedAt = Date.parse("2026-01-01T00:00:00Z"), deploySeed = "0", timeLimitMs = 20_000, componentPath = "", watched = false, onSyscall } = options;
  const modules = collectModules(options);
  const node = options.node ?? nearestNode();
  const flags = [...flagsFor(node), "--experimental-vm-modules", "--no-warnings", ...(options.nodeFlags ?? [])];
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let child;
  /** How the call under way ends; there is one at most. @type {((result: any) => void) | undefined} */
  let settle;
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();

  function start() {
    // The variables of this process are not the deployment's: the child gets none of them.
    const started = spawn(node, [...flags, host], { stdio: ["ignore", "inherit", "inherit", "ipc"], env: {} });
    started.on("message", (/** @type {any} */ message) => void receive(started, message));
    started.on("exit", (code, signal) => {
      if (child !== started) return;
      child = undefined;
      settle?.(dead(`the isolate's process ended (${signal ?? code})`));
    });
    started.send({ kind: "deploy", deployment: { modules, env, componentPath, watched, deployedAt, deploySeed } });
    return started;
  }
  /** @param {string} message @returns {CallResult} */
  const dead = (message) => ({ ok: false, error: { name: "IsolateError", message, stack: "" }, logs: [], uses: [] });

  /** @param {import("node:child_process").ChildProcess} from @param {any} message */
  async function receive(from, message) {
    if (message.kind === "result") return child === from && settle?.(message.result);
    const answer = { kind: "syscallResult", id: message.id };
    /** @param {object} outcome the call may be over by now, and its process gone */
    const send = (outcome) => from.connected && from.send({ ...answer, ...outcome });
    try {
      if (onSyscall === undefined) throw new Error(`Unknown async operation ${message.name}: give createIsolate an onSyscall`);
      send({ value: (await onSyscall(message.name, message.args)) ?? null });
    } catch (error) {
      send(error instanceof Error ? { error: error.message, ...("data" in error ? { data: error.data } : {}) } : { error: String(error) });
    }
  }

  /** @param {Record<string, unknown>} message @returns {Promise<any>} */
  function ask(message) {
    const asked = (child ??= start());
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        child = undefined;
        asked.kill("SIGKILL");
        settle?.(dead(`the call took more than ${timeLimitMs} ms`));
      }, timeLimitMs);
      settle = (result) => {
        clearTimeout(timer);
        settle = undefined;
        resolve(result);
      };
      asked.send(message);
    });
  }
  /** One at a time, as in an isolate. @param {Record<string, unknown>} message */
  function inTurn(message) {
    const turn = last.then(() => ask(message));
    last = turn;
    return turn;
  }

  /** The deployed functions, by name, as Convex finds them at deploy time. @returns {Promise<Record<string, any>>} */
  async function analyze() {
    const result = await inTurn({ kind: "analyze" });
    if (!result.ok) throw new Error(`analysis failed: ${result.error.message}`, { cause: result.error });
    return result.value;
  }

  /**
   * Runs one function in a context of its own. `args` and the value are in Convex's JSON form.
   * @param {string} name  "path/to/module:function"
   * @param {unknown} [args]
   * @param {CallOptions} [callOptions]
   * @returns {Promise<CallResult>}
   */
  function call(name, args = {}, { type = "query", now = options.now, seed } = {}) {
    return inTurn({ kind: "call", request: { name, type, args, now, seed } });
  }

  /**
   * Runs an http action, of the router that http.ts exports.
   * @param {HttpRequest} request
   * @param {Omit<CallOptions, "type">} [callOptions]
   * @returns {Promise<{ ok: true, value: HttpAnswer, logs: Logs, uses: Uses, ownMs: number, cpuMs: number } | Extract<CallResult, { ok: false }>>}
   */
  function http(request, { now = options.now, seed } = {}) {
    return inTurn({ kind: "call", request: { name: "http:default", type: "action", args: {}, http: request, now, seed } });
  }

  /** @returns {Promise<void>} */
  async function close() {
    const ending = child;
    if (ending === undefined) return;
    await new Promise((resolve) => {
      ending.once("exit", resolve);
      ending.kill();
    });
  }

  return { call, http, analyze, close, node, flags };
}
