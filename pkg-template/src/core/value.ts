/**
 * Transcribes Convex values into deterministic CBOR (RFC 8949, section 4.2.1). Rust accepts the result only if it is the one form, so
 * this needs to be right to be useful, not to be safe. Only own enumerable fields with text names are read, and no getter is called.
 */
import { CountersignError, errorCodes } from "./errors.js";
import { bytes, isArrayBuffer, isWellFormed } from "./input.js";
import { whileLocked } from "./lean.js";
import type { Lean } from "./lean.js";
import { writeUtf8 } from "./utf8.js";

const MAX_DEPTH = 64;
const VALUE_UNSUPPORTED = errorCodes.indexOf("value_unsupported");

/** What Rust finds wrong with an encoding (src/value.rs), by number. */
const faults = [
  "",
  "the value is larger than 16 MiB",
  "arrays and objects are nested more than 64 deep",
  "its encoding ends too early or goes on too long",
  "its encoding is not deterministic",
  "a bigint must fit into 64 bits",
  "a text is not well-formed Unicode",
  "a field's name must be at most 1024 printable ASCII characters and not begin with '$'",
  "a field is out of order or there twice",
];

/** Where an encoded value lies. */
export interface Encoded {
  readonly start: number;
  readonly length: number;
  /** 1 if it is in the large area. */
  readonly inLarge: number;
}

/** Encodes `value` at `at` in the area if there is room, else into the large area. */
export function encode(lean: Lean, value: unknown, at: number): Encoded {
  const length = new Encoder(lean.memory, at, lean.areaEnd).run(value);
  if (length >= 0) return { start: at, length, inLarge: 0 };
  const large = lean.largeArea();
  const largeLength = new Encoder(lean.memory, large.start, large.end).run(value);
  if (largeLength >= 0) return { start: large.start, length: largeLength, inLarge: 1 };
  throw unsupported([], faults[1] as string);
}

/** Turns Rust's refusal of a value into an error that says where in the value the fault is. */
export function refuseValue(lean: Lean, answer: number, value: unknown, encoded: Encoded): void {
  if (answer !== VALUE_UNSUPPORTED) return;
  const fault = faults[lean.resultNumber(0)] ?? "it is not a Convex value";
  const encoder = new Encoder(lean.memory, encoded.start, encoded.start + encoded.length, encoded.start + lean.resultNumber(1));
  encoder.run(value);
  throw unsupported(encoder.path, fault);
}

class Encoder {
  readonly path: (string | number)[] = [];
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  readonly #stop: number;
  #at: number;

