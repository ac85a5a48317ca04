// One deployment, seen from the server's thread: its variables, its log, and calls into the worker that runs its functions.
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { Worker } from "node:worker_threads";
import { jsonToConvex } from "convex/values";
import { compileModule } from "./compile.mjs";
import { canonicalName } from "./functions.mjs";

/** @typedef {import("./worker.mjs").Outcome} Outcome */
/** @typedef {import("./worker.mjs").Failure} Failure */
/** @typedef {{ name: string, type: "query" | "mutation" | "action", visibility: "public" | "internal" }} FunctionInfo */

/**
 * @typedef {object} LogEntry
 * @property {number} time milliseconds since 1970
 * @property {"log" | "info" | "warn" | "error" | "debug" | "failure"} level `failure`: a call that threw, with the full reason that its caller does not see
 * @property {string} function such as `messages:send`, `component/path/messages:send` in a component, or `POST /webhook` for an http action
 * @property {string} message
 */

/** Who calls. @typedef {{ admin: boolean, ip: string | null, userAgent: string | null }} Caller */

/**
 * What a call came to, as its caller may see it. `value` and `errorData` are in Convex's JSON encoding.
 * @typedef {{ ok: true, value: unknown } | { ok: false, errorMessage: string, errorData?: unknown }} Result
 */

const ENV_NAME = /^[a-zA-Z_]+[a-zA-Z0-9_]*$/;
const MAX_ENV_NAME = 256;
const MAX_ENV_VALUE = 8 * 1024;
const BUILT_IN_ENV = new Set(["CONVEX_CLOUD_URL", "CONVEX_SITE_URL"]);

/** A refusal with a code that goes back to an HTTP or WebSocket client as it is. */
export class RequestError extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @param {string} name @param {string | undefined} value */
function checkVariable(name, value) {
  const bad = (/** @type {string} */ code, /** @type {string} */ message) => {
    throw new RequestError(400, code, message);
  };
  if (!ENV_NAME.test(name)) bad("EnvironmentVariableNameInvalid", `The environment variable name ${name} is invalid: use letters, digits and underscores, and no digit first.`);
  if (name.length > MAX_ENV_NAME) bad("EnvironmentVariableNameTooLong", `The environment variable name ${name} is longer than ${MAX_ENV_NAME} characters.`);
  if (BUILT_IN_ENV.has(name)) bad("EnvVarNameForbidden", `Environment variable with name "${name}" is built-in and cannot be overridden`);
  if (value !== undefined && typeof value !== "string") bad("BadJsonBody", `The value of ${name} must be a string.`);
  const bytes = Buffer.byteLength(value ?? "");
  if (bytes > MAX_ENV_VALUE) bad("EnvironmentVariableValueTooLarge", `The environment variable value is ${bytes} bytes, which is too large. (max size: ${MAX_ENV_VALUE})`);
}

/**
 * Emits `invalidate` with the name of a table that was written, or with `null` when every query must run again.
 * @extends {EventEmitter<{ invalidate: [table: string | null] }>}
 */
