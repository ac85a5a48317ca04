// Notes everything that is thrown, returned or logged, and what of a secret shows in it.

import { inspect } from "node:util";
import { everything, showings } from "./show.mjs";

/** @typedef {import("./forms.mjs").Forbidden} Forbidden */

export class Watch {
  #forbidden;
  /** What was looked at already, as long as nothing new is forbidden. @type {Set<string>} */
  #seen = new Set();
  /** Where we are, for the message. */
  place = "";
  /** What was found, by place and name and never by value. @type {Set<string>} */
  found = new Set();
  /** Error codes that came out, in whatever way. @type {Set<string>} */
  codes = new Set();
  /** How many refusals, results and lines were looked at. */
  counts = { refusals: 0, results: 0, lines: 0 };
  /** Methods of handles, and how often each was called. @type {Map<string, number>} */
  methods = new Map();

  /** @param {Forbidden} forbidden */
  constructor(forbidden) {
    this.#forbidden = forbidden;
  }

  /** @param {string} text @param {string} where */
  text(text, where) {
    const found = this.#forbidden.find(text);
    if (found !== undefined) this.found.add(`${this.place}: ${where} shows ${found}`);
    if (where.startsWith("console.")) for (const [, code = ""] of text.matchAll(/\bcode=(\w+)/g)) this.codes.add(code);
  }

  /** @param {unknown} thing @param {string} where */
  thing(thing, where) {
    const key = `${this.place} ${this.#forbidden.size} ${where} ${inspect(thing, everything)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    for (const text of showings(thing)) this.text(text, where);
  }

  /** What somebody gets back and may print. @param {unknown} thing */
  result(thing) {
    this.counts.results++;
    this.thing(thing, "a result");
  }

  /** @param {any} error */
  error(error) {
    this.counts.refusals++;
    for (let at = error; at !== undefined && at !== null; at = at.cause) if (at.name === "CountersignError") this.codes.add(at.code);
    this.thing(error, "an error");
  }

  /** Runs something; an error is looked at, and a result is handed on. @template T @param {() => T} run @returns {T | undefined} */
  run(run) {
    try {
      return run();
    } catch (error) {
      this.error(error);
      return undefined;
    }
  }

  /** The same, and its result may be printed. @param {() => unknown} run */
  shown(run) {
    const result = this.run(run);
    if (result !== undefined) this.result(result);
  }

  /** The same for what takes its time. @param {() => Promise<unknown>} run */
  async settled(run) {
    try {
      this.result(await run());
    } catch (error) {
      this.error(error);
    }
  }

  /** The same, where what comes is as public as what went in. @param {() => Promise<unknown>} run */
  async failed(run) {
    try {
      await run();
    } catch (error) {
      this.error(error);
    }
  }

  /** A handle: it is shown, and from now on its methods' calls are counted. @template {object} T @param {T} handle @returns {T} */
  handle(handle) {
    this.result(handle);
    const prototype = Object.getPrototypeOf(handle);
    for (const name of Reflect.ownKeys(prototype)) {
      const label = `${prototype.constructor.name}.${String(name)}`;
      if (name === "constructor" || this.methods.has(label)) continue;
      this.methods.set(label, 0);
      const property = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(prototype, name));
      const count = (/** @type {Function | undefined} */ method, /** @type {Map<string, number>} */ methods = this.methods) =>
        method === undefined ? undefined : /** @this {unknown} @param {unknown[]} args */ function (...args) {
          methods.set(label, (methods.get(label) ?? 0) + 1);
          return Reflect.apply(method, this, args);
        };
      Object.defineProperty(prototype, name, property.get === undefined ? { ...property, value: count(property.value) } : { ...property, get: /** @type {() => unknown} */ (count(property.get)) });
    }
    return handle;
  }

  /** Looks at whatever is written to the console, until the returned function is called. */
  console() {
    const originals = Object.entries(console).filter(([, value]) => typeof value === "function");
    for (const [name] of originals) {
      Reflect.set(console, name, (/** @type {unknown[]} */ ...parts) => {
        this.counts.lines++;
        for (const part of parts) this.thing(part, `console.${name}`);
      });
    }
    return () => originals.forEach(([name, value]) => Reflect.set(console, name, value));
  }
}
