// Puts instrumented modules in the place of those that the package compiles. Its JavaScript is used as it is.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Recorder } from "./recorder.mjs";

/** @typedef {import("./instrument.mjs").Instrumented} Instrumented */

/** @param {Uint8Array} bytes */
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

/**
 * From now on a module whose bytes are known is compiled as its instrumented form, and its instances report to the recorder.
 * @param {{ path: string, instrumented: Instrumented }[]} modules
 */
export function replaceModules(modules) {
  const recorder = new Recorder();
  const known = new Map(modules.map((module) => [digest(readFileSync(module.path)), module]));
  /** What was compiled, and under which bytes. @type {WeakMap<object, Instrumented>} */
  const replaced = new WeakMap();
  /** @type {string[]} */
  const seen = [];
  const { Instance, Module } = WebAssembly;
  WebAssembly.Module = /** @type {any} */ (new Proxy(Module, {
    construct(target, [bytes]) {
      const entry = known.get(digest(bytes));
      const module = Reflect.construct(target, [entry?.instrumented.bytes ?? bytes]);
      if (entry !== undefined) {
        replaced.set(module, entry.instrumented);
        seen.push(entry.path);
      }
      return module;
    },
  }));
  WebAssembly.Instance = /** @type {any} */ (new Proxy(Instance, {
    construct(target, [module, imports]) {
      if (!replaced.has(module)) return Reflect.construct(target, [module, imports]);
      return { exports: reported(recorder, Reflect.construct(target, [module, { ...imports, env: recorder.imports }]).exports) };
    },
  }));
  return { recorder, seen };
}

/** Exports that report that they are called. @param {Recorder} recorder @param {Record<string, any>} exports */
function reported(recorder, exports) {
  return Object.fromEntries(Object.entries(exports).map(([name, value], index) => [name, typeof value !== "function" ? value : (/** @type {any[]} */ ...args) => {
    recorder.called(index, args.filter((arg) => typeof arg === "number"));
    return value(...args);
  }]));
}
