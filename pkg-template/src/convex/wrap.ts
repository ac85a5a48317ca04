import { actionGeneric, mutationGeneric, queryGeneric } from "convex/server";
import type { GenericValidator, PropertyValidators } from "convex/values";
import type { GuardCtx } from "./guard.js";
import { misconfigured } from "./options.js";
import type { FunctionBuilder, FunctionKind } from "./types.js";

/** What Convex's builders make, as convex itself and its test library know it; its public types leave this out. */
export interface RegisteredFunction {
  readonly isQuery?: true;
  readonly isMutation?: true;
  readonly isAction?: true;
  isInternal?: true;
  isPublic?: true;
  readonly _handler: (ctx: object, args: unknown) => unknown;
  exportArgs: () => string;
  exportReturns: () => string;
}

/** A function's code. */
export type Handler = (ctx: GuardCtx & object, args: unknown) => unknown;
type DefinitionObject = { args?: GenericValidator | PropertyValidators; callers?: readonly string[]; handler: Handler };
/** What a builder takes. */
export type Definition = Handler | DefinitionObject;
type Register = (definition: Handler) => unknown;

/** What a guard runs in place of the function itself. */
type Guard = (ctx: GuardCtx & object, raw: unknown, run: Handler) => unknown;

const flags = { query: "isQuery", mutation: "isMutation", action: "isAction" } as const;

/** Refuses what cannot be a builder, when the module is loaded. */
export function checkBuilder(kind: FunctionKind | "httpAction", builder: unknown): asserts builder is FunctionBuilder {
  if (typeof builder !== "function") throw misconfigured(`\`${kind}\` from ./_generated/server is missing`);
}

/**
 * Puts a guard around everything a builder makes, not inside it: a builder of the user's own may read arguments
 * and the database before it calls the handler.
 */
export function wrap(kind: FunctionKind, builder: FunctionBuilder, definition: Definition, guard: Guard): RegisteredFunction {
  const build: (definition: never) => unknown = builder;
  const unguarded = build(definition as never) as RegisteredFunction;
  if (unguarded[flags[kind]] !== true || typeof unguarded._handler !== "function") {
    throw misconfigured(`\`${kind}\` does not build a Convex ${kind}`);
  }
  const register = builders[kind] as Register;
  const registered = register(async (ctx, raw) => await guard(ctx, raw, unguarded._handler)) as RegisteredFunction;
  if (unguarded.isInternal === true) {
    delete registered.isPublic;
    registered.isInternal = true;
  }
  registered.exportArgs = unguarded.exportArgs;
  registered.exportReturns = unguarded.exportReturns;
  return registered;
}

const builders = { query: queryGeneric, mutation: mutationGeneric, action: actionGeneric };
