/**
 * The boundary: everything that comes from JavaScript is checked here, by argument name, before a byte of it reaches Rust.
 * WebAssembly itself checks nothing: it would take a string for no bytes and an object for zero.
 */
import { CountersignError, typeInvalid } from "./errors.js";

/** A text, taken as UTF-8, or the bytes themselves. */
export type Secret = string | Uint8Array;

/** A text, taken as UTF-8, or bytes. A view stands for the bytes it shows, not for its whole buffer. */
export type Data = string | Uint8Array | ArrayBuffer | ArrayBufferView;

/** Reads an option by its own property only: whatever somebody put on `Object.prototype` is not an option. */
export function own<T extends object, K extends keyof T>(options: T, name: K): T[K] | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined;
}

/** The same, where `{ name: undefined }` is not as good as no option: a variable that is not set must not be replaced by another. */
export function ownOrUnset<T extends object, K extends keyof T, U>(options: T, name: K, unset: U): NonNullable<T[K]> | U | undefined {
  return Object.hasOwn(options, name) ? (options[name] ?? unset) : undefined;
}

/** An options object. */
export function record(value: unknown, name: string): object {
  if (typeof value !== "object" || value === null) throw typeInvalid(name, "an object");
  return value;
}

/** A well-formed text. Encoders map every lone surrogate to the same character, so two texts would become one. */
export function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw typeInvalid(name, "a string");
  if (!isWellFormed(value)) throw textMalformed(name);
  return value;
}

export function textMalformed(name: string): CountersignError {
  return new CountersignError("text_malformed", `${name} holds half of a surrogate pair.`);
}

export function isWellFormed(value: string & { isWellFormed?: () => boolean }): boolean {
  return typeof value.isWellFormed === "function" ? value.isWellFormed() : !/\p{Surrogate}/u.test(value);
}

/** A well-formed text, or bytes. */
export function data(value: unknown, name: string): string | Uint8Array {
  if (typeof value === "string") return text(value, name);
  return bytes(value, name) ?? raise(typeInvalid(name, "a string, a Uint8Array, an ArrayBuffer or a view of one"));
}

/** An expected secret: a well-formed text, or bytes. Nothing at all counts as a secret that is not set. */
export function secret(value: unknown, name: string): string | Uint8Array {
  if (value === undefined || value === null) throw new CountersignError("secret_missing");
  if (typeof value === "string") return text(value, name);
  return uint8Array(value) ?? raise(typeInvalid(name, "a string or a Uint8Array"));
}

/** Bytes of exactly this length in a `Uint8Array`. */
export function bytesOfLength(value: unknown, length: number, name: string): Uint8Array {
  const found = uint8Array(value);
  if (found === undefined || found.length !== length) throw typeInvalid(name, `a Uint8Array of ${length} bytes`);
  return found;
}

/** A whole number of milliseconds: 0 to 2^53 - 1. */
export function milliseconds(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw typeInvalid(name, "a whole number of milliseconds");
  }
  return value;
}

// The getters of the language itself: an object cannot pass for bytes by having properties of the same names. Taken once, because to look one up
// costs more than a hash block. A bundle that needs none of them drops them.
const typedArray = /* @__PURE__ */ Object.getPrototypeOf(Uint8Array.prototype) as object;
const tagOf = /* @__PURE__ */ getter(typedArray, Symbol.toStringTag);
const bufferOf = /* @__PURE__ */ getter(typedArray, "buffer");
const offsetOf = /* @__PURE__ */ getter(typedArray, "byteOffset");
const lengthOf = /* @__PURE__ */ getter(typedArray, "byteLength");
const bufferLengthOf = /* @__PURE__ */ getter(ArrayBuffer.prototype, "byteLength");

/** A getter as a function of the object. */
function getter(prototype: object, name: PropertyKey): (object: unknown) => unknown {
  return Function.prototype.call.bind(Object.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown);
}

/** A `Uint8Array` of any realm, and nothing that only looks like one. */
export function uint8Array(value: unknown): Uint8Array | undefined {
  return ArrayBuffer.isView(value) && tagOf(value) === "Uint8Array" ? bytes(value, "") : undefined;
}

/** The bytes of a buffer or of any view of one, in place. */
export function bytes(value: unknown, name: string): Uint8Array | undefined {
  if (!ArrayBuffer.isView(value)) return isArrayBuffer(value) ? bufferBytes(value, name) : undefined;
  try {
    if (tagOf(value) !== undefined) return new Uint8Array(bufferOf(value) as ArrayBuffer, offsetOf(value) as number, lengthOf(value) as number);
    const read = (property: string) => getter(DataView.prototype, property)(value) as never;
    return new Uint8Array(read("buffer"), read("byteOffset"), read("byteLength"));
  } catch (error) {
    throw transferred(name, error);
  }
}

/** The bytes of a buffer, in place. */
export function bufferBytes(buffer: ArrayBuffer, name: string): Uint8Array {
  try {
    return new Uint8Array(buffer);
  } catch (error) {
    throw transferred(name, error);
  }
}

function transferred(name: string, cause: unknown): CountersignError {
  return new CountersignError("type_invalid", `${name} is a buffer that was transferred away.`, { cause });
}

/** An `ArrayBuffer` of any realm. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    return bufferLengthOf(value) !== undefined;
  } catch {
    return false; // the language's own way of saying that this is not an ArrayBuffer
  }
}

export function raise(error: Error): never {
  throw error;
}
