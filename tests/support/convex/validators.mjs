// Argument and return validators, checked on Convex's JSON encoding, as the backend checks them: before a function runs
// and before its transaction commits. (convex-test checks returned values only after the commit, and not records.)

/** @typedef {null | boolean | number | string | Json[] | { [key: string]: Json }} Json a value in Convex's JSON encoding */
/** @typedef {{ type: string, [key: string]: any }} Validator what `exportArgs()` and `exportReturns()` print */

const ENCODED = new Map([
  ["$integer", "bigint"],
  ["$bytes", "bytes"],
  ["$float", "number"],
  ["$commitTs", "commitTs"],
]);

/** The kind of an encoded value, in the words of the validators. */
function kindOf(/** @type {Json} */ value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value !== "object") return typeof value;
  const [key = "", ...others] = Object.keys(value);
  return (others.length === 0 && ENCODED.get(key)) || "object";
}

const at = (/** @type {string} */ path) => (path === "" ? "" : `\nPath: ${path}`);

/** @param {Validator} validator @param {Json} value @param {string} path @param {string} reason */
const problem = (validator, value, path, reason) => `${reason}${at(path)}\nValue: ${JSON.stringify(value)}\nValidator: ${describe(validator)}`;

/**
 * What is wrong with an encoded value, or null if it passes.
 * @param {Validator} validator
 * @param {Json} value
 * @param {string} [path]
 * @returns {string | null}
 */
export function findProblem(validator, value, path = "") {
  const kind = kindOf(value);
  const mismatch = () => problem(validator, value, path, "Value does not match validator.");
  switch (validator.type) {
    case "any":
      return null;
    case "literal":
      return JSON.stringify(value) === JSON.stringify(validator.value) ? null : mismatch();
    case "id":
      // convex-test's ids are a decimal counter followed by the table's name.
      return typeof value === "string" && /^[0-9]+(.+)$/.exec(value)?.[1] === validator.tableName ? null : mismatch();
    case "commitTs":
      return kind === "bigint" || kind === "commitTs" ? null : mismatch();
    case "union":
      return validator.value.some((/** @type {Validator} */ member) => findProblem(member, value, path) === null) ? null : mismatch();
    case "array":
      if (!Array.isArray(value)) return mismatch();
      return firstProblem(value.entries(), ([index, item]) => findProblem(validator.value, item, `${path}[${index}]`));
    case "record":
      if (kind !== "object") return mismatch();
      return firstProblem(entriesOf(value), ([key, item]) => findProblem(validator.keys, key, `${path}.${key}`) ?? findProblem(validator.values.fieldType, item, `${path}.${key}`));
    case "object": {
      if (kind !== "object") return mismatch();
      const given = entriesOf(value);
      for (const [name, { fieldType, optional }] of Object.entries(validator.value)) {
        const field = given.find(([key]) => key === name);
        if (field === undefined && !optional) return problem(validator, value, path, `Object is missing the required field \`${name}\`.`);
        const inner = field === undefined ? null : findProblem(fieldType, field[1], `${path}.${name}`);
        if (inner !== null) return inner;
      }
      const extra = given.find(([key]) => !Object.hasOwn(validator.value, key));
      return extra === undefined ? null : problem(validator, value, path, `Object contains extra field \`${extra[0]}\` that is not in the validator.`);
    }
    default:
      return kind === validator.type ? null : mismatch();
  }
}

/** Own entries only: `__proto__` is a legal field name, and an own property after `JSON.parse`. */
const entriesOf = (/** @type {Json} */ value) => /** @type {[string, Json][]} */ (Object.entries(/** @type {object} */ (value)));

/** @template T @param {Iterable<T>} items @param {(item: T) => string | null} check */
function firstProblem(items, check) {
  for (const item of items) {
    const found = check(item);
    if (found !== null) return found;
  }
  return null;
}

const NAMES = /** @type {Record<string, string>} */ ({ number: "float64", bigint: "int64" });

/** A validator as its author wrote it, near enough. @returns {string} */
function describe(/** @type {Validator} */ validator) {
  switch (validator.type) {
    case "literal":
      return `v.literal(${JSON.stringify(validator.value)})`;
    case "id":
      return `v.id(${JSON.stringify(validator.tableName)})`;
    case "array":
      return `v.array(${describe(validator.value)})`;
    case "union":
      return `v.union(${validator.value.map(describe).join(", ")})`;
    case "record":
      return `v.record(${describe(validator.keys)}, ${describe(validator.values.fieldType)})`;
    case "object": {
      const fields = Object.entries(validator.value).map(([name, { fieldType, optional }]) => `${name}: ${optional ? `v.optional(${describe(fieldType)})` : describe(fieldType)}`);
      return `v.object({${fields.join(", ")}})`;
    }
    default:
      return `v.${NAMES[validator.type] ?? validator.type}()`;
  }
}
