/**
 * Transcribes Convex values into deterministic CBOR (RFC 8949, section 4.2.1). Rust accepts the result only if it is the one form, so
 * this needs to be right to be useful, not to be safe. Only own enumerable fields with text names are read, and no getter is called.
 */
import { CountersignError, errorCodes } from "./errors.js";
import { bufferBytes, isArrayBuffer, isWellFormed } from "./input.js";
import { AREA_LEN, LARGE_LEN, areaStart, memoryOf, resultNumber, viewOf, whileLocked } from "./lean.js";
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

/** Encodes `value` at `at` in the area if there is room, else into the large area. */
export function encode(lean: Lean, value: unknown, place: number): Encoded {
  const areaEnd = areaStart + AREA_LEN;
  let length = write(lean, value, place, areaEnd);
  if (length >= 0) return { start: place, length, inLarge: 0 };
  memoryOf(lean).fill(0, place, areaEnd);
  depth = 0;
  const start = lean.large() >>> 0;
  if (start === 0) throw unsupported("there is no memory for its size");
  try {
    length = write(lean, value, start, start + LARGE_LEN);
  } finally {
    if (length < 0) wipeEncoded(lean, { start, length: LARGE_LEN });
  }
  depth = 0;
  if (length < 0) throw unsupported(TOO_LARGE);
  return { start, length, inLarge: 1 };
}

/** Turns Rust's refusal of a value into an error that says where in the value the fault is. */
export function refuseValue(lean: Lean, answer: number, value: unknown, { start, length }: Encoded): void {
  if (answer !== VALUE_UNSUPPORTED) return;
  const fault = faults[resultNumber(lean, 0)] ?? "not deterministic";
  write(lean, value, start, start + length, start + resultNumber(lean, 1));
  wipeEncoded(lean, { start, length });
  throw unsupported(fault);
}

/** Wipes what Rust will not see. */
export function wipeEncoded(lean: Lean, { start, length }: Pick<Encoded, "start" | "length">): void {
  memoryOf(lean).fill(0, start, start + length);
}

// What is being written. One value at a time: the module is locked meanwhile. Kept here, and not in closures or a list for each value,
// because making those takes longer than writing.
let memory: Uint8Array;
let view: DataView;
let at: number;
let end: number;
/** Where to end early. */
let stop: number;
/** How many arrays and objects contain what is being written, and the step taken in each. */
let depth: number;
const path: (string | number)[] = [];

/**
 * Writes `value` at `start`. If that ended early, `path` says where in the value.
 *
 * @returns its length, or -1 if it does not fit before `limit` or `halt` was reached.
 */
function write(lean: Lean, value: unknown, start: number, limit: number, halt = -1): number {
  memory = memoryOf(lean);
  view = viewOf(lean);
  at = start;
  end = limit;
  stop = halt;
  depth = 0;
  try {
    whileLocked(item, value);
  } catch (error) {
    if (error === ENDED) return -1;
    throw error;
  }
  return at - start;
}

/** What is thrown, and caught above, where writing ends early. */
const ENDED = {};

/** Goes on by `size` bytes if there is room for them. @returns where they are. */
function take(size: number): number {
  if (end - at < size) throw ENDED;
  at += size;
  return at - size;
}

function item(value: unknown): void {
  if (at === stop) throw ENDED;
  switch (typeof value) {
    case "string":
      return string(value);
    case "number":
      memory[take(9)] = 0xfb;
      // The bits of a NaN are up to the engine; ours are the canonical ones.
      return value === value ? view.setFloat64(at - 8, value) : view.setBigUint64(at - 8, 0x7ff8_0000_0000_0000n);
    case "boolean":
      return head(0xe0, value ? 21 : 20);
    case "bigint":
      return integer(value < 0n ? 0x20 : 0, value < 0n ? -1n - value : value);
    case "object":
      if (value === null) return head(0xe0, 22);
      if (Array.isArray(value)) return array(value);
      if (isPlain(value)) return object(value);
      if (isArrayBuffer(value)) return run(bufferBytes(value, "an ArrayBuffer"));
      throw unsupported("an object that is not plain");
    default:
      throw unsupported(typeof value);
  }
}

