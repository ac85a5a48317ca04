// What users see of callers, of the replay component, and of a gateway's options.
import { customCtx, customMutation } from "convex-helpers/server/customFunctions";
import { componentsGeneric } from "convex/server";
import type { ApiFromModules, FilterApi, FunctionArgs, FunctionReference, FunctionReturnType, GenericMutationCtx } from "convex/server";
import type { CountersignClient } from "countersign/client";
import type { ComponentApi } from "countersign/_generated/component.js";
import { countersign, gateway } from "countersign/convex";
import type { Allow, AtEachCall, CallSignature, Caller, CallerSecrets, Gateway, GatewayOptions, ReplayComponent, Secrets } from "countersign/convex";
import { v } from "convex/values";
import { action, internalMutation, mutation, query } from "../convex/convex/_generated/server.js";
import type { DataModel } from "../convex/convex/_generated/server.js";
import { expectType } from "./expect-type.js";
import type { Equal } from "./expect-type.js";

/** As `_generated/api` has it, where `app.use(countersign)` gave no name of its own, and where it did. */
const components = componentsGeneric() as unknown as { countersign: ComponentApi<"countersign">; onceOnly: ComponentApi<"onceOnly"> };
const builders = { query, mutation, action } as const;
const protectedBuilders = { ...builders, replay: components.countersign } as const;
countersign({ ...builders, replay: components.onceOnly });
expectType<Equal<ReplayComponent, ComponentApi<string | undefined>>>();

// `callers` of each type of function, beside everything else that a definition has.
const { signedQuery, signedMutation, signedAction } = countersign({ ...protectedBuilders, keys: { web: "a", worker: ["b", undefined] } });
const forWorker = signedMutation({
  args: { eventId: v.string() },
  callers: ["worker"],
  returns: v.number(),
  handler: async (ctx, args) => {
    expectType<Equal<typeof ctx.caller, Caller>>();
    expectType<Equal<typeof ctx.caller.name, string>>();
    expectType<Equal<typeof args, { eventId: string }>>();
    expectType<Equal<typeof ctx.db, GenericMutationCtx<DataModel>["db"]>>();
    // @ts-expect-error who called cannot be changed
    ctx.caller.keyId = "0000000000000000";
    return 1;
  },
});
signedQuery({ args: {}, callers: ["web", "worker"], handler: async (ctx) => ctx.caller.issuedAt });
signedAction({ args: {}, callers: ["web"] as const, handler: async (ctx) => ctx.caller.name });
// @ts-expect-error a list, even of one
signedMutation({ args: {}, callers: "worker", handler: async () => 1 });
// @ts-expect-error names are texts
signedQuery({ args: {}, callers: [1], handler: async () => 1 });
// @ts-expect-error the option is called `callers`
signedAction({ args: {}, caller: ["worker"], handler: async () => 1 });

type Api = ApiFromModules<{ orders: { forWorker: typeof forWorker } }>;
expectType<Equal<FunctionArgs<Api["orders"]["forWorker"]>, { eventId: string; countersign: CallSignature }>>();
expectType<Equal<FunctionReturnType<Api["orders"]["forWorker"]>, number>>();

// Builders of convex-helpers know nothing of `callers`, and need not.
const withUser = customMutation(mutation, customCtx(async () => ({ user: "ada" as const })));
const byUser = countersign({ ...protectedBuilders, mutation: withUser }).signedMutation({
  args: { eventId: v.string() },
  callers: ["worker"],
  handler: async (ctx) => {
    expectType<Equal<typeof ctx.user, "ada">>();
    expectType<Equal<typeof ctx.caller, Caller>>();
    return ctx.user;
  },
});
expectType<Equal<FunctionReturnType<ApiFromModules<{ orders: { byUser: typeof byUser } }>["orders"]["byUser"]>, "ada">>();

