// Stands in front of WebAssembly.Module and WebAssembly.Instance, so that a test sees every instance that the package makes, can put
// another module in the place of the package's, and can do something whenever a call goes into one.

/**
 * @typedef {"lean" | "guard" | "messages" | "rich" | "unpacker"} Kind
 * @typedef {object} Watched an instance
 * @property {Kind} kind
 * @property {WebAssembly.Memory} memory
 * @property {Record<string, any>} exports as WebAssembly made them
 */

/** Every instance that was made or used since the list was last emptied, the newest last. @type {Watched[]} */
export const instances = [];

/** Instances that no test can make the package drop, with their memories as they are to begin with. @type {Map<Watched, Uint8Array>} */
const kept = new Map();

/** Makes what is in these instances' memories now what each row begins with. @param {readonly Watched[]} list */
export function keepMemories(list) {
  for (const instance of list) kept.set(instance, new Uint8Array(instance.memory.buffer).slice());
}

/** So that what was counted in between is no difference between two runs. */
export function restoreMemories() {
  for (const [{ memory }, bytes] of kept) {
    const now = new Uint8Array(memory.buffer);
    now.fill(0, bytes.length);
    now.set(bytes);
  }
}

/** How many modules were compiled. */
export let compiled = 0;

/**
 * What a test may set.
 * @type {{
 *   replace?: ((bytes: Uint8Array, kind: Kind) => Uint8Array | undefined) | undefined,
 *   imports?: ((kind: Kind) => WebAssembly.Imports) | undefined,
 *   made?: ((instance: Watched) => void) | undefined,
 *   enter?: ((instance: Watched, name: string) => void) | undefined,
 *   failed?: ((instance: Watched, error: unknown) => void) | undefined,
 * }}
 */
export const hooks = {};

/** By what only that one exports, of those that stand behind it. @type {readonly (readonly [kind: Kind, name: string])[]} */
const kinds = [["lean", "sign_mac"], ["guard", "admit_call"], ["messages", "sign_request"], ["rich", "inspect_secret"], ["unpacker", "unpack"]];

/** @param {readonly { name: string }[]} exports @returns {Kind} */
function kindOf(exports) {
  const names = new Set(exports.map(({ name }) => name));
  const kind = kinds.find(([, name]) => names.has(name))?.[0];
  if (kind === undefined) throw new Error(`A WebAssembly module that these tests do not know exports ${[...names].join(", ")}`);
  return kind;
}

/** @param {Watched} instance the functions among its exports, with the hooks around them */
function guarded(instance) {
  const entries = Object.entries(instance.exports).map(([name, value]) => {
    if (typeof value !== "function") return [name, value];
    return [name, (/** @type {unknown[]} */ ...args) => {
      // Made before the list was emptied, and still in use.
      if (!instances.includes(instance)) instances.push(instance);
      try {
        hooks.enter?.(instance, name);
        return value(...args);
      } catch (error) {
        hooks.failed?.(instance, error);
        throw error;
      }
    }];
  });
  return Object.fromEntries(entries);
}

/**
 * Puts a test build in the place of modules of a kind, made when the first is needed.
 * @param {(bytes: Uint8Array) => Uint8Array} make @param {...Kind} kinds
 */
export function replaceModules(make, ...kinds) {
  /** @type {Map<Kind, Uint8Array>} */
  const made = new Map();
  hooks.replace = (bytes, kind) => {
    if (!kinds.includes(kind)) return undefined;
    const known = made.get(kind) ?? make(bytes);
    made.set(kind, known);
    return known;
  };
}

/** @param {{ bare?: boolean }} [options] `bare`: calls go straight into the module, so that they cost what they cost */
export function watchWebAssembly({ bare = false } = {}) {
  const { Instance, Module } = WebAssembly;
  /** @type {WeakMap<Uint8Array, WebAssembly.Module>} */
  const replacements = new WeakMap();
  WebAssembly.Module = /** @type {any} */ (new Proxy(Module, {
    construct(target, [bytes]) {
      compiled++;
      const module = Reflect.construct(target, [bytes]);
      const other = hooks.replace?.(bytes, kindOf(Module.exports(module)));
      if (other === undefined) return module;
      // The same bytes again and again: compiled once.
      const known = replacements.get(other) ?? Reflect.construct(target, [other]);
      replacements.set(other, known);
      return known;
    },
  }));
  WebAssembly.Instance = /** @type {any} */ (new Proxy(Instance, {
    construct(target, [module, imports]) {
      const kind = kindOf(Module.exports(module));
      const { exports } = Reflect.construct(target, [module, { ...imports, ...hooks.imports?.(kind) }]);
      /** @type {Watched} */
      const instance = { kind, memory: exports.memory, exports };
      instances.push(instance);
      hooks.made?.(instance);
      return { exports: bare ? exports : guarded(instance) };
    },
  }));
}

/** Makes the package drop its lean instance, or a guard's, as after any trap: the next call makes another one. @param {typeof import("countersign")} api */
export function dropInstance(api) {
  const trap = new WebAssembly.RuntimeError("dropped by a test");
  const value = new Proxy({}, { ownKeys: () => { throw trap; } });
  try {
    api.encodeValue(value);
  } catch (error) {
    if (error === trap) return;
    throw error;
  }
  throw new Error("encodeValue took a value whose fields it cannot know");
}

/** The same for the rich instance, which is kept between calls as well. @param {typeof import("countersign/inspect")} inspection */
export const dropRichInstance = (inspection) => drop("rich", () => inspection.inspectSecret(""));

/** The same for the messages instance. @param {typeof import("countersign/webhooks")} webhooks */
export const dropMessagesInstance = (webhooks) => drop("messages", () => webhooks.signWebhook("github", { secret: "", body: "" }));

/** @param {Kind} module @param {() => unknown} use what goes into it */
function drop(module, use) {
  const trap = new WebAssembly.RuntimeError("dropped by a test");
  const { enter } = hooks;
  hooks.enter = ({ kind }) => {
    if (kind === module) throw trap;
  };
  try {
    use();
  } catch (error) {
    if (error === trap) return;
    throw error;
  } finally {
    hooks.enter = enter;
  }
  throw new Error(`a call did not go into the ${module} module`);
}
