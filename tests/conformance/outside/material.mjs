// Secrets for the tests of what is left in memory, and everything that follows from them and must not be left either.
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { midstates } from "../midstates.mjs";

export const NOW = 1_800_000_000_000;
export const AUDIENCE = "https://happy-animal-123.convex.cloud";
/** Public, so the same whatever the secrets are. */
export const NONCE = Uint8Array.from({ length: 16 }, (_, i) => 0x40 + i);

const SALT = "countersign.v1";
const PURPOSES = ["call", "http", "key-id", "fingerprint"];

/**
 * Everything that is secret in a test. Two of them, made of two seeds, differ in every byte that matters and in no length.
 * @typedef {ReturnType<typeof material>} Material
 */
/** @param {string} seed */
export function material(seed) {
  const bytes = (/** @type {string} */ label, /** @type {number} */ length) => createHash("shake256", { outputLength: length }).update(`${seed}\0${label}`).digest();
  const text = (/** @type {string} */ label, /** @type {number} */ length) => bytes(label, length).toString("base64url").slice(0, length);
  return {
    secret: text("secret", 43),
    other: text("other", 43),
    third: text("third", 43),
    /** Of 48 and 131 bytes: one fits into a block, the other is hashed first. */
    key: bytes("key", 48),
    longKey: bytes("long key", 131),
    /** Does not fit into the area. */
    hugeKey: text("huge key", 100_000),
    message: text("message", 300),
    /** Does not fit into the area either. */
    largeMessage: text("large message", 200_000),
    /** A field of a call's arguments. */
    field: text("field", 80),
    largeField: text("large field", 150_000),
    bytes,
    text,
  };
}

const pad = (/** @type {Uint8Array} */ key, /** @type {number} */ byte) => Buffer.from(key.map((keyByte) => keyByte ^ byte));
const sha256 = (/** @type {Uint8Array[]} */ ...parts) => Buffer.from(createHash("sha256").update(Buffer.concat(parts)).digest());
/** A hash as SHA-256 holds it while it works: words in the order of the machine. @param {Buffer} hash */
const words = (hash) => Buffer.from(hash).swap32();

/** The two states that an HMAC key comes to; exactly these may be in memory while a handle lives. @param {Uint8Array} key at most 64 bytes */
export function statesOf(key) {
  const { "inner state": inner, "outer state": outer } = midstates(key);
  return [Buffer.from(inner), Buffer.from(outer)];
}

/** The key that signs calls. @param {string} secret */
export const callKey = (secret) => Buffer.from(hkdfSync("sha256", secret, SALT, "call", 32));

/** The key that signs HTTP messages. @param {string} secret */
export const httpKey = (secret) => Buffer.from(hkdfSync("sha256", secret, SALT, "http", 32));

/** As RFC 2104 has it. @param {Uint8Array} key */
export const shortKey = (key) => (key.length > 64 ? sha256(key) : Buffer.from(key));

/** Patterns by name. Halves of what is long enough, so that half of a key is found as well. */
export class Patterns {
  /** @type {Map<string, Buffer>} */
  all = new Map();

  /** @param {string} name @param {Uint8Array | string} blob */
  add(name, blob) {
    const bytes = Buffer.from(/** @type {Uint8Array} */ (blob));
    if (bytes.length < 32) return this.put(name, bytes);
    this.put(`${name}, beginning`, bytes.subarray(0, 16));
    if (bytes.length > 64) this.put(`${name}, middle`, bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 16));
    this.put(`${name}, end`, bytes.subarray(-16));
  }

  /** @param {string} name @param {Buffer} bytes */
  put(name, bytes) {
    this.all.set(name, bytes);
  }

  /** A key of HMAC, its pads, and its states. @param {string} name @param {Uint8Array} key */
  addKey(name, key) {
    this.add(name, key);
    const short = shortKey(key);
    if (short.length !== key.length) this.add(`${name}, hashed`, short);
    this.add(`${name}, inner pad`, pad(short, 0x36));
    this.add(`${name}, outer pad`, pad(short, 0x5c));
    const [inner, outer] = statesOf(short);
    this.add(`${name}, inner state`, inner);
    this.add(`${name}, outer state`, outer);
  }

  /** A MAC, and the hash inside of it. @param {string} name @param {Uint8Array} key @param {Uint8Array | string} message */
  addMac(name, key, message) {
    const short = Buffer.alloc(64);
    shortKey(key).copy(short);
    const inner = sha256(pad(short, 0x36), Buffer.from(/** @type {string} */ (message)));
    const mac = createHmac("sha256", key).update(message).digest();
    this.add(`${name}, inner hash`, inner);
    this.add(`${name}, words of the inner hash`, words(inner));
    this.add(name, mac);
    this.add(`${name}, words`, words(mac));
  }

  /** A secret and what is derived from it (HKDF, RFC 5869). @param {string} name @param {string} secret */
  addSecret(name, secret) {
    const ikm = Buffer.from(secret);
    this.addKey(name, ikm);
    this.add(`${name}, digest`, sha256(ikm));
    this.add(`${name}, words of the digest`, words(sha256(ikm)));
    const prk = createHmac("sha256", SALT).update(ikm).digest();
    this.addMac(`${name}, extracted key`, Buffer.from(SALT), ikm);
    this.addKey(`${name}, extracted key`, prk);
    this.addKey(`${name}, call key`, callKey(secret));
    this.addKey(`${name}, http key`, httpKey(secret));
    for (const purpose of PURPOSES) {
      const info = Buffer.from(`${purpose}\x01`);
      this.addMac(`${name}, ${purpose} key`, prk, info);
    }
  }
}

/** What must not be left of a material. @param {Material} m */
export function tracesOf(m) {
  const patterns = new Patterns();
  patterns.addSecret("secret", m.secret);
  patterns.addSecret("other secret", m.other);
  patterns.addSecret("third secret", m.third);
  patterns.addKey("key", m.key);
  patterns.addKey("long key", m.longKey);
  patterns.addKey("huge key", Buffer.from(m.hugeKey));
  patterns.add("message", m.message);
  patterns.add("large message", m.largeMessage);
  for (const [name, message] of [["message", m.message], ["large message", m.largeMessage]]) {
    for (const [of, key] of /** @type {const} */ ([["key", m.key], ["long key", m.longKey], ["huge key", Buffer.from(m.hugeKey)]])) patterns.addMac(`MAC of the ${name} with the ${of}`, key, message);
  }
  patterns.add("field", m.field);
  patterns.add("large field", m.largeField);
  return patterns;
}
