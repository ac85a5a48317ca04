/**
 * The messages WebAssembly module, loaded on first use, and writing inputs into its area (src/wasm/messages.rs). Inputs have been read and checked
 * before: while they are being written nothing of the user's runs.
 */
import { wasmSource } from "#messages";
import { writeUtf8 } from "./utf8.js";

/** What the module exports. */
export interface Messages {
  readonly memory: WebAssembly.Memory;
  area(): number;
  reserve(len: number): void;
  sign_request(len: number, nowHigh: number, now: number): number;
  verify_request(len: number, nowHigh: number, now: number, toleranceMs: number): number;
  sign_response(len: number, status: number, nowHigh: number, now: number): number;
  verify_response(len: number, status: number, nowHigh: number, now: number, toleranceMs: number): number;
  verify_webhook(len: number, number: number, nowHigh: number, now: number, toleranceMs: number): number;
  sign_webhook(len: number, number: number, timeHigh: number, time: number): number;
  check_webhook_time(timeHigh: number, time: number, nowHigh: number, now: number, toleranceMs: number): number;
  digest_webhook(len: number): number;
}

/** From here on an answer is that and the length of the result. */
const RESULT = 256;

/** An instance that has grown beyond this is not kept. Its memory never shrinks. */
const MOST_KEPT = 4 << 20;

let compiled: WebAssembly.Module | undefined;
let live: Messages | undefined;
let bytes: Uint8Array<ArrayBuffer>;
let areaStart: number;
/** Where the next input goes. */
let at: number;

/**
 * Calls a function of the module.
 *
 * @param call - Writes the inputs, and calls the function.
 * @param read - Reads the result, if there is one, of so many bytes.
 * @returns What `read` does, or the number of the error; 0 if there is none and no result.
 */
export function withMessages<T>(call: (messages: Messages) => number, read: (length: number) => T): T | number {
  const messages = (live ??= instantiate());
  view(messages);
  at = areaStart;
  try {
    const answer = call(messages);
    if (answer < RESULT) return answer;
    view(messages);
    const found = read(answer - RESULT);
    bytes.fill(0, areaStart, areaStart + answer - RESULT);
    return found;
  } catch (error) {
    // It came out of the middle of Rust: a trap, or a stack that ran out. Rust wipes its memory, but did not get that far.
    live = undefined;
    new Uint8Array(messages.memory.buffer).fill(0);
    throw error;
  } finally {
    if (messages.memory.buffer.byteLength > MOST_KEPT) live = undefined;
  }
}

function instantiate(): Messages {
  compiled ??= compile();
  const messages = new WebAssembly.Instance(compiled).exports as unknown as Messages;
  bytes = new Uint8Array(messages.memory.buffer as ArrayBuffer);
  areaStart = messages.area();
  return messages;
}

function compile(): WebAssembly.Module {
  const source = wasmSource();
  // Not `instanceof WebAssembly.Module`: edge runtimes hand over a module of another realm.
  return ArrayBuffer.isView(source) ? new WebAssembly.Module(source as Uint8Array<ArrayBuffer>) : source;
}

/** Growing the memory detaches what showed it before. */
function view(messages: Messages): void {
  if (bytes.length === 0) bytes = new Uint8Array(messages.memory.buffer as ArrayBuffer);
}

/** How many bytes of inputs have been written. */
export function written(): number {
  return at - areaStart;
}

function makeRoom(messages: Messages, length: number): void {
  if (at + length <= bytes.length) return;
  messages.reserve(written() + length);
  view(messages);
}

/** Writes a text or bytes behind their length. */
export function put(messages: Messages, input: string | Uint8Array): void {
  const { length } = input;
  const start = at + 4;
  let end = start + length;
  makeRoom(messages, length + 4);
  if (typeof input !== "string") {
    bytes.set(input, start);
  } else {
    end = writeUtf8(input, bytes, start, bytes.length);
    if (end < 0) {
      makeRoom(messages, 3 * length + 4);
      end = writeUtf8(input, bytes, start, bytes.length);
    }
  }
  setNumber(at, end - start);
  at = end;
}

/** Writes texts and bytes, each behind its length, behind the length of all. */
export function putList(messages: Messages, list: readonly (string | Uint8Array)[]): void {
  const start = at;
  makeRoom(messages, 4);
  at += 4;
  for (const each of list) put(messages, each);
  setNumber(start, at - start - 4);
}

/** Writes `length` bytes behind their length: `write` puts them where it is told. */
export function putWritten(messages: Messages, length: number, write: (memory: Uint8Array, at: number) => void): void {
  makeRoom(messages, length + 4);
  setNumber(at, length);
  write(bytes, at + 4);
  at += length + 4;
}

function setNumber(place: number, number: number): void {
  bytes[place] = number;
  bytes[place + 1] = number >>> 8;
  bytes[place + 2] = number >>> 16;
  bytes[place + 3] = number >>> 24;
}

/** A number in the result. */
export function resultNumber(index: number): number {
  const place = areaStart + 4 * index;
  return (((bytes[place + 3] as number) << 24) | ((bytes[place + 2] as number) << 16) | ((bytes[place + 1] as number) << 8) | (bytes[place] as number)) >>> 0;
}

/** A time in the result, of which the upper half comes first. */
export function resultTime(index: number): number {
  return resultNumber(index) * 2 ** 32 + resultNumber(index + 1);
}

let decoder: TextDecoder | undefined;

/** The ASCII in a result of so many bytes, behind its first `from` bytes. */
export function resultText(length: number, from = 0): string {
  const text = bytes.subarray(areaStart + from, areaStart + length);
  // Jest's jsdom has no TextDecoder.
  if (typeof TextDecoder === "undefined") return String.fromCharCode(...text);
  decoder ??= new TextDecoder();
  return decoder.decode(text);
}

/** Names and values in a result, a line each. */
export function resultPairs(length: number): [name: string, value: string][] {
  const lines = resultText(length).split("\n");
  const pairs: [string, string][] = [];
  for (let i = 0; i < lines.length; i += 2) pairs.push([lines[i] as string, lines[i + 1] as string]);
  return pairs;
}

/** The upper half of a time. WebAssembly takes the lower 32 bits of a number by itself. */
export function high(time: number): number {
  return Math.floor(time / 2 ** 32);
}
