import { requireSecret } from "countersign/convex";
import { v } from "convex/values";
import { mutation } from "./_generated/server.js";

export const oldSecret = "old-secret-of-the-app-7b21f0c94ad8e653";

export const mark = mutation({
  args: { secret: v.optional(v.any()), eventId: v.string() },
  handler: async (ctx, args) => {
    requireSecret(args.secret);
    return await ctx.db.insert("events", { eventId: args.eventId, provider: "legacy" });
  },
});

export const markExplained = mutation({
  args: { secret: v.optional(v.any()) },
  handler: async (_ctx, args) => {
    requireSecret(args.secret, { explain: true });
    return "ok";
  },
});

export const markOwn = mutation({
  args: { secret: v.optional(v.any()) },
  handler: async (_ctx, args) => {
    requireSecret(args.secret, { secret: oldSecret });
    return "ok";
  },
});
