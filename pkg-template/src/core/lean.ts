/**
 * The lean WebAssembly module: loading it on first use, and the memory that both sides read and write (src/wasm/lean.rs).
 */
import { wasmSource } from "#lean";
import { CountersignError } from "./errors.js";

/** Answers that are neither 0 nor an error. */
export const MISMATCH = 255;
export const NOT_LOADED = 254;
export const DUPLICATE = 253;

const AREA_LEN = 64 * 1024;
const LARGE_LEN = 16 << 20;
/** Rust's stack, at the beginning of memory: secrets and keys were on it (pkg-template/build/wasm.mjs sets its size). */
const STACK_LEN = 32 * 1024;

interface Exports {
  readonly memory: WebAssembly.Memory;
  area(): number;
  result(): number;
  large(): number;
  generate_secret(): void;
  verify_secret(expectedLen: number, candidateLen: number): number;
  digest_secret(len: number): number;
  matches_digest(candidateLen: number): number;
  fingerprint(len: number): number;
  derive_key(count: number, caller: number, secretLen: number): number;
  load_key(stamp: number, len: number): void;
  free_key(stamp: number): void;
  sign_mac(stamp: number, len: number): number;
  verify_mac(stamp: number, macLen: number, len: number): number;
  begin_mac(stamp: number): number;
  update_mac(len: number): void;
  end_mac(): number;
  end_mac_verify(macLen: number): number;
  hash_key(len: number): void;
  end_hash_key(): void;
  check_value(len: number, inLarge: number): number;
  sign_call(...lengths: number[]): number;
  verify_call(...lengths: number[]): number;
}

/** One instance of the module. */
export class Lean {
  readonly call: Exports;
  readonly areaStart: number;
  readonly areaEnd: number;
  readonly #resultStart: number;
  #largeStart = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #stamps = 0;

  constructor(exports: Exports) {
    this.call = exports;
    this.areaStart = exports.area() >>> 0;
    this.areaEnd = this.areaStart + AREA_LEN;
    this.#resultStart = exports.result() >>> 0;
    this.#bytes = new Uint8Array(exports.memory.buffer as ArrayBuffer);
  }

  /** The whole memory. Growing it detaches what was handed out before. */
  get memory(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.call.memory.buffer as ArrayBuffer);
    return this.#bytes;
  }

  /** A copy of part of the result, in a buffer of its own. */
  result(length: number, from = 0): Uint8Array<ArrayBuffer> {
    // Small typed arrays would lie on the heap, where the collector leaves copies behind.
    const copy = new Uint8Array(new ArrayBuffer(length));
    copy.set(this.memory.subarray(this.#resultStart + from, this.#resultStart + from + length));
    return copy;
  }

  resultText(length: number, from = 0): string {
    const { memory } = this;
    let text = "";
    for (let i = this.#resultStart + from; length > 0; i++, length--) text += String.fromCharCode(memory[i] as number);
    return text;
  }

  resultNumber(index: number): number {
    return new DataView(this.memory.buffer).getUint32(this.#resultStart + 4 * index, true);
  }

  wipeResult(): void {
    this.memory.fill(0, this.#resultStart, this.#resultStart + 128);
  }

  /** Where 16 MiB can be written. */
  largeArea(): { start: number; end: number } {
    this.#largeStart ||= this.call.large() >>> 0;
    if (this.#largeStart === 0) {
      throw new CountersignError("value_unsupported", "There is not enough memory for arguments of this size.");
    }
    return { start: this.#largeStart, end: this.#largeStart + LARGE_LEN };
  }

  /** A number that no key of this instance has had. When all are used up, another instance takes over. */
  nextStamp(): number {
    this.#stamps += 1;
    if (this.#stamps === 0xffff_ffff) live = undefined;
    return this.#stamps;
  }
}

let live: Lean | undefined;
let locked = false;

/**
 * Runs `use` with the instance, which is made on first use. Whatever it throws that is not ours came out of the middle of Rust: a trap, or a
 * stack that ran out. The instance is then not to be trusted and is dropped; handles load their keys into the next one.
 */
export function withLean<T>(use: (lean: Lean) => T): T {
  if (locked) {
    throw new CountersignError("value_unsupported", "A Proxy inside a value used countersign while it was being encoded.");
  }
  const lean = (live ??= new Lean(instantiate()));
  try {
    return use(lean);
  } catch (error) {
    if (!(error instanceof CountersignError)) live = undefined;
    throw error;
  } finally {
    lean.memory.fill(0, 0, STACK_LEN);
  }
}

/** Runs code of the user's (the traps of a Proxy are), and meanwhile lets nobody else touch the area. */
export function whileLocked<T>(run: () => T): T {
  locked = true;
  try {
    return run();
  } finally {
    locked = false;
  }
}

function instantiate(): Exports {
  const source = wasmSource();
  // Not `instanceof WebAssembly.Module`: edge runtimes hand over a module of another realm.
  const module = ArrayBuffer.isView(source) ? new WebAssembly.Module(source as Uint8Array<ArrayBuffer>) : source;
  const imports = { "./lean_bg.js": { __wbindgen_init_externref_table: () => undefined } };
  return new WebAssembly.Instance(module, imports).exports as unknown as Exports;
}
