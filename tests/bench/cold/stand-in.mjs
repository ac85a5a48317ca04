// What the lean module exports for a guard, in JavaScript: the peers of the cold rows are the package's own guard with this in its place
// (packages.mjs; noble.mjs and subtle.mjs have the cryptography). Both sides of the boundary stay as they are: inputs come in the area,
// answers go into the result. Left out, in the peers' favour, are the check that encoded arguments are in their one form, arguments of over
// 64 kB, and constant time for everything but the MAC.

const AREA_LEN = 64 * 1024;
const RESULT_LEN = 296;
/** The numbers of the errors (src/error.rs). */
export const MISSING = 1;
const WEAK = 2;
const MALFORMED_SECRET = 3;
const CONFLICT = 4;
const MISCONFIGURED = 5;
const NOT_SIGNED = 6;
const MALFORMED = 7;
const OTHER_VERSION = 8;
const UNKNOWN_KEY = 9;
const INVALID = 10;
const EXPIRED = 11;
const NOT_YET = 12;
const FORBIDDEN = 14;
const WRONG_TYPE = 16;
const MAX_KEYS = 64;
const types = ["query", "mutation", "action"];

/** @typedef {{ keyId: string, issuedAt: number, nonce: Uint8Array<ArrayBuffer>, mac: string }} Token */
/** @typedef {{ caller: number, id: string }} Listed */

const toText = (/** @type {Uint8Array} */ bytes) => String.fromCharCode(...bytes);
export const toBytes = (/** @type {string} */ text) => Uint8Array.from(text, (char) => char.charCodeAt(0));
export const salt = toBytes("countersign.v1");
export const callInfo = toBytes("call");
export const idInfo = toBytes("key-id");

/** @param {(string | Uint8Array)[]} pieces texts are ASCII @returns {Uint8Array<ArrayBuffer>} */
function concat(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(typeof piece === "string" ? toBytes(piece) : piece, at);
    at += piece.length;
  }
  return whole;
}

