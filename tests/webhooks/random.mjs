// Random texts and bytes. The seed is printed, and SEED repeats a run.

import { createCipheriv, createHash } from "node:crypto";

const seed = process.env["SEED"] ?? String(Date.now());
console.log(`SEED=${seed}`);

const stream = createCipheriv("aes-256-ctr", createHash("sha256").update(seed).digest(), Buffer.alloc(16));

/** @param {number} length @returns {Buffer} */
export const randomBytes = (length) => stream.update(Buffer.alloc(length));

/** @param {number} below @returns {number} */
export const randomInt = (below) => randomBytes(4).readUInt32LE() % below;

/** @template T @param {readonly T[]} list @returns {T} */
export const oneOf = (list) => /** @type {T} */ (list[randomInt(list.length)]);

const pieces = ["a", "Z", "0", " ", "\t", "\n", "\r\n", "\0", '"', "\\", ".", ",", "=", ":", ";", "%", "é", "ß", "\u0301", "\u200d", "\ufeff", "\u2028", "中", "\u{1f600}", "\u{10ffff}", "\ufffd"];

/** @param {number} length how many pieces @returns {string} a well-formed text of all sorts */
export const randomText = (length) => Array.from({ length }, () => oneOf(pieces)).join("");

/** @param {string} alphabet @param {number} length */
export const randomWord = (alphabet, length) => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

export const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** What arrives as a webhook's body, and what does not but may: texts that UTF-8 can hold. @returns {[name: string, body: string][]} */
export function bodies() {
  const json = JSON.stringify({ id: `evt_${randomWord(alphanumeric, 20)}`, type: "order.paid", amount: randomInt(1e9), name: randomText(12) });
  return [
    ["JSON", json],
    ["JSON with other white space", JSON.stringify(JSON.parse(json), null, 2)],
    ["empty", ""],
    ["one character", "x"],
    ["a byte order mark", `\ufeff${json}`],
    ["CRLF", "a\r\nb\r\n\r\nc\n\rd"],
    ["NUL", "a\0b\0"],
    ["form", "token=a%20b+c&text=%F0%9F%98%80&x="],
    ["unicode", randomText(200)],
    ["100 kB", randomText(40_000).slice(0, 45_000).replace(/[\ud800-\udbff]$/, "")],
    ["what separates the parts", ".1614265330.{}:,v1=;h1="],
  ];
}
