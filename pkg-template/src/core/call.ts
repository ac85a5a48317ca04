import { at, putBytes, putData, putText, rewind } from "./area.js";
import { description, high, putCall, received, resultTime } from "./call-parts.js";
import type { CallDescription, VerifyCallOptions } from "./call-parts.js";
import { CountersignError, errorCodes, refuse, typeInvalid } from "./errors.js";
import { bytesOfLength, milliseconds, own } from "./input.js";
import { Keyring, putEntries } from "./keyring.js";
import { NOT_LOADED, RESULT_LEN, failed, memoryOf, resultNumber, resultStart } from "./lean.js";
import { enter, withLean } from "./lean-full.js";
import type { Lean } from "./lean-full.js";
import { NONCE_LEN, freshNonce } from "./nonce.js";
import { encode, refuseValue } from "./value.js";

/** Where the nonce is in the result. */
const NONCE_AT = 12;
const TYPE_INVALID = errorCodes.indexOf("type_invalid");

/** What {@link signCall} takes. */
export interface SignCallOptions extends CallDescription {
  /** The time of signing, in milliseconds since 1970. Left out: now. */
  now?: number | undefined;
  /** 16 bytes that were never used before. Left out: random. */
  nonce?: Uint8Array | undefined;
  /** Whose newest key signs. Left out: the first key of the keyring. */
  caller?: string | undefined;
}

/** A call that was made by a holder of the secret. */
export interface VerifiedCall {
  /** The name that the keyring has for whoever signed. */
  caller: string;
  /** The id of the key that signed. */
  keyId: string;
  /** When the call was signed, in milliseconds since 1970, by the caller's clock. */
  issuedAt: number;
  /** The 16 bytes that make this call different from every other. */
  nonce: Uint8Array;
}

/**
 * Signs a function call.
 *
 * @returns The token, `cs1.<key id>.<time>.<nonce>.<mac>`.
 * @throws CountersignError `value_unsupported` with the place of an argument that is no Convex value, `misconfigured` if the keyring has no
 *   such caller, `type_invalid`, `text_malformed`.
 */
export function signCall(keyring: Keyring, options: SignCallOptions): string {
  const entries = Keyring.entriesOf(keyring);
  const call = description(options);
  // `null` is not left out.
  const time = own(options, "now");
  const now = milliseconds(time === undefined ? Date.now() : time, "now");
  const bytes = own(options, "nonce");
  const nonce = bytes === undefined ? freshNonce() : bytesOfLength(bytes, NONCE_LEN, "nonce");
  const caller = own(options, "caller");
  const entry = caller === undefined ? entries[0] : entries.find((candidate) => candidate.caller === caller);
  if (entry === undefined) throw new CountersignError("misconfigured", "The keyring has no key of this caller. Give createKeyring a secret for it.");
  const lean = enter();
  try {
    for (let tries = 0; tries < 2; tries++) {
      const stamp = entry.key.stamp(lean);
      rewind();
      putData(lean, entry.keyId);
      putBytes(lean, nonce);
      const put = putCall(lean, call);
      const answer = lean.sign_call(stamp, call.type, put.audience, put.name, put.once, put.length, put.inLarge, high(now), now);
      if (answer > 0xff) return tokenOf(lean, answer - 0x100);
      if (answer !== NOT_LOADED) {
        refuseValue(lean, answer, call.args, put);
        if (answer === TYPE_INVALID) throw typeInvalid("a call", "of a function and a deployment with names of 1 to 1024 bytes; an idempotencyKey has 1 to 256, and only a mutation has one");
        refuse(answer);
      }
      entry.key.load(lean);
    }
    throw displaced();
  } catch (error) {
    throw failed(lean, error);
  } finally {
    wipeResult(lean);
  }
}

/**
 * Verifies a token against the call as this side sees it. The checks come in this order: the token's form, its version, its key
 * id, its MAC, and the time window. Whether the nonce was used before is the caller's to find out, afterwards.
 *
 * @param token - What came with the call, whatever it is.
 * @throws CountersignError `signature_missing`, `signature_malformed`, `version_unsupported`, `key_unknown`, `signature_invalid`, `expired`,
 *   `not_yet_valid`; `value_unsupported`, `type_invalid`, `text_malformed` for the call itself.
 */
export function verifyCall(keyring: Keyring, token: unknown, options: VerifyCallOptions): VerifiedCall {
  const entries = Keyring.entriesOf(keyring);
  const { call, token: text, now, tolerance } = received(token, options);
  const lean = enter();
  try {
    for (let tries = 0; tries < 2; tries++) {
      // Loading a key uses the area, so that comes before anything is written.
      for (const { key } of entries) key.stamp(lean);
      rewind();
      putEntries(lean, entries, true);
      const tokenLength = putText(lean, text, "token");
      const put = putCall(lean, call);
      const answer = lean.verify_call(entries.length, tokenLength, call.type, put.audience, put.name, put.once, put.length, put.inLarge, high(now), now, tolerance);
      const entry = entries[resultNumber(lean, 0)];
      if (answer === 0 && entry !== undefined) {
        return { caller: entry.caller, keyId: entry.keyId, issuedAt: resultTime(lean, 1), nonce: nonceOf(lean) };
      }
      if (answer !== NOT_LOADED) {
        refuseValue(lean, answer, call.args, put);
        refuse(answer);
      }
      entry?.key.load(lean);
    }
    throw displaced();
  } catch (error) {
    throw failed(lean, error);
  } finally {
    wipeResult(lean);
  }
}

/**
 * The deterministic bytes of a Convex value (CBOR, RFC 8949, section 4.2.1): what signatures cover.
 *
 * @throws CountersignError `value_unsupported` with the place of whatever is no Convex value, `text_malformed`.
 */
export function encodeValue(value: unknown): Uint8Array {
  return withLean((lean) => {
    rewind();
    const encoded = encode(lean, value, at);
    const bytes = memoryOf(lean).slice(encoded.start, encoded.start + encoded.length);
    const answer = lean.check_value(encoded.length, encoded.inLarge);
    refuseValue(lean, answer, value, encoded);
    refuse(answer);
    return bytes;
  });
}

/** The nonce in the result. A loop is faster than a view and its copy. */
function nonceOf(lean: Lean): Uint8Array {
  const memory = memoryOf(lean);
  const nonce = new Uint8Array(NONCE_LEN);
  const from = resultStart + NONCE_AT;
  for (let i = 0; i < NONCE_LEN; i++) nonce[i] = memory[from + i] as number;
  return nonce;
}

/** The token in the result. Eight characters at a time are twice as fast as all in one call, and four times as fast as one by one. */
function tokenOf(lean: Lean, length: number): string {
  const memory = memoryOf(lean);
  const char = (at: number) => memory[at] as number;
  const end = resultStart + length;
  let text = "";
  let at = resultStart;
  for (; at + 8 <= end; at += 8) {
    text += String.fromCharCode(char(at), char(at + 1), char(at + 2), char(at + 3), char(at + 4), char(at + 5), char(at + 6), char(at + 7));
  }
  for (; at < end; at++) text += String.fromCharCode(char(at));
  return text;
}

function wipeResult(lean: Lean): void {
  memoryOf(lean).fill(0, resultStart, resultStart + RESULT_LEN);
}

/** Nothing else runs between loading a key and using it, so this cannot happen. */
function displaced(): Error {
  return new Error("countersign: a key that was just loaded is not there");
}
