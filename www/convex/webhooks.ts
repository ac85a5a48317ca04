import { v } from "convex/values";
import { signedMutation } from "./countersign";

const event = {
  eventId: v.string(),
  provider: v.string(),
  type: v.string(),
  amount: v.number(),
  route: v.union(v.literal("node"), v.literal("edge")),
};

// Both functions insert without looking the event id up first, as a careful handler would:
// so the page shows each call that got through, a resent one too.

export const markEventProcessed = signedMutation({
  args: event,
  returns: v.id("events"),
  handler: async (ctx, args) => {
    const { name: caller, keyId } = ctx.caller;
    return await ctx.db.insert("events", { ...args, outcome: "processed", caller, keyId });
  },
});

// Takes the same arguments, so that only the function's name tells the two signatures apart.
export const markEventFailed = signedMutation({
  args: event,
  returns: v.id("events"),
  handler: async (ctx, args) => {
    const { name: caller, keyId } = ctx.caller;
    return await ctx.db.insert("events", { ...args, outcome: "failed", caller, keyId });
  },
});
