// hmacSha256 and verifyHmacSha256 with an imported key, and comparing secrets.

import { createHmac } from "node:crypto";
import { hmacSha256, importKey, importSecret, verifyHmacSha256, verifySecret } from "countersign";
import { compareDigests, compareOneShotDigests, compareWithTsscmp, openHashWasm, openNoble, openNode, openWebCrypto } from "../../peers/warm/hmac.mjs";
import { INPUTS } from "../measure.mjs";
import { at, randomBytes, randomTexts, sameBytes } from "./inputs.mjs";

/** @typedef {import("../measure.mjs").Pair} Pair */
/** @typedef {{ sign: (message: Uint8Array<ArrayBuffer>) => unknown, verify?: (message: Uint8Array<ArrayBuffer>, mac: Uint8Array<ArrayBuffer>) => unknown }} Peer */

const bytes = randomBytes(32);

/** @param {number} length */
function messages(length) {
  const all = Array.from({ length: INPUTS }, () => randomBytes(length));
  return { all, macs: all.map((message) => new Uint8Array(createHmac("sha256", bytes).update(message).digest())) };
}

/** @param {string} name @param {number} length @param {Peer} peer @param {boolean} [isAsync] @returns {Pair} */
function signing(name, length, peer, isAsync = false) {
  const { all, macs } = messages(length);
  const key = importKey(bytes);
  return {
    name,
    ours: (index) => hmacSha256(key, at(all, index)),
    theirs: (index) => peer.sign(at(all, index)),
    theirsIsAsync: isAsync,
    isRight: (mac, index) => sameBytes(mac, at(macs, index)),
    refused: [],
  };
}

/** @param {string} name @param {number} length @param {Required<Peer>} peer @param {boolean} [isAsync] @returns {Pair} */
function verifying(name, length, peer, isAsync = false) {
  const { all, macs } = messages(length);
  const key = importKey(bytes);
  // The last bit is wrong.
  const other = at(macs, 0).slice();
  other[31] = at(other, 31) ^ 1;
  return {
    name,
    ours: (index) => verifyHmacSha256(key, at(all, index), at(macs, index)),
    theirs: (index) => peer.verify(at(all, index), at(macs, index)),
    theirsIsAsync: isAsync,
    isRight: (isEqual) => isEqual === true,
    refused: [() => verifyHmacSha256(key, at(all, 0), other), () => peer.verify(at(all, 0), other), () => verifyHmacSha256(key, at(all, 0), other.subarray(1)), () => peer.verify(at(all, 0), other.subarray(1))],
  };
}

/** @param {string} name @param {(candidate: string, expected: string) => boolean} ours @param {(candidate: string, expected: string) => boolean} theirs @param {string} expected @returns {Pair} */
function comparing(name, ours, theirs, expected) {
  // Each came over the wire: equal, and not the same.
  const candidates = Array.from({ length: INPUTS }, () => Buffer.from(expected).toString());
  const other = `${expected.slice(0, -1)}${expected.endsWith("0") ? "1" : "0"}`;
  return {
    name,
    ours: (index) => ours(at(candidates, index), expected),
    theirs: (index) => theirs(at(candidates, index), expected),
    isRight: (isEqual) => isEqual === true,
    refused: [ours, theirs].flatMap((compare) => [() => compare(other, expected), () => compare(expected.slice(1), expected)]),
  };
}

export async function createPairs() {
  const [node, noble, hashWasm, webCrypto] = [openNode(bytes), openNoble(bytes), await openHashWasm(bytes), await openWebCrypto(bytes)];
  const [expected = ""] = randomTexts(1);
  const imported = importSecret(expected);
  return [
    ...[100, 300, 512, 1024].map((length) => signing(`sign ${length} B, node:crypto`, length, node)),
    ...[100, 300, 512, 1024].map((length) => verifying(`verify ${length} B, node:crypto`, length, node)),
    ...[100, 300, 1024, 1 << 20].map((length) => signing(`sign ${length} B, @noble/hashes`, length, noble)),
    signing("sign 300 B, hash-wasm", 300, hashWasm),
    signing("sign 1048576 B, hash-wasm", 1 << 20, hashWasm),
    signing("sign 300 B, WebCrypto", 300, webCrypto, true),
    verifying("verify 300 B, WebCrypto", 300, webCrypto, true),
    comparing("verifySecret, SHA-256 digests", verifySecret, compareDigests, expected),
    comparing("verifySecret, one-shot digests", verifySecret, compareOneShotDigests, expected),
    comparing("verifySecret, tsscmp", verifySecret, compareWithTsscmp, expected),
    comparing("matches, tsscmp", (candidate) => imported.matches(candidate), compareWithTsscmp, expected),
  ];
}
