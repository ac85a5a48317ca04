// Where a guard's cold start goes: an action, in which alone the clock moves, imports the guard's module in a fresh context and times each part.
// What is timed inside the call are the host's functions and the exports of WebAssembly, wrapped before; the rest of it is JavaScript.
import { createIsolate } from "../../support/isolate/index.mjs";
import { quantile } from "../timing/statistics.mjs";
import { answer, argumentsFor, env, varyApp } from "./apps.mjs";

/** @typedef {import("./apps.mjs").Candidate} Candidate */
/** @typedef {Record<string, number>} Parts in microseconds */

const timer = `
import { actionGeneric as action } from "convex/server";
const parts = {};
const now = () => performance.now();
/** What is called meanwhile is taken off. */
let inner = 0;
function timed(name, run) {
  const before = inner;
  inner = 0;
  const start = now();
  try {
    return run();
  } finally {
    const spent = now() - start;
    parts[name] = (parts[name] ?? 0) + spent - inner;
    inner = before + spent;
  }
}
function wrap() {
  const { Module, Instance } = WebAssembly;
  let modules = 0, instances = 0;
  WebAssembly.Module = function (bytes) {
    return timed(modules++ === 0 ? "compile the unpacker" : "compile the module", () => new Module(bytes));
  };
  WebAssembly.Instance = function (module, imports) {
    const { exports } = timed(instances++ === 0 ? "instantiate the unpacker" : "instantiate the module", () => new Instance(module, imports));
    const wrapped = Object.entries(exports).map(([name, value]) => [name, typeof value === "function" ? (...args) => timed("run " + name, () => value(...args)) : value]);
    return { exports: Object.fromEntries(wrapped) };
  };
  const { encodeInto } = TextEncoder.prototype;
  TextEncoder.prototype.encodeInto = function (...args) {
    return timed("encodeInto", () => encodeInto.apply(this, args));
  };
  const Url = URL;
  globalThis.URL = function (...args) {
    const url = timed("new URL", () => new Url(...args));
    // What a guard asks of it; else the getter would be called untimed.
    return { protocol: timed("new URL", () => url.protocol), origin: timed("new URL", () => url.origin) };
  };
  const { asyncSyscall } = Convex;
  globalThis.Convex = { ...Convex, asyncSyscall: (...args) => timed("system calls", () => asyncSyscall(...args)) };
  const decode = atob;
  globalThis.atob = (text) => timed("atob", () => decode(text));
}
export const run = action({ args: {}, handler: async (_, { module, args, again }) => {
  // The clock's own cost, and its first use.
  for (let i = 0; i < 20; i++) now();
  const marks = (globalThis.marks = []);
  globalThis.mark = () => marks.push(now());
  wrap();
  const start = now();
  const { run } = await import(module);
  const [evaluating, evaluated] = marks;
  const called = now();
  const value = JSON.parse(await run.invokeQuery(JSON.stringify([args])));
  const ended = now();
  const inside = { ...parts };
  JSON.parse(await run.invokeQuery(JSON.stringify([again])));
  return { value, text: evaluating - start, evaluate: evaluated - evaluating, call: ended - called, second: now() - ended, parts: inside };
} });`;

/**
 * The lower quartile of each part: a busy machine makes single runs longer, and there is no clock of the processor inside.
 * @param {Record<Candidate, import("./apps.mjs").Modules>} apps @param {import("./apps.mjs").Modules} timing the bundle of {@link timer}
 * @param {{ isNew: boolean, rounds: number }} options
 * @returns {Promise<Record<string, Parts>>} by candidate
 */
export async function measureParts(apps, timing, { isNew, rounds }) {
  const chosen = /** @type {const} */ (["plain", "guard", "noble"]);
  const warm = 3;
  /** @type {Record<string, string>} */
  const modules = { "timer.js": timing["main.js"] ?? "" };
  const at = (/** @type {Candidate} */ candidate, /** @type {number} */ round) => `${candidate}${isNew ? round : 0}`;
  for (const candidate of chosen) {
    for (let round = 0; round < (isNew ? warm + rounds : 1); round++) {
      for (const [path, source] of Object.entries(varyApp(apps[candidate], round))) {
        modules[`${at(candidate, round)}/${path}`] = path === "main.js" ? `globalThis.mark();${source}\nglobalThis.mark();` : source;
      }
    }
  }
  const isolate = createIsolate({ modules, env });
  /** @type {Record<string, Parts[]>} */
  const all = Object.fromEntries(chosen.map((candidate) => [candidate, []]));
  try {
    for (let round = 0; round < warm + rounds; round++) {
      for (const candidate of chosen) {
        const [args, again] = [argumentsFor(candidate, "timer:run"), argumentsFor(candidate, "timer:run")];
        const result = await isolate.call("timer:run", { module: `./${at(candidate, round)}/main.js`, args, again }, { type: "action" });
        if (!result.ok) throw new Error(`${candidate}: ${result.error.message}`);
        const { value, text, evaluate, call, second, parts } = result.value;
        if (value !== answer) throw new Error(`${candidate} answered ${JSON.stringify(value)}`);
        const known = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
        if (round >= warm) all[candidate]?.push({ "source text": text, evaluation: evaluate, ...parts, "JavaScript of the call": call - known, "a second call": second });
      }
    }
  } finally {
    await isolate.close();
  }
  return Object.fromEntries(
    Object.entries(all).map(([candidate, rows]) => {
      const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      return [candidate, Object.fromEntries(names.map((name) => [name, 1000 * quantile(rows.map((row) => row[name] ?? 0), 0.25)]))];
    }),
  );
}

export { timer };
