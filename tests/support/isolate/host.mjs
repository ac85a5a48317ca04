// The child process of an isolate: answers `call` and `analyze` messages, each in a context of its own.
// Started by index.mjs with Convex's V8 flags; never imported.
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import vm from "node:vm";
import { createOps, noteUse } from "./ops.mjs";
import { createRng } from "./rng.mjs";

/** @typedef {import("./ops.mjs").Call} Call */

const scripts = ["adopt", "globals", "watch"].map((name) => {
  const file = new URL(`./guest/${name}.js`, import.meta.url);
  return new vm.Script(readFileSync(file, "utf8"), { filename: `convex:/_system/${name}.js` });
});
/** @type {{ modules: Record<string, string>, env: Record<string, string>, componentPath: string, watched: boolean, deployedAt: number, deploySeed: string }} */
let deployment;
/** @type {((reason: unknown) => void) | undefined} */
let failCurrentCall;
// As in Convex, a rejection nobody handles fails the function.
process.on("unhandledRejection", (reason) => {
  if (failCurrentCall === undefined) throw reason;
  failCurrentCall(reason);
});

/** @param {Call} call */
function createContext(call) {
  // A vanilla global where Node has it (22.8), else the nearest thing: a global over an object without a prototype.
  const bare = /** @type {any} */ (vm.constants)?.DONT_CONTEXTIFY ?? Object.create(null);
  const context = vm.createContext(bare, { codeGeneration: { strings: false, wasm: true } });
  const ops = createOps(call);
  const [createAdopter, setUpGlobals, watch] = scripts.map((script) => script.runInContext(context));
  setUpGlobals(ops, createAdopter(ops));
  if (deployment.watched) watch(ops.note);
  return context;
}

/**
 * Evaluates a deployed module and everything it imports, under Convex's rules for modules.
 * crates/isolate/src/execution_scope.rs (`instantiate_and_eval_module`), isolate.rs (`import_meta_callback`).
 * @param {vm.Context} context @param {Call} call
 */
