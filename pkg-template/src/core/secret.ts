import { freed, putBytes, putSecret, rewind } from "./area.js";
import { refuse } from "./errors.js";
import { isWellFormed, secret, uint8Array } from "./input.js";
import type { Secret } from "./input.js";
import { MISMATCH, failed, resultBytes, resultText } from "./lean.js";
import { enter, withLean } from "./lean-full.js";

const FINGERPRINT_LEN = 16;
const GENERATED_LEN = 54;

/**
 * Makes a secret: `csk_`, 32 random bytes in base64url, `_`, and a checksum of 6 characters, by which a truncated or mistyped secret is told
 * from a wrong one. Call it where you need it, never at the top of a Convex module: there the randomness repeats.
 *
 * @returns 54 characters, safe in environment files and shells.
 */
export function generateSecret(): string {
  const random = crypto.getRandomValues(new Uint8Array(new ArrayBuffer(32)));
  return withLean((lean) => {
    rewind();
    putBytes(lean, random);
    random.fill(0);
    lean.generate_secret();
    return resultText(lean, GENERATED_LEN);
  });
}

/**
 * Whether `candidate` is the expected secret. SHA-256 digests of both are compared in constant time. Both are read on each
 * call, and how long that takes depends on their lengths; {@link importSecret} reads the expected one once.
 *
 * @param candidate - What somebody sent. Anything that is not a non-empty, well-formed text or a `Uint8Array` is simply not equal.
 * @param expected - The secret: a text, taken as UTF-8, or its bytes.
 * @throws CountersignError `secret_missing`, `secret_weak` or `secret_malformed` if `expected` cannot be used: a variable that is not set lets
 *   nobody in.
 */
export function verifySecret(candidate: unknown, expected: Secret): boolean {
  const wanted = secret(expected, "expected");
  const given = readable(candidate);
  const lean = enter();
  try {
    rewind();
    const expectedLength = putSecret(lean, wanted);
    return equal(lean.verify_secret(expectedLength, putSecret(lean, given ?? "")));
  } catch (error) {
    throw failed(lean, error);
  }
}

/** A secret that was read once. Only its SHA-256 digest is kept. */
export interface ImportedSecret {
  /** Whether `candidate` is this secret; anything that is not a text or a `Uint8Array` is not. Constant time for candidates of one length. */
  matches(candidate: unknown): boolean;
  /** Wipes the digest. Nothing can be compared afterwards. */
  free(): void;
  [Symbol.dispose](): void;
}

/**
 * Reads the expected secret once, so that later comparisons take a time that does not depend on it at all.
 *
 * @param expected - The secret: a text, taken as UTF-8, or its bytes.
 * @throws CountersignError `secret_missing`, `secret_weak` or `secret_malformed` if it cannot be used.
 */
export function importSecret(expected: Secret): ImportedSecret {
  return new SecretDigest(expected);
}

class SecretDigest implements ImportedSecret {
  #digest: Uint8Array | undefined;

  constructor(expected: Secret) {
    const wanted = secret(expected, "expected");
    this.#digest = withLean((lean) => {
      rewind();
      refuse(lean.digest_secret(putSecret(lean, wanted)));
      return resultBytes(lean, 32);
    });
  }

  matches(candidate: unknown): boolean {
    const digest = this.#digest;
    if (digest === undefined) throw freed("secret");
    const given = readable(candidate);
    const lean = enter();
    try {
      rewind();
      putBytes(lean, digest);
      return equal(lean.matches_digest(putSecret(lean, given ?? "")));
    } catch (error) {
      throw failed(lean, error);
    }
  }

  free(): void {
    this.#digest?.fill(0);
    this.#digest = undefined;
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

/**
 * A short text that is the same for the same secret: print it on both sides and compare by eye. It is one-way (HKDF-SHA256, RFC 5869,
 * with a purpose of its own), so it may be shown and logged.
 *
 * @returns 16 lower-case hexadecimal digits.
 * @throws CountersignError `secret_missing`, `secret_weak` or `secret_malformed` if it cannot be used.
 */
export function fingerprint(secretText: Secret): string {
  const wanted = secret(secretText, "secret");
  return withLean((lean) => {
    rewind();
    refuse(lean.fingerprint(putSecret(lean, wanted)));
    return resultText(lean, FINGERPRINT_LEN);
  });
}

/** What a candidate is, if it can be compared at all. An ill-formed text has no bytes of its own. */
function readable(candidate: unknown): string | Uint8Array | undefined {
  if (typeof candidate === "string") return isWellFormed(candidate) ? candidate : undefined;
  return uint8Array(candidate);
}

function equal(answer: number): boolean {
  if (answer === 0) return true;
  if (answer === MISMATCH) return false;
  refuse(answer);
  return false;
}
