import { takeSignature, withTokenArgument } from "./arguments.js";
import { checkScope } from "../core/scope.js";
import { guarded } from "./guard.js";
import type { GuardCtx } from "./guard.js";
import { check, isListOfNames, readOptions } from "./options.js";
import type { CountersignOptions, GuardSettings } from "./options.js";
import { own } from "../core/input.js";
import type { SignedHttpActionOptions } from "./signed-http-action.js";
import type { FunctionBuilder, FunctionKind, HttpActionBuilder, SignedBuilder, SignedHttpActionBuilder } from "./types.js";
import { checkBuilder, wrap } from "./wrap.js";
import type { Definition, RegisteredFunction } from "./wrap.js";

/** The guarded builders that {@link countersign} makes. */
export interface SignedBuilders<
  Query extends FunctionBuilder,
  Mutation extends FunctionBuilder,
  Action extends FunctionBuilder,
  HttpAction extends HttpActionBuilder = never,
> {
  /** Defines a query that runs only for signed calls. Signed queries are called once; they cannot be subscribed to. */
  readonly signedQuery: SignedBuilder<"query", Query>;
  /** Defines a mutation that runs only for signed calls. */
  readonly signedMutation: SignedBuilder<"mutation", Mutation>;
  /** Defines an action that runs only for signed calls. */
  readonly signedAction: SignedBuilder<"action", Action>;
  /**
   * Defines an http action that runs only for signed requests (RFC 9421), as `signedFetch` makes them, and whose response is signed. Only where `httpAction` was
   * passed. Its nonces go to `replay`, and its keys are those of the others.
   */
  readonly signedHttpAction: SignedHttpActionBuilder<HttpAction>;
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
  HttpAction extends HttpActionBuilder = never,
>(options: CountersignOptions<Query, Mutation, Action, HttpAction>): SignedBuilders<Query, Mutation, Action, HttpAction> {
  const settings = readOptions(options);
  const builderOf = <Builder>(kind: FunctionKind | "httpAction") => {
    const builder: unknown = own(options, kind);
    checkBuilder(kind, builder);
    return builder as Builder & FunctionBuilder;
  };
  return {
    signedQuery: guardBuilder("query", builderOf<Query>("query"), settings),
    signedMutation: guardBuilder("mutation", builderOf<Mutation>("mutation"), settings),
    signedAction: guardBuilder("action", builderOf<Action>("action"), settings),
    signedHttpAction: ((handler: never, given?: SignedHttpActionOptions) =>
      builderOf("httpAction")(
        // Loaded when it runs, which http actions may do: what it needs would make every other function slower to load.
        (async (ctx: object, request: Request) => (await import("./signed-http-action.js")).run(settings, handler, given, ctx, request)) as never,
      )) as never,
  };
}

function guardBuilder<Kind extends FunctionKind, Builder extends FunctionBuilder>(
  kind: Kind,
  builder: Builder,
  settings: GuardSettings,
): SignedBuilder<Kind, Builder> {
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
