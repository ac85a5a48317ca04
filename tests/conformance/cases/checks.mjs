// Assertions, and the little that the cases need in place of TextEncoder, atob and Buffer.

/** Every secret the cases use. No error may hold one of them. */
export const SECRETS = {
  a: "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab",
  b: "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5",
  c: "another-Secret-0f-The-Suite-987654321",
};

/** @param {any} CountersignError */
export function createChecks(CountersignError) {
  let count = 0;

  /** @param {unknown} condition @param {string} what */
  function ok(condition, what) {
    count++;
    if (condition !== true) throw new Error(`${what}: expected true, got ${show(condition)}`);
  }
  /** Equal as text: for primitives, arrays of them, and plain records. @param {unknown} actual @param {unknown} expected @param {string} what */
  function equal(actual, expected, what) {
    count++;
    const [left, right] = [show(actual), show(expected)];
    if (left !== right) throw new Error(`${what}: expected ${right}, got ${left}`);
  }
  /** @param {() => unknown} body @param {string} what @returns {any} */
  function thrown(body, what) {
    count++;
    let result;
    try {
      result = body();
    } catch (error) {
      return error;
    }
    throw new Error(`${what}: expected an error, got ${show(result)}`);
  }
  /** `body` throws a CountersignError with one of these codes, which is fit to be shown. @param {() => unknown} body @param {string | string[]} codes @param {string} what */
  function refuses(body, codes, what) {
    const error = thrown(body, what);
    const expected = typeof codes === "string" ? [codes] : codes;
    if (!(error instanceof CountersignError)) throw new Error(`${what}: expected ${expected.join(" or ")}, got ${show(error)}`);
    ok(error instanceof Error, `${what}: is an Error`);
    ok(expected.includes(error.code) || `${error.code} (${error.message})`, `${what}: has the code ${expected.join(" or ")}`);
    equal(error.name, "CountersignError", `${what}: name`);
    equal(error.data.code, error.code, `${what}: data.code`);
    equal(error.data.message, error.message, `${what}: data.message`);
    ok(error.message.length > 10, `${what}: has a message`);
    holdsNoSecret([error.message, error.stack, JSON.stringify(error), JSON.stringify(error.data), String(error.cause), String(error)], what);
    return error;
  }
  /** `body` returns false or throws a CountersignError: whatever else, it does not say yes. @param {() => unknown} body @param {string} what */
  function denies(body, what) {
    count++;
    let result;
    try {
      result = body();
    } catch (error) {
      if (error instanceof CountersignError) return;
      throw new Error(`${what}: expected false or a CountersignError, got ${show(error)}`);
    }
    if (result !== false) throw new Error(`${what}: expected false or a CountersignError, got ${show(result)}`);
  }
  /**
   * An explanation ends as the verification does: with every check held and what was signed, or with the one that has this code. Where there is no
   * "countersign/inspect" it is undefined.
   * @param {() => any} body @param {string | undefined} code @param {string} what
   */
  function explains(body, code, what) {
    let found;
    try {
      found = body();
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      return equal(/** @type {any} */ (error).code, code, `${what}: what is no message at all`);
    }
    if (found === undefined) return;
    const { steps, signed } = found;
    const failed = steps.filter((/** @type {any} */ { ok }) => !ok);
    equal(failed.map((/** @type {any} */ { detail }) => detail.split(":")[0]), code === undefined ? [] : [code], what);
    equal(steps.indexOf(failed[0]), code === undefined ? -1 : steps.length - 1, `${what}: what comes after the check that failed`);
    ok(steps.every((/** @type {any} */ { step, detail }) => step !== "" && detail !== ""), `${what}: names and details`);
    ok(code !== undefined || (isBytes(signed) && signed.length > 0), `${what}: what was signed`);
    holdsNoSecret([JSON.stringify(steps)], what);
  }
  /** @param {unknown[]} texts @param {string} what */
  function holdsNoSecret(texts, what) {
    count++;
    for (const text of texts) {
      for (const secret of Object.values(SECRETS)) {
        if (String(text).includes(secret)) throw new Error(`${what}: a secret shows in ${String(text).slice(0, 40)}...`);
      }
    }
  }
  return { ok, equal, thrown, refuses, denies, explains, holdsNoSecret, count: () => count };
}

/** @param {unknown} value @returns {string} */
export function show(value) {
  if (typeof value === "string") return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (isBytes(value)) return `bytes ${hex(value)}`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.keys(value).sort().map((key) => `${key}: ${show(/** @type {any} */ (value)[key])}`).join(", ")} }`;
  }
  return String(value);
}

/** A Uint8Array of any realm. @param {unknown} value @returns {value is Uint8Array} */
export const isBytes = (value) => ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} text */
export function unhex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** @param {string} text */
export const ascii = (text) => Uint8Array.from(text, (char) => char.charCodeAt(0));

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
export const BASE64URL = ALPHABET.slice(0, 62) + "-_";

/** @param {string} text */
function unbase64(text) {
  const chars = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((chars.length * 3) / 4));
  for (let i = 0; i < bytes.length; i++) {
    const at = Math.floor((i * 4) / 3);
    const [high, low] = [ALPHABET.indexOf(chars[at]), ALPHABET.indexOf(chars[at + 1])];
    bytes[i] = [(high << 2) | (low >> 4), (high << 4) | (low >> 2), (high << 6) | low][i % 3];
  }
  return bytes;
}

/** A value from Convex's JSON form: what jsonToConvex gives, except that an own `__proto__` stays one. @param {any} json @returns {any} */
export function fromConvexJson(json) {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(fromConvexJson);
  const keys = Object.keys(json);
  if (keys.length === 1 && keys[0].startsWith("$")) {
    const bytes = unbase64(json[keys[0]]);
    if (keys[0] === "$bytes") return bytes.buffer;
    if (keys[0] === "$integer") return new DataView(bytes.buffer).getBigInt64(0, true);
    if (keys[0] === "$float") return new DataView(bytes.buffer).getFloat64(0, true);
  }
  const object = {};
  for (const key of keys) {
    Object.defineProperty(object, key, { value: fromConvexJson(json[key]), enumerable: true, configurable: true, writable: true });
  }
  return object;
}

/** Runs `body` with these properties on Object.prototype. @param {Record<string, unknown>} properties @param {() => void} body */
export function withPollution(properties, body) {
  for (const key of Object.keys(properties)) {
    Object.defineProperty(Object.prototype, key, { value: properties[key], configurable: true, writable: true, enumerable: false });
  }
  try {
    body();
  } finally {
    for (const key of Object.keys(properties)) delete (/** @type {any} */ (Object.prototype)[key]);
  }
}
