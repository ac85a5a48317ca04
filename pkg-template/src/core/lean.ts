/**
 * The lean WebAssembly module, or what a guard runs of it: loading it on first use, and the memory that both sides read and write
 * (src/wasm/lean.rs). One instance at a time, and one function of it at a time: everything is synchronous. Where the module's bytes come from
 * is said by lean-full.ts and lean-guard.ts, so that a bundle holds only what it uses.
 */
import { CountersignError } from "./errors.js";

/** Answers that are neither 0 nor an error. */
export const MISMATCH = 255;
export const NOT_LOADED = 254;
export const DUPLICATE = 253;

export const AREA_LEN = 64 * 1024;
export const LARGE_LEN = 16 << 20;
export const RESULT_LEN = 296;

/** What both modules export: the lean one, and the guard one, which has nothing else. */
export interface Lean {
  readonly memory: WebAssembly.Memory;
  area(): number;
  result(): number;
  large(): number;
  admit_call(...lengths: number[]): number;
  check_scope(nameLen: number, count: number, functions: number): number;
}

type Source = () => Uint8Array<ArrayBuffer> | WebAssembly.Module;

let live: Lean | undefined;
/** The same, if it is one of the lean module. */
let full: Lean | undefined;
let bytes: Uint8Array<ArrayBuffer>;
let view: DataView<ArrayBuffer>;
let stamps: number;
let locked = false;

/** Where the area begins. */
export let areaStart: number;
/** Where the result begins. */
export let resultStart: number;

/** The instance, whichever module it is of, made on first use. */
export function anyInstance(source: Source): Lean {
  checkLock();
  return live ?? instantiate(source);
}

/** The instance of the lean module. It takes the place of a guard's, in which nothing is kept between calls. */
export function fullInstance(source: Source): Lean {
  checkLock();
  if (full !== undefined) return full;
  if (live !== undefined) drop(live);
  return instantiate(source);
}

function checkLock(): void {
  if (locked) throw new CountersignError("value_unsupported", "A Proxy in a value used countersign meanwhile.");
}

/** Runs `use` with the instance. Rust wipes its inputs and its stack; what is left to wipe here is the result. */
export function within<L extends Lean, T>(lean: L, use: (lean: L) => T): T {
  try {
    return use(lean);
  } catch (error) {
    throw failed(lean, error);
  } finally {
    memoryOf(lean).fill(0, resultStart, resultStart + RESULT_LEN);
  }
}

/**
 * Leaves the instance after an error, which is given back. If the error is ours, inputs may be left that never came to Rust. Any other
 * came out of the middle of Rust: a trap, or a stack that ran out. The instance is then not to be trusted and is never used again; handles
 * load their keys into the next one.
 */
export function failed(lean: Lean, error: unknown): unknown {
  if (error instanceof CountersignError) memoryOf(lean).fill(0, areaStart, areaStart + AREA_LEN);
  else drop(lean);
  return error;
}

function drop(lean: Lean): void {
  live = full = undefined;
  memoryOf(lean).fill(0);
}

/** Runs code of the user's (the traps of a Proxy are), and meanwhile lets nobody else touch the area. */
export function whileLocked<T, V>(run: (input: V) => T, input: V): T {
  locked = true;
  try {
    return run(input);
  } finally {
    locked = false;
  }
}

function instantiate(wasmSource: Source): Lean {
  const source = wasmSource();
  // Not `instanceof WebAssembly.Module`: edge runtimes hand over a module of another realm.
  const module = ArrayBuffer.isView(source) ? new WebAssembly.Module(source as Uint8Array<ArrayBuffer>) : source;
  const lean = new WebAssembly.Instance(module).exports as unknown as Lean;
  look(lean);
  areaStart = lean.area();
  resultStart = lean.result();
  stamps = 0;
  // A guard's source may be the lean module too.
  if ("load_key" in lean) full = lean;
  return (live = lean);
}

function look(lean: Lean): void {
  view = new DataView(lean.memory.buffer as ArrayBuffer);
  bytes = new Uint8Array(view.buffer);
}

/** The whole memory. Growing it detaches what was handed out before. */
export function memoryOf(lean: Lean): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0) look(lean);
  return bytes;
}

/** The same, for numbers. */
export function viewOf(lean: Lean): DataView<ArrayBuffer> {
  memoryOf(lean);
  return view;
}

/** Part of the result, until the next call. */
export function resultView(lean: Lean, length: number, from = 0): Uint8Array {
  return memoryOf(lean).subarray(resultStart + from, resultStart + from + length);
}

/** A copy of a secret part of the result. */
export function resultBytes(lean: Lean, length: number, from = 0): Uint8Array<ArrayBuffer> {
  // In a buffer of its own: small typed arrays would lie on the heap, where the collector leaves copies behind.
  const copy = new Uint8Array(new ArrayBuffer(length));
  copy.set(resultView(lean, length, from));
  return copy;
}

export function resultText(lean: Lean, length: number, from = 0): string {
  // As one list of arguments; a spread would be an iterator first.
  return String.fromCharCode.apply(undefined, resultView(lean, length, from) as unknown as number[]);
}

export function resultNumber(lean: Lean, index: number): number {
  return viewOf(lean).getUint32(resultStart + 4 * index, true);
}

/** A number that no key of this instance has had. When all are used up, another instance takes over. */
export function nextStamp(): number {
  if (++stamps === 0xffff_ffff) live = full = undefined;
  return stamps;
}
