// Secrets: what is wrong with each, the one to mend first in front, and the error that it is refused with.
import { generatedSecret } from "../reference.mjs";
import { GENERATED, SECRET } from "./tokens.mjs";

const LONG = Array.from({ length: 4096 }, (_, i) => i.toString(16).padStart(4, "0")).join("");

/** The character at `at` changed. @param {string} text @param {number} at */
const changed = (text, at) => text.slice(0, at) + (text[at] === "x" ? "y" : "x") + text.slice(at + 1);

/** @type {[name: string, secret: string][]} */
const usable = [
  ["32 characters", SECRET],
  ["generated", GENERATED],
  ["generated from zeros", generatedSecret(new Uint8Array(32))],
  ["generated from ones", generatedSecret(new Uint8Array(32).fill(255))],
  ["32 bytes in 20 characters", `${"\u00e9\u00e8\u00ea\u00eb\u00ee\u00ef"}${"\u{1f511}\u{1f512}"}abcdefghijkl`],
  ["white space and quotes inside", "one 'two' \"three\" `four`\tfive six"],
  ["8 different characters, not one piece over and over", "aaabbbbcccccddddddeeeeeeeffffffffggggggggghhhhhhhhhh"],
  ["a hexadecimal secret of openssl rand -hex 32", "4f1c3a9be07d52868f20cb4de19375ab60d8f2471e5c93ba0786de3142fb95ca"],
  ["a base64 secret of openssl rand -base64 32", "3q2+7wrXhT0Zb1l5cVYkS9mE8uJfQxA6PdGv4iNtHyo="],
  ["one character repeated 17 times inside", "0123456789aaaaaaaaaaaaaaaaabcdefghijk"],
  ["the longest", LONG],
  ["a byte order mark inside", `${SECRET}\ufeff${SECRET}`],
];

/** @type {[name: string, secret: string, problems: string[]][]} */
const unusable = [
  ["nothing", "", ["missing"]],
  ["a space", " ", ["missing"]],
  ["white space", " \t\r\n", ["missing"]],
  ["short", SECRET.slice(1), ["too_short"]],
  ["one character", "x", ["too_short", "few_distinct"]],
  ["one character, 64 times", "x".repeat(64), ["few_distinct", "repeated"]],
  ["7 different characters", "aaabbbbcccccddddddeeeeeeeffffffffggggggggg", ["few_distinct"]],
  ["16 characters, twice", "0123456789abcdef0123456789abcdef", ["repeated"]],
  ["8 characters, over and over, cut off", "abcdefghabcdefghabcdefghabcdefghabc", ["repeated"]],
  ["a space in front", ` ${SECRET}`, ["padded"]],
  ["a space at the end", `${SECRET} `, ["padded"]],
  ["a line end", `${SECRET}\n`, ["padded"]],
  ["a carriage return", `${SECRET}\r`, ["padded"]],
  ["a tab in front", `\t${SECRET}`, ["padded"]],
  ["NUL at the end", `${SECRET}\0`, ["padded"]],
  ["DEL at the end", `${SECRET}\x7f`, ["padded"]],
  ["a control character in front", `\x1b${SECRET}`, ["padded"]],
  ["double quotes", `"${SECRET}"`, ["quoted"]],
  ["single quotes", `'${SECRET}'`, ["quoted"]],
  ["a backtick at the end", `${SECRET}\``, ["quoted"]],
  ["a quote at one end, a space at the other", `"${SECRET} `, ["padded", "quoted"]],
  ["only quotes", '""', ["quoted", "too_short", "few_distinct", "repeated"]],
  ["the text undefined", "undefined", ["too_short", "few_distinct", "placeholder"]],
  ["the text null", "null", ["too_short", "few_distinct", "placeholder"]],
  ["changeme", "changeme", ["too_short", "few_distinct", "placeholder"]],
  ["your-secret-value", "your-secret-value", ["too_short", "placeholder"]],
  ["a long placeholder", "Your_Secret_goes_here_0123456789abc", ["placeholder"]],
  ["a placeholder at the end", "0123456789abcdefghijkl-CHANGE-ME", ["placeholder"]],
  ["replace-me, and so on", "replace-me-with-32-random-characters", ["placeholder"]],
  ["a super secret", "supersecretpasswordthatnobodyknows", ["placeholder"]],
  ["over 16 KiB", `${LONG}x`, ["too_long"]],
  ["generated, without its checksum", GENERATED.slice(0, 47), ["checksum"]],
  ["generated, its last character missing", GENERATED.slice(0, -1), ["checksum"]],
  ["generated, a character more", `${GENERATED}x`, ["checksum"]],
  ["generated, a quote at its end", `${GENERATED}"`, ["quoted", "checksum"]],
  ["generated, a line end", `${GENERATED}\n`, ["padded", "checksum"]],
  ["made like generated ones, of 24 bytes", generatedSecret(new Uint8Array(24).fill(7)), ["checksum"]],
  ["made like generated ones, of 33 bytes", generatedSecret(new Uint8Array(33).fill(7)), ["checksum"]],
  ["only its beginning", "csk_", ["checksum", "too_short"]],
  ["its beginning before another text", `csk_${SECRET}`, ["checksum"]],
  ["a placeholder of the generated form", `csk_${"A".repeat(43)}_AAAAAA`, ["checksum"]],
  ...[4, 5, 20, 45, 46, 47, 48, 50, 53].map(
    (at) => /** @type {[string, string, string[]]} */ ([`generated, character ${at} changed`, changed(GENERATED, at), ["checksum"]]),
  ),
];

/** @param {string} problem */
function codeOf(problem) {
  if (problem === "missing") return "secret_missing";
  return ["padded", "quoted", "checksum", "too_long"].includes(problem) ? "secret_malformed" : "secret_weak";
}

export const secrets = [
  ...usable.map(([name, secret]) => ({ name, secret, problems: /** @type {string[]} */ ([]), code: null })),
  ...unusable.map(([name, secret, problems]) => ({ name, secret, problems, code: codeOf(problems[0]) })),
];

/** The numbers and codes of everything that can be refused. Both are stable: a new error gets the next number. */
export const errors = [
  [1, "secret_missing"], [2, "secret_weak"], [3, "secret_malformed"], [4, "key_conflict"], [5, "misconfigured"],
  [6, "signature_missing"], [7, "signature_malformed"], [8, "version_unsupported"], [9, "key_unknown"], [10, "signature_invalid"],
  [11, "expired"], [12, "not_yet_valid"], [13, "replayed"], [14, "caller_forbidden"], [15, "function_forbidden"],
  [16, "type_invalid"], [17, "text_malformed"], [18, "value_unsupported"], [19, "body_too_large"], [20, "header_invalid"],
  [21, "idempotency_conflict"],
];
