// One random value, and everything that must hold of it.

import { inspect, types } from "node:util";
import { convexToJson, jsonToConvex } from "convex/values";
import { CountersignError, createKeyring, encodeValue, signCall, verifyCall } from "countersign";
import { generate } from "./generate.mjs";
import { change, respell, scratch } from "./mutate.mjs";
import { createRandom } from "./random.mjs";
import { bytesOf, faultsOf, isSame, keysOf, tokenOf } from "./reference.mjs";

const secret = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const keyring = createKeyring(secret);
const keys = keysOf(secret);
const now = 1_800_000_000_000;
const call = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "webhooks:markEventProcessed", now };

/** What happened, and how often. */
export function createCounts() {
  return {
    /** random values */
    values: 0,
    /** of these, encoded as the reference does */
    encoded: 0,
    /** refused, as the reference says */
    refused: 0,
    /** came back from Convex's JSON as they were, and their tokens verified */
    carried: 0,
    /** lost something on the way through Convex's JSON, and their tokens did not verify */
    lost: 0,
    /** JSON texts near the one that was signed */
    texts: 0,
    /** of these, no JSON or nothing that Convex reads */
    unreadable: 0,
    /** read as a value that has no bytes */
    unencodable: 0,
    /** the same value: the same bytes, and the token verified */
    same: 0,
    /** another value: other bytes, and the token was refused */
    other: 0,
    /** tokens with a character changed, all refused */
    tokens: 0,
  };
}

/**
 * @param {string} seed @param {number} number which case of the seed
 * @param {ReturnType<typeof createCounts>} counts
 */
export function runCase(seed, number, counts) {
  const random = createRandom(`${seed}/${number}`);
  const generated = generate(random);
  try {
    checkValue(random, generated, counts);
  } catch (error) {
    const shown = inspect(generated.value, { depth: 8, maxStringLength: 200 }).slice(0, 4000);
    const how = `node tests/fuzz/values.mjs --seed ${seed} --case ${number}`;
    throw new Error(`case ${number} of seed ${seed} fails: ${error instanceof Error ? error.stack : error}\nvalue: ${shown}\nRun it again: ${how}`, { cause: error });
  }
}

/** @param {boolean} condition @param {() => string} what */
function must(condition, what) {
  if (!condition) throw new Error(what());
}

/** What `body` returns, or the code of the CountersignError that it throws. @template T @param {() => T} body @returns {{ result: T } | { code: string }} */
function attempt(body) {
  try {
    return { result: body() };
  } catch (error) {
    if (error instanceof CountersignError) return { code: error.code };
    throw error;
  }
}

/** @param {import("./random.mjs").Random} random @param {import("./generate.mjs").Generated} generated @param {ReturnType<typeof createCounts>} counts */
function checkValue(random, { value, isRight, isForeign, hasProto }, counts) {
  counts.values++;
  const faults = faultsOf(value);
  must(isRight === (faults.size === 0), () => `the test itself: made as ${isRight ? "a value" : "none"}, read as having the faults ${[...faults].join(", ") || "none"}`);
  const bytes = checkBytes(value);
  const nonce = Uint8Array.from({ length: 16 }, () => random.bits());
  const signed = attempt(() => signCall(keyring, { ...call, nonce, args: value }));
  if (bytes === null) {
    counts.refused++;
    must("code" in signed && (isObject(value) ? faults.has(/** @type {any} */ (signed.code)) : signed.code === "type_invalid"), () => `signing it says ${inspect(signed)}`);
    // Convex may make something else of it. That may have bytes, which nobody signed.
    const carried = throughConvex(value);
    if (carried !== null) checkBytes(carried.back);
    return;
  }
  counts.encoded++;
  must(bytes.equals(encodeValue(respellValue(random, value))), () => "the order of fields, or fields that are undefined, make a difference");
  const token = isArgs(value) ? tokenOf({ ...call, ...keys, nonce }, bytes) : null;
  must(token === null ? "code" in signed && signed.code === "type_invalid" : "result" in signed && signed.result === token, () => `signing it gives ${inspect(signed)}, not ${token}`);

  const carried = throughConvex(value);
  if (carried === null) return must(isForeign, () => "Convex refuses what is encoded");
  const comes = compare({ value, bytes, token }, carried.back);
  must(comes === "same" || hasProto, () => `it comes out of Convex's JSON as ${inspect(carried.back)}`);
  comes === "same" ? counts.carried++ : counts.lost++;
  if (token !== null) checkTokens(random, token, value, counts);

  const json = JSON.parse(carried.text);
  const signedBack = { value: carried.back, bytes: checkBytes(carried.back), token: comes === "same" ? token : null };
  const near = [respell(random, json), respell(random, change(random, json)), scratch(random, carried.text), scratch(random, carried.text)];
  for (const [i, text] of near.entries()) {
    counts.texts++;
    const read = readText(text);
    if (read === null) {
      must(i !== 0, () => `not read in another spelling: ${text}`);
      counts.unreadable++;
      continue;
    }
    const found = compare(signedBack, read.back);
    must(i !== 0 || found === "same", () => `another value in another spelling: ${text}`);
    counts[found]++;
  }
}

