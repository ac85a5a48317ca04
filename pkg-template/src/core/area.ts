/** Writing inputs into the area, one after the other, as src/wasm/lean.rs reads them. */
import { CountersignError, typeInvalid } from "./errors.js";
import type { Lean } from "./lean.js";
import { writeUtf8 } from "./utf8.js";

/** The longest secret, in bytes (src/secret.rs). One more is written, so that Rust sees that it is too long. */
const MAX_SECRET = 16 * 1024;

/** The longest token, audience or name worth writing; Rust refuses less already. */
const MAX_TEXT = 4 * 1024;

/** A place in the area that moves on with everything written. */
export class Cursor {
  at: number;
  readonly lean: Lean;

  constructor(lean: Lean) {
    this.lean = lean;
    this.at = lean.areaStart;
  }

  /** @returns how many bytes were written. */
  bytes(bytes: Uint8Array): number {
    this.lean.memory.set(bytes, this.at);
    this.at += bytes.length;
    return bytes.length;
  }

  /**
   * A text or bytes of any length.
   * @returns how many bytes were written, or -1, and nothing, if there is no room for them.
   */
  data(input: string | Uint8Array): number {
    if (typeof input === "string") return this.#tryText(input, this.room);
    return input.length <= this.room ? this.bytes(input) : -1;
  }

  /** A short text that must fit. */
  text(text: string, name: string): number {
    const length = this.#tryText(text, MAX_TEXT);
    if (length < 0) throw typeInvalid(name, `at most ${MAX_TEXT} bytes long`);
    return length;
  }

  /**
   * A secret, expected or presented. Of one that is longer than any may be, only so much is written that Rust can tell:
   * no such secret is usable, and none is equal to a usable one.
   */
  secret(secret: string | Uint8Array): number {
    if (typeof secret !== "string") return this.bytes(secret.subarray(0, MAX_SECRET + 1));
    const length = this.#tryText(secret, MAX_SECRET);
    if (length >= 0) return length;
    this.lean.memory.fill(0, this.at, this.at + MAX_SECRET + 1);
    this.at += MAX_SECRET + 1;
    return MAX_SECRET + 1;
  }

  #tryText(text: string, max: number): number {
    const end = writeUtf8(text, this.lean.memory, this.at, this.at + max);
    if (end < 0) return -1;
    const length = end - this.at;
    this.at = end;
    return length;
  }

  /** How much room is left. */
  get room(): number {
    return this.lean.areaEnd - this.at;
  }
}

/** A handle whose bytes are gone. */
export function freed(what: string): CountersignError {
  return new CountersignError("type_invalid", `This ${what} was freed; make another one.`);
}
