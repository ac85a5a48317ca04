// The formats of countersign, written a second time from their definitions, on Node's own crypto and the CBOR package cbor2.
// It shares nothing with the crate, so the vectors it makes are not the crate agreeing with itself.
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { encode } from "cbor2";
import { sortCoreDeterministic } from "cbor2/sorts";

/** A double in eight bytes. cbor2 writes NaN as a half float even when asked for doubles only. */
class Double {
  /** @param {number} value */
  constructor(value) {
    this.value = value;
  }
  /** @param {import("cbor2").Writer} writer @returns {undefined} */
  toCBOR(writer) {
    writer.writeUint8(0xfb);
    writer.writeFloat64(this.value);
  }
}

/** What cbor2 is to encode for a value in Convex's JSON form. @param {any} json @returns {unknown} */
function item(json) {
  if (typeof json === "number") return new Double(json);
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(item);
  const fields = Object.entries(json);
  if (fields.length === 1) {
    const [[name, text]] = fields;
    if (name === "$bytes") return new Uint8Array(Buffer.from(text, "base64"));
    if (name === "$integer") return Buffer.from(text, "base64").readBigInt64LE();
    if (name === "$float") return new Double(Buffer.from(text, "base64").readDoubleLE());
  }
  return new Map(fields.map(([field, value]) => [field, item(value)]));
}

/** @param {unknown} value @returns {Buffer} */
const cbor = (value) =>
  Buffer.from(encode(value, { sortKeys: sortCoreDeterministic, rejectDuplicateKeys: true, rejectUndefined: true }));

/** The deterministic bytes of a value in Convex's JSON form. @param {any} json */
export const encodeValue = (json) => cbor(item(json));

/** @param {bigint} value */
export function integer(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return { $integer: bytes.toString("base64") };
}

/** Only for what JSON has no number for: NaN, the infinities and -0. @param {number} value */
export function float(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return { $float: bytes.toString("base64") };
}

/** @param {string | Uint8Array} value */
export const bytes = (value) => ({ $bytes: Buffer.from(value).toString("base64") });

/** @param {string} secret @param {string} purpose @param {number} length */
export const derive = (secret, purpose, length) => Buffer.from(hkdfSync("sha256", secret, "countersign.v1", purpose, length));

/** @param {string} secret */
export const keyIdOf = (secret) => derive(secret, "key-id", 8).toString("hex");

/** @param {string} secret */
export const fingerprintOf = (secret) => derive(secret, "fingerprint", 8).toString("hex");

/** @param {Uint8Array} random 32 bytes; a secret of more or fewer is not one */
export function generatedSecret(random) {
  const text = `csk_${Buffer.from(random).toString("base64url")}`;
  return `${text}_${createHash("sha256").update(text).digest("base64url").slice(0, 6)}`;
}

/**
 * @typedef {object} Call
 * @property {string} secret @property {string} audience @property {string} type @property {string} fn
 * @property {number} now @property {any} args @property {string} nonce in hexadecimal
 * @property {string} [idempotencyKey]
 * @property {Buffer} [key] in place of the secret's call key
 * @property {string} [keyId] in place of the secret's key id
 * @property {string} [domain] in place of the right one
 */

/** The four parts of a token after its version. @param {Call} call @returns {[keyId: string, issuedAt: string, nonce: string, mac: string]} */
export function tokenParts(call) {
  const keyId = call.keyId ?? keyIdOf(call.secret);
  const nonce = Buffer.from(call.nonce, "hex");
  const domain = call.domain ?? "countersign.call.v1";
  const once = call.idempotencyKey === undefined ? [] : [new Map([["idempotencyKey", call.idempotencyKey]])];
  const signed = cbor([domain, keyId, call.audience, call.type, call.fn, BigInt(call.now), new Uint8Array(nonce), item(call.args), ...once]);
  const mac = createHmac("sha256", call.key ?? derive(call.secret, "call", 32)).update(signed).digest();
  return [keyId, String(call.now), nonce.toString("base64url"), mac.toString("base64url")];
}

/** @param {Call} call */
export const sign = (call) => ["cs1", ...tokenParts(call)].join(".");

/** @param {...(string | Uint8Array)} pieces */
const nameOf = (...pieces) => createHash("sha256").update(Buffer.concat(pieces.map((piece) => Buffer.from(piece)))).digest("base64url");

/**
 * Under which names a database remembers a call, and until when it keeps the nonce: decimal digits, because there are more than a number of
 * JavaScript holds.
 * @param {Call} call
 */
export function remembered(call) {
  const claim = {
    nonceName: nameOf("countersign.nonce.v1", call.keyId ?? keyIdOf(call.secret), Buffer.from(call.nonce, "hex")),
    // Over the end of the widest window by a minute.
    keptUntil: String(BigInt(call.now) + 900_000n + 60_000n),
  };
  if (call.idempotencyKey === undefined) return claim;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(call.fn));
  return {
    ...claim,
    useName: nameOf("countersign.idempotency.v1", length, call.fn, call.idempotencyKey),
    argsName: nameOf("countersign.args.v1", encodeValue(call.args)),
  };
}
