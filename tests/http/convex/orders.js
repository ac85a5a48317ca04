import { internalMutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";
import { signedMutation } from "./countersign.js";

export const add = internalMutationGeneric({
  args: { text: v.string(), by: v.string() },
  handler: async (ctx, order) => {
    await ctx.db.insert("orders", order);
    return (await ctx.db.query("orders").collect()).length;
  },
});
export const list = queryGeneric({ args: {}, handler: async (ctx) => (await ctx.db.query("orders").collect()).map(({ text, by }) => `${text} by ${by}`) });
export const mark = signedMutation({ args: { orderId: v.string() }, handler: async (ctx) => ctx.caller.name });
