// What a peer needs besides cryptography to verify a signed call: the token's form and the bytes under the MAC.
// The same work as countersign's, without its checks on hostile input.

/** @typedef {{ audience: string, type: string, name: string, args: object, now: number }} Expected */

export const salt = "countersign.v1";
const toleranceMs = 60_000;
export const utf8 = (/** @type {string} */ text) => new TextEncoder().encode(text);
export const hex = (/** @type {Uint8Array} */ bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} text */
function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** @param {string} token */
export function parse(token) {
  const found = /^cs1\.([0-9a-f]{16})\.(0|[1-9]\d{0,15})\.([\w-]{22})\.([\w-]{43})$/.exec(token);
  if (found === null) throw new Error("signature_malformed");
  const [, keyId = "", issuedAt = "", nonce = "", mac = ""] = found;
  return { keyId, issuedAt: Number(issuedAt), nonce: fromBase64url(nonce), mac: fromBase64url(mac) };
}

/** The bytes under the MAC. @param {ReturnType<typeof parse>} token @param {Expected} expected */
export function message({ keyId, issuedAt, nonce }, { audience, type, name, args }) {
  /** @type {number[]} */
  const out = [];
  head(4, 8);
  for (const part of ["countersign.call.v1", keyId, audience, type, name]) encode(part);
  head(0, issuedAt);
  head(2, nonce.length);
  out.push(...nonce);
  encode(args);
  return Uint8Array.from(out);

  /** Deterministic CBOR (RFC 8949, 4.2.1). @param {number} major @param {number} value */
  function head(major, value) {
    const [info, size] = value < 24 ? [value, 0] : value < 0x100 ? [24, 1] : value < 0x10000 ? [25, 2] : value < 0x100000000 ? [26, 4] : [27, 8];
    out.push((major << 5) | info);
    for (let i = size - 1; i >= 0; i--) out.push(Math.floor(value / 256 ** i) % 256);
  }
  /** @param {unknown} value */
  function encode(value) {
    if (value === null) out.push(0xf6);
    else if (typeof value === "boolean") out.push(value ? 0xf5 : 0xf4);
    else if (typeof value === "string") text(utf8(value));
    else if (typeof value === "number") out.push(0xfb, ...new Uint8Array(new Float64Array([value]).buffer).reverse());
    else if (Array.isArray(value)) {
      head(4, value.length);
      value.forEach(encode);
    } else if (typeof value === "object") {
      const fields = Object.entries(value).map(([key, field]) => ({ key: utf8(key), field })).sort(byEncoding);
      head(5, fields.length);
      for (const { key, field } of fields) {
        text(key);
        encode(field);
      }
    } else throw new Error("value_unsupported");
  }
  /** @param {Uint8Array} bytes */
  function text(bytes) {
    head(3, bytes.length);
    out.push(...bytes);
  }
}

/** Shorter keys first, as their encoding begins with the length. @param {{ key: Uint8Array }} one @param {{ key: Uint8Array }} other */
function byEncoding({ key: one }, { key: other }) {
  if (one.length !== other.length) return one.length - other.length;
  const at = one.findIndex((byte, i) => byte !== other[i]);
  return at === -1 ? 0 : /** @type {number} */ (one[at]) - /** @type {number} */ (other[at]);
}

/** @param {number} issuedAt @param {number} now */
export function isInWindow(issuedAt, now) {
  return Math.abs(now - issuedAt) <= toleranceMs;
}
