/** Writing inputs into the area, one after the other, as src/wasm/lean.rs reads them. */
import { CountersignError, typeInvalid } from "./errors.js";
import { AREA_LEN, areaStart, memoryOf, viewOf } from "./lean.js";
import type { Lean } from "./lean.js";
import { writeUtf8 } from "./utf8.js";

/** The longest secret, in bytes (src/secret.rs). One more is written, so that Rust sees that it is too long. */
const MAX_SECRET = 16 * 1024;

/** The longest token, audience or name worth writing; Rust refuses less already. */
export const MAX_TEXT = 4 * 1024;

/** The area as a view of the memory that it was made of. */
let area: Uint8Array | undefined;
let areaMemory: Uint8Array | undefined;

/** The area, for the encoder. Most texts are a call's first input: for them the view is kept. */
function whole(memory: Uint8Array): Uint8Array {
  if (areaMemory !== memory) area = (areaMemory = memory).subarray(areaStart, areaStart + AREA_LEN);
  return area as Uint8Array;
}

/** Where the next input goes. */
export let at: number;

/** Begins a new row of inputs. */
export function rewind(): void {
  at = areaStart;
}

/** How much room is left. */
export function room(): number {
  return areaStart + AREA_LEN - at;
}

/** @returns how many bytes were written. */
export function putBytes(lean: Lean, bytes: Uint8Array): number {
  memoryOf(lean).set(bytes, at);
  at += bytes.length;
  return bytes.length;
}

/** A number of 32 bits. */
export function putNumber(lean: Lean, number: number): void {
  setNumber(lean, at, number);
  at += 4;
}

function setNumber(lean: Lean, place: number, number: number): void {
  viewOf(lean).setUint32(place, number, true);
}

/**
 * A text or bytes of any length.
 * @returns how many bytes were written, or -1, and nothing, if there is no room for them.
 */
export function putData(lean: Lean, input: string | Uint8Array, max = room()): number {
  if (typeof input !== "string") return input.length <= max ? putBytes(lean, input) : -1;
  const memory = memoryOf(lean);
  const end = writeUtf8(input, memory, at, at + max, at === areaStart ? whole : undefined);
  if (end < 0) {
    memory.fill(0, at, areaStart + AREA_LEN);
    return -1;
  }
  const length = end - at;
  at = end;
  return length;
}

/** A short text that must fit. */
export function putText(lean: Lean, text: string, name: string): number {
  const length = putData(lean, text, MAX_TEXT);
  if (length < 0) throw typeInvalid(name, `at most ${MAX_TEXT} bytes long`);
  return length;
}

/** Something behind its length, which is known only when it is written. */
export function putSized(lean: Lean, put: () => number): void {
  const start = at;
  putNumber(lean, 0);
  setNumber(lean, start, put());
}

/**
 * A secret, expected or presented. Of one that is longer than any may be, only so much is written that Rust can tell:
 * no such secret is usable, and none is equal to a usable one.
 */
export function putSecret(lean: Lean, secret: string | Uint8Array): number {
  const length = putData(lean, secret, MAX_SECRET);
  return length < 0 ? putBytes(lean, new Uint8Array(MAX_SECRET + 1)) : length;
}

/** A handle whose bytes are gone. */
export function freed(what: string): CountersignError {
  return new CountersignError("type_invalid", `This ${what} was freed; make another one.`);
}
