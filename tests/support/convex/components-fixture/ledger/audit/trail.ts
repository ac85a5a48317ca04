// Without a schema: tables are whatever is inserted.
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

export const append = mutation({
  args: { what: v.string() },
  returns: v.int64(),
  handler: async (ctx, args) => {
    await ctx.db.insert("trail", args);
    return BigInt((await ctx.db.query("trail").collect()).length);
  },
});

export const meta = query({ args: {}, handler: async (ctx) => await ctx.meta.getFunctionMetadata() });
