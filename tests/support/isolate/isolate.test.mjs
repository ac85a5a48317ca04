// Each rule of Convex's default runtime, asserted by a small function that tries to break it.
// Run with `node --test tests/support/isolate/isolate.test.mjs`.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { build } from "esbuild";
import { createIsolate, nearestNode } from "./index.mjs";

// What npm `convex` puts on a registered function, and nothing more.
const register = `
const register = (kind) => (handler) => Object.assign(() => undefined, {
  ["is" + kind]: true, isPublic: true,
  ["invoke" + kind]: async (...args) => JSON.stringify((await handler(JSON.parse(args.at(-1))[0])) ?? null),
});
const query = register("Query"), mutation = register("Mutation"), action = register("Action");
const attempt = (f) => { try { return f(); } catch (e) { return e.name + ": " + e.message; } };
`;
// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
const addWasm = "AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags=";

// The router is that of npm `convex`, which is what makes of a request what an http action gets.
const router = await build({ stdin: { contents: 'export { httpActionGeneric, httpRouter } from "convex/server";', resolveDir: import.meta.dirname }, bundle: true, write: false, format: "esm", conditions: ["convex", "module"] });

const modules = {
  "_deps/server.js": router.outputFiles[0].text,
  "deps/shared.js": "export const shared = { count: 0 };",
  "rules.js": `${register}
    import { shared } from "./deps/shared.js";
    globalThis.calls = 0;
    export const fresh = query(() => [++globalThis.calls, ++shared.count]);
    export const globals = query(() => Object.getOwnPropertyNames(globalThis));
    export const absent = query(() => ["Buffer", "queueMicrotask", "navigator", "setImmediate", "require", "module", "window", "document",
      "global", "MessageChannel", "WebSocket"].filter((name) => name in globalThis));
    export const processKeys = query(() => [Object.keys(process), process.env.GREETING, typeof process.env.PATH, typeof process.env.HOME,
      Object.keys(process.env), "GREETING" in process.env, typeof process.env.constructor]);
    export const importMeta = query(() => attempt(() => import.meta.url));
    export const evaluates = query(() => [attempt(() => eval("1 + 1")), attempt(() => new Function("return 1")()),
      attempt(() => (async () => {}).constructor("return 1")), attempt(() => URL.constructor("return process")()),
      attempt(() => Object.getPrototypeOf(URL).constructor("return process")())]);
    export const wasm = query(() => {
      const bytes = Uint8Array.from(atob("${addWasm}"), (c) => c.charCodeAt(0));
      return new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports.add(2, 3);
    });
    export const registry = query(() => {
      let called = 0;
      const registry = new FinalizationRegistry(() => called++);
      for (let i = 0; i < 100; i++) registry.register({ i }, i);
      const ref = new WeakRef({ kept: true });
      globalThis.gc();
      return [ref.deref(), String(FinalizationRegistry).includes("native code"), called, attempt(() => new FinalizationRegistry())];
    });
    export const decoding = query(() => [
      new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xc3, 0x28])) === undefined,
      new TextDecoder("utf-8", { fatal: true }).decode(new TextEncoder().encode("\u00e9")),
      new TextDecoder().decode(new Uint8Array([0xff])),
      new TextEncoder().encode("\\ud800").join(),
      new TextEncoder().encodeInto("a\u00e9", new Uint8Array(2)),
    ]);
    export const realm = action(async () => {
      const request = new Request("https://a.example/b", { method: "POST", body: new Uint8Array([1, 2]), headers: { "x-a": "1" } });
      const key = await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      return [
        (await request.clone().arrayBuffer()) instanceof ArrayBuffer, request.headers instanceof Headers, request.headers.get("x-a"),
        attempt(() => new URL("nonsense")).startsWith("TypeError"), new URL("https://a.example").searchParams instanceof URLSearchParams,
        new TextEncoder().encode("a") instanceof Uint8Array, crypto.getRandomValues(new Uint8Array(1)) instanceof Uint8Array,
        key instanceof CryptoKey, (await crypto.subtle.sign("HMAC", key, new Uint8Array(1))) instanceof ArrayBuffer,
        await Promise.reject(new DOMException("m", "AbortError")).catch((e) => e instanceof Error && e.code),
        new File(["ab"], "f") instanceof Blob, structuredClone(new Map([[1, { a: 1n }]])).get(1).a === 1n,
        attempt(() => structuredClone(() => 1)).startsWith("DataCloneError"),
        typeof crypto.subtle.timingSafeEqual,
      ];
    });
    const deployed = Date.now();
    const deployedBytes = crypto.getRandomValues(new Uint8Array(16)).join();
    const deployedFloat = Math.random();
    const spin = () => { for (let i = 0; i < 3e6; i++) Math.sqrt(i); };
    export const clock = query(async () => {
      const [first, fixed] = [Date.now(), performance.now()];
      spin();
      await null;
      return { deployed, first, second: Date.now(), constructed: new Date().getTime(), performanceMoved: performance.now() > fixed };
    });
    export const mutationClock = mutation(() => {
      const [first, start] = [Date.now(), performance.now()];
      spin();
      return { frozen: Date.now() === first, performanceMoved: performance.now() > start };
    });
    export const random = query(() => ({ deployedBytes, deployedFloat, bytes: crypto.getRandomValues(new Uint8Array(16)).join(),
      again: crypto.getRandomValues(new Uint8Array(16)).join(), float: Math.random(), uuid: crypto.randomUUID(),
      tooMany: attempt(() => crypto.getRandomValues(new Uint8Array(65537))) }));
    export const fetchInQuery = query(() => fetch("http://127.0.0.1:9/").catch((e) => e.message));
    export const fetchInMutation = mutation(() => fetch("http://127.0.0.1:9/").catch((e) => e.message));
    export const fetchInAction = action(() => fetch("data:text/plain,hello").then((r) => r.text()));
    export const timerInMutation = mutation(() => { try { setTimeout(() => {}, 0); } catch { return "caught"; } return new Promise(() => {}); });
    export const timerInQuery = query(() => new Promise((resolve) => setTimeout(resolve, 0)));
    export const timerInAction = action(() => new Promise((resolve) => setTimeout(() => resolve("ticked"), 1)));
    export const importInQuery = query(() => import("./deps/shared.js").catch((e) => (e instanceof TypeError) + " " + e.message));
    export const importInMutation = mutation(() => import("./deps/shared.js").catch((e) => e.message));
    export const importInAction = action(async () => (await import("./deps/shared.js")).shared === shared);
    export const generateKey = query(() => crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]));
    export const wrapKey = action(() => crypto.subtle.wrapKey().catch(() => "caught"));
    export const unhandled = query(async () => { Promise.reject(new Error("nobody looked")); return "fine"; });
    export const logs = query(() => { console.warn("one", { two: 2 }); });
    export const convexError = query(() => { throw Object.assign(new Error("m"), { data: '{"code":"unauthorized"}', ConvexErrorSymbol: Symbol.for("ConvexError") }); });
    export const hang = query(() => { for (;;); });
    export const pending = action(() => new Promise(() => {}));
    export const syscall = query(async () => JSON.parse(await Convex.asyncSyscall("1.0/runUdf", '{"a":1}')));
    export const metadata = query(async () => JSON.parse(await Convex.asyncSyscall("1.0/getFunctionMetadata", "{}")));
    export const echo = query((args) => args);
  `,
  "awaits.js": `${register} await null; export const f = query(() => 1);`,
  "awaitsForever.js": `${register} await new Promise(() => {}); export const f = query(() => 1);`,
  "importsAwait.js": `${register} import "./awaits.js"; export const f = query(() => 1);`,
  "importsMeta.js": `${register} const here = import.meta.url; export const f = query(() => here);`,
  "importsNode.js": `${register} import "node:crypto"; export const f = query(() => 1);`,
  "importsMissing.js": `${register} import "./missing.js"; export const f = query(() => 1);`,
  "fetches.js": `${register} const failed = fetch("http://127.0.0.1:9/").catch((e) => e.message); export const f = action(() => failed);`,
  "uses.js": `${register}
    const seen = [process.env.GREETING, Date.now(), Math.random(), attempt(() => import.meta.url)];
    const module = new WebAssembly.Module(Uint8Array.from(atob("${addWasm}"), (c) => c.charCodeAt(0)));
    export const nothing = query(() => seen.length);
    export const much = query(async () => {
      new WebAssembly.Instance(module);
      for (const forbidden of [() => setTimeout(() => {}, 0), () => fetch("http://127.0.0.1:9/"), () => import("./deps/shared.js"), () => crypto.subtle.generateKey({}, false, [])]) {
        await (async () => forbidden())().catch(() => "hidden");
      }
      return process.env.GREETING;
    });`,
  "http.js": `
    import { httpActionGeneric as httpAction, httpRouter } from "./_deps/server.js";
    const http = httpRouter();
    const route = (path, method, handler) => http.route({ path, method, handler: httpAction(handler) });
    route("/echo", "POST", async (_ctx, request) => {
      const { shared } = await import("./deps/shared.js");
      const headers = [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-seen", request.headers.get("x-a") + " " + request.url + " " + shared.count]];
      return new Response(await request.arrayBuffer(), { status: 201, headers });
    });
    route("/first", "POST", async (_ctx, request) => {
      const reader = request.body.getReader();
      const { value } = await reader.read();
      await reader.cancel();
      return new Response(value.slice(0, 1));
    });
    route("/none", "GET", async (_ctx, request) => Response.json([request.body, await request.text(), request.signal.aborted]));
    route("/redirect", "GET", async (_ctx, request) => {
      try { return new Response(request.redirect); } catch { return new Response("caught"); }
    });
    route("/nothing", "GET", async () => undefined);
    export default http;`,
  "throws.js": `${register} throw new RangeError("at module scope");`,
};

