// Signed functions in each form, and the `api` that Convex's codegen would make of them.
import { customCtx, customMutation } from "convex-helpers/server/customFunctions";
import { makeFunctionReference } from "convex/server";
import type { ApiFromModules, FunctionReference_future } from "convex/server";
import { countersign } from "countersign/convex";
import { v } from "convex/values";
import { action, internalMutation, mutation, query } from "../convex/convex/_generated/server.js";

export const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: false });
const { signedMutation: signedInternalMutation } = countersign({ query, mutation: internalMutation, action, replay: false });

export const fields = signedMutation({
  args: { eventId: v.string(), count: v.optional(v.number()) },
  returns: v.id("events"),
  handler: async (ctx, args) => await ctx.db.insert("events", { eventId: args.eventId, provider: "p" }),
});
export const object = signedQuery({ args: v.object({ eventId: v.string() }), handler: async (_ctx, args) => args.eventId.length });
export const union = signedAction({
  args: v.union(v.object({ kind: v.literal("a"), a: v.string() }), v.object({ kind: v.literal("b"), b: v.number() })),
  handler: async (_ctx, args) => args.kind,
});
export const none = signedMutation({ args: {}, handler: async () => {} });
export const optional = signedQuery({ args: { limit: v.optional(v.number()) }, handler: async () => [1n] });
export const untyped = signedMutation({ handler: async (_ctx, args) => args });
export const anything = signedMutation({ args: v.any(), handler: async () => 1 });
export const handlerOnly = signedMutation(async (_ctx, args: { eventId: string }) => args.eventId);
export const handlerWithoutArguments = signedQuery(async (ctx) => ctx.caller.name);
export const internal = signedInternalMutation({ args: { a: v.string() }, handler: async () => 1 });
export const unsigned = mutation({ args: { eventId: v.string() }, handler: async () => 1 });
export const unsignedQuery = query({ args: {}, handler: async () => 1 });

const withUser = customMutation(mutation, customCtx(async () => ({ user: "ada" as const })));
const withSession = customMutation(mutation, {
  args: { sessionId: v.string(), device: v.optional(v.string()) },
  input: async (_ctx, args) => ({ ctx: { session: args.sessionId }, args: { role: "admin" as const } }),
});
const withOption = customMutation(mutation, {
  args: {},
  input: async (_ctx, _args, extra: { permission: string }) => ({ ctx: { permission: extra.permission }, args: {} }),
});

export const custom = countersign({ query, mutation: withUser, action, replay: false }).signedMutation;
export const session = countersign({ query, mutation: withSession, action, replay: false }).signedMutation;
export const option = countersign({ query, mutation: withOption, action, replay: false }).signedMutation;

export const inContext = custom({ args: { eventId: v.string() }, handler: async (ctx) => ctx.user });
export const inSession = session({ args: { eventId: v.string() }, handler: async (ctx, args) => [ctx.session, args.role] });
export const permitted = option({ permission: "write", args: {}, handler: async (ctx) => ctx.permission });

interface Modules extends Record<string, object> {
  "dir/functions": {
    fields: typeof fields;
    object: typeof object;
    union: typeof union;
    none: typeof none;
    optional: typeof optional;
    untyped: typeof untyped;
    anything: typeof anything;
    handlerOnly: typeof handlerOnly;
    handlerWithoutArguments: typeof handlerWithoutArguments;
    internal: typeof internal;
    unsigned: typeof unsigned;
    unsignedQuery: typeof unsignedQuery;
    inContext: typeof inContext;
    inSession: typeof inSession;
    permitted: typeof permitted;
  };
}
export type Api = ApiFromModules<{ "dir/functions": Modules["dir/functions"] }>;
export declare const api: Api;
export type Functions = Api["dir"]["functions"];

/** A reference without types, as `anyApi` and JavaScript give them. */
export const untypedReference = makeFunctionReference<"mutation">("dir/functions:fields");
/** A reference of the kind that convex is moving to. */
export declare const future: FunctionReference_future<"mutation", "public", { eventId: string; countersign: string }, number>;
