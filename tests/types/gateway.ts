// What users of client.gateway and of idempotency keys see.
import { anyApi, internalActionGeneric, internalMutationGeneric, internalQueryGeneric, mutationGeneric } from "convex/server";
import type { ApiFromModules, FilterApi, FunctionReference, FunctionReference_future } from "convex/server";
import type { CountersignClient, InternalArgs, MutationOptions, UnsignedArgs } from "countersign/client";
import type { CallSignature } from "countersign/convex";
import { fetchAction, fetchMutation, fetchQuery } from "countersign/next";
import type { NextjsMutationOptions } from "countersign/next";
import { v } from "convex/values";
import { expectType } from "./expect-type.js";
import type { Equal } from "./expect-type.js";
import { api } from "./functions.js";

const orders = {
  create: internalMutationGeneric({
    args: { item: v.string(), count: v.optional(v.number()) },
    returns: v.object({ orderId: v.string() }),
    handler: async (_ctx, args) => ({ orderId: args.item }),
  }),
  list: internalQueryGeneric({ args: { limit: v.optional(v.number()) }, handler: async () => [1n] }),
  ship: internalActionGeneric({
    args: v.union(v.object({ kind: v.literal("a"), a: v.string() }), v.object({ kind: v.literal("b"), b: v.number() })),
    handler: async (_ctx, args) => args.kind,
  }),
  clear: internalMutationGeneric({ args: {}, handler: async () => {} }),
  count: internalQueryGeneric({ args: {}, handler: async () => 1 }),
  sweep: internalActionGeneric({ args: {}, handler: async () => true }),
  untyped: internalMutationGeneric({ args: v.any(), handler: async () => 1 }),
  signature: internalMutationGeneric({ args: { countersign: v.string() }, handler: async () => 1 }),
  open: mutationGeneric({ args: { item: v.string() }, handler: async () => 1 }),
};
type Internal = FilterApi<ApiFromModules<{ orders: typeof orders }>, FunctionReference<any, "internal">>;
type Public = FilterApi<ApiFromModules<{ orders: typeof orders }>, FunctionReference<any, "public">>;
declare const internal: Internal;
declare const publicApi: Public;
declare const future: FunctionReference_future<"mutation", "internal", { item: string }, number>;
declare const futureQuery: FunctionReference_future<"query", "internal", { item: string }, number>;
/** As `components` of `_generated/api` has them. */
declare const component: FunctionReference<"mutation", "internal", { item: string }, number, "shop">;
declare const futureComponent: FunctionReference_future<"mutation", "internal", { item: string }, number, "shop">;

/** Signed functions, as other packages may declare them. */
declare const signed: FunctionReference<"mutation", "public", { item: string; countersign: CallSignature }, number>;
declare const signedFuture: FunctionReference_future<"mutation", "public", { item: string; countersign: CallSignature }, number>;
declare const otherArgument: FunctionReference<"mutation", "public", { item: string; countersign: number }, number>;

expectType<Equal<InternalArgs<Internal["orders"]["create"]>, [args: { item: string; count?: number }]>>();
expectType<Equal<InternalArgs<Internal["orders"]["clear"]>, [args?: Record<string, never>]>>();

