/** One use of a nonce. It is made only of a signature that was verified, so that nobody else can fill a store. */
export interface ReplayEntry {
  /** A hash of the key's id and the nonce: 43 base64url characters. */
  readonly key: string;
  /** When the nonce may be forgotten, in milliseconds since 1970: by then the signature is out of the widest window there is. */
  readonly expiresAt: number;
}

/**
 * What remembers that a nonce was used, so that a signed request is taken once.
 *
 * To look and to remember must be one step: of any number of uses of a key at once, in any number of processes, one is answered with true.
 */
export interface ReplayStore {
  /**
   * Uses a nonce up. True: it was not used before. False: it was, or may have been. A store that cannot tell throws, or rejects: then nobody gets in.
   */
  consume(entry: ReplayEntry): Promise<boolean>;
}
