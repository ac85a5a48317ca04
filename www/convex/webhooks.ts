import { v } from "convex/values";
import { signedMutation } from "./countersign";
import { event } from "./schema";

// Both functions insert without looking the event id up first, as a careful handler would:
// so a call that ran twice would be seen. That none does is the guard's work.

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