for (const node of new Set([nearestNode(), process.execPath])) {
  describe(`isolate on ${node.includes("node26") ? "the nearest V8" : `node ${process.version}`}`, () => {
    const now = Date.parse("2026-11-21T12:00:00Z");
    const shared = { modules, env: { GREETING: "hello" }, now, node, onSyscall: (/** @type {string} */ name, /** @type {any} */ args) => ({ name, args }) };
    const isolate = createIsolate(shared);
    const withGc = createIsolate({ ...shared, nodeFlags: ["--expose-gc"] });
    const impatient = createIsolate({ ...shared, timeLimitMs: 3000 });
    after(() => Promise.all([isolate.close(), withGc.close(), impatient.close()]));

    /** @param {string} name @param {"query" | "mutation" | "action"} [type] @param {object} [options] */
    async function value(name, type = "query", options = {}) {
      const result = await isolate.call(name, {}, { type, ...options });
      assert.ok(result.ok, `${name}: ${JSON.stringify(result)}`);
      return result.value;
    }
    /** @param {string} name @param {"query" | "mutation" | "action"} [type] */
    async function error(name, type = "query") {
      const result = await isolate.call(name, {}, { type });
      assert.ok(!result.ok, `${name} must fail, and gave ${JSON.stringify(result)}`);
      return result.error;
    }

    test("a fresh context for each call: globals and modules start anew", async () => {
      assert.deepEqual(await value("rules:fresh"), [1, 1]);
      assert.deepEqual(await value("rules:fresh"), [1, 1]);
    });
    test("holds the documented globals and nothing else", async () => {
      const documented = [
        "AbortController", "AbortSignal", "AsyncLocalStorage", "AsyncResource", "Blob", "Convex", "Crypto", "CryptoKey", "DOMException",
        "Event", "EventTarget", "File", "FormData", "Headers", "Performance", "PerformanceEntry", "PerformanceMark",
        "PerformanceMeasure", "ReadableStream", "ReadableStreamBYOBReader", "ReadableStreamDefaultReader", "Request", "Response",
        "SubtleCrypto", "TextDecoder", "TextDecoderStream", "TextEncoder", "TextEncoderStream", "TransformStream", "URL",
        "URLSearchParams", "WritableStream", "WritableStreamDefaultWriter", "atob", "btoa", "clearInterval", "clearTimeout",
        "console", "crypto", "fetch", "performance", "process", "self", "setInterval", "setTimeout", "structuredClone",
      ];
      const { createContext, runInNewContext } = await import("node:vm");
      const bare = new Set([...runInNewContext("Object.getOwnPropertyNames(globalThis)", createContext()), "calls",
        "Iterator", "Temporal", "SuppressedError", "DisposableStack", "AsyncDisposableStack", "Float16Array"]);
      const found = (await value("rules:globals")).filter((/** @type {string} */ name) => !bare.has(name) || name === "console");
      assert.deepEqual(found.sort(), documented);
      assert.deepEqual(await value("rules:absent"), []);
    });
    test("process is process.env, and env is the deployment's", async () => {
      assert.deepEqual(await value("rules:processKeys"), [["env"], "hello", "undefined", "undefined", [], false, "undefined"]);
    });
    test("no top-level await, in the module or below it", async () => {
      for (const name of ["awaits:f", "awaitsForever:f", "importsAwait:f"]) {
        assert.equal((await error(name)).message, "Top-level awaits in source files are unsupported", name);
      }
    });
    test("import.meta throws when evaluated", async () => {
      assert.equal(await value("rules:importMeta"), "TypeError: import.meta unsupported");
      assert.equal((await error("importsMeta:f")).message, "import.meta unsupported");
    });
    test("import() is refused, except in actions", async () => {
      assert.equal(await value("rules:importInQuery"), "true dynamic module import unsupported");
      assert.equal(await value("rules:importInMutation", "mutation"), "dynamic module import unsupported");
      assert.equal(await value("rules:importInAction", "action"), true);
    });
    test("only deployed modules can be imported", async () => {
      assert.match((await error("importsNode:f")).message, /node:crypto/);
      assert.match((await error("importsMissing:f")).message, /missing\.js/);
      assert.equal((await error("throws:f")).name, "RangeError");
    });
    test("no code from strings, by whatever way", async () => {
      for (const outcome of await value("rules:evaluates")) assert.match(outcome, /^EvalError: Code generation from strings/);
    });
    test("WebAssembly works from bytes, synchronously", async () => {
      assert.equal(await value("rules:wasm"), 5);
    });
    test("FinalizationRegistry does nothing and WeakRef holds on", async () => {
      const result = await withGc.call("rules:registry");
      assert.deepEqual(result.ok && result.value, [{ kept: true }, false, 0, "TypeError: cleanup must be callable"]);
    });
    test("text encoding as the runtime does it: fatal gives undefined, lone surrogates become U+FFFD", async () => {
      assert.deepEqual(await value("rules:decoding"), [true, "\u00e9", "\ufffd", "239,191,189", { read: 1, written: 1 }]);
    });
    test("web classes belong to the functions' realm", async () => {
      assert.deepEqual(await value("rules:realm", "action"), [true, true, "1", true, true, true, true, true, true, 20, true, true, true, "undefined"]);
    });
    test("the clock stands still during a query or mutation, and at module scope since the deploy", async () => {
      const clock = await value("rules:clock");
      assert.deepEqual(clock, { deployed: Date.parse("2026-01-01T00:00:00Z"), first: now, second: now, constructed: now, performanceMoved: false });
      assert.equal((await value("rules:clock", "query", { now: 42 })).first, 42);
      assert.deepEqual(await value("rules:mutationClock", "mutation"), { frozen: true, performanceMoved: true });
    });
    test("random bytes are fixed at module scope and new in each call", async () => {
      const [one, two] = [await value("rules:random"), await value("rules:random")];
      assert.equal(one.deployedBytes, two.deployedBytes);
      assert.equal(one.deployedFloat, two.deployedFloat);
      for (const key of ["bytes", "again", "float", "uuid"]) assert.notEqual(one[key], two[key], key);
      assert.notEqual(one.bytes, one.again);
      assert.match(one.uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.match(one.tooMany, /^TypeError: Byte length/);
      const [seeded, again] = [await value("rules:random", "query", { seed: "s" }), await value("rules:random", "query", { seed: "s" })];
      assert.deepEqual(seeded, again);
    });
    test("fetch throws outside actions and at module scope", async () => {
      for (const [name, type] of /** @type {const} */ ([["rules:fetchInQuery", "query"], ["rules:fetchInMutation", "mutation"]])) {
        assert.match(await value(name, type), /^Can't use fetch\(\) in queries and mutations/);
      }
      assert.equal(await value("rules:fetchInAction", "action"), "hello");
      assert.equal(await value("fetches:f", "action"), "fetch() unsupported at import time");
    });
    test("setTimeout fails queries and mutations, and works in actions", async () => {
      assert.match((await error("rules:timerInMutation", "mutation")).message, /^Can't use setTimeout in queries and mutations/);
      assert.match((await error("rules:timerInQuery")).message, /^Can't use setTimeout in queries and mutations/);
      assert.equal(await value("rules:timerInAction", "action"), "ticked");
    });
    test("keys are not generated in queries, and what is not implemented cannot be caught", async () => {
      assert.match((await error("rules:generateKey")).message, /^Can't use cryptographic randomness/);
      assert.match((await error("rules:wrapKey", "action")).message, /^Not implemented: wrapKey/);
    });
    test("an unhandled rejection fails the function", async () => {
      assert.equal((await error("rules:unhandled")).message, "nobody looked");
    });
    test("logs, errors, arguments and system calls come through", async () => {
      assert.deepEqual((await isolate.call("rules:logs")).logs, [{ level: "warn", message: "one { two: 2 }" }]);
      assert.deepEqual((await error("rules:convexError")).data, { code: "unauthorized" });
      assert.deepEqual(await value("rules:syscall"), { name: "1.0/runUdf", args: { a: 1 } });
      assert.deepEqual(await value("rules:metadata"), { name: "rules:metadata", componentPath: "" });
      const echoed = await isolate.call("rules:echo", { a: { $integer: "AQAAAAAAAAA=" } });
      assert.deepEqual(echoed.ok && echoed.value, { a: { $integer: "AQAAAAAAAAA=" } });
    });
    test("http actions get their request's body as a stream, and give a response", async () => {
      const text = (/** @type {string} */ part) => Buffer.from(part).toString("base64");
      const post = { method: "POST", url: "https://site.example/echo?a=1", headers: /** @type {[string, string][]} */ ([["x-a", "one"]]), body: ["ab", "c"].map(text) };
      const echoed = await isolate.http(post);
      assert.ok(echoed.ok, JSON.stringify(echoed));
      const { status, headers, body, partsRead } = echoed.value;
      assert.deepEqual([status, Buffer.from(body, "base64").toString(), partsRead], [201, "abc", 2]);
      assert.deepEqual(headers.filter(([name]) => name !== "content-type"), [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-seen", "one https://site.example/echo?a=1 0"]]);
      const first = await isolate.http({ ...post, url: "https://site.example/first", repeat: 1000 });
      assert.ok(first.ok && first.value.body === text("a") && first.value.partsRead < 5, JSON.stringify(first));
      const get = { method: "GET", url: "https://site.example/none", headers: [] };
      const none = await isolate.http(get);
      assert.deepEqual(none.ok && JSON.parse(Buffer.from(none.value.body, "base64").toString()), [null, "", false]);
      const lost = await isolate.http({ ...get, url: "https://site.example/lost" });
      assert.equal(lost.ok && lost.value.status, 404);
      const redirect = await isolate.http({ ...get, url: "https://site.example/redirect" });
      assert.match(redirect.ok ? "" : redirect.error.message, /^Not implemented: get redirect for Request/);
      const nothing = await isolate.http({ ...get, url: "https://site.example/nothing" });
      assert.match(nothing.ok ? "" : nothing.error.message, /HTTP actions must return a Response/);
    });
    test("a call has a time limit, and the next one works", async () => {
      for (const [name, type] of /** @type {const} */ ([["rules:hang", "query"], ["rules:pending", "action"]])) {
        const result = await impatient.call(name, {}, { type });
        assert.match(result.ok ? "" : result.error.message, /took more than 3000 ms/);
      }
      assert.ok((await impatient.call("rules:fresh")).ok);
    });
    test("what a call and its modules used is seen, even where nothing came of it", async () => {
      const watched = createIsolate({ ...shared, watched: true });
      const importing = ["env GREETING", "clock", "randomness", "import.meta", "WebAssembly.Module"].map((use) => `importing: ${use}`);
      const [nothing, much, unwatched] = [await watched.call("uses:nothing"), await watched.call("uses:much"), await isolate.call("uses:nothing")];
      await watched.close();
      assert.deepEqual(nothing.uses, importing);
      const executing = ["WebAssembly.Instance", "setTimeout", "fetch()", "import()", "cryptographic randomness"].map((use) => `executing: ${use}`);
      for (const use of [...importing, ...executing]) assert.ok(much.uses.includes(use), `${use} is not among ${much.uses.join(", ")}`);
      assert.deepEqual(unwatched.uses, []);
    });
    test("analysis lists the functions with their types", async () => {
      const { "rules.js": rules } = modules;
      const analyzed = createIsolate({ ...shared, modules: { "rules.js": rules, "deps/shared.js": modules["deps/shared.js"] } });
      const functions = await analyzed.analyze();
      await analyzed.close();
      assert.equal(functions["rules:fetchInAction"].type, "action");
      assert.equal(functions["rules:clock"].visibility, "public");
    });
    test("a function is called as what it is", async () => {
      assert.match((await error("rules:clock", "mutation")).message, /is a query, not a mutation/);
      assert.match((await error("rules:nothing")).message, /Could not find a Convex function/);
    });
  });
}
