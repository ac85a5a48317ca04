import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hex, isInWindow, message, parse, salt, utf8 } from "./format.mjs";

/** @param {string} secret @param {string} token @param {import("./format.mjs").Expected} expected */
export function verify(secret, token, expected) {
  const derive = (/** @type {string} */ info, /** @type {number} */ length) => hkdf(sha256, utf8(secret), utf8(salt), utf8(info), length);
  const parsed = parse(token);
  const mac = hmac(sha256, derive("call", 32), message(parsed, expected));
  let difference = hex(derive("key-id", 8)) === parsed.keyId ? 0 : 1;
  mac.forEach((byte, i) => (difference |= byte ^ /** @type {number} */ (parsed.mac[i])));
  return difference === 0 && isInWindow(parsed.issuedAt, expected.now);
}