export class Deployment extends EventEmitter {
  /** @type {LogEntry[]} */
  logs = [];
  /** @type {Map<string, string>} */
  #env = new Map();
  /** @type {Map<string, FunctionInfo>} */
  #functions = new Map();
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #pending = new Map();
  #nextCall = 0;
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Error | undefined} */
  #ended;

  /**
   * @param {object} options
   * @param {Record<string, string>} options.env
   * @param {boolean} options.redact
   * @param {((entry: LogEntry) => void) | undefined} [options.log]
   */
  constructor({ env, redact, log }) {
    super();
    // One listener for each open page; there is no leak to warn about.
    this.setMaxListeners(0);
    this.redact = redact;
    this.log = log;
    for (const [name, value] of Object.entries(env)) {
      checkVariable(name, value);
      this.#env.set(name, value);
    }
  }

  /**
   * @param {object} options
   * @param {import("./bundle.mjs").BundledApp} options.app
   * @param {string} options.deploymentName
   * @param {string} options.url
   * @param {string} options.siteUrl
   */
  async start({ app, deploymentName, url, siteUrl }) {
    const { functionsDir, modules, schema, definition } = app;
    const definitions = await Promise.all([{ definitionPath: "", functionsDir, modules, schema, definition }, ...app.components].map(compileDefinition));
    const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
      workerData: { definitions, deploymentName },
      env: { ...Object.fromEntries(this.#env), CONVEX_CLOUD_URL: url, CONVEX_SITE_URL: siteUrl },
      execArgv: [],
    });
    this.#worker = worker;
    /** @type {FunctionInfo[]} */
    const functions = await new Promise((resolve, reject) => {
      worker.on("message", (message) => {
        if ("ready" in message) resolve(message.ready);
        else if ("unusable" in message) reject(new Error(`The Convex functions could not be loaded:\n${message.unusable}`));
        else this.#receive(message);
      });
      const end = (/** @type {Error} */ error) => {
        this.#ended ??= error;
        for (const { reject } of this.#pending.values()) reject(error);
        this.#pending.clear();
        reject(error);
      };
      worker.on("error", (error) => end(new Error(`The thread running the Convex functions failed: ${error.message}`, { cause: error })));
      worker.on("exit", (code) => end(new Error(`The thread running the Convex functions has ended (code ${code}).`)));
    });
    this.#functions = new Map(functions.map((fn) => [fn.name, fn]));
  }

  async close() {
    this.#ended = new Error("The embedded Convex has been closed.");
    await this.#worker?.terminate();
  }

  #receive(/** @type {any} */ message) {
    if ("log" in message) this.#record(message.log);
    else if ("written" in message) this.emit("invalidate", message.written);
    else {
      const call = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if ("broken" in message) call?.reject(new Error(message.broken));
      else call?.resolve(message.result);
    }
  }

  #record(/** @type {LogEntry} */ entry) {
    this.logs.push(entry);
    this.log?.(entry);
  }

  /** @param {string} kind @param {unknown} payload @returns {Promise<any>} */
  #call(kind, payload) {
    const worker = this.#worker;
    if (worker === undefined || this.#ended !== undefined) return Promise.reject(this.#ended ?? new Error("The embedded Convex has not been started."));
    return new Promise((resolve, reject) => {
      const id = this.#nextCall++;
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, kind, payload });
    });
  }

  /** @param {string} name @param {string} requestId @param {Failure} failure */
  #fail(name, requestId, { message, data }) {
    this.#record({ time: Date.now(), level: "failure", function: name, message: `[Request ID: ${requestId}] ${message}` });
    const errorMessage = `[Request ID: ${requestId}] Server Error${this.redact ? "" : `\n${message}`}`;
    return data === undefined ? { errorMessage } : { errorMessage, errorData: data };
  }

  /** @param {string} name @param {string} requestId @param {Outcome} outcome @returns {Result} */
  #result(name, requestId, outcome) {
    return "value" in outcome ? { ok: true, value: outcome.value } : { ok: false, ...this.#fail(name, requestId, outcome.failure) };
  }

  /**
   * Finds a function, or says why there is none: internal functions are missing to everybody but an administrator.
   * @param {string} path @param {"query" | "mutation" | "action" | "any"} type @param {Caller} caller
   * @returns {{ fn: FunctionInfo } | { refused: string }}
   */
  #resolve(path, type, { admin }) {
    const name = canonicalName(path);
    const fn = this.#functions.get(name);
    if (fn === undefined || (fn.visibility === "internal" && !admin)) return { refused: `Could not find public function for '${name}'.` };
    if (type !== "any" && fn.type !== type) return { refused: `Trying to execute ${name} as ${capital(type)}, but it is defined as ${capital(fn.type)}.` };
    return { fn };
  }

  /** @param {Caller} caller */
  #request({ ip, userAgent }) {
    return { id: randomBytes(8).toString("hex"), ip, userAgent };
  }

  /**
   * Runs queries on one snapshot of the database.
   * @param {{ path: string, args: unknown }[]} queries arguments in Convex's JSON encoding
   * @param {Caller} caller
   * @returns {Promise<{ ts: bigint, results: { result: Result, reads: string[] }[] }>} `reads`: the tables each one depends on
   */
  async queries(queries, caller) {
    const request = this.#request(caller);
    const resolved = queries.map(({ path, args }) => ({ path, args, found: this.#resolve(path, "query", caller) }));
    const payload = resolved.flatMap(({ args, found }) => ("fn" in found ? [{ name: found.fn.name, argsJson: JSON.stringify(args) }] : []));
    const { outcomes, ts } = await this.#call("queries", { queries: payload, request });
    const remaining = outcomes[Symbol.iterator]();
    const results = resolved.map(({ path, found }) => {
      /** @type {Outcome} */
      const outcome = "fn" in found ? remaining.next().value : { failure: { message: found.refused }, reads: [] };
      return { result: this.#result("fn" in found ? found.fn.name : path, request.id, outcome), reads: outcome.reads };
    });
    return { ts, results };
  }

  /**
   * Runs one function from outside.
   * @param {"query" | "mutation" | "action" | "any"} type
   * @param {string} path
   * @param {unknown} args in Convex's JSON encoding
   * @param {Caller} caller
   * @returns {Promise<{ result: Result, ts?: bigint }>} `ts` after a mutation: a timestamp not before its commit
   */
  async run(type, path, args, caller) {
    const found = this.#resolve(path, type, caller);
    const request = this.#request(caller);
    if ("refused" in found) return { result: { ok: false, ...this.#fail(path, request.id, { message: found.refused }) } };
    const { name, type: actual } = found.fn;
    if (actual === "query") {
      const { results } = await this.queries([{ path: name, args }], caller);
      return { result: /** @type {{ result: Result }} */ (results[0]).result };
    }
    const { outcome, ts } = await this.#call(actual, { name, argsJson: JSON.stringify(args), request });
    return { result: this.#result(name, request.id, outcome), ts };
  }

  /**
   * @param {{ method: string, url: string, headers: [string, string][], body: Uint8Array | null }} message
   * @param {Caller} caller
   * @returns {Promise<{ status: number, headers: [string, string][], body: Uint8Array | string }>}
   */
  async http(message, caller) {
    const request = this.#request(caller);
    const answer = await this.#call("http", { ...message, request });
    if (!("failure" in answer)) return answer;
    const { errorMessage, errorData } = /** @type {{ errorMessage: string, errorData?: unknown }} */ (this.#fail(`${message.method} ${new URL(message.url).pathname}`, request.id, answer.failure));
    return { status: 500, headers: [["content-type", "application/json"]], body: JSON.stringify({ code: errorMessage, data: errorData }) };
  }

  /**
   * Runs a cron job now, once, beside its own times.
   * @param {string} componentPath "" for the app's own jobs
   * @param {string} name as crons.ts has it
   */
  async runCron(componentPath, name) {
    const { unknown, outcome } = await this.#call("runCron", { componentPath, name });
    if (unknown !== undefined) throw new Error(`There is no cron job "${name}" in "${componentPath}". There are: ${unknown.join(", ") || "none"}.`);
    if ("failure" in outcome) throw new Error(`The cron job "${name}" in "${componentPath}" failed: ${outcome.failure.message}`);
  }

  /**
   * Every document of a table, oldest first.
   * @param {string} componentPath "" for the app's own tables
   * @param {string} table
   * @returns {Promise<any[]>}
   */
  async readTable(componentPath, table) {
    const { refused, documents } = await this.#call("readTable", { componentPath, table });
    if (refused !== undefined) throw new Error(refused);
    return /** @type {any[]} */ (jsonToConvex(documents));
  }

  /** @returns {{ name: string, value: string }[]} */
  listEnv() {
    return [...this.#env].map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * All changes or none. Resolves once every later call sees them.
   * @param {{ name: string, value: string | undefined }[]} changes
   */
  async setEnv(changes) {
    for (const { name, value } of changes) checkVariable(name, value);
    for (const { name, value } of changes) {
      if (value === undefined) this.#env.delete(name);
      else this.#env.set(name, value);
      await this.#call("setEnv", { name, value });
    }
    // Variables are not among what a query is known to depend on, so all of them run again.
    this.emit("invalidate", null);
  }
}

/**
 * @param {Omit<import("./bundle.mjs").BundledComponent, "definition"> & { definition: import("./bundle.mjs").BundledModule | null }} bundled
 * @returns {Promise<import("./components.mjs").Definition>}
 */
async function compileDefinition({ definitionPath, functionsDir, modules, schema, definition }) {
  const compileOptional = (/** @type {import("./bundle.mjs").BundledModule | null} */ module) => (module === null ? null : compileModule(module));
  const [compiled, compiledSchema, config] = await Promise.all([Promise.all(modules.map(compileModule)), compileOptional(schema), compileOptional(definition)]);
  return { definitionPath, functionsDir, modules: compiled, schema: compiledSchema, config };
}

const capital = (/** @type {string} */ word) => word.charAt(0).toUpperCase() + word.slice(1);
