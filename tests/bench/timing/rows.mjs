// What is measured: ways of comparing, each with something that is expected and candidates that are wrong.

import { timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { hmacSha256, importKey, importSecret, verifyHmacSha256, verifySecret } from "countersign";

const require = createRequire(import.meta.url);

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {"control" | "runtime" | "package" | "countersign"} kind
 * @property {Uint8Array} expected what candidates are made of, by making a byte wrong
 * @property {boolean} isText candidates are texts
 * @property {(candidate: any) => boolean} compare
 * @property {readonly [number, number]} wrong which byte is wrong on either side
 */

/** As long as a SHA-256 in hexadecimal. */
export const LENGTH = 64;
const CONTROL_LENGTH = 4096;

const bytes = Buffer.from("q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab-T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We", "latin1").subarray(0, LENGTH);
// One flat text, as texts from the environment are.
const secret = bytes.toString("latin1");
const large = Buffer.alloc(CONTROL_LENGTH, 0x61);

/** @param {string} one @param {string} other */
function xorLoop(one, other) {
  if (one.length !== other.length) return false;
  let different = 0;
  for (let i = 0; i < one.length; i++) different |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return different === 0;
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function earlyExit(one, other) {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** @param {string} name @param {Row["kind"]} kind @param {Row["compare"]} compare @param {Partial<Row>} [more] @returns {Row} */
const text = (name, kind, compare, more) => ({ name, kind, compare, expected: bytes, isText: true, wrong: [0, LENGTH - 1], ...more });
/** @param {string} name @param {Row["kind"]} kind @param {Row["compare"]} compare @param {Partial<Row>} [more] @returns {Row} */
const buffer = (name, kind, compare, more) => ({ ...text(name, kind, compare), isText: false, ...more });

/** The rows, and the packages that this Node.js cannot load. */
export function allRows() {
  /** @type {string[]} */
  const missing = [];
  /** @param {string} name @param {boolean} isText @returns {Row[]} */
  const fromPackage = (name, isText) => {
    let compare;
    try {
      compare = require(name);
    } catch (error) {
      // buffer-equal-constant-time uses what Node.js 25 has no more.
      if (!(error instanceof TypeError)) throw error;
      missing.push(`${name}: ${error.message}`);
      return [];
    }
    return [isText ? text(name, "package", (candidate) => compare(candidate, secret)) : buffer(name, "package", (candidate) => compare(candidate, bytes))];
  };
  const imported = importSecret(secret);
  const key = importKey(secret);
  const message = "A message.";
  const mac = hmacSha256(key, message);
  const rows = [
    buffer("control: a loop with an early exit, 4 kB", "control", (candidate) => earlyExit(candidate, large), { expected: large, wrong: [0, CONTROL_LENGTH - 1] }),
    text("control: `===`, both sides alike", "control", (candidate) => candidate === secret, { wrong: [0, 0] }),
    text("`===`", "runtime", (candidate) => candidate === secret),
    buffer("`Buffer.equals`", "runtime", (candidate) => bytes.equals(candidate)),
    buffer("lengths, then `crypto.timingSafeEqual`", "runtime", (candidate) => candidate.length === bytes.length && timingSafeEqual(candidate, bytes)),
    text("a loop over `charCodeAt` with `^`", "runtime", (candidate) => xorLoop(candidate, secret)),
    ...fromPackage("buffer-equal-constant-time", false),
    ...fromPackage("scmp", false),
    ...fromPackage("secure-compare", true),
    ...fromPackage("tsscmp", true),
    text("countersign: `verifySecret`", "countersign", (candidate) => verifySecret(candidate, secret)),
    text("countersign: `importSecret().matches`", "countersign", (candidate) => imported.matches(candidate)),
    buffer("countersign: `verifyHmacSha256`", "countersign", (candidate) => verifyHmacSha256(key, message, candidate), { expected: mac, wrong: [0, mac.length - 1] }),
  ];
  return { rows, missing };
}