  constructor(memory: Uint8Array, start: number, end: number, stop = -1) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.#stop = stop;
  }

  /** @returns the length, or -1 if there is no room or `stop` was reached. */
  run(value: unknown): number {
    return whileLocked(() => this.#value(value)) ? this.#at - this.#start : -1;
  }

  // Each of these writes one thing, and is false if there is no room for it.

  #value(value: unknown): boolean {
    if (this.#at === this.#stop) return false;
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#double(value);
      case "boolean":
        return this.#byte(value ? 0xf5 : 0xf4);
      case "bigint":
        return this.#integer(value);
      case "object":
        if (value === null) return this.#byte(0xf6);
        if (Array.isArray(value)) return this.#array(value);
        if (isPlain(value)) return this.#object(value);
        if (isArrayBuffer(value)) return this.#bytes(bytes(value, "an ArrayBuffer") as Uint8Array);
        throw unsupported(this.path, "an object must be plain: class instances, Date, Map, Set and typed arrays are no Convex values");
      default:
        throw unsupported(this.path, `${typeof value} is not a Convex value`);
    }
  }

  #byte(byte: number): boolean {
    if (this.#at >= this.#end) return false;
    this.#memory[this.#at++] = byte;
    return true;
  }

  #double(value: number): boolean {
    if (this.#end - this.#at < 9) return false;
    this.#memory[this.#at] = 0xfb;
    // The bits of a NaN are up to the engine; ours are the canonical ones.
    if (value !== value) this.#view.setBigUint64(this.#at + 1, 0x7ff8_0000_0000_0000n);
    else this.#view.setFloat64(this.#at + 1, value);
    this.#at += 9;
    return true;
  }

  #integer(value: bigint): boolean {
    const major = value < 0n ? 0x20 : 0;
    const number = value < 0n ? -1n - value : value;
    if (number <= 0xffff_ffffn) return this.#head(major, Number(number));
    if (number > 0xffff_ffff_ffff_ffffn) throw unsupported(this.path, faults[5] as string);
    if (this.#end - this.#at < 9) return false;
    this.#memory[this.#at] = major | 27;
    this.#view.setBigUint64(this.#at + 1, number);
    this.#at += 9;
    return true;
  }

  /** The major type, in the upper three bits, and a number of up to 32 bits in its shortest form. */
  #head(major: number, number: number): boolean {
    const size = headSize(number);
    if (this.#end - this.#at < size) return false;
    const at = this.#at;
    this.#at += size;
    if (size === 1) this.#memory[at] = major | number;
    else if (size === 2) this.#view.setUint16(at, ((major | 24) << 8) | number);
    else if (size === 3) {
      this.#memory[at] = major | 25;
      this.#view.setUint16(at + 1, number);
    } else {
      this.#memory[at] = major | 26;
      this.#view.setUint32(at + 1, number);
    }
    return true;
  }

  #text(text: string): boolean {
    if (!isWellFormed(text)) throw unsupported(this.path, "a text holds half of a surrogate pair; Convex would change it", "text_malformed");
    // The head is as long as it is for ASCII, until the bytes are counted.
    const start = this.#at;
    const guess = headSize(text.length);
    const end = writeUtf8(text, this.#memory, start + guess, this.#end);
    if (end < 0) return false;
    const length = end - start - guess;
    const size = headSize(length);
    if (size !== guess) {
      if (start + size + length > this.#end) return false;
      this.#memory.copyWithin(start + size, start + guess, end);
    }
    this.#head(0x60, length);
    this.#at += length;
    return true;
  }

  #bytes(content: Uint8Array): boolean {
    if (!this.#head(0x40, content.length) || this.#end - this.#at < content.length) return false;
    this.#memory.set(content, this.#at);
    this.#at += content.length;
    return true;
  }

  #array(array: readonly unknown[]): boolean {
    this.#enter();
    const { length } = array;
    if (!this.#head(0x80, length)) return false;
    for (let i = 0; i < length; i++) {
      const item = this.#read(array, i);
      this.path.push(i);
      if (!this.#value(item)) return false;
      this.path.pop();
    }
    this.#depth--;
    return true;
  }

  #object(object: object): boolean {
    this.#enter();
    const fields: [string, unknown][] = [];
    for (const name of Object.keys(object)) {
      const value = this.#read(object, name);
      // Convex leaves such a field out as well.
      if (value !== undefined) fields.push([name, value]);
    }
    if (fields.length > 1) fields.sort(byEncoding);
    if (!this.#head(0xa0, fields.length)) return false;
    for (const [name, value] of fields) {
      this.path.push(name);
      if (this.#at === this.#stop || !this.#text(name) || !this.#value(value)) return false;
      this.path.pop();
    }
    this.#depth--;
    return true;
  }

  #depth = 0;

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw unsupported(this.path, faults[2] as string);
  }

  /** An own property that holds a value. */
  #read(object: object, name: string | number): unknown {
    const property = Object.getOwnPropertyDescriptor(object, name);
    if (property !== undefined && Object.hasOwn(property, "value")) return property.value;
    this.path.push(name);
    throw unsupported(this.path, property === undefined ? "an array has a hole" : "a field is a getter; copy its value first");
  }
}

function headSize(number: number): number {
  return number < 24 ? 1 : number < 0x100 ? 2 : number < 0x10000 ? 3 : 5;
}

// Names are ASCII (Rust refuses others), so the shorter one has the smaller head, and bytes order as characters do.
function byEncoding([one]: [string, unknown], [other]: [string, unknown]): number {
  return one.length - other.length || (one < other ? -1 : 1);
}

/** An object literal of any realm, or one without a prototype. JSON cannot make a prototype that has functions. */
function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && typeof Object.getOwnPropertyDescriptor(prototype, "isPrototypeOf")?.value === "function";
}

function unsupported(path: readonly (string | number)[], problem: string, code = "value_unsupported"): CountersignError {
  const place = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${printable(step)}`)).join("");
  return new CountersignError(code, `${problem} (at value${place}).`);
}

/** A field's name in a message, which may be hostile text. */
function printable(name: string): string {
  const short = name.length > 64 ? `${name.slice(0, 64)}...` : name;
  return /^[\w$]+$/.test(short) ? short : JSON.stringify(short);
}
