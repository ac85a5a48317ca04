import { hex, isInWindow, message, parse, salt, utf8 } from "./format.mjs";

/** @param {string} secret @param {string} token @param {import("./format.mjs").Expected} expected */
export async function verify(secret, token, expected) {
  const { subtle } = crypto;
  const base = await subtle.importKey("raw", utf8(secret), "HKDF", false, ["deriveBits"]);
  const derive = (/** @type {string} */ info, /** @type {number} */ length) => subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: utf8(salt), info: utf8(info) }, base, length * 8);
  const parsed = parse(token);
  const key = await subtle.importKey("raw", await derive("call", 32), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const isVerified = await subtle.verify("HMAC", key, parsed.mac, message(parsed, expected));
  return isVerified && hex(new Uint8Array(await derive("key-id", 8))) === parsed.keyId && isInWindow(parsed.issuedAt, expected.now);
}
