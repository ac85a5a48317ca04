import { v } from "convex/values";
import type { GenericValidator, PropertyValidators } from "convex/values";
import { misconfigured } from "./options.js";

/** The name of the argument that carries the signature. */
export const tokenArgument = "countersign";

/**
 * Adds the signature to a function's argument validators. Any value passes, and none too: a missing or odd
 * signature is then refused by the guard like a wrong one, and not by Convex with an error that looks different.
 *
 * @param args - What the function's definition has as `args`.
 * @throws CountersignError `misconfigured` if no argument can be added to it.
 */
export function withTokenArgument(args: GenericValidator | PropertyValidators): GenericValidator {
  if (args.isConvexValidator !== true) return v.object(addToken(args as PropertyValidators));
  const validator = args as GenericValidator;
  switch (validator.kind) {
    case "object":
      return v.object(addToken(validator.fields));
    case "union":
      return v.union(...validator.members.map(withTokenArgument));
    case "any":
      return validator;
    default:
      throw misconfigured("`args` must be an object of validators, v.object(...) or v.any()");
  }
}

/** What a call brings along to prove itself. Nothing of it has been verified. */
export interface Signature {
  /** The token, or whatever stands in its place. */
  readonly token: unknown;
  /** The idempotency key that came beside the token. */
  readonly idempotencyKey: string | undefined;
}

/**
 * Takes the signature out of the raw arguments. What remains keeps its prototype, and its fields keep their getters,
 * so that the encoder sees, and refuses, whatever is not plain. What the encoder never reads, such as symbol keys, is
 * left out: the handler gets what was verified and nothing else.
 *
 * @param raw - The arguments as Convex passes them.
 */
export function takeSignature(raw: unknown): { signature: Signature; args: unknown } {
  if (typeof raw !== "object" || raw === null) return { signature: readSignature(undefined), args: raw };
  const args = Object.create(Object.getPrototypeOf(raw) as object | null) as object;
  let token: unknown;
  for (const name of Object.keys(raw)) {
    const field = Object.getOwnPropertyDescriptor(raw, name);
    if (name === tokenArgument) token = field?.value;
    else if (field !== undefined) Object.defineProperty(args, name, field);
  }
  return { signature: readSignature(token), args };
}

/** A token; or `{ token, idempotencyKey }`, both of them texts. Anything else is a token that is none. */
function readSignature(value: unknown): Signature {
  if (typeof value === "object" && value !== null && Object.keys(value).length === 2) {
    const [token, idempotencyKey] = [valueOf(value, "token"), valueOf(value, "idempotencyKey")];
    if (typeof token === "string" && typeof idempotencyKey === "string" && idempotencyKey !== "") return { token, idempotencyKey };
  }
  return { token: value, idempotencyKey: undefined };
}

function valueOf(object: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}

function addToken(fields: PropertyValidators): PropertyValidators {
  if (Object.hasOwn(fields, tokenArgument)) {
    throw misconfigured("the argument `countersign` is the signature's");
  }
  return { ...fields, [tokenArgument]: v.optional(v.any()) };
}
