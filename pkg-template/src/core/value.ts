/**
 * Transcribes Convex values into deterministic CBOR (RFC 8949, section 4.2.1). Rust accepts the result only if it is the one form, so
 * this needs to be right to be useful, not to be safe. Only own enumerable fields with text names are read, and no getter is called.
 */
import { CountersignError, errorCodes } from "./errors.js";
import { bytes, isArrayBuffer, isWellFormed } from "./input.js";
import { AREA_LEN, LARGE_LEN, areaStart, memoryOf, resultNumber, whileLocked } from "./lean.js";
import type { Lean } from "./lean.js";
import { writeUtf8 } from "./utf8.js";

const MAX_DEPTH = 64;
const VALUE_UNSUPPORTED = errorCodes.indexOf("value_unsupported");

const TOO_LARGE = "over 16 MiB";
const TOO_DEEP = "nested more than 64 deep";
const TOO_WIDE = "a bigint of over 64 bits";
const ILL_FORMED = "text with half of a surrogate pair";

/** What Rust finds wrong with an encoding (src/value.rs), by number. Where nothing stands, the encoder below is at fault. */
const faults: readonly (string | undefined)[] = [
  undefined,
  TOO_LARGE,
  TOO_DEEP,
  undefined,
  undefined,
  TOO_WIDE,
  ILL_FORMED,
  "a name with '$' first, over 1024 long, or not printable ASCII",
];

/** Where an encoded value lies. */
export interface Encoded {
  readonly start: number;
  readonly length: number;
  /** 1 if it is in the large area. */
  readonly inLarge: number;
}

type Path = (string | number)[];

/** Encodes `value` at `at` in the area if there is room, else into the large area. */
export function encode(lean: Lean, value: unknown, at: number): Encoded {
  const length = write(value, memoryOf(lean), at, areaStart + AREA_LEN);
  if (length >= 0) return { start: at, length, inLarge: 0 };
  memoryOf(lean).fill(0, at, areaStart + AREA_LEN);
  const start = lean.large() >>> 0;
  if (start === 0) throw unsupported([], "there is no memory for its size");
  let largeLength = -1;
  try {
    largeLength = write(value, memoryOf(lean), start, start + LARGE_LEN);
  } finally {
    if (largeLength < 0) wipeEncoded(lean, { start, length: LARGE_LEN });
  }
  if (largeLength < 0) throw unsupported([], TOO_LARGE);
  return { start, length: largeLength, inLarge: 1 };
}

/** Turns Rust's refusal of a value into an error that says where in the value the fault is. */
export function refuseValue(lean: Lean, answer: number, value: unknown, { start, length }: Encoded): void {
  if (answer !== VALUE_UNSUPPORTED) return;
  const fault = faults[resultNumber(lean, 0)] ?? "not deterministic";
  const path: Path = [];
  write(value, memoryOf(lean), start, start + length, path, start + resultNumber(lean, 1));
  wipeEncoded(lean, { start, length });
  throw unsupported(path, fault);
}

/** Wipes what Rust will not see. */
export function wipeEncoded(lean: Lean, { start, length }: Pick<Encoded, "start" | "length">): void {
  memoryOf(lean).fill(0, start, start + length);
}

/**
 * Writes `value` at `start`.
 *
 * @param path - Afterwards the place in the value where writing ended early, if it did.
 * @param stop - Where to end early.
 * @returns its length, or -1 if it does not fit before `end` or `stop` was reached.
 */
