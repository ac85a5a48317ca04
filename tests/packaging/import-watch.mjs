// node import-watch.mjs import|require <specifier>
// Loads a module and prints which of the watched things our code touched meanwhile, and from where. Packages that ours import (convex)
// may do as they like: what counts is who is on the stack, down to where Node's loader begins.

import { createRequire } from "node:module";

const [how, specifier = ""] = process.argv.slice(2);
/** @type {string[]} */
const touched = [];
let isWatching = false;

/** @param {string} what */
function note(what) {
  if (!isWatching) return;
  const stack = (new Error().stack ?? "").split("\n").slice(2);
  const end = stack.findIndex((line) => line.includes("node:internal/modules/"));
  const frames = end === -1 ? stack : stack.slice(0, end);
  const ours = frames.find((line) => /node_modules\/countersign\/|tests\/packaging\/import-touching/.test(line.replaceAll("\\", "/")));
  if (ours !== undefined) touched.push(`${what}${ours.replace(/^ +at .*?(\w+\/[\w.-]+):(\d+).*$/, " at $1:$2")}`);
}

for (const name of ["WebAssembly", "crypto", "fetch", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "performance", "navigator", "localStorage"]) {
  if (!(name in globalThis)) continue;
  const value = Reflect.get(globalThis, name);
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      note(name);
      return value;
    },
  });
}
for (const [object, name, label] of /** @type {[object, string, string][]} */ ([[Date, "now", "Date.now"], [Math, "random", "Math.random"]])) {
  const original = Reflect.get(object, name);
  Reflect.set(object, name, (/** @type {unknown[]} */ ...args) => {
    note(label);
    return Reflect.apply(original, object, args);
  });
}
process.env = new Proxy(process.env, {
  get: (env, name) => (note(`env.${String(name)}`), Reflect.get(env, name)),
  has: (env, name) => (note(`env.${String(name)}`), Reflect.has(env, name)),
  ownKeys: (env) => (note("env"), Reflect.ownKeys(env)),
});

isWatching = true;
const loaded = how === "require" ? createRequire(import.meta.url)(specifier) : await import(specifier);
isWatching = false;
console.log(JSON.stringify({ touched, names: Object.keys(loaded) }));
