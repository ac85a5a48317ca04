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
      throw misconfigured("`args` of a signed function must be an object of validators, `v.object(...)` or `v.any()`.");
  }
}

/**
 * Takes the signature out of the raw arguments. What remains keeps its prototype and its fields as they are, so
 * that the encoder sees, and refuses, whatever is not plain, and the handler gets exactly what was encoded.
 *
 * @param raw - The arguments as Convex passes them.
 */
export function takeToken(raw: unknown): { token: unknown; args: unknown } {
  if (typeof raw !== "object" || raw === null) return { token: undefined, args: raw };
  const { [tokenArgument]: token, ...fields } = Object.getOwnPropertyDescriptors(raw) as PropertyDescriptorMap;
  return { token: token?.value, args: Object.create(Object.getPrototypeOf(raw), fields) };
}

function addToken(fields: PropertyValidators): PropertyValidators {
  if (Object.hasOwn(fields, tokenArgument)) {
    throw misconfigured("the argument `countersign` carries the signature; give yours another name.");
  }
  return { ...fields, [tokenArgument]: v.optional(v.any()) };
}
