// A module of the same name in a folder.
import { v } from "convex/values";
import { internalMutation, internalQuery } from "../_generated/server.js";

export const create = internalMutation({
  args: { orderId: v.string() },
  handler: async (ctx, { orderId }) => {
    await ctx.db.insert("events", { eventId: orderId, provider: "shop" });
    return "of the shop";
  },
});

export const count = internalQuery({ args: {}, handler: async () => 42 });

export default internalQuery({ args: {}, handler: async () => "the shop's default export" });
