import { freed, putBytes, putData, rewind, room } from "./area.js";
import { data, uint8Array } from "./input.js";
import { typeInvalid } from "./errors.js";
import type { Data } from "./input.js";
import { MISMATCH, NOT_LOADED, areaStart, failed, memoryOf, resultBytes, resultView } from "./lean.js";
import { enter, withLean } from "./lean-full.js";
import type { Lean } from "./lean-full.js";
import { LoadedKey } from "./loaded-key.js";
import { toUtf8 } from "./utf8.js";

const MAC_LEN = 32;
/** A key of which nobody has a handle. It is loaded, used and forgotten. */
const TEMPORARY = 0;

/** A key whose first two hash blocks are computed once. It holds the key's bytes and never shows them. */
export class Key {
  #key: LoadedKey | undefined;

  /** @internal Use {@link importKey}. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#key = new LoadedKey(bytes);
  }

  /** @internal */
  static stampOf(key: Key, lean: Lean): number {
    if (key.#key === undefined) throw freed("key");
    return key.#key.stamp(lean);
  }

  /** @internal */
  static reloaded(key: Key, lean: Lean): number {
    const stamp = Key.stampOf(key, lean);
    key.#key?.load(lean);
    return stamp;
  }

  static isKey(value: unknown): value is Key {
    return typeof value === "object" && value !== null && #key in value;
  }

  /** Wipes the key. It cannot be used afterwards. */
  free(): void {
    this.#key?.free();
    this.#key = undefined;
  }

  [Symbol.dispose](): void {
    this.free();
  }

  get [Symbol.toStringTag](): string {
    return "Key";
  }
}

/**
 * Prepares a key for many MACs. Its bytes are taken as they are.
 *
 * @param key - A text, taken as UTF-8, or bytes.
 * @throws CountersignError `type_invalid`, `text_malformed`.
 */
export function importKey(key: Data): Key {
  const bytes = data(key, "key");
  return new Key(withLean((lean) => ownCopy(lean, bytes)));
}

/** The key's bytes in a buffer of ours. */
function ownCopy(lean: Lean, key: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const length = writeKey(lean, key);
  const copy = new Uint8Array(new ArrayBuffer(length));
  const written = memoryOf(lean).subarray(areaStart, areaStart + length);
  copy.set(written);
  written.fill(0);
  return copy;
}

/** Writes a key into the area; of one that does not fit, its hash, which RFC 2104 puts in place of every key of over 64 bytes. */
function writeKey(lean: Lean, key: string | Uint8Array): number {
  rewind();
  const length = putData(lean, key);
  if (length >= 0) return length;
  const bytes = typeof key === "string" ? toUtf8(key) : key;
  inPieces(lean, bytes, (piece) => lean.hash_key(piece));
  if (bytes !== key) bytes.fill(0);
  lean.end_hash_key();
  const hash = resultBytes(lean, MAC_LEN);
  rewind();
  const hashLength = putBytes(lean, hash);
  hash.fill(0);
  return hashLength;
}

/**
 * HMAC-SHA256 (RFC 2104), the key's bytes as they are: for interoperating with other systems. A raw key is prepared again on each call;
 * {@link importKey} does that once.
 *
 * @param key - A key, or its bytes, or a text taken as UTF-8.
 * @param message - A text, taken as UTF-8, or bytes.
 * @returns 32 bytes.
 * @throws CountersignError `type_invalid`, `text_malformed`.
 */
export function hmacSha256(key: Data | Key, message: Data): Uint8Array {
  const input = data(message, "message");
  if (!Key.isKey(key)) return withRawKey(key, (lean) => signed(lean, sign(lean, TEMPORARY, input)));
  const lean = enter();
  try {
    const answer = sign(lean, Key.stampOf(key, lean), input);
    return signed(lean, answer === NOT_LOADED ? sign(lean, Key.reloaded(key, lean), input) : answer);
  } catch (error) {
    throw failed(lean, error);
  }
}

function sign(lean: Lean, stamp: number, message: string | Uint8Array): number {
  rewind();
  const length = putData(lean, message);
  return length >= 0 ? lean.sign_mac(stamp, length) : begin(lean, stamp, message) || lean.end_mac();
}

/** The result as a view of the memory that it was made of. */
let result: Uint8Array | undefined;
let resultMemory: Uint8Array | undefined;

/** Takes the MAC out of the result. */
function signed(lean: Lean, answer: number): Uint8Array {
  if (answer !== 0) throw notLoaded();
  const memory = memoryOf(lean);
  if (resultMemory !== memory) {
    result = resultView(lean, MAC_LEN);
    resultMemory = memory;
  }
  const mac = new Uint8Array(result as Uint8Array);
  (result as Uint8Array).fill(0);
  return mac;
}

/**
 * Whether `mac` is the HMAC-SHA256 (RFC 2104) of `message`. Compared in constant time.
 *
 * @param key - A key, or its bytes, or a text taken as UTF-8.
 * @param message - A text, taken as UTF-8, or bytes.
 * @param mac - The 32 bytes to check. Any other length does not verify.
 * @throws CountersignError `type_invalid` (also if `mac` is not a `Uint8Array`), `text_malformed`.
 */
export function verifyHmacSha256(key: Data | Key, message: Data, mac: Uint8Array): boolean {
  const given = uint8Array(mac);
  if (given === undefined) throw typeInvalid("mac", "a Uint8Array");
  const input = data(message, "message");
  if (!Key.isKey(key)) return withRawKey(key, (lean) => verified(verify(lean, TEMPORARY, input, given)));
  const lean = enter();
  try {
    const answer = verify(lean, Key.stampOf(key, lean), input, given);
    return verified(answer === NOT_LOADED ? verify(lean, Key.reloaded(key, lean), input, given) : answer);
  } catch (error) {
    throw failed(lean, error);
  }
}

function verify(lean: Lean, stamp: number, message: string | Uint8Array, mac: Uint8Array): number {
  rewind();
  const macLength = putMac(lean, mac);
  const length = putData(lean, message);
  return length >= 0 ? lean.verify_mac(stamp, macLength, length) : begin(lean, stamp, message) || endVerify(lean, mac);
}

/** One byte more than a MAC has is enough for Rust to see that the length is wrong. */
function putMac(lean: Lean, mac: Uint8Array): number {
  return putBytes(lean, mac.length > MAC_LEN ? mac.subarray(0, MAC_LEN + 1) : mac);
}

function verified(answer: number): boolean {
  if (answer !== 0 && answer !== MISMATCH) throw notLoaded();
  return answer === 0;
}

function notLoaded(): Error {
  return new Error("countersign: a key that was just loaded is not there");
}

/** Runs `use` with a key in the slot of those that nobody has a handle of. */
function withRawKey<T>(key: Data, use: (lean: Lean) => T): T {
  const raw = data(key, "key");
  return withLean((lean) => {
    lean.load_key(TEMPORARY, writeKey(lean, raw));
    // If this throws, the instance is dropped, and the key with it.
    const result = use(lean);
    lean.free_key(TEMPORARY);
    return result;
  });
}

/** Feeds a message into a MAC. @returns 0, or NOT_LOADED. */
function begin(lean: Lean, stamp: number, message: string | Uint8Array): number {
  const answer = lean.begin_mac(stamp);
  const bytes = typeof message === "string" ? toUtf8(message) : message;
  if (answer === 0) inPieces(lean, bytes, (length) => lean.update_mac(length));
  return answer;
}

function endVerify(lean: Lean, mac: Uint8Array): number {
  rewind();
  return lean.end_mac_verify(putMac(lean, mac));
}

function inPieces(lean: Lean, bytes: Uint8Array, take: (length: number) => void): void {
  for (let from = 0; from < bytes.length; ) {
    rewind();
    const length = putBytes(lean, bytes.subarray(from, from + room()));
    take(length);
    from += length;
  }
}
