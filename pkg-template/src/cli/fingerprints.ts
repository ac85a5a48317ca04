import { randomBytes } from "node:crypto";
import { fingerprint, hmacSha256, verifyHmacSha256 } from "../index.js";
import { inspectSecret } from "../inspect/index.js";

/** Compares values and shows them to people without showing them. One for each run: what it keeps dies with the process. */
export class Fingerprints {
  readonly #key = randomBytes(32);

  /**
   * 16 hexadecimal digits for a usable secret: the same ones everywhere, as `fingerprint()` gives them. Anything else could be guessed from those, so it gets `~`
   * and 8 digits under a key of this run, to be compared within one output only.
   */
  show(value: string): string {
    if (inspectSecret(value).ok) return fingerprint(value);
    return `~${Buffer.from(hmacSha256(this.#key, bytes(value)).subarray(0, 4)).toString("hex")}`;
  }

  /** Whether two values are the same, in constant time. */
  same(a: string, b: string): boolean {
    return verifyHmacSha256(this.#key, bytes(a), hmacSha256(this.#key, bytes(b)));
  }
}

/** Values of environment variables may be anything, half a surrogate pair too. */
function bytes(value: string): Uint8Array {
  return Buffer.from(value, "utf16le");
}
