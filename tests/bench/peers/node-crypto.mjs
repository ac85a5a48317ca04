import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { hex, isInWindow, message, parse, salt } from "./format.mjs";

/** @param {string} secret @param {string} token @param {import("./format.mjs").Expected} expected */
export function verify(secret, token, expected) {
  const derive = (/** @type {string} */ info, /** @type {number} */ length) => new Uint8Array(hkdfSync("sha256", secret, salt, info, length));
  const parsed = parse(token);
  const mac = createHmac("sha256", derive("call", 32)).update(message(parsed, expected)).digest();
  return hex(derive("key-id", 8)) === parsed.keyId && timingSafeEqual(mac, parsed.mac) && isInWindow(parsed.issuedAt, expected.now);
}
