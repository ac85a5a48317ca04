import { anyApi, internalActionGeneric, internalMutationGeneric, internalQueryGeneric } from "convex/server";
import { ConvexError, v } from "convex/values";

export const create = internalMutationGeneric({
  args: { orderId: v.string() },
  handler: async (ctx, { orderId }) => {
    if (orderId === "sold out") throw new ConvexError({ code: "sold_out" });
    await ctx.db.insert("orders", { orderId });
    return (await ctx.db.query("orders").collect()).length;
  },
});
export const count = internalQueryGeneric({ args: {}, handler: async (ctx) => (await ctx.db.query("orders").collect()).length });
export const ship = internalActionGeneric({ args: {}, handler: async (ctx) => `shipped ${await ctx.runQuery(anyApi.orders.count, {})}` });
