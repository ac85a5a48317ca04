// What an instrumented module reports (instrument.mjs), as a number of events and one hash over all of them: where it was, the address and
// size of each access, what it decided by. Values that are loaded and stored are given back unread.
import { createHash } from "node:crypto";

/** @typedef {{ hash: string, events: number, points: number, addresses: number, decisions: number }} Trace */
/** A kind, its number in the module, and what showed: an address and a size, or a decision. @typedef {[string, number, number, number]} Event */

const kinds = ["export", "point", "load", "store", "grow", "decision"];
const KEPT = 3 * 8192;

export class Recorder {
  #hash = createHash("sha256");
  #buffer = new Int32Array(KEPT);
  #used = 0;
  #counts = new Map(kinds.map((kind) => [kind, 0]));
  /** Every event, if they are asked for. @type {Event[] | undefined} */
  #kept;
  #isOn = false;

  /** What the instrumented module imports. @type {Record<string, Function>} */
  imports = {
    log_execution: (/** @type {number} */ id) => this.#add("point", id, 0, 0),
    load_ptr: (/** @type {number} */ id, /** @type {number} */ size, /** @type {number} */ offset, /** @type {number} */ at) => (this.#add("load", id, at + offset, size), at),
    store_ptr: (/** @type {number} */ id, /** @type {number} */ size, /** @type {number} */ offset, /** @type {number} */ at) => (this.#add("store", id, at + offset, size), at),
    memory_grow_pre: (/** @type {number} */ id, /** @type {number} */ pages) => (this.#add("grow", id, pages, 0), pages),
    memory_grow_post: (/** @type {number} */ id, /** @type {number} */ pages) => (this.#add("grow", id, pages, 1), pages),
    decide: (/** @type {number} */ id, /** @type {number} */ value) => (this.#add("decision", id, value, 0), value),
    // Of a condition only whether it is zero shows.
    decide_condition: (/** @type {number} */ id, /** @type {number} */ value) => (this.#add("decision", id, value === 0 ? 0 : 1, 0), value),
    decide_i64: (/** @type {number} */ id, /** @type {bigint} */ value) => (this.#add("decision", id, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))), value),
    ...Object.fromEntries(["i32", "i64", "f32", "f64"].flatMap((type) => ["load", "store"].map((kind) => [`${kind}_val_${type}`, (/** @type {number} */ _, /** @type {unknown} */ value) => value]))),
  };

  /**
   * Runs `use` and says what the module did meanwhile.
   * @template T @param {() => T} use @returns {{ trace: Trace, answer: T }}
   */
  record(use) {
    this.#hash = createHash("sha256");
    this.#used = 0;
    for (const kind of kinds) this.#counts.set(kind, 0);
    this.#isOn = true;
    try {
      const answer = use();
      return { trace: this.#finish(), answer };
    } finally {
      this.#isOn = false;
    }
  }

  /** The events of `use`, for showing where two traces part. @param {() => unknown} use */
  events(use) {
    /** @type {Event[]} */
    const kept = [];
    this.#kept = kept;
    try {
      this.record(use);
    } finally {
      this.#kept = undefined;
    }
    return kept;
  }

  /** An export is about to be called. Its arguments are lengths and numbers of keys. @param {number} index @param {number[]} args */
  called(index, args) {
    this.#add("export", index, args.length, 0);
    for (const arg of args) this.#add("export", index, arg | 0, 1);
  }

  /** @param {string} kind @param {number} id @param {number} one @param {number} other */
  #add(kind, id, one, other) {
    if (!this.#isOn) return;
    this.#counts.set(kind, /** @type {number} */ (this.#counts.get(kind)) + 1);
    this.#buffer[this.#used++] = (kinds.indexOf(kind) << 24) | id;
    this.#buffer[this.#used++] = one;
    this.#buffer[this.#used++] = other;
    this.#kept?.push([kind, id, one, other]);
    if (this.#used === KEPT) this.#flush();
  }

  #flush() {
    this.#hash.update(new Uint8Array(this.#buffer.buffer, 0, this.#used * 4));
    this.#used = 0;
  }

  /** @returns {Trace} */
  #finish() {
    this.#flush();
    const count = (/** @type {string[]} */ ...names) => names.reduce((sum, name) => sum + /** @type {number} */ (this.#counts.get(name)), 0);
    return { hash: this.#hash.digest("hex"), events: count(...kinds), points: count("point"), addresses: count("load", "store"), decisions: count("decision") };
  }
}
