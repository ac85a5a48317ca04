// Internal functions, which only a gateway reaches from outside.
import { customCtx, customMutation } from "convex-helpers/server/customFunctions";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/internal.js";
import { internalAction, internalMutation, internalQuery, mutation } from "./_generated/server.js";

const inShop = customMutation(internalMutation, customCtx(async () => ({ shop: "Berlin" })));

export const create = internalMutation({
  args: { orderId: v.string(), amount: v.number() },
  returns: v.object({ rows: v.number() }),
  handler: async (ctx, { orderId, amount }) => {
    await ctx.db.insert("events", { eventId: orderId, provider: String(amount) });
    return { rows: (await ctx.db.query("events").collect()).length };
  },
});

/** Made by a builder of convex-helpers. */
export const createInShop = inShop({
  args: { orderId: v.string() },
  handler: async (ctx, { orderId }) => {
    await ctx.db.insert("events", { eventId: orderId, provider: ctx.shop });
    return { shop: ctx.shop };
  },
});

export const count = internalQuery({ args: {}, returns: v.number(), handler: async (ctx) => (await ctx.db.query("events").collect()).length });

export const ship = internalAction({
  args: { orderId: v.string() },
  handler: async (ctx, { orderId }): Promise<string> => `${orderId} of ${await ctx.runQuery(internal.orders.count, {})}`,
});

/** Writes, and throws. */
export const fail = internalMutation({
  args: {},
  handler: async (ctx): Promise<null> => {
    await ctx.db.insert("events", { eventId: "never", provider: "kept" });
    throw new ConvexError({ code: "sold_out" });
  },
});

/** Returns a value that its validator does not have. */
export const wrongReturn = internalMutation({ args: {}, returns: v.number(), handler: async () => "seven" as unknown as number });

export const failPlainly = internalMutation({
  args: {},
  handler: async (ctx): Promise<null> => {
    await ctx.db.insert("events", { eventId: "never", provider: "kept" });
    throw new Error("the function's own fault");
  },
});

export const failLater = internalAction({
  args: { orderId: v.string() },
  handler: async (_ctx, { orderId }): Promise<null> => {
    throw new ConvexError({ code: "unauthorized", orderId });
  },
});

/** What an internal function gets: its arguments, whoever is logged in, and nothing of the gateway's. */
export const look = internalQuery({
  args: v.any(),
  handler: async (ctx, args): Promise<unknown> => ({ args, by: (await ctx.auth.getUserIdentity())?.subject ?? null, caller: "caller" in ctx }),
});

/** Public: anybody can call it, with or without a gateway. */
export const open = mutation({ args: {}, handler: async () => "open" });

export default internalQuery({ args: {}, handler: async () => "the default export" });