/** What JavaScript calls an object, lists apart. @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What has fields, as arguments do. @param {unknown} value @returns {value is object} */
function isArgs(value) {
  return isObject(value) && !types.isArrayBuffer(value);
}

/** Holds the bytes of a value to the reference. @param {unknown} value @returns {Buffer | null} null if it has none */
function checkBytes(value) {
  const faults = faultsOf(value);
  const encoded = attempt(() => encodeValue(value));
  if (faults.size > 0) {
    must("code" in encoded && faults.has(/** @type {any} */ (encoded.code)), () => `encoding says ${inspect(encoded)}, the reference ${[...faults].join(" or ")}: ${inspect(value)}`);
    return null;
  }
  const expected = bytesOf(value);
  must("result" in encoded && expected.equals(encoded.result), () => `encoded as ${"result" in encoded ? Buffer.from(encoded.result).toString("hex") : encoded.code}, not ${expected.toString("hex")}`);
  return expected;
}

/**
 * Holds another value to the one that was signed: the same bytes, and the token good for it, exactly if it is the same value.
 * @param {{ value: unknown, bytes: Buffer | null, token: string | null }} signed @param {any} other
 * @returns {"same" | "other" | "unencodable"}
 */
function compare({ value, bytes, token }, other) {
  const otherBytes = checkBytes(other);
  const same = otherBytes !== null && bytes !== null && isSame(value, other);
  must(same === (otherBytes !== null && bytes !== null && otherBytes.equals(bytes)), () => `${same ? "the same value has other" : "another value has the same"} bytes: ${inspect(other)}`);
  if (token !== null) {
    const verified = attempt(() => verifyCall(keyring, token, { ...call, args: other }));
    const codes = isObject(other) && otherBytes === null ? [...faultsOf(other)] : isArgs(other) ? ["signature_invalid"] : ["type_invalid"];
    must(same ? "result" in verified : "code" in verified && codes.includes(/** @type {any} */ (verified.code)), () => `the token of it says ${inspect(verified)} to ${inspect(other)}`);
  }
  return otherBytes === null ? "unencodable" : same ? "same" : "other";
}

/** One character of the token is another. @param {import("./random.mjs").Random} random @param {string} token @param {object} args @param {ReturnType<typeof createCounts>} counts */
function checkTokens(random, token, args, counts) {
  const at = random.below(token.length);
  const char = random.pick([..."0123456789abcdefABCXYZ-_.=+/ \n", "\u00e9", "\ud800", "\u0130"].filter((candidate) => candidate !== token[at]));
  const forged = token.slice(0, at) + char + token.slice(at + 1);
  const verified = attempt(() => verifyCall(keyring, forged, { ...call, args, toleranceMs: 900_000 }));
  const codes = ["signature_malformed", "signature_invalid", "key_unknown", "version_unsupported"];
  must("code" in verified && codes.includes(verified.code), () => `a forged token (${forged} for ${token}) says ${inspect(verified)}`);
  counts.tokens++;
}

/** The same fields in another order, with some that are undefined. @param {import("./random.mjs").Random} random @param {any} value @returns {any} */
function respellValue(random, value) {
  if (Array.isArray(value)) return value.map((item) => respellValue(random, item));
  if (Object.prototype.toString.call(value) !== "[object Object]") return value;
  const fields = random.shuffle(Object.entries(value)).map(([name, field]) => [name, respellValue(random, field)]);
  return Object.fromEntries(random.once(4) ? [["$left-out", undefined], ...fields] : fields);
}

/**
 * What a value becomes on its way to a Convex function.
 * @param {any} value @returns {{ text: string, back: any } | null} null if Convex refuses it
 */
function throughConvex(value) {
  let text;
  try {
    text = JSON.stringify(convexToJson(value));
  } catch (error) {
    return refusedByConvex(error);
  }
  const read = readText(text);
  return read === null ? null : { text, ...read };
}

/** What a Convex function gets of a JSON text. @param {string} text @returns {{ back: any } | null} null if it gets nothing */
function readText(text) {
  try {
    return { back: jsonToConvex(JSON.parse(text)) };
  } catch (error) {
    return refusedByConvex(error);
  }
}

/** Convex and JSON throw plain errors, and RangeErrors for loops and lengths. @param {unknown} error @returns {null} */
function refusedByConvex(error) {
  if (error instanceof Error && !(error instanceof CountersignError)) return null;
  throw error;
}
