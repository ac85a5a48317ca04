// How long a use of the package is inside WebAssembly. A use is run once and its calls of exports are written down, with what lies in memory before each.
// Then the exports alone are called again, with the same numbers and what JavaScript had written put back: what that takes is the modules'. So nothing
// here knows what the exports are.

/** @typedef {{ exports: WebAssembly.Exports, memory: WebAssembly.Memory }} Module */
/** @typedef {{ module: Module, name: string, args: (number | bigint)[], result: unknown, before: Uint8Array, after: Uint8Array }} Call */

/** @type {Call[]} */
let log = [];
let isRecording = false;

const copy = (/** @type {WebAssembly.Memory} */ { buffer }) => new Uint8Array(buffer).slice();

/** From now on the exports of what is instantiated can be recorded. A copy of the package that is loaded later is told apart from one that runs at its own speed. */
export function watchInstances() {
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, args, newTarget) {
      /** @type {WebAssembly.Instance} */
      const instance = Reflect.construct(target, args, newTarget);
      const memory = Object.values(instance.exports).find((each) => each instanceof WebAssembly.Memory);
      if (memory === undefined) return instance;
      const module = { exports: instance.exports, memory };
      const exports = Object.entries(instance.exports).map(([name, value]) => [name, typeof value === "function" ? watched(module, name, value) : value]);
      return Object.freeze({ exports: Object.freeze(Object.fromEntries(exports)) });
    },
  });
}

/** @param {Module} module @param {string} name @param {Function} call */
function watched(module, name, call) {
  return (/** @type {(number | bigint)[]} */ ...args) => {
    if (!isRecording) return call(...args);
    const before = copy(module.memory);
    const result = call(...args);
    log.push({ module, name, args, result, before, after: copy(module.memory) });
    return result;
  };
}

/** Where bytes differ, as few stretches. @param {Uint8Array} wanted @param {Uint8Array} there */
function stretches(wanted, there) {
  /** @type {[start: number, end: number][]} */
  const found = [];
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === there[i]) continue;
    const last = found.at(-1);
    if (last !== undefined && i - last[1] < 64) last[1] = i + 1;
    else found.push([i, i + 1]);
  }
  return found;
}

/**
 * @param {() => unknown} use with the package that is watched
 * @returns {Promise<{ calls: number, replay: () => void, restore: () => void }>} `replay` puts back what was written and calls the exports, `restore` only writes as much elsewhere
 */
export async function recordUse(use) {
  // Keys are loaded and instances made by then.
  for (let i = 0; i < 3; i++) await use();
  log = [];
  isRecording = true;
  await use();
  isRecording = false;
  const calls = log;
  if (calls.length === 0) throw new Error("This use called no export: was the package loaded before it was watched?");
  /** @type {Map<Module, Uint8Array>} what lies in memory when a use begins */
  const states = new Map(calls.map(({ module, after }) => [module, after]));
  /** @type {[WebAssembly.Memory, number, Uint8Array][]} */
  const written = [];
  /** @type {Function[]} */
  const functions = [];
  const [restoring, calling] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
  for (const { module, name, args, before, after } of calls) {
    for (const [start, end] of stretches(before, /** @type {Uint8Array} */ (states.get(module)))) {
      calling.push(`views[${written.length}].set(bytes[${written.length}]);`);
      restoring.push(`others[${written.length}].set(bytes[${written.length}]);`);
      written.push([module.memory, start, before.slice(start, end)]);
    }
    calling.push(`results[${functions.length}] = functions[${functions.length}](${args.map((each) => (typeof each === "bigint" ? `${each}n` : String(each))).join(", ")});`);
    functions.push(/** @type {Function} */ (module.exports[name]));
    states.set(module, after);
  }
  const views = written.map(([memory, start, { length }]) => new Uint8Array(memory.buffer, start, length));
  // To put back into, without the calls that belong to it.
  const others = written.map(([, , { length }]) => new Uint8Array(length));
  const bytes = written.map(([, , each]) => each);
  /** @type {unknown[]} */
  const results = [];
  // Once all of it; from then on each replay leaves what the next begins with, but for what is put back.
  for (const [module] of states) {
    const first = /** @type {Call} */ (calls.find((call) => call.module === module));
    new Uint8Array(module.memory.buffer).set(first.before);
  }
  const made = (/** @type {string[]} */ lines) => new Function("views", "others", "bytes", "functions", "results", `return () => { ${lines.join("\n")} };`)(views, others, bytes, functions, results);
  const replay = made(calling);
  for (let i = 0; i < 3; i++) {
    replay();
    const other = calls.findIndex(({ result }, at) => result !== results[at]);
    if (other !== -1) throw new Error(`${calls[other]?.name} answered ${results[other]} when it was called again, and not ${calls[other]?.result}`);
  }
  return { calls: calls.length, replay, restore: made(restoring) };
}
