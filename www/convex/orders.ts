import { v } from "convex/values";
import { firstDelivery } from "countersign/webhooks";
import { components } from "./_generated/api";
import { internalMutation, internalQuery } from "./_generated/server";
import { event } from "./schema";

// Internal: Convex lets nobody outside call these. A server with the right secret does, through the gateway.

export const record = internalMutation({
  args: event,
  returns: v.id("events"),
  handler: async (ctx, args) => await ctx.db.insert("events", { ...args, outcome: "processed" }),
});

/** For http actions, which were told who signed. */
export const stamped = internalMutation({
  args: { ...event, caller: v.string(), keyId: v.string() },
  returns: v.id("events"),
  handler: async (ctx, args) => await ctx.db.insert("events", { ...args, outcome: "processed" }),
});

/** For webhooks that come straight to Convex: each event once, in one transaction with what is stored. */
export const delivered = internalMutation({
  args: event,
  returns: v.null(),
  handler: async (ctx, args) => {
    if (await firstDelivery(ctx, components.countersign, args.eventId)) await ctx.db.insert("events", { ...args, outcome: "processed" });
    return null;
  },
});

export const stored = internalQuery({
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

export const remove = internalMutation({
  args: { eventId: v.string() },
  returns: v.null(),
  handler: async (ctx, { eventId }) => {
    const events = await ctx.db
      .query("events")
      .withIndex("by_event_id", (q) => q.eq("eventId", eventId))
      .take(10);
    for (const { _id } of events) await ctx.db.delete(_id);
    return null;
  },
});
