import { v } from "convex/values";
import { query } from "./_generated/server";

// Public on purpose: these two only read what the page shows to anybody.

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("events").order("desc").take(12),
});

/** How often each of these events is stored, up to ten times. */
export const countStored = query({
  args: { eventIds: v.array(v.string()) },
  returns: v.array(v.number()),
  handler: async (ctx, { eventIds }) => {
    const counts = eventIds.slice(0, 500).map(async (eventId) => {
      const events = await ctx.db
        .query("events")
        .withIndex("by_event_id", (q) => q.eq("eventId", eventId))
        .take(10);
      return events.length;
    });
    return await Promise.all(counts);
  },
});
