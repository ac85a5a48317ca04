import {
  actionGeneric,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
import type { GenericValidator, PropertyValidators } from "convex/values";
import { withTokenArgument } from "./arguments.js";
import { admit } from "./guard.js";
import type { GuardCtx } from "./guard.js";
import { misconfigured, readOptions } from "./options.js";
import type { CountersignOptions, GuardSettings } from "./options.js";
import { own } from "../core/input.js";
import type { FunctionBuilder, FunctionKind, SignedBuilder } from "./types.js";

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
 * export const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: false });
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

// What Convex's builders make, as convex itself and its test library know it; its public types leave this out.
interface RegisteredFunction {
  readonly isQuery?: true;
  readonly isMutation?: true;
  readonly isAction?: true;
  readonly isInternal?: true;
  readonly _handler: (ctx: object, args: unknown) => unknown;
  exportArgs: () => string;
  exportReturns: () => string;
}

type Handler = (ctx: GuardCtx & object, args: unknown) => unknown;
type Definition = Handler | { args?: GenericValidator | PropertyValidators; handler: Handler };
type Register = (definition: Handler) => unknown;

const flags = { query: "isQuery", mutation: "isMutation", action: "isAction" } as const;

function guardBuilder<Kind extends FunctionKind, Builder extends FunctionBuilder>(
  kind: Kind,
  builder: Builder | undefined,
  settings: GuardSettings,
): SignedBuilder<Kind, Builder> {
  if (typeof builder !== "function") {
    throw misconfigured(`\`${kind}\` from ./_generated/server is missing`);
  }
  const build: (definition: never) => unknown = builder;
  const signed = (definition: Definition): RegisteredFunction => {
    const unguarded = build(addToken(definition) as never) as RegisteredFunction;
    if (unguarded[flags[kind]] !== true || typeof unguarded._handler !== "function") {
      throw misconfigured(`what was passed as \`${kind}\` does not build a Convex ${kind}`);
    }
    return guard(kind, unguarded, settings);
  };
  // The type is the builder's own with the signature added; no expression can have it without a cast.
  return signed as unknown as SignedBuilder<Kind, Builder>;
}

/**
 * Puts the guard around everything the builder made, not inside it: a builder of the user's own may read arguments
 * and the database before it calls the handler.
 */
function guard(kind: FunctionKind, unguarded: RegisteredFunction, settings: GuardSettings): RegisteredFunction {
  const guarded = register(kind, unguarded.isInternal === true)(async (ctx, raw) => {
    const { caller, args } = await admit(kind, settings, ctx, raw);
    return unguarded._handler({ ...ctx, caller }, args);
  }) as RegisteredFunction;
  guarded.exportArgs = unguarded.exportArgs;
  guarded.exportReturns = unguarded.exportReturns;
  return guarded;
}

function register(kind: FunctionKind, internal: boolean): Register {
  switch (kind) {
    case "query":
      return (internal ? internalQueryGeneric : queryGeneric) as Register;
    case "mutation":
      return (internal ? internalMutationGeneric : mutationGeneric) as Register;
    case "action":
      return (internal ? internalActionGeneric : actionGeneric) as Register;
  }
}

function addToken(definition: Definition): Definition {
  if (typeof definition === "function") return definition;
  const args = own(definition, "args");
  return args === undefined ? definition : { ...definition, args: withTokenArgument(args) };
}
