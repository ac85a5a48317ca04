import { makeFunctionReference } from "convex/server";
import type { FunctionReference, RegisteredAction, RegisteredMutation, RegisteredQuery } from "convex/server";
import { v } from "convex/values";
import { own } from "../core/input.js";
import { checkScope } from "../core/scope.js";
import { CountersignError } from "../core/errors.js";
import { takeSignature, withTokenArgument } from "./arguments.js";
import { guarded } from "./guard.js";
import type { GuardCtx } from "./guard.js";
import { check, isListOfNames, misconfigured, readOptions } from "./options.js";
import type { GuardSettings, VerificationOptions } from "./options.js";
import type { CallSignature, FunctionBuilder, FunctionKind } from "./types.js";
import { checkBuilder, wrap } from "./wrap.js";

/**
 * The functions that a gateway reaches: their names, `"orders:create"`, or all functions of a module, `"shop/orders:*"`.
 * A list is for every caller; by the callers' names, each has a list of its own.
 */
export type Allow = readonly string[] | Readonly<Record<string, readonly string[]>>;

/** The options of {@link gateway}. */
export interface GatewayOptions extends VerificationOptions {
  /** `query` from `./_generated/server`. */
  readonly query: FunctionBuilder;
  /** `mutation` from `./_generated/server`. */
  readonly mutation: FunctionBuilder;
  /** `action` from `./_generated/server`. */
  readonly action: FunctionBuilder;
  /** The functions that can be called through this gateway. Nothing else can. */
  readonly allow: Allow;
}

type GatewayArgs = { name: string; args: any; countersign: CallSignature };

/** The public functions of a gateway, for `client.gateway`. */
export interface Gateway {
  /** Runs an internal query. */
  readonly query: RegisteredQuery<"public", GatewayArgs, Promise<any>>;
  /** Runs an internal mutation, in its own transaction. */
  readonly mutation: RegisteredMutation<"public", GatewayArgs, Promise<any>>;
  /** Runs an internal action. */
  readonly action: RegisteredAction<"public", GatewayArgs, Promise<any>>;
}

/**
 * Makes one public function of each type through which a server calls the app's internal functions. The signature is
 * over the internal function: its type, its name and its arguments.
 *
 * ```ts
 * // convex/gateway.ts, with all that ./_generated/server exports as `builders`
 * export const { query, mutation, action } = gateway({
 *   query: builders.query,
 *   mutation: builders.mutation,
 *   action: builders.action,
 *   replay: components.countersign,
 *   allow: ["orders:create", "reports/daily:*"],
 * });
 * ```
 *
 * The internal function's own validators apply, and what it returns or throws comes back. It runs as whoever the call
 * brings in `ctx.auth`; `ctx.caller` is not passed on to it.
 *
 * @param options - The builders, what may be reached, and how calls are verified.
 * @throws CountersignError `misconfigured` if an option is missing or makes no sense.
 */
export function gateway(options: GatewayOptions): Gateway {
  const settings = readOptions(options);
  const permit = readAllow(own(options, "allow"));
  const of = (kind: FunctionKind) => through(kind, own(options, kind), settings, permit);
  // Registered functions, whose types say more than what made them.
  return { query: of("query"), mutation: of("mutation"), action: of("action") } as unknown as Gateway;
}

type Permit = (caller: string, name: string) => void;

/** The part of `ctx` that runs other functions. */
interface RunnerCtx {
  runQuery(reference: FunctionReference<"query", "internal">, args: object): Promise<unknown>;
  runMutation(reference: FunctionReference<"mutation", "internal">, args: object): Promise<unknown>;
  runAction(reference: FunctionReference<"action", "internal">, args: object): Promise<unknown>;
}

function through(kind: FunctionKind, builder: FunctionBuilder | undefined, settings: GuardSettings, permit: Permit): unknown {
  checkBuilder(kind, builder);
  // Any values pass, so that every call that is refused is refused by the guard, and looks the same.
  const args = withTokenArgument({ name: v.optional(v.any()), args: v.optional(v.any()) });
  const handler = (ctx: GuardCtx & object, request: unknown) => run(kind, ctx as RunnerCtx & object, request as Request);
  return wrap(kind, builder, { args, handler }, async (ctx, raw, build) => {
    const { signature, args: request } = takeSignature(raw);
    const { name, args } = fieldsOf(request);
    return await guarded(settings, ctx, { kind, name, signature, args, permit }, () => build(ctx, { name, args }));
  });
}

interface Request {
  readonly name: string;
  readonly args: object;
}

function fieldsOf(request: unknown): { name: unknown; args: unknown } {
  if (typeof request !== "object" || request === null) return { name: undefined, args: undefined };
  const valueOf = (field: string): unknown => Object.getOwnPropertyDescriptor(request, field)?.value;
  return { name: valueOf("name"), args: valueOf("args") };
}

function run(kind: FunctionKind, ctx: RunnerCtx, { name, args }: Request): Promise<unknown> {
  switch (kind) {
    case "query":
      return ctx.runQuery(makeFunctionReference<"query">(name) as unknown as FunctionReference<"query", "internal">, args);
    case "mutation":
      return ctx.runMutation(makeFunctionReference<"mutation">(name) as unknown as FunctionReference<"mutation", "internal">, args);
    case "action":
      return ctx.runAction(makeFunctionReference<"action">(name) as unknown as FunctionReference<"action", "internal">, args);
  }
}

// What Convex's getFunctionName prints, or all of a module. Rust decides at each call; this is so that a slip shows at once.
const entry = /^(?!_)[A-Za-z0-9_]+(\/[A-Za-z0-9_]+)*(:([A-Za-z0-9_$]+|\*))?$/;
const MAX_LIST = 20_000;

function readAllow(allow: Allow | undefined): Permit {
  const byCaller = typeof allow === "object" && allow !== null && !Array.isArray(allow);
  const lists = new Map(byCaller ? Object.entries(allow).map(([caller, list]) => [caller, readList(list)] as const) : [["", readList(allow)]]);
  const all = [...new Set([...lists.values()].flat())];
  check(all.join("").length < MAX_LIST, "allow", `less than ${MAX_LIST} characters; name whole modules, as in "orders:*"`);
  return (caller, name) => {
    checkScope("function", name, all);
    if (byCaller) ofCaller(() => checkScope("function", name, lists.get(caller) ?? []));
  };
}

function readList(list: unknown): string[] {
  if (!isListOfNames(list)) throw misconfigured("`allow` must be a list of functions, or such a list for each caller by its name");
  // By its number, not as it is: by mistake it may be a secret.
  list.forEach((name, i) => check(entry.test(name) && !name.endsWith(":default"), "allow", `made of names like "orders:create" and "orders:*", which number ${i + 1} is not`));
  return [...list];
}

/** The function is reached by others; then it is this caller that is refused. */
function ofCaller(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof CountersignError && error.code === "function_forbidden" ? new CountersignError("caller_forbidden") : error;
  }
}