function createLoader(context, call) {
  /** @type {Map<string, vm.SourceTextModule>} */
  const loaded = new Map();
  /** @param {string} message */
  const typeError = (message) => Reflect.construct(vm.runInContext("TypeError", context), [message]);

  /** @param {string} path @returns {vm.SourceTextModule} */
  function get(path) {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    if (!Object.hasOwn(deployment.modules, path)) throw typeError(`Couldn't find JavaScript module '${path}'`);
    const module = new vm.SourceTextModule(deployment.modules[path], {
      context,
      identifier: `convex:/user/${path}`,
      initializeImportMeta: () => {
        noteUse(call, "import.meta");
        throw typeError("import.meta unsupported");
      },
      importModuleDynamically: async (specifier) => {
        noteUse(call, "import()");
        if (call.type !== "action") throw typeError("dynamic module import unsupported");
        const imported = get(resolve(specifier, path));
        await evaluate(imported);
        return imported;
      },
    });
    loaded.set(path, module);
    return module;
  }
  /** @param {string} specifier @param {string} from */
  function resolve(specifier, from) {
    if (!/^\.{0,2}\//.test(specifier)) throw typeError(`Relative import path "${specifier}" not prefixed with / or ./ or ../`);
    return posix.join(posix.dirname(from), specifier);
  }
  /** @param {vm.SourceTextModule} module */
  async function evaluate(module) {
    if (module.status === "unlinked") {
      await module.link((specifier, from) => get(resolve(specifier, from.identifier.replace("convex:/user/", ""))));
    }
    // A module that imports this one runs at once, unless there is a top-level await somewhere below.
    let evaluated = false;
    const probe = new vm.SourceTextModule('import "module"; import.meta.evaluated();', {
      context,
      initializeImportMeta: (meta) => {
        Object.assign(meta, { evaluated: () => (evaluated = true) });
      },
    });
    await probe.link(() => module);
    const evaluation = probe.evaluate();
    if (probe.status === "errored" || evaluated) return evaluation;
    evaluation.catch(() => "the module is refused below, however it ends");
    throw new Error("Top-level awaits in source files are unsupported");
  }
  return {
    /** @param {string} path */
    load: async (path) => {
      const module = get(path);
      await evaluate(module);
      return /** @type {Record<string, any>} */ (module.namespace);
    },
  };
}

/** @param {any} thrown what left the function, read with care: it is the function's own object */
function describeError(thrown) {
  if (typeof thrown !== "object" || thrown === null) return { name: "", message: `Uncaught ${String(thrown)}`, stack: "" };
  const { name, message, stack } = thrown;
  const isConvexError = thrown.ConvexErrorSymbol === Symbol.for("ConvexError");
  return {
    name: String(name),
    message: String(message),
    stack: String(stack),
    ...(isConvexError ? { data: JSON.parse(thrown.data) } : {}),
  };
}

/** @param {any} fn an export of a deployed module */
function describeFunction(fn) {
  const type = fn?.isQuery ? "query" : fn?.isMutation ? "mutation" : fn?.isAction ? "action" : undefined;
  if (type === undefined) return undefined;
  return {
    type,
    visibility: fn.isPublic ? "public" : "internal",
    args: fn.exportArgs === undefined ? undefined : JSON.parse(fn.exportArgs()),
    returns: fn.exportReturns === undefined ? undefined : JSON.parse(fn.exportReturns()),
  };
}

/** @type {Map<number, { resolve: (json: string) => void, reject: (error: Error) => void }>} */
const syscalls = new Map();
let nextSyscall = 1;
/** How long the call under way has waited for answers; several waits at once count once. */
const waits = { total: 0, open: 0, since: 0 };
/** @param {string} name @param {unknown} args @returns {Promise<string>} */
async function ask(name, args) {
  const id = nextSyscall++;
  if (waits.open++ === 0) waits.since = performance.now();
  process.send?.({ kind: "syscall", id, name, args });
  try {
    return await new Promise((resolve, reject) => syscalls.set(id, { resolve, reject }));
  } finally {
    if (--waits.open === 0) waits.total += performance.now() - waits.since;
  }
}

/**
 * The syscalls of one call. A query's rows are asked for at once, when the first of them is: `onSyscall` sees "1.0/queryStream" with
 * the query, and answers with all of them.
 * @param {string} functionName
 */
function createSyscalls(functionName) {
  /** @type {Map<number, { query: unknown, rows?: unknown[] }>} */
  const streams = new Map();
  let nextStream = 0;
  /** @param {string} json */
  async function next(json) {
    const stream = streams.get(JSON.parse(json).queryId);
    if (stream === undefined) throw new Error("This query is closed.");
    stream.rows ??= /** @type {unknown[]} */ (JSON.parse(await ask("1.0/queryStream", { query: stream.query })));
    return JSON.stringify(stream.rows.length === 0 ? { value: null, done: true } : { value: stream.rows.shift(), done: false });
  }
  return {
    /** @param {string} name @param {string} json */
    asyncSyscall: (name, json) => {
      if (name === "1.0/getFunctionMetadata") return Promise.resolve(JSON.stringify({ name: functionName, componentPath: deployment.componentPath }));
      return name === "1.0/queryStreamNext" ? next(json) : ask(name, JSON.parse(json));
    },
    /** @param {string} name @param {string} json */
    syscall: (name, json) => {
      const args = JSON.parse(json);
      if (name === "1.0/queryCleanup") return JSON.stringify(streams.delete(args.queryId));
      if (name !== "1.0/queryStream") throw new Error(`Unknown operation ${name}`);
      streams.set(nextStream, { query: args.query });
      return JSON.stringify({ queryId: nextStream++ });
    },
  };
}

/** @param {Partial<Call> & { name: string, seed?: string }} given @returns {Call} */
function createCall({ name, type = "query", now = Date.now(), seed }) {
  return {
    phase: "importing",
    type,
    name,
    env: deployment.env,
    importRng: createRng(`deploy ${deployment.deploySeed}`),
    rng: createRng(`call ${seed ?? crypto.randomUUID()}`),
    deployedAt: deployment.deployedAt,
    now,
    startedAt: 0,
    logs: [],
    uses: deployment.watched ? [] : null,
    fail: () => undefined,
    requestPart: async () => undefined,
    respond: () => undefined,
    ...createSyscalls(name),
  };
}

/** @param {Record<string, any>} namespace @param {string} exported @param {Call} call @param {unknown} args */
function invoke(namespace, exported, call, args) {
  const fn = namespace[exported];
  const described = describeFunction(fn);
  if (described === undefined) throw new Error(`Could not find a Convex function at "${call.name}"`);
  // Convex knows the type from its analysis before it runs the module, so the module was evaluated under it already.
  if (described.type !== call.type) throw new Error(`"${call.name}" is a ${described.type}, not a ${call.type}`);
  const json = JSON.stringify([args]);
  if (call.type === "action") return fn.invokeAction(crypto.randomUUID(), json);
  return call.type === "query" ? fn.invokeQuery(json) : fn.invokeMutation(json);
}

/**
 * Runs what http.ts routes a request to, as crates/isolate/src/environment/action/mod.rs does.
 * @param {Record<string, any>} namespace @param {Call} call @param {import("./index.mjs").HttpRequest} request @returns {Promise<import("./index.mjs").HttpAnswer>}
 */
async function invokeHttp({ default: router }, call, { method, url, headers, body, repeat = 1 }) {
  const { pathname } = new URL(url);
  // Made here and awaited below, so that a body that fails is no rejection that nobody handles.
  /** @type {Promise<ArrayBuffer>} */
  let responseBody = Promise.resolve(new ArrayBuffer(0));
  let partsRead = 0;
  call.respond = (given) => void (responseBody = given);
  call.requestPart = async () => {
    if (body === undefined || partsRead === body.length * repeat) return undefined;
    return Buffer.from(body[partsRead++ % body.length] ?? "", "base64");
  };
  if (router.lookup(pathname, method) === null) return { status: 404, headers: [], body: Buffer.from("No matching routes found").toString("base64"), partsRead };
  const { status, headerPairs } = JSON.parse(await router.runRequest(JSON.stringify({ url, method, headerPairs: headers, streamId: body === undefined ? null : "request" }), pathname));
  return { status, headers: headerPairs, body: Buffer.from(await responseBody).toString("base64"), partsRead };
}

/** @param {{ name: string, type: Call["type"], args: unknown, http?: import("./index.mjs").HttpRequest, now?: number, seed?: string }} request */
async function runCall(request) {
  const call = createCall(request);
  const [path, exported = "default"] = request.name.split(":");
  const failed = new Promise((_, reject) => {
    call.fail = reject;
    failCurrentCall = reject;
  });
  let ownMs = 0;
  let cpuMs = 0;
  const run = async () => {
    const loader = createLoader(createContext(call), call);
    const started = performance.now();
    const cpu = process.cpuUsage();
    Object.assign(waits, { total: 0, open: 0 });
    const namespace = await loader.load(`${path}.js`);
    call.phase = "executing";
    call.startedAt = performance.now();
    const value = request.http === undefined ? JSON.parse(await invoke(namespace, exported, call, request.args)) : await invokeHttp(namespace, call, request.http);
    ownMs = performance.now() - started - waits.total;
    const { user, system } = process.cpuUsage(cpu);
    cpuMs = (user + system) / 1000;
    // One turn of the event loop, in which a rejection nobody handled comes up.
    await new Promise((resolve) => setImmediate(resolve));
    return value;
  };
  try {
    return { ok: true, value: await Promise.race([run(), failed]), logs: call.logs, uses: call.uses ?? [], ownMs, cpuMs };
  } catch (error) {
    return { ok: false, error: describeError(error), logs: call.logs, uses: call.uses ?? [] };
  }
}

async function analyze() {
  /** @type {Record<string, unknown>} */
  const functions = {};
  for (const path of Object.keys(deployment.modules).filter((name) => !name.startsWith("_deps/"))) {
    const call = createCall({ name: path });
    const namespace = await createLoader(createContext(call), call).load(path);
    for (const [name, value] of Object.entries(namespace)) {
      const described = describeFunction(value);
      if (described !== undefined) functions[`${path.replace(/\.js$/, "")}:${name}`] = described;
    }
  }
  return functions;
}

/** @param {any} message */
async function answer(message) {
  if (message.kind === "syscallResult") {
    const waiting = syscalls.get(message.id);
    syscalls.delete(message.id);
    if (message.error === undefined) waiting?.resolve(JSON.stringify(message.value));
    else waiting?.reject(Object.assign(new Error(message.error), message.data === undefined ? {} : { dataJson: JSON.stringify(message.data) }));
    return;
  }
  if (message.kind === "deploy") {
    deployment = message.deployment;
    return;
  }
  let result;
  try {
    result = message.kind === "analyze" ? { ok: true, value: await analyze() } : await runCall(message.request);
  } catch (error) {
    result = { ok: false, error: describeError(error), logs: [], uses: [] };
  }
  process.send?.({ kind: "result", result });
}
process.on("message", answer);
