// Evaluated inside the fresh context, not imported: the value of this script is the function below, which sets up the global
// object as Convex's default runtime has it.
//
// The list of globals: get-convex/convex-backend, npm-packages/udf-runtime/src/setup.ts and the setup functions it calls, and
// npm-packages/docs/docs/functions/runtimes.mdx ("Supported APIs"). What is not set here and not part of ECMAScript or
// WebAssembly is absent there too: Buffer, queueMicrotask, navigator, process except process.env, window, setImmediate, require.
(function setUpGlobals(host, adopter) {
  "use strict";
  const { adopt, inward, guard } = adopter;
  const global = globalThis;

  /** Calls into the host; an error comes back as one of this realm. */
  const op = (name, ...args) => guard(host[name]).apply(undefined, args);
  const asyncOp = async (name, ...args) => op(name, ...args);
  const define = (name, value, enumerable = true) =>
    Object.defineProperty(global, name, { value, enumerable, configurable: true, writable: true });

  class DOMException {
    constructor(message = "", name = "Error") {
      this.message = message;
      this.name = name;
      this.code = host.domExceptionCode(name);
      Object.defineProperty(this, "stack", { value: new Error(message).stack, writable: true, configurable: true });
    }
    get [Symbol.toStringTag]() {
      return "DOMException";
    }
  }
  Object.setPrototypeOf(DOMException.prototype, Error.prototype);
  define("DOMException", DOMException);

  // -- setup.ts: setupDate, setupMisc -------------------------------------------------------------------------------------
  const OriginalDate = global.Date;
  function Date(...args) {
    if (!(this instanceof Date)) return new Date().toString();
    return args.length === 0 ? new OriginalDate(Date.now()) : new OriginalDate(...args);
  }
  Date.now = () => op("now");
  Date.parse = OriginalDate.parse;
  Date.UTC = OriginalDate.UTC;
  Date.prototype = OriginalDate.prototype;
  Date.prototype.constructor = Date;
  global.Date = Date;

  global.Math.random = () => op("randomFloat");

  const env = new Proxy(
    {},
    {
      get(target, name, receiver) {
        if (typeof name !== "string") return Reflect.get(target, name, receiver);
        const value = op("env", name);
        if (value === undefined && name === "inspect") return () => "[process.env]";
        return value;
      },
    },
  );
  global.process = { env };
  global.self = global;

  const canBeHeldWeakly = (value) =>
    (typeof value === "object" && value !== null) ||
    typeof value === "function" ||
    (typeof value === "symbol" && Symbol.keyFor(value) === undefined);

  class FinalizationRegistry {
    constructor(cleanup) {
      if (typeof cleanup !== "function") throw new TypeError("cleanup must be callable");
    }
    register(target, heldValue, token) {
      if (!canBeHeldWeakly(target)) throw new TypeError("target must be an object");
      if (target === heldValue) throw new TypeError("target and holdings must not be same");
      if (token !== undefined && !canBeHeldWeakly(token)) throw new TypeError("unregisterToken must be an object");
    }
    unregister(token) {
      if (!canBeHeldWeakly(token)) throw new TypeError("unregisterToken must be an object");
    }
    get [Symbol.toStringTag]() {
      return "FinalizationRegistry";
    }
  }
  global.FinalizationRegistry = FinalizationRegistry;

  class WeakRef {
    #target;
    constructor(target) {
      if (!canBeHeldWeakly(target)) throw new TypeError("target must be an object");
      this.#target = target;
    }
    deref() {
      return this.#target;
    }
    get [Symbol.toStringTag]() {
      return "WeakRef";
    }
  }
  global.WeakRef = WeakRef;

  // -- 00_crypto.ts -------------------------------------------------------------------------------------------------------
  const illegal = (name) => {
    throw new TypeError(`Illegal constructor: ${name}`);
  };
  class Crypto {
    constructor() {
      illegal("Crypto");
    }
    getRandomValues(view) {
      if (view instanceof Float32Array || view instanceof Float64Array) {
        throw new DOMException("The provided ArrayBufferView is not an integer array type", "TypeMismatchError");
      }
      const bytes = op("randomBytes", view.byteLength);
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
      return view;
    }
    randomUUID() {
      return op("randomUUID");
    }
    get subtle() {
      return subtle;
    }
    get [Symbol.toStringTag]() {
      return "Crypto";
    }
  }
  class SubtleCrypto {
    constructor() {
      illegal("SubtleCrypto");
    }
    get [Symbol.toStringTag]() {
      return "SubtleCrypto";
    }
  }
  // No timingSafeEqual: it is Cloudflare's. wrapKey and unwrapKey exist there and always throw.
  const subtleNames = ["digest", "encrypt", "decrypt", "sign", "verify", "importKey", "exportKey", "deriveBits", "deriveKey", "generateKey"];
  for (const name of [...subtleNames, "wrapKey", "unwrapKey"]) {
    SubtleCrypto.prototype[name] = { [name]: async (...args) => op("subtle", name, args) }[name];
  }
  const subtle = Object.create(SubtleCrypto.prototype);
  const crypto = Object.create(Crypto.prototype);
  define("Crypto", Crypto, false);
  define("SubtleCrypto", SubtleCrypto, false);
  Object.defineProperty(global, "crypto", { get: () => crypto, enumerable: true, configurable: true });

  // -- 02_console.ts ------------------------------------------------------------------------------------------------------
  const console = Object.create({});
  for (const level of ["debug", "error", "info", "log", "warn", "trace", "time", "timeLog", "timeEnd"]) {
    console[level] = { [level]: (...args) => op("log", level, args) }[level];
  }
  define("console", console, false);

  // -- 08_text_encoding.ts ------------------------------------------------------------------------------------------------
  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(text = "") {
      return op("encode", typeof text === "string" ? text : text.toString());
    }
    encodeInto(text, target) {
      const { bytes, read, written } = op("encodeInto", text, target.length);
      target.set(bytes, 0);
      return { read, written };
    }
    get [Symbol.toStringTag]() {
      return "TextEncoder";
    }
  }
  class TextDecoder {
    #label;
    #fatal;
    #ignoreBOM;
    #stream;
    constructor(label = "utf-8", options = {}) {
      this.#label = op("encodingLabel", label);
      if (this.#label === undefined) {
        throw new DOMException(`The encoding label provided ('${label}') is invalid.`, "RangeError");
      }
      this.#fatal = options.fatal || false;
      this.#ignoreBOM = options.ignoreBOM || false;
    }
    get encoding() {
      return this.#label;
    }
    get fatal() {
      return this.#fatal;
    }
    get ignoreBOM() {
      return this.#ignoreBOM;
    }
    // Bad input with fatal: the runtime's decode op answers { error } and decode() reads `text` only, so this returns undefined.
    decode(input, options) {
      if (input === undefined) return "";
      const stream = options?.stream ?? false;
      this.#stream ??= op("newDecoder", this.#label, this.#fatal, this.#ignoreBOM);
      const text = op("decode", this.#stream, input, stream);
      if (!stream) this.#stream = undefined;
      return text;
    }
    get [Symbol.toStringTag]() {
      return "TextDecoder";
    }
  }
  define("TextEncoder", TextEncoder);
  define("TextDecoder", TextDecoder);
  // The runtime is laxer than the standard here: it takes any number of padding characters.
  define("atob", (text) => op("atob", String(text).replace(/=+\s*$/, "")));
  define("btoa", (text) => op("btoa", String(text)));

  // -- 02_structured_clone.ts, 02_timers.ts, 26_fetch.ts ------------------------------------------------------------------
  define("structuredClone", (value, options) => {
    if (options !== undefined) throw op("fatal", "structuredClone with transfer not supported");
    return clone(value, new Map());
  });
  function clone(value, seen) {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new DOMException(`${String(value)} could not be cloned.`, "DataCloneError");
    }
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => (seen.set(value, copy), copy);
    if (value instanceof OriginalDate) return keep(new OriginalDate(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value)) return keep(new value.constructor(clone(value.buffer, seen), value.byteOffset, value.length ?? value.byteLength));
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, item] of value) copy.set(clone(key, seen), clone(item, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const item of value) copy.add(clone(item, seen));
      return copy;
    }
    if (value instanceof Error) return keep(Object.assign(new Error(value.message), { name: value.name, stack: value.stack }));
    const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) {
      Object.defineProperty(copy, key, { value: clone(value[key], seen), enumerable: true, configurable: true, writable: true });
    }
    return copy;
  }

  // The rejection is left unhandled on purpose, as in the runtime: setTimeout in a query or mutation fails the whole function.
  const timers = new Set();
  let nextTimer = 1;
  const startTimer = (name, handler, delay, args, repeat, id = nextTimer++) => {
    timers.add(id);
    void asyncOp("sleep", name, Math.max(0, Number(delay) || 0)).then(() => {
      if (!timers.has(id)) return;
      handler(...args);
      if (repeat && timers.has(id)) startTimer(name, handler, delay, args, repeat, id);
      else timers.delete(id);
    });
    return id;
  };
  define("setTimeout", (handler, delay, ...args) => startTimer("setTimeout", handler, delay, args, false));
  define("setInterval", (handler, delay, ...args) => startTimer("setInterval", handler, delay, args, true));
  define("clearTimeout", (id) => void timers.delete(id));
  define("clearInterval", (id) => void timers.delete(id));
  define("fetch", async (resource, options) => asyncOp("fetch", resource, options));

  // -- 27_performance.ts --------------------------------------------------------------------------------------------------
  class PerformanceEntry {
    constructor(name, entryType, startTime, duration, detail) {
      if (entryType === undefined) illegal("PerformanceEntry");
      Object.assign(this, { name, entryType, startTime, duration, detail });
    }
    toJSON() {
      return { ...this };
    }
  }
  class PerformanceMark extends PerformanceEntry {
    constructor(name, { startTime = op("performanceNow"), detail = null } = {}) {
      super(name, "mark", startTime, 0, detail);
    }
  }
  class PerformanceMeasure extends PerformanceEntry {}
  let entries = [];
  const markTime = (name) => {
    const mark = entries.findLast((entry) => entry.entryType === "mark" && entry.name === name);
    if (mark === undefined) throw new DOMException(`Cannot find mark: "${name}"`, "SyntaxError");
    return mark.startTime;
  };
  class Performance {
    constructor() {
      illegal("Performance");
    }
    now() {
      return op("performanceNow");
    }
    get timeOrigin() {
      return op("performanceTimeOrigin");
    }
    toJSON() {
      return { timeOrigin: this.timeOrigin };
    }
    mark(name, options) {
      const entry = new PerformanceMark(name, options);
      entries.push(entry);
      return entry;
    }
    measure(name, from, to) {
      const start = from === undefined ? 0 : markTime(from);
      const end = to === undefined ? op("performanceNow") : markTime(to);
      const entry = new PerformanceMeasure(name, "measure", start, end - start, null);
      entries.push(entry);
      return entry;
    }
    getEntries() {
      return [...entries];
    }
    getEntriesByName(name) {
      return entries.filter((entry) => entry.name === name);
    }
    getEntriesByType(type) {
      return entries.filter((entry) => entry.entryType === type);
    }
    clearMarks(name) {
      entries = entries.filter((entry) => entry.entryType !== "mark" || (name !== undefined && entry.name !== name));
    }
    clearMeasures(name) {
      entries = entries.filter((entry) => entry.entryType !== "measure" || (name !== undefined && entry.name !== name));
    }
  }
  for (const Class of [Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure]) define(Class.name, Class, false);
  define("performance", Object.create(Performance.prototype));

  // -- the web's classes, 02_event.ts to 23_response.ts, and 04_async_hooks.ts -------------------------------------------------
  for (const HostClass of host.webClasses) define(HostClass.name, adopt(HostClass));
  for (const HostClass of host.asyncHooksClasses) define(HostClass.name, adopt(HostClass), false);
  // 23_request.ts: what has no meaning on a server ends the function, whatever it catches.
  const withoutMeaning = ["destination", "referrer", "referrerPolicy", "mode", "credentials", "cache", "redirect", "integrity", "keepalive", "isReloadNavigation", "isHistoryNavigation", "duplex"];
  for (const name of withoutMeaning) {
    const get = () => {
      throw op("fatal", `Not implemented: get ${name} for Request`);
    };
    Object.defineProperty(global.Request.prototype, name, { get, configurable: true });
  }
  const events = new global.EventTarget();
  class Window {
    get [Symbol.toStringTag]() {
      return "Window";
    }
  }
  for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
    Window.prototype[name] = (...args) => events[name](...args);
  }
  Object.setPrototypeOf(global, Window.prototype);

  // -- what npm `convex` calls: convex/src/server/impl/syscall.ts ----------------------------------------------------------
  global.Convex = {
    op: (name) => {
      throw new Error(`Convex.op("${name}") belongs to the runtime itself`);
    },
    syscall: (name, json) => op("syscall", name, json),
    asyncSyscall: async (name, json) => inward(await op("asyncSyscall", name, json)),
    jsSyscall: (name, args) => {
      if (name === "requestFromConvexJson") return requestFrom(args.convexJson);
      if (name === "convexJsonFromResponse") return describeResponse(args.response);
      throw new Error(`Unknown JS syscall: ${name}`);
    },
  };

  // -- 23_request.ts, 23_response.ts, 06_streams.ts: how an http action gets its request, and what becomes of its response ---------
  function requestFrom({ url, method, headerPairs, streamId }) {
    const pull = async (controller) => {
      const part = await asyncOp("requestPart");
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    };
    const body = streamId === null ? null : new global.ReadableStream({ type: "bytes", pull });
    return new global.Request(url, { method, headers: headerPairs, body, duplex: "half" });
  }
  function describeResponse(response) {
    if (!(response instanceof global.Response)) throw new Error("HTTP actions must return a Response");
    op("respond", response.arrayBuffer());
    return { status: response.status, headerPairs: [...response.headers] };
  }
});