export async function withClient({ gateway }: CountersignClient): Promise<void> {
  const order = await gateway.mutation(internal.orders.create, { item: "book" });
  expectType<Equal<typeof order, { orderId: string }>>();
  const list = await gateway.query(internal.orders.list, { limit: 5 });
  expectType<Equal<typeof list, bigint[]>>();
  const kind = await gateway.action(internal.orders.ship, { kind: "b", b: 1 });
  expectType<Equal<typeof kind, "a" | "b">>();

  // Arguments may be left out where there are none, and only there.
  expectType<Equal<Awaited<ReturnType<typeof none>>, { cleared: null; count: number; swept: boolean }>>();
  async function none() {
    await gateway.mutation(internal.orders.clear, {}, { skipQueue: true });
    await gateway.action(internal.orders.sweep);
    return { cleared: await gateway.mutation(internal.orders.clear), count: await gateway.query(internal.orders.count), swept: await gateway.action(internal.orders.sweep, {}) };
  }
  // @ts-expect-error item is missing
  await gateway.mutation(internal.orders.create);
  // @ts-expect-error item is missing
  await gateway.mutation(internal.orders.create, {});
  // @ts-expect-error item is a text
  await gateway.mutation(internal.orders.create, { item: 5 });
  // @ts-expect-error there is no such argument
  await gateway.mutation(internal.orders.create, { item: "book", other: 1 });
  // @ts-expect-error it has no arguments
  await gateway.mutation(internal.orders.clear, { item: "book" });
  // @ts-expect-error neither variant has both
  await gateway.action(internal.orders.ship, { kind: "a", b: 1 });
  // @ts-expect-error as with Convex's own client
  await gateway.query(internal.orders.list);
  // @ts-expect-error the client adds the signature itself
  await gateway.mutation(internal.orders.create, { item: "book", countersign: "cs1" });
  await gateway.mutation(internal.orders.untyped, { whatever: 1 });
  // An argument of the function's own may have any name.
  await gateway.mutation(internal.orders.signature, { countersign: "its own" });

  // Functions of another type.
  // @ts-expect-error a query is no mutation
  await gateway.mutation(internal.orders.list, {});
  // @ts-expect-error a mutation is no query
  await gateway.query(internal.orders.create, { item: "book" });
  // @ts-expect-error a mutation is no action
  await gateway.action(internal.orders.create, { item: "book" });
  // @ts-expect-error an action is no mutation
  await gateway.mutation(internal.orders.ship, { kind: "b", b: 1 });
  // @ts-expect-error a query is no mutation
  await gateway.mutation(futureQuery, { item: "book" });

  // Public functions are called without the gateway.
  // @ts-expect-error a public function
  await gateway.mutation(publicApi.orders.open, { item: "book" });
  // @ts-expect-error a public function, and a signed one
  await gateway.mutation(api.dir.functions.fields, { eventId: "e", countersign: "cs1" });
  // @ts-expect-error a component's function
  await gateway.mutation(component, { item: "book" });
  // @ts-expect-error a component's function
  await gateway.mutation(futureComponent, { item: "book" });
  // @ts-expect-error no reference
  await gateway.mutation("orders:create", { item: "book" });

  // References of the other kinds.
  const counted = await gateway.mutation(future, { item: "book" });
  expectType<Equal<typeof counted, number>>();
  // @ts-expect-error item is missing
  await gateway.mutation(future, {});
  await gateway.mutation(anyApi["orders"]!["create"] as any, { whatever: 1 });
}

export async function withKeys(convex: CountersignClient): Promise<void> {
  const { functions } = api.dir;
  const options: MutationOptions = { idempotencyKey: "evt_1" };
  await convex.mutation(functions.fields, { eventId: "e" }, options);
  await convex.mutation(functions.none, {}, { idempotencyKey: "evt_1", skipQueue: false });
  await convex.gateway.mutation(internal.orders.create, { item: "book" }, { idempotencyKey: "evt_1", skipQueue: true });
  expectType<Equal<UnsignedArgs<typeof signed>, { item: string }>>();
  expectType<Equal<UnsignedArgs<typeof signedFuture>, { item: string }>>();
  expectType<Equal<Awaited<ReturnType<typeof counted>>, number>>();
  async function counted() {
    await fetchMutation(signedFuture, { item: "book" }, { idempotencyKey: "evt_1" });
    return await convex.mutation(signed, { item: "book" });
  }
  // @ts-expect-error not a signed function
  await convex.mutation(otherArgument, { item: "book" });
  const nextOptions: NextjsMutationOptions = { idempotencyKey: "evt_1", token: "jwt" };
  await fetchMutation(functions.fields, { eventId: "e" }, nextOptions);

  // @ts-expect-error a key is a text
  await convex.mutation(functions.fields, { eventId: "e" }, { idempotencyKey: 1 });
  // @ts-expect-error no such option
  await convex.mutation(functions.fields, { eventId: "e" }, { idempotency: "evt_1" });
  // @ts-expect-error a key is a text
  await convex.gateway.mutation(internal.orders.create, { item: "book" }, { idempotencyKey: null });
  // @ts-expect-error only mutations have keys
  await convex.query(functions.object, { eventId: "e" }, { idempotencyKey: "evt_1" });
  // @ts-expect-error only mutations have keys
  await convex.gateway.query(internal.orders.list, {}, { idempotencyKey: "evt_1" });
  // @ts-expect-error only mutations have keys
  await convex.gateway.action(internal.orders.sweep, {}, { idempotencyKey: "evt_1" });
  // @ts-expect-error only mutations have keys
  await fetchQuery(functions.object, { eventId: "e" }, { idempotencyKey: "evt_1" });
  // @ts-expect-error only mutations have keys
  await fetchAction(functions.union, { kind: "a", a: "a" }, { idempotencyKey: "evt_1" });
}
