// What others do where ours is hmacSha256, verifyHmacSha256, verifySecret and importSecret, in the way their documentation says.

import { createHash, createHmac, createSecretKey, hash, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { createHMAC, createSHA256 } from "hash-wasm";

/** It has no types. @type {(one: string, other: string) => boolean} */
export const compareWithTsscmp = createRequire(import.meta.url)("tsscmp");

/** A KeyObject, made once: with the key's bytes Node.js takes much longer. @param {Uint8Array} bytes */
export function openNode(bytes) {
  const key = createSecretKey(bytes);
  const sign = (/** @type {Uint8Array} */ message) => createHmac("sha256", key).update(message).digest();
  // timingSafeEqual throws if the lengths differ.
  const verify = (/** @type {Uint8Array} */ message, /** @type {Uint8Array} */ mac) => mac.length === 32 && timingSafeEqual(createHmac("sha256", key).update(message).digest(), mac);
  return { sign, verify };
}

/** @param {Uint8Array} key */
export const openNoble = (key) => ({ sign: (/** @type {Uint8Array} */ message) => hmac(sha256, key, message) });

/** @param {Uint8Array} key */
export async function openHashWasm(key) {
  const hasher = await createHMAC(createSHA256(), key);
  return { sign: (/** @type {Uint8Array} */ message) => hasher.init().update(message).digest("binary") };
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
export async function openWebCrypto(bytes) {
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  return {
    sign: async (/** @type {Uint8Array<ArrayBuffer>} */ message) => new Uint8Array(await crypto.subtle.sign("HMAC", key, message)),
    verify: (/** @type {Uint8Array<ArrayBuffer>} */ message, /** @type {Uint8Array<ArrayBuffer>} */ mac) => crypto.subtle.verify("HMAC", key, mac, message),
  };
}

const digest = (/** @type {string} */ text) => createHash("sha256").update(text).digest();
/** @param {string} candidate @param {string} expected */
export const compareDigests = (candidate, expected) => timingSafeEqual(digest(candidate), digest(expected));

/** The same with crypto.hash, which is newer. @param {string} candidate @param {string} expected */
export const compareOneShotDigests = (candidate, expected) => timingSafeEqual(hash("sha256", candidate, "buffer"), hash("sha256", expected, "buffer"));