// Secrets: a text, a list with what is not set, by caller, or asked for at each call.
const environment: { readonly [name: string]: string | undefined } = {};
countersign({ ...protectedBuilders, keys: "a" });
countersign({ ...protectedBuilders, keys: ["a", environment["B"]] });
countersign({ ...protectedBuilders, keys: { web: environment["WEB"], worker: [environment["WORKER"], environment["WORKER_PREVIOUS"]] } });
countersign({ ...protectedBuilders, keys: () => environment["A"] });
countersign({ ...protectedBuilders, keys: () => ({ web: environment["WEB"], worker: [environment["WORKER"]] }) });
countersign({ ...protectedBuilders, keys: undefined });
// @ts-expect-error a number is no secret
countersign({ ...protectedBuilders, keys: 1 });
// @ts-expect-error nor one of a caller
countersign({ ...protectedBuilders, keys: { web: 1 } });
// @ts-expect-error secrets are not waited for
countersign({ ...protectedBuilders, keys: async () => "a" });
// @ts-expect-error the option is called `keys`
countersign({ ...protectedBuilders, secret: "a" });
expectType<Equal<Secrets, string | readonly (string | undefined)[]>>();
expectType<Equal<CallerSecrets, Readonly<Record<string, Secrets | undefined>>>>();
expectType<Equal<GatewayOptions["keys"], AtEachCall<Secrets | CallerSecrets> | undefined>>();

// A gateway says what it reaches.
const doors = gateway({ ...protectedBuilders, allow: ["orders:create", "reports/daily:*"] });
expectType<Equal<typeof doors, Gateway>>();
gateway({ ...builders, replay: false, allow: { web: ["orders:create"], worker: ["orders:*"] }, keys: { web: "a", worker: "b" }, audience: "https://x.example", toleranceMs: 1000, explain: true });
expectType<Equal<Allow, readonly string[] | Readonly<Record<string, readonly string[]>>>>();
// @ts-expect-error `allow` must be said out loud
gateway(protectedBuilders);
// @ts-expect-error so must `replay`
gateway({ ...builders, allow: ["orders:create"] });
// @ts-expect-error a list, even of one
gateway({ ...protectedBuilders, allow: "orders:*" });
// @ts-expect-error so for each caller
gateway({ ...protectedBuilders, allow: { web: "orders:*" } });
// @ts-expect-error names and not references
gateway({ ...protectedBuilders, allow: [forWorker] });
// @ts-expect-error an option of that name does not exist
gateway({ ...protectedBuilders, allow: [], deny: ["orders:create"] });
// @ts-expect-error an action's builder is missing
gateway({ query, mutation, replay: false, allow: [] });
gateway({ ...protectedBuilders, mutation: withUser, allow: [] });

// Its functions are public; what they run is not known to them, but to the client by the internal reference.
type Doors = ApiFromModules<{ gateway: typeof doors }>["gateway"];
expectType<Equal<FunctionArgs<Doors["mutation"]>, { name: string; args: any; countersign: CallSignature }>>();
expectType<Equal<Doors["query"]["_visibility"], "public">>();
expectType<Equal<[Doors["query"]["_type"], Doors["mutation"]["_type"], Doors["action"]["_type"]], ["query", "mutation", "action"]>>();

const inShop = customMutation(internalMutation, customCtx(async () => ({ shop: "Berlin" as const })));
const createInShop = inShop({
  args: { orderId: v.string() },
  handler: async (ctx, args) => {
    expectType<Equal<typeof args, { orderId: string }>>();
    return ctx.shop;
  },
});
type Internal = FilterApi<ApiFromModules<{ orders: { createInShop: typeof createInShop } }>, FunctionReference<any, "internal">>;
declare const internal: Internal;

export async function withClient({ gateway: through }: CountersignClient): Promise<void> {
  const shop = await through.mutation(internal.orders.createInShop, { orderId: "o1" });
  expectType<Equal<typeof shop, "Berlin">>();
  // @ts-expect-error orderId is a text
  await through.mutation(internal.orders.createInShop, { orderId: 1 });
}
