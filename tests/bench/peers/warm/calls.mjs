// Signed calls as one would write them without countersign: on `canonicalize` and node:crypto, and as JSON Web Tokens with jose. Both cover what ours
// covers: what it is for, the key's id, audience, type, name, arguments, the time and a random nonce; and check the key's id, the MAC in constant
// time, and the time window. Neither checks that the arguments are values Convex has.

import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import canonicalize from "canonicalize";
import { SignJWT, jwtVerify } from "jose";

/** @typedef {{ audience: string, type: string, name: string, args: object }} Description */

const toleranceMs = 60_000;
const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(16)));

/** @param {Uint8Array} bytes @param {string} keyId */
export function openCanonical(bytes, keyId) {
  const key = createSecretKey(bytes);
  const keys = new Map([[keyId, { key, caller: "default" }]]);
  /** @param {import("node:crypto").KeyObject} by @param {Description} call @param {string} id @param {number} issuedAt @param {string} nonce */
  const macOf = (by, { audience, type, name, args }, id, issuedAt, nonce) =>
    createHmac("sha256", by).update(/** @type {string} */ (canonicalize({ domain: "example.call.v1", keyId: id, audience, type, name, issuedAt, nonce, args }))).digest();
  return {
    /** @param {Description} call */
    sign(call) {
      const issuedAt = Date.now();
      const nonce = random().toString("base64url");
      return `v1.${keyId}.${issuedAt}.${nonce}.${macOf(key, call, keyId, issuedAt, nonce).toString("base64url")}`;
    },
    /** @param {string} token @param {Description} call @param {number} now */
    verify(token, call, now) {
      const [, id = "", time = "", nonce = "", mac = ""] = /^v1\.([0-9a-f]{16})\.(0|[1-9]\d{0,15})\.([\w-]{22})\.([\w-]{43})$/.exec(token) ?? [];
      const entry = keys.get(id);
      if (entry === undefined) throw new Error("no such key");
      const issuedAt = Number(time);
      const found = Buffer.from(mac, "base64url");
      if (found.length !== 32 || !timingSafeEqual(macOf(entry.key, call, id, issuedAt, nonce), found)) throw new Error("the signature is wrong");
      if (Math.abs(now - issuedAt) > toleranceMs) throw new Error("expired, or not yet valid");
      return { caller: entry.caller, keyId: id, issuedAt, nonce: Buffer.from(nonce, "base64url") };
    },
  };
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {string} keyId */
export async function openJose(bytes, keyId) {
  // A CryptoKey, made once, is the fastest of what jose takes.
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  return {
    /** @param {Description} call */
    sign: ({ audience, type, name, args }) =>
      new SignJWT({ type, name, args }).setProtectedHeader({ alg: "HS256", kid: keyId }).setAudience(audience).setIssuedAt().setExpirationTime("1m").setJti(random().toString("base64url")).sign(key),
    /** The arguments are those of the token. @param {string} token @param {Omit<Description, "args">} call */
    async verify(token, { audience, type, name }) {
      const { payload, protectedHeader } = await jwtVerify(token, key, { audience, algorithms: ["HS256"], requiredClaims: ["iat", "exp", "jti"] });
      if (protectedHeader.kid !== keyId || payload["type"] !== type || payload["name"] !== name) throw new Error("signed for something else");
      return { caller: "default", keyId, issuedAt: Number(payload.iat) * 1000, nonce: Buffer.from(String(payload.jti), "base64url"), args: payload["args"] };
    },
  };
}