function write(value: unknown, memory: Uint8Array, start: number, end: number, path: Path = [], stop = -1): number {
  const view = new DataView(memory.buffer);
  let at = start;
  let depth = 0;
  return whileLocked(() => item(value)) ? at - start : -1;

  // Each of these writes one thing, and is false if there is no room for it.

  function item(value: unknown): boolean {
    if (at === stop) return false;
    switch (typeof value) {
      case "string":
        return string(value);
      case "number":
        // The bits of a NaN are up to the engine; ours are the canonical ones.
        return value === value ? wide(0xfb, () => view.setFloat64(at + 1, value)) : wide(0xfb, () => view.setBigUint64(at + 1, 0x7ff8n << 48n));
      case "boolean":
        return head(0xe0, value ? 21 : 20);
      case "bigint":
        return integer(value < 0n ? 0x20 : 0, value < 0n ? -1n - value : value);
      case "object":
        if (value === null) return head(0xe0, 22);
        if (Array.isArray(value)) return array(value);
        if (isPlain(value)) return object(value);
        if (isArrayBuffer(value)) return run(bytes(value, "an ArrayBuffer") as Uint8Array);
        throw unsupported(path, "an object that is not plain");
      default:
        throw unsupported(path, typeof value);
    }
  }

  function integer(major: number, value: bigint): boolean {
    if (value > 0xffff_ffff_ffff_ffffn) throw unsupported(path, TOO_WIDE);
    return value <= 0xffff_ffffn ? head(major, Number(value)) : wide(major | 27, () => view.setBigUint64(at + 1, value));
  }

  function wide(initial: number, set: () => void): boolean {
    if (end - at < 9) return false;
    memory[at] = initial;
    set();
    at += 9;
    return true;
  }

  /** The major type, in the upper three bits, and a number of up to 32 bits in its shortest form. */
  function head(major: number, number: number): boolean {
    const size = headSize(number);
    if (end - at < size) return false;
    memory[at] = major | (size === 1 ? number : size === 2 ? 24 : size === 3 ? 25 : 26);
    for (let i = size; --i > 0; number = Math.floor(number / 256)) memory[at + i] = number;
    at += size;
    return true;
  }

  function string(text: string): boolean {
    if (!isWellFormed(text)) throw unsupported(path, ILL_FORMED, "text_malformed");
    // The head is as long as it is for ASCII, until the bytes are counted.
    const from = at + headSize(text.length);
    const to = writeUtf8(text, memory, from, end);
    if (to < 0) return false;
    const length = to - from;
    const place = at + headSize(length);
    if (place + length > end) return false;
    if (place !== from) memory.copyWithin(place, from, to);
    head(0x60, length);
    at += length;
    return true;
  }

  function run(content: Uint8Array): boolean {
    if (!head(0x40, content.length) || end - at < content.length) return false;
    memory.set(content, at);
    at += content.length;
    return true;
  }

  function array(items: readonly unknown[]): boolean {
    const { length } = items;
    return inside(0x80, length, () => {
      for (let i = 0; i < length; i++) if (!member(i, read(items, i))) return false;
      return true;
    });
  }

  function object(object: object): boolean {
    const fields: [string, unknown][] = [];
    for (const name of Object.keys(object)) {
      const value = read(object, name);
      // Convex leaves such a field out as well.
      if (value !== undefined) fields.push([name, value]);
    }
    if (fields.length > 1) fields.sort(byEncoding);
    return inside(0xa0, fields.length, () => fields.every(([name, value]) => member(name, value, name)));
  }

  function inside(major: number, length: number, members: () => boolean): boolean {
    if (++depth > MAX_DEPTH) throw unsupported(path, TOO_DEEP);
    const fits = head(major, length) && members();
    depth--;
    return fits;
  }

  function member(step: string | number, value: unknown, name?: string): boolean {
    path.push(step);
    // Rust may have stopped at the name.
    if (name !== undefined && (at === stop || !string(name))) return false;
    if (!item(value)) return false;
    path.pop();
    return true;
  }

  /** An own property that holds a value. */
  function read(object: object, name: string | number): unknown {
    const property = Object.getOwnPropertyDescriptor(object, name);
    if (property && Object.hasOwn(property, "value")) return property.value;
    throw unsupported([...path, name], property ? "a getter" : "a hole");
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
  const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
  const prototype = getPrototypeOf(object) as object | null;
  if (!prototype || prototype === Object.prototype) return true;
  return !getPrototypeOf(prototype) && typeof getOwnPropertyDescriptor(prototype, "isPrototypeOf")?.value === "function";
}

function unsupported(path: Readonly<Path>, problem: string, code = "value_unsupported"): CountersignError {
  // A field's name may be hostile text.
  const place = path.map((step) => (/^[\w$]{1,64}$/.test(`${step}`) && typeof step === "string" ? `.${step}` : `[${JSON.stringify(step).slice(0, 64)}]`));
  return new CountersignError(code, `Not a Convex value: ${problem}, at value${place.join("")}.`);
}
