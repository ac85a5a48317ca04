// A second implementation of what the providers sign, on node:crypto, from their documentation.
import { createHash, createHmac } from "node:crypto";

/** @param {string | Uint8Array} key @param {(string | Uint8Array)[]} pieces @returns {Buffer} */
export const hmac = (key, ...pieces) => pieces.reduce((mac, piece) => mac.update(piece), createHmac("sha256", key)).digest();

/** The key of a secret of Standard Webhooks. @param {string} secret */
export const whsec = (secret) => Buffer.from(secret.replace("whsec_", ""), "base64");

/** @param {string | Uint8Array} key @param {string} id @param {number | string} seconds @param {string | Uint8Array} body */
export const standard = (key, id, seconds, body) => `v1,${hmac(key, `${id}.${seconds}.`, body).toString("base64")}`;

/** @param {string} family @param {string} id @param {number | string} seconds @param {string} signature @returns {[string, string][]} */
export const standardHeaders = (family, id, seconds, signature) => [[`${family}-id`, id], [`${family}-timestamp`, String(seconds)], [`${family}-signature`, signature]];

/** @param {string} secret @param {string} before @param {string | Uint8Array} body */
export const hex = (secret, before, body) => hmac(secret, before, body).toString("hex");

/** @param {unknown} value */
export const base64url = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** @param {string | Uint8Array} body */
export const bodyHash = (body) => createHash("sha256").update(body).digest("base64url");

/** A token over texts that need not be JSON. @param {string} secret @param {string} header @param {string} claims */
export function token(secret, header, claims) {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${hmac(secret, signed).toString("base64url")}`;
}

/** What names a delivery that nothing covered names. @param {string} provider @param {string | Uint8Array} body */
export const byBody = (provider, body) => `${provider}:sha256:${createHash("sha256").update(body).digest("hex")}`;
