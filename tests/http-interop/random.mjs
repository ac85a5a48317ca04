// Random messages, the same ones for the same seed.
import { createHash } from "node:crypto";

/** @typedef {import("countersign/http").RequestMessage & { headers: [string, string][], body: Uint8Array }} Request */

export class Random {
  #state;
  /** @param {string} seed */
  constructor(seed) {
    this.#state = createHash("sha256").update(seed).digest();
  }
  /** @param {number} length */
  bytes(length) {
    const pieces = [];
    for (let have = 0; have < length; have += 32) {
      this.#state = createHash("sha256").update(this.#state).digest();
      pieces.push(this.#state);
    }
    // Not the state itself, which says what comes next.
    return Uint8Array.from(Buffer.concat(pieces).subarray(0, length), (byte, at) => (byte * 31 + at * 7) & 255);
  }
  /** A whole number below the limit. @param {number} limit */
  below(limit) {
    return Number(new DataView(this.bytes(8).buffer).getBigUint64(0) % BigInt(limit));
  }
  /** @template T @param {readonly T[]} list @returns {T} */
  of(list) {
    return list[this.below(list.length)];
  }
  /** @param {string} alphabet @param {number} most */
  text(alphabet, most) {
    return Array.from({ length: this.below(most + 1) }, () => alphabet[this.below(alphabet.length)]).join("");
  }
  /** @template T @param {readonly T[]} list @returns {T[]} */
  shuffled(list) {
    return list.map((item) => ({ item, at: this.below(1 << 30) })).sort((a, b) => a.at - b.at).map(({ item }) => item);
  }
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const SEGMENT = `${LETTERS}-._~!$&()*+,;=:@`;
const QUERY = `${SEGMENT}/?[]{}|`;
const escapes = ["%20", "%2F", "%2f", "%7e", "%7E", "%C3%BC", "%00", "%ff", "%25"];
const bodies = ["", "\ufeff{}", "a\r\nb", "\0", '{"a":1}', "\u00e9", "e\u0301"];

/** @param {Random} random @param {string} alphabet */
const piece = (random, alphabet) => Array.from({ length: random.below(4) }, () => (random.below(5) === 0 ? random.of(escapes) : random.text(alphabet, 6))).join("");

/** A path and a query in the form that `new URL()` leaves as it is, with one slash in front. @param {Random} random */
function targetOf(random) {
  for (;;) {
    const path = Array.from({ length: 1 + random.below(4) }, () => `/${piece(random, SEGMENT)}`).join("");
    const query = random.below(3) === 0 ? "" : `?${piece(random, QUERY)}`;
    const { pathname, search } = new URL(`https://a.example${path}${query}`);
    if (pathname === path && !path.startsWith("//") && search === (query === "?" ? "" : query)) return path + query;
  }
}

/** @param {Random} random @returns {[string, string][]} */
function headersOf(random) {
  const values = ` ${SEGMENT}"/<>[]{}|\\^\``;
  return Array.from({ length: random.below(4) }, (_, i) => {
    const name = `x-${i}-${random.text("abcxyz", 5)}`;
    return [random.below(3) === 0 ? name.toUpperCase() : name, random.text(values, 30)];
  });
}

/** @param {Random} random */
export function bodyOf(random) {
  return random.below(2) === 0 ? new TextEncoder().encode(random.of(bodies)) : random.bytes(random.below(3000));
}

/** @param {Random} random @returns {Request} */
export function requestOf(random) {
  const audience = random.of(["https://app.example", "https://app.example:8443", "http://127.0.0.1:3000", "http://[::1]:3000", "https://xn--bcher-kva.example"]);
  const method = random.of(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "M-SEARCH"]);
  const headers = headersOf(random);
  if (random.below(3) > 0) headers.push(["content-type", random.of(["application/json", "text/plain; charset=utf-8", 'multipart/form-data; boundary="a b"'])]);
  return { method, target: targetOf(random), headers, audience, body: bodyOf(random) };
}

/** @param {Random} random */
export const secretOf = (random) => `s-${Buffer.from(random.bytes(32)).toString("base64url")}`;

/** The message with these header fields in place of its own of those names. @template {{ headers: readonly (readonly [string, string])[] }} Message @param {Message} message @param {readonly (readonly [string, string])[]} fields */
export function withFields(message, fields) {
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  return { ...message, headers: [...message.headers.filter(([name]) => !names.has(name.toLowerCase())), ...fields] };
}