function integer(major: number, value: bigint): void {
  if (value > 0xffff_ffff_ffff_ffffn) throw unsupported(TOO_WIDE);
  if (value <= 0xffff_ffffn) return head(major, Number(value));
  memory[take(9)] = major | 27;
  view.setBigUint64(at - 8, value);
}

/** The major type, in the upper three bits, and a number of up to 32 bits in its shortest form. */
function head(major: number, number: number): void {
  let size = headSize(number);
  const place = take(size);
  memory[place] = major | (size < 2 ? number : 23 + ((size + 1) >> 1));
  while (--size > 0) {
    memory[place + size] = number;
    number >>>= 8;
  }
}

function string(text: string): void {
  // The head is as long as it is for ASCII, until the bytes are counted.
  const from = at + headSize(text.length);
  const to = writeUtf8(text, memory, from, end);
  const length = to - from;
  // What is as long in bytes as in characters is ASCII; of all else half a pair was written as something else.
  if (length !== text.length && !isWellFormed(text)) throw unsupported(ILL_FORMED, "text_malformed");
  const place = at + headSize(length);
  if (to < 0 || place + length > end) throw ENDED;
  if (place !== from) memory.copyWithin(place, from, to);
  head(0x60, length);
  at += length;
}

function run(content: Uint8Array): void {
  head(0x40, content.length);
  memory.set(content, take(content.length));
}

function array(items: readonly unknown[]): void {
  const { length } = items;
  enter();
  head(0x80, length);
  for (let i = 0; i < length; i++) item(read(items, i));
  depth--;
}

function object(object: object): void {
  enter();
  const names = sort(Object.keys(object));
  const values: unknown[] = [];
  let count = 0;
  for (let i = 0; i < names.length; i++) {
    // Convex leaves a field that is undefined out as well.
    if ((values[i] = read(object, names[i] as string)) !== undefined) count++;
  }
  head(0xa0, count);
  for (let i = 0; i < names.length; i++) {
    if (values[i] === undefined) continue;
    // Rust may have stopped at the name.
    item((path[depth - 1] = names[i] as string));
    item(values[i]);
  }
  depth--;
}

function enter(): void {
  if (depth === MAX_DEPTH) throw unsupported(TOO_DEEP);
  depth++;
}

/** An own property that holds a value. */
function read(object: object, name: string | number): unknown {
  path[depth - 1] = name;
  const property = Object.getOwnPropertyDescriptor(object, name);
  if (property && Object.hasOwn(property, "value")) return property.value;
  throw unsupported(property ? "a getter" : "a hole");
}

function headSize(number: number): number {
  return number < 24 ? 1 : number < 0x100 ? 2 : number < 0x10000 ? 3 : 5;
}

/** Sorts a few names without garbage, and many in time. */
function sort(names: string[]): string[] {
  if (names.length > 16) return names.sort(byEncoding);
  for (let i = 1; i < names.length; i++) {
    const name = names[i] as string;
    let to = i;
    for (; to > 0 && byEncoding(names[to - 1] as string, name) > 0; to--) names[to] = names[to - 1] as string;
    names[to] = name;
  }
  return names;
}

// Names are ASCII (Rust refuses others), so the shorter one has the smaller head, and bytes order as characters do.
function byEncoding(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1);
}

/** An object literal of any realm, or one without a prototype. JSON cannot make a prototype that has functions. */
function isPlain(object: object): boolean {
  const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
  const prototype = getPrototypeOf(object) as object | null;
  if (!prototype || prototype === Object.prototype) return true;
  return !getPrototypeOf(prototype) && typeof getOwnPropertyDescriptor(prototype, "isPrototypeOf")?.value === "function";
}

function unsupported(problem: string, code = "value_unsupported"): CountersignError {
  // A field's name may be hostile text.
  const place = path.slice(0, depth).map((step) => (typeof step === "string" && /^[\w$]{1,64}$/.test(step) ? `.${step}` : `[${JSON.stringify(step).slice(0, 64)}]`));
  return new CountersignError(code, `Not a Convex value: ${problem}, at value${place.join("")}.`);
}
