// The rules of values, told a second time without the package: what is one, which bytes it has (by the npm package cbor2), whether two
// are the same, and the token over a call.

import { createHmac, hkdfSync } from "node:crypto";
import { types } from "node:util";
import { encode } from "cbor2";
import { writeInt, writeUnknown } from "cbor2/encoder";
import { otherRealm } from "./generate.mjs";

/** @typedef {"value_unsupported" | "text_malformed"} Fault */

/** What plain objects inherit from: nothing, or the Object.prototype of a realm. @type {readonly unknown[]} */
const plainPrototypes = [null, Object.prototype, otherRealm.Object.prototype];

/** Why a value has no bytes; nothing if it has. Sizes are for the caller. @param {unknown} value @returns {Set<Fault>} */
export function faultsOf(value) {
  /** @type {Set<Fault>} */
  const faults = new Set();
  look(value, 0);
  return faults;

  /** @param {unknown} part @param {number} depth how many arrays and objects it is in */
  function look(part, depth) {
    if (part === null || typeof part === "boolean" || typeof part === "number") return;
    if (typeof part === "string") return text(part);
    if (typeof part === "bigint") return unless(BigInt.asIntN(64, part) === part);
    if (types.isArrayBuffer(part)) return;
    if (typeof part !== "object") return unless(false);
    if (depth >= 64) return unless(false);
    if (Array.isArray(part)) {
      for (let i = 0; i < part.length; i++) property(part, String(i), depth);
      return;
    }
    unless(plainPrototypes.includes(Object.getPrototypeOf(part)));
    for (const name of Object.keys(part)) {
      if (Reflect.getOwnPropertyDescriptor(part, name)?.value === undefined && !isAccessor(part, name)) continue;
      text(name);
      unless(/^(?!\$)[ -~]{0,1024}$/.test(name));
      property(part, name, depth);
    }
  }
  /** @param {object} owner @param {string} name @param {number} depth */
  function property(owner, name, depth) {
    if (isAccessor(owner, name)) return unless(false);
    look(Reflect.getOwnPropertyDescriptor(owner, name)?.value, depth + 1);
  }
  /** @param {string} part */
  function text(part) {
    // Encoding cannot write half of a surrogate pair, and puts U+FFFD for it.
    if (Buffer.from(part, "utf8").toString("utf8") !== part) faults.add("text_malformed");
  }
  /** @param {boolean} isRight */
  function unless(isRight) {
    if (!isRight) faults.add("value_unsupported");
  }
}

/** @param {object} owner @param {string} name */
const isAccessor = (owner, name) => Reflect.getOwnPropertyDescriptor(owner, name)?.get !== undefined;

/** A double in eight bytes; cbor2 would write some of them shorter. Of all NaNs there is one. */
class Double {
  /** @param {number} value */
  constructor(value) {
    this.value = value;
  }
  /** @param {import("cbor2").Writer} writer @returns {undefined} */
  toCBOR(writer) {
    writer.writeUint8(0xfb);
    if (Number.isNaN(this.value)) writer.write(Uint8Array.of(0x7f, 0xf8, 0, 0, 0, 0, 0, 0));
    else writer.writeFloat64(this.value);
  }
}

/** A map, its names in the order of RFC 8949, 4.2.1: as encoded, so shorter ones first. cbor2's own sorting takes ten times as long. */
class Fields {
  /** @param {[name: string, value: unknown][]} fields */
  constructor(fields) {
    this.fields = fields.map(([name, value]) => ({ name, value, utf8: Buffer.from(name) }));
    this.fields.sort((one, other) => one.utf8.length - other.utf8.length || Buffer.compare(one.utf8, other.utf8));
  }
  /** @param {import("cbor2").Writer} writer @param {import("cbor2").RequiredEncodeOptions} options @returns {undefined} */
  toCBOR(writer, options) {
    writeInt(this.fields.length, writer, 5);
    for (const { name, value } of this.fields) {
      writeUnknown(name, writer, options);
      writeUnknown(value, writer, options);
    }
  }
}

/** @param {any} value one without faults @returns {unknown} what cbor2 is to encode */
function item(value) {
  if (typeof value === "number") return new Double(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(item);
  if (types.isArrayBuffer(value)) return new Uint8Array(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return new Fields(fields.map(([name, field]) => [name, item(field)]));
}

const options = { rejectUndefined: true };

/** The bytes of a value without faults. @param {unknown} value */
export const bytesOf = (value) => Buffer.from(encode(item(value), options));

/**
 * Whether two values without faults are the same to whoever reads them.
 * @param {any} one @param {any} other @returns {boolean}
 */
export function isSame(one, other) {
  if (typeof one !== typeof other || typeof one !== "object" || one === null || other === null) return Object.is(one, other);
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((part, i) => isSame(part, other[i]));
  }
  if (types.isArrayBuffer(one) || types.isArrayBuffer(other)) {
    return types.isArrayBuffer(one) && types.isArrayBuffer(other) && Buffer.compare(new Uint8Array(one), new Uint8Array(other)) === 0;
  }
  const [names, others] = [one, other].map((object) => Object.keys(object).filter((name) => object[name] !== undefined));
  return names.length === others.length && names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]));
}

/**
 * @typedef {object} Signed
 * @property {string} keyId @property {Buffer} callKey @property {string} audience @property {string} type @property {string} name @property {number} now
 * @property {Uint8Array} nonce
 */

/** What follows from a secret. @param {string} secret */
export function keysOf(secret) {
  /** @param {string} purpose @param {number} length */
  const derive = (purpose, length) => Buffer.from(hkdfSync("sha256", secret, "countersign.v1", purpose, length));
  return { keyId: derive("key-id", 8).toString("hex"), callKey: derive("call", 32) };
}

/** The token over a call whose arguments have these bytes. @param {Signed} call @param {Uint8Array} args */
export function tokenOf({ keyId, callKey, audience, type, name, now, nonce }, args) {
  const fields = encode(["countersign.call.v1", keyId, audience, type, name, BigInt(now), nonce], options);
  // An array of seven becomes one of eight: its first byte is the number, and the arguments are the last item.
  const signed = Buffer.concat([Buffer.from([0x88]), fields.subarray(1), args]);
  const mac = createHmac("sha256", callKey).update(signed).digest("base64url");
  return `cs1.${keyId}.${now}.${Buffer.from(nonce).toString("base64url")}.${mac}`;
}