export const toHex = (/** @type {Uint8Array} */ bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const toBase64url = (/** @type {Uint8Array} */ bytes) => btoa(toText(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const fromBase64url = (/** @type {string} */ text) => toBytes(atob(text.replaceAll("-", "+").replaceAll("_", "/")));

export function createExports() {
  const memory = { buffer: new ArrayBuffer(AREA_LEN + RESULT_LEN) };
  return { memory, area: () => 0, result: () => AREA_LEN, large: () => 0, check_scope };

  /** @param {number} nameLength @param {number} count @param {number} functions */
  function check_scope(nameLength, count, functions) {
    const read = reader(memory.buffer);
    const name = toText(read.cut(nameLength));
    const list = Array.from({ length: count }, () => toText(read.cut(read.number())));
    if (functions) throw new Error("The peers have no gateway.");
    return list.includes(name) ? 0 : FORBIDDEN;
  }
}

/** @param {ArrayBuffer} buffer */
function reader(buffer) {
  const view = new DataView(buffer);
  let at = 0;
  return {
    at: () => at,
    cut: (/** @type {number} */ length) => new Uint8Array(buffer, (at += length) - length, length),
    number: () => view.getUint32((at += 4) - 4, true),
  };
}

/** What `admit_call` is given. @param {ArrayBuffer} buffer @param {number[]} lengths */
export function readCall(buffer, [secretsLength = 0, tokenLength = 0, kind = 0, audienceLength = 0, nameLength = 0, onceLength = 0, argsLength = 0, , high = 0, low = 0, tolerance = 0]) {
  const { at, cut, number } = reader(buffer);
  const secrets = [];
  while (at() < secretsLength) secrets.push({ caller: number(), secret: cut(number()) });
  const token = parse(toText(cut(tokenLength)));
  const [audience, name, once, args] = [cut(audienceLength), cut(nameLength), cut(onceLength), cut(argsLength)];
  const isWrong = [audience, name].some(({ length }) => length === 0 || length > 1024) || once.length > 256 || (once.length > 0 && kind !== 1);
  return { secrets, token, kind, audience, name, once, args, refusal: isWrong ? WRONG_TYPE : 0, now: high * 2 ** 32 + (low >>> 0), tolerance };
}

/** @param {string} text @returns {Token | number} */
function parse(text) {
  const found = /^cs1\.([0-9a-f]{16})\.(0|[1-9]\d{0,15})\.([\w-]{21}[AQgw])\.([\w-]{43})$/.exec(text);
  if (found === null) return text === "" ? NOT_SIGNED : /^cs(?!1\.)\d+\./.test(text) ? OTHER_VERSION : MALFORMED;
  const [, keyId = "", time = "", nonce = "", mac = ""] = found;
  const issuedAt = Number(time);
  return Number.isSafeInteger(issuedAt) ? { keyId, issuedAt, nonce: fromBase64url(nonce), mac } : MALFORMED;
}

/** What stands under the checksum of a generated secret. @param {Uint8Array} secret */
export function checked(secret) {
  return toText(secret.subarray(0, 4)) === "csk_" ? /** @type {Uint8Array<ArrayBuffer>} */ (secret.slice(0, -7)) : undefined;
}

/** The number of the error with which a secret is refused, or 0. @param {Uint8Array} secret @param {Uint8Array | undefined} digest of {@link checked} */
export function checkSecret(secret, digest) {
  const text = toText(secret);
  if (/^[\0- \x7f]*$/.test(text)) return MISSING;
  if (/^[\0- \x7f"'`]|[\0- \x7f"'`]$/.test(text) || text.length > 16384) return MALFORMED_SECRET;
  if (digest !== undefined) return text.length === 54 && text.slice(-7) === `_${toBase64url(digest).slice(0, 6)}` ? 0 : MALFORMED_SECRET;
  if (text.length < 32 || new Set(text).size < 8) return WEAK;
  for (let period = 1; period <= 16; period++) if (text.slice(period) === text.slice(0, -period)) return WEAK;
  return /change[-_]?m|your[-_]?sec|replace[-_m]|placehol|my[-_]secre|super[-_]?se|undefine/i.test(text) ? WEAK : 0;
}

/** Whether a key may join the others: the number of an error, or 0. @param {Listed[]} listed @param {Listed} key */
export function list(listed, key) {
  const same = listed.find(({ id }) => id === key.id);
  if (same !== undefined) return same.caller === key.caller ? 0 : CONFLICT;
  if (listed.length === MAX_KEYS) return MISCONFIGURED;
  listed.push(key);
  return 0;
}

/** The bytes under the MAC (src/call.rs). @param {Token} token @param {ReturnType<typeof readCall>} call */
export function signed({ keyId, issuedAt, nonce }, { audience, kind, name, args, once }) {
  const text = (/** @type {string | Uint8Array} */ content) => [head(3, content.length), content];
  const texts = ["countersign.call.v1", keyId, audience, types[kind] ?? "", name].flatMap(text);
  const last = once.length === 0 ? [] : [head(5, 1), ...text("idempotencyKey"), ...text(once)];
  return concat([head(4, 8 + Number(once.length > 0)), ...texts, head(0, issuedAt), head(2, nonce.length), nonce, args, ...last]);
}

/** @param {number} major @param {number} value */
function head(major, value) {
  const size = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
  const out = new Uint8Array(1 + size);
  out[0] = (major << 5) | (size === 0 ? value : 24 + Math.log2(size));
  for (let i = size; i > 0; value = Math.floor(value / 256)) out[i--] = value % 256;
  return out;
}

/** What the names of a database's rows are the digests of (src/replay.rs). @param {Token} token @param {ReturnType<typeof readCall>} call */
export function named({ keyId, nonce }, { name, once, args }) {
  const nonceName = concat(["countersign.nonce.v1", keyId, nonce]);
  if (once.length === 0) return [nonceName];
  const length = new Uint8Array([0, 0, name.length >> 8, name.length]);
  return [nonceName, concat(["countersign.idempotency.v1", length, name, once]), concat(["countersign.args.v1", args])];
}

/** Writes the result. @param {ArrayBuffer} buffer */
export function writer(buffer) {
  const view = new DataView(buffer, AREA_LEN);
  const put = (/** @type {number} */ place, /** @type {string | Uint8Array} */ content) => new Uint8Array(buffer).set(typeof content === "string" ? toBytes(content) : content, AREA_LEN + place);
  const number = (/** @type {number} */ index, /** @type {number} */ value) => view.setUint32(4 * index, value, true);
  const time = (/** @type {number} */ index, /** @type {number} */ value) => {
    number(index, Math.floor(value / 2 ** 32));
    number(index + 1, value % 2 ** 32);
  };
  return {
    number,
    id: (/** @type {number} */ index, /** @type {string} */ id) => index < 8 && put(168 + 16 * index, id),
    /** @param {number} index @param {Token} token @param {Uint8Array[]} digests */
    verdict: (index, { issuedAt, nonce }, digests) => {
      number(0, index);
      time(1, issuedAt);
      put(12, nonce);
      time(7, issuedAt + 960_000);
      digests.forEach((digest, i) => put(36 + 43 * i, toBase64url(digest)));
    },
  };
}

/** The last checks, in the order of src/call.rs. @param {boolean} isKnown @param {boolean} isRight @param {Token} token @param {ReturnType<typeof readCall>} call */
export function verdict(isKnown, isRight, { issuedAt }, { now, tolerance }) {
  if (!isKnown) return UNKNOWN_KEY;
  if (!isRight) return INVALID;
  if (tolerance > 900_000) return WRONG_TYPE;
  return Math.abs(now - issuedAt) <= tolerance ? 0 : issuedAt < now ? EXPIRED : NOT_YET;
}

/** Whether two texts are the same; how long it takes depends on their lengths. @param {string} one @param {string} other */
export function equal(one, other) {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return difference === 0;
}
