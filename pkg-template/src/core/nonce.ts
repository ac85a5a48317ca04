/** The length of a nonce, in bytes. */
export const NONCE_LEN = 16;

/**
 * Bytes that were never used before. A nonce is no secret, it must only be unique: the 122 random bits of a UUID are as good as 128, and
 * most runtimes have them ready, whereas `getRandomValues` of a few bytes takes longer than the signature. Browsers have no UUIDs on plain
 * http, nor have old hosts.
 *
 * @internal
 */
export function freshNonce(): Uint8Array {
  const nonce = new Uint8Array(NONCE_LEN);
  const source: { randomUUID?: () => string } = crypto;
  const uuid = typeof source.randomUUID === "function" ? source.randomUUID() : "";
  let digits = 0;
  for (let i = 0; i < uuid.length; i++) {
    const char = uuid.charCodeAt(i);
    // All that is not a digit is a hyphen, and comes before the digits; letters are 9 more than their lower bits.
    if (char >= 0x30) {
      const at = digits++ >> 1;
      nonce[at] = ((nonce[at] as number) << 4) | ((char & 15) + (char >> 6) * 9);
    }
  }
  // Something else stands in the UUID's place in some tests.
  return digits === 2 * NONCE_LEN ? nonce : crypto.getRandomValues(nonce);
}
