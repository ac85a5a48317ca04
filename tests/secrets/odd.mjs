// Things that have a secret in them and are no usable secret, or not where a secret belongs.

/** Texts that are damaged or weak, beside the secret itself. @param {string} secret @returns {string[]} */
export function damaged(secret) {
  return [
    secret, `"${secret}"`, `'${secret}'`, ` ${secret}`, `${secret}\n`, `${secret}\r\n`, `${secret}\0`, `csk_${secret}`, secret.slice(0, -1), `${secret.slice(0, -1)}~`, secret.slice(0, 31), secret.slice(-20),
    `changeme-${secret}`, `your-secret-value-${secret}`, `${secret}\ud800`, secret.repeat(2), secret.repeat(500), `Bearer ${secret}`, `COUNTERSIGN_SECRET=${secret}`, secret.toUpperCase(),
  ];
}

class Holder {
  /** @param {string} secret */
  constructor(secret) {
    this.secret = secret;
  }
  toString() {
    return this.secret;
  }
  toJSON() {
    return this.secret;
  }
}

/** Things of the wrong type. @param {string} secret @returns {unknown[]} */
export function misplaced(secret) {
  const bytes = Buffer.from(secret);
  const buffer = Uint8Array.from(bytes).buffer;
  return [
    [secret], [[secret]], { secret }, new String(secret), Symbol(secret), () => secret, new Map([["secret", secret]]), new Set([secret]), new Error(secret), new Holder(secret), Promise.resolve(secret), new Date(0),
    bytes, Uint8Array.from(bytes), buffer, new DataView(buffer), new Uint8ClampedArray(buffer), Array.from(bytes), BigInt(`0x${bytes.toString("hex")}`), { get secret() { return secret; } },
    new Proxy({}, { ownKeys() { throw new TypeError("of the proxy"); } }), { toString: () => secret, valueOf: () => secret, length: secret.length }, undefined, null, 0, true, Number.NaN,
  ];
}

/** @param {string} secret @returns {unknown[]} */
export const odd = (secret) => [...damaged(secret), ...misplaced(secret)];
