import { takeSignature, withTokenArgument } from "./arguments.js";
import { checkScope } from "../core/scope.js";
import { guarded } from "./guard.js";
import type { GuardCtx } from "./guard.js";
import { check, isListOfNames, readOptions } from "./options.js";
import type { CountersignOptions, GuardSettings } from "./options.js";
import { own } from "../core/input.js";
import type { FunctionBuilder, FunctionKind, SignedBuilder } from "./types.js";
import { checkBuilder, wrap } from "./wrap.js";
import type { Definition, RegisteredFunction } from "./wrap.js";

/** The guarded builders that {@link countersign} makes. */
export interface SignedBuilders<
  Query extends FunctionBuilder,
  Mutation extends FunctionBuilder,
  Action extends FunctionBuilder,
> {
  /** Defines a query that runs only for signed calls. Signed queries are called once; they cannot be subscribed to. */
  readonly signedQuery: SignedBuilder<"query", Query>;
  /** Defines a mutation that runs only for signed calls. */
  readonly signedMutation: SignedBuilder<"mutation", Mutation>;
  /** Defines an action that runs only for signed calls. */
  readonly signedAction: SignedBuilder<"action", Action>;
}

/**
 * Makes builders of Convex functions that run only if the call carries a right signature: over the deployment, the
 * function's type and name, the time and the exact arguments, by a key of a secret that this deployment accepts.
 *
 * ```ts
 * // convex/countersign.ts
 * export const { signedQuery, signedMutation, signedAction } = countersign({
 *   query,
 *   mutation,
 *   action,
 *   replay: components.countersign,
 * });
 * ```
 *
 * Secrets are read from the environment at each call: `COUNTERSIGN_SECRET`, and while rotating
 * `COUNTERSIGN_SECRET_PREVIOUS` and `COUNTERSIGN_SECRET_NEXT`.
 *
 * A refused call fails with `ConvexError` data `{ code: "unauthorized" }`, whatever the reason, which is in the log. A
 * deployment that is not set up fails with `{ code: "misconfigured", message }`. The guard runs before anything that
 * a builder does itself.
 *
 * @param options - The builders to guard, and how.
 * @throws CountersignError `misconfigured` if an option is missing or makes no sense.
 */
export function countersign<
  Query extends FunctionBuilder,
  Mutation extends FunctionBuilder,
  Action extends FunctionBuilder,
>(options: CountersignOptions<Query, Mutation, Action>): SignedBuilders<Query, Mutation, Action> {
  const settings = readOptions(options);
  return {
    signedQuery: guardBuilder("query", own(options, "query"), settings),
    signedMutation: guardBuilder("mutation", own(options, "mutation"), settings),
    signedAction: guardBuilder("action", own(options, "action"), settings),
  };
}

function guardBuilder<Kind extends FunctionKind, Builder extends FunctionBuilder>(
  kind: Kind,
  builder: Builder | undefined,
  settings: GuardSettings,
): SignedBuilder<Kind, Builder> {
  checkBuilder(kind, builder);
  const signed = (definition: Definition): RegisteredFunction => {
    const [plain, callers] = takeCallers(definition);
    const permit = (caller: string) => {
      if (callers !== undefined) checkScope("caller", caller, callers);
    };
    return wrap(kind, builder, addToken(plain), async (ctx, raw, run) => {
      const { signature, args } = takeSignature(raw);
      return await guarded(settings, ctx, { kind, signature, args, permit }, (caller) => run({ ...ctx, caller } as GuardCtx, args));
    });
  };
  // The type is the builder's own with the signature added; no expression can have it without a cast.
  return signed as unknown as SignedBuilder<Kind, Builder>;
}

/** The callers that a definition admits, and the definition without them; Convex does not know that option. */
function takeCallers(definition: Definition): [Definition, readonly string[] | undefined] {
  if (typeof definition === "function" || !Object.hasOwn(definition, "callers")) return [definition, undefined];
  const { callers = [], ...plain } = definition;
  check(isListOfNames(callers) && callers.length > 0, "callers", "a list of callers' names, with at least one");
  return [plain, [...callers]];
}

function addToken(definition: Definition): Definition {
  if (typeof definition === "function") return definition;
  const args = own(definition, "args");
  return args === undefined ? definition : { ...definition, args: withTokenArgument(args) };
}
