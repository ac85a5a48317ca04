// What users of countersign/convex see: handlers, contexts, and the registered functions.
import type { FunctionArgs, FunctionReference, FunctionReturnType, GenericMutationCtx, RegisteredMutation } from "convex/server";
import type { GenericId } from "convex/values";
import { ConvexHttpClient } from "convex/browser";
import { countersign, requireSecret } from "countersign/convex";
import type { CallSignature, Caller } from "countersign/convex";
import { v } from "convex/values";
import { components } from "../convex/convex/_generated/api.js";
import { action, mutation, query } from "../convex/convex/_generated/server.js";
import type { DataModel } from "../convex/convex/_generated/server.js";
import { expectType } from "./expect-type.js";
import type { Equal } from "./expect-type.js";
import { api, custom, option, session, signedMutation, signedQuery } from "./functions.js";
import type { Functions, fields } from "./functions.js";

expectType<Equal<CallSignature, string | { token: string; idempotencyKey: string }>>();
// The registered function takes the signature as a required argument, beside its own.
expectType<Equal<typeof fields, RegisteredMutation<"public", { eventId: string; count?: number; countersign: CallSignature }, Promise<GenericId<"events">>>>>();
expectType<Equal<FunctionArgs<Functions["fields"]>, { eventId: string; count?: number; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["object"]>, { eventId: string; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["union"]>, { kind: "a"; a: string; countersign: CallSignature } | { kind: "b"; b: number; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["none"]>, { countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["optional"]>, { limit?: number; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["untyped"]>, { [name: string]: unknown; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["anything"]>, { [name: string]: unknown; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["handlerOnly"]>, { eventId: string; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["handlerWithoutArguments"]>["countersign"], CallSignature>>();
expectType<Equal<FunctionArgs<Functions["inContext"]>, { eventId: string; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["inSession"]>, { eventId: string; sessionId: string; device?: string; countersign: CallSignature }>>();
expectType<Equal<FunctionArgs<Functions["permitted"]>, { countersign: CallSignature }>>();

// Results, types and visibility survive.
expectType<Equal<FunctionReturnType<Functions["fields"]>, GenericId<"events">>>();
expectType<Equal<FunctionReturnType<Functions["object"]>, number>>();
expectType<Equal<FunctionReturnType<Functions["union"]>, "a" | "b">>();
expectType<Equal<FunctionReturnType<Functions["none"]>, null>>();
expectType<Equal<FunctionReturnType<Functions["optional"]>, bigint[]>>();
expectType<Equal<FunctionReturnType<Functions["inContext"]>, "ada">>();
expectType<Equal<Functions["object"], FunctionReference<"query", "public", { eventId: string; countersign: CallSignature }, number, string | undefined>>>();
expectType<Equal<Functions["union"]["_type"], "action">>();
expectType<Equal<Functions["internal"]["_visibility"], "internal">>();

signedMutation({
  args: { eventId: v.string(), count: v.optional(v.number()) },
  returns: v.string(),
  handler: async (ctx, args) => {
    expectType<Equal<typeof args, { eventId: string; count?: number }>>();
    expectType<Equal<typeof ctx.caller, Caller>>();
    expectType<Equal<typeof ctx.db, GenericMutationCtx<DataModel>["db"]>>();
    // @ts-expect-error the signature is gone
    void args.countersign;
    // @ts-expect-error the table does not exist
    void ctx.db.query("nothing");
    // @ts-expect-error who called cannot be changed
    ctx.caller.name = "root";
    return args.eventId;
  },
});
expectType<Equal<Caller, { readonly name: string; readonly keyId: string; readonly issuedAt: number }>>();

signedQuery({
  args: v.object({ eventId: v.string() }),
  handler: async (ctx, args) => {
    expectType<Equal<typeof args, { eventId: string }>>();
    // @ts-expect-error a query does not write
    await ctx.db.insert("events", { eventId: "e", provider: "p" });
  },
});

// @ts-expect-error the result is not what `returns` says
signedMutation({ args: {}, returns: v.number(), handler: async () => "seven" });
// @ts-expect-error the validator is none
signedMutation({ args: { eventId: "string" }, handler: async () => 1 });

// Builders of convex-helpers: what they add to ctx and to the arguments.
custom({
  args: {},
  handler: async (ctx) => {
    expectType<Equal<typeof ctx.user, "ada">>();
    expectType<Equal<typeof ctx.caller, Caller>>();
  },
});
session({
  args: { eventId: v.string() },
  handler: async (ctx, args) => {
    expectType<Equal<typeof ctx.session, string>>();
    expectType<Equal<typeof args, { eventId: string; role: "admin" }>>();
  },
});
// @ts-expect-error the builder wants `permission`
option({ args: {}, handler: async () => 1 });

// @ts-expect-error `replay` must be said out loud
countersign({ query, mutation, action });
// @ts-expect-error it is the component, or false
countersign({ query, mutation, action, replay: true });
// @ts-expect-error all components are not the one
countersign({ query, mutation, action, replay: components });
// @ts-expect-error left out is not said out loud either
countersign({ query, mutation, action, replay: undefined });
countersign({ query, mutation, action, replay: components.countersign });
// @ts-expect-error an option of that name does not exist
countersign({ query, mutation, action, replay: false, tolerance: 5 });

// A plain client cannot call a signed function: the signature is missing.
const plain = new ConvexHttpClient("https://happy-animal-123.convex.cloud");
// @ts-expect-error countersign is missing
void plain.mutation(api.dir.functions.fields, { eventId: "e" });
// @ts-expect-error countersign is missing
void plain.mutation(api.dir.functions.none, {});
// @ts-expect-error countersign is missing
void plain.mutation(api.dir.functions.none);
// @ts-expect-error countersign is missing
void plain.mutation(api.dir.functions.anything, { a: 1 });
// @ts-expect-error countersign is missing
void plain.mutation(api.dir.functions.untyped, { a: 1 });
// @ts-expect-error countersign is missing
void plain.query(api.dir.functions.handlerWithoutArguments, {});

export function narrowed(candidate: unknown): string {
  requireSecret(candidate);
  return candidate;
}
