import { v } from "convex/values";
import { query } from "./_generated/server";

// Public on purpose: these two only read what the page shows to anybody.

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("events").order("desc").take(12),
});

export const countStored = query({
  args: { eventId: v.string() },
  returns: v.number(),
  handler: async (ctx, { eventId }) => {
    const events = await ctx.db
      .query("events")
      .withIndex("by_event_id", (q) => q.eq("eventId", eventId))
      .take(10);
    return events.length;
  },
});
