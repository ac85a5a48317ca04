// What must not show: a secret, whatever follows from it that is not public, each in every spelling that JavaScript has for it, and each part of a spelling.

import { createHash, createHmac, hkdfSync } from "node:crypto";
import { inspect } from "node:util";
import { midstates } from "../conformance/midstates.mjs";

/** The least part of a text that counts as shown, in characters. */
const PART = 12;
/** The same of bytes. No part is shorter. */
const LEAST = 8;

/** Everything that follows from a secret, but for the key id and the fingerprint, which are there to be shown. @param {string} secret @returns {[string, Buffer][]} */
export function derived(secret) {
  const bytes = Buffer.from(secret);
  const key = (/** @type {string} */ info) => Buffer.from(hkdfSync("sha256", bytes, "countersign.v1", info, 32));
  const pad = (/** @type {Buffer} */ of, /** @type {number} */ byte) => Buffer.from(Array.from(of, (one) => one ^ byte));
  const generated = /^csk_(.{43})_/.exec(secret)?.[1];
  return [
    ["its digest", createHash("sha256").update(bytes).digest()],
    ["its extracted key", createHmac("sha256", "countersign.v1").update(bytes).digest()],
    // Of the key id and the fingerprint, the first 8 bytes of these are shown; the rest is not.
    ["the rest of its key id", key("key-id").subarray(8)],
    ["the rest of its fingerprint", key("fingerprint").subarray(8)],
    ["its key for HTTP", key("http")],
    ["its key for calls", key("call")],
    ["the inner pad of its key", pad(key("call"), 0x36)],
    ["the outer pad of its key", pad(key("call"), 0x5c)],
    ...Object.entries(midstates(key("call"))).map(([name, state]) => /** @type {[string, Buffer]} */ ([`the ${name} of its key`, Buffer.from(state)])),
    ["its inner pad", pad(bytes, 0x36)],
    ["its outer pad", pad(bytes, 0x5c)],
    ...(generated === undefined ? [] : [/** @type {[string, Buffer]} */ (["its random bytes", Buffer.from(generated, "base64url")])]),
  ];
}

/** All that must not show, and the search for it. */
export class Forbidden {
  /** Each part of each spelling, with the name of what it is of. @type {Map<string, string>} */
  #parts = new Map();
  /** How long parts with this beginning are. @type {Map<string, Set<number>>} */
  #beginnings = new Map();

  /** How many parts are forbidden. */
  get size() {
    return this.#parts.size;
  }

  /** Forbids a secret and all that follows from it. @param {string} name @param {string} secret */
  secret(name, secret) {
    this.text(name, secret);
    this.bytes(name, Buffer.from(secret), PART);
    for (const [what, bytes] of derived(secret)) this.bytes(`${name}: ${what}`, bytes);
  }

  /** @param {string} name @param {string} text */
  text(name, text) {
    for (const [spelling, written] of Object.entries({
      "as it is": text,
      "as JSON": JSON.stringify(text),
      "as JSON twice": JSON.stringify(JSON.stringify(text)),
      "as inspected": inspect(text),
      "in a URL": encodeURIComponent(text),
      "backwards": [...text].reverse().join(""),
      "in small letters": text.toLowerCase(),
      "in capitals": text.toUpperCase(),
    })) this.#add(`${name}, ${spelling}`, written, PART);
    this.#add(`${name}, in escapes`, Array.from(text, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""), 6 * PART);
    this.#add(`${name}, in UTF-16`, Buffer.from(text, "utf16le").toString("latin1"), 2 * PART);
    this.#add(`${name}, in numbers`, Array.from(text, (char) => char.charCodeAt(0)).join(","), 4 * PART);
  }

  /** @param {string} name @param {Uint8Array} bytes @param {number} [least] of them, as they are */
  bytes(name, bytes, least = LEAST) {
    const buffer = Buffer.from(bytes);
    this.#add(`${name}, as bytes`, buffer.toString("latin1"), least);
    this.#add(`${name}, as bytes taken for UTF-8`, buffer.toString("utf8"), PART);
    this.#add(`${name}, in numbers`, Array.from(buffer).join(","), 4 * LEAST);
    this.#add(`${name}, in numbers with their places`, Array.from(buffer).flatMap((byte, at) => [at, byte]).join(","), 4 * LEAST);
    for (const hex of [buffer.toString("hex"), buffer.toString("hex").toUpperCase()]) {
      this.#add(`${name}, in hexadecimal`, hex, 2 * LEAST);
      this.#add(`${name}, in hexadecimal with spaces`, hex.replace(/(..)(?=.)/g, "$1 "), 3 * LEAST - 1);
    }
    // A part of it can begin at any of three places of a group of characters.
    for (const skip of [0, 1, 2]) {
      for (const encoding of /** @type {const} */ (["base64", "base64url"])) this.#add(`${name}, in ${encoding}`, buffer.subarray(skip).toString(encoding).replace(/.=*$/, ""), PART);
    }
  }

  /** @param {string} name @param {string} written @param {number} length */
  #add(name, written, length) {
    if (this.#parts.has(written.slice(0, length)) && this.#parts.has(written.slice(-length))) return;
    for (let at = 0; at + length <= written.length; at++) {
      const part = written.slice(at, at + length);
      // Bytes that are no text all look alike.
      if (/^\ufffd+$/.test(part)) continue;
      this.#parts.set(part, name);
      const beginning = part.slice(0, LEAST);
      this.#beginnings.set(beginning, (this.#beginnings.get(beginning) ?? new Set()).add(length));
    }
  }

  /** What shows in a text, if anything does: by name only, as the message of a failing test is an output too. @param {string} text */
  find(text) {
    // Numbers in a row look different in each place they are printed.
    const numbers = /\d[\s,;[\]"':]+\d/.test(text) ? text.replace(/(?<=\d)[\s,;[\]"':]+(?=\d)/g, ",") : text;
    return this.#search(text) ?? (numbers === text ? undefined : this.#search(numbers));
  }

  /** @param {string} text */
  #search(text) {
    for (let at = 0; at + LEAST <= text.length; at++) {
      const lengths = this.#beginnings.get(text.slice(at, at + LEAST));
      if (lengths === undefined) continue;
      for (const length of lengths) {
        const found = this.#parts.get(text.slice(at, at + length));
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }
}
