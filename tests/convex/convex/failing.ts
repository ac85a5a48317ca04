import { CountersignError } from "countersign";
import { ConvexError, v } from "convex/values";
import { signedMutation, signedQuery } from "./countersign.js";

export const plainError = signedMutation({
  args: {},
  handler: async () => {
    throw new Error("the handler's own fault");
  },
});

export const convexError = signedMutation({
  args: {},
  handler: async () => {
    throw new ConvexError({ code: "unauthorized", realm: "the app's own" });
  },
});

export const ownCountersignError = signedMutation({
  args: {},
  handler: async () => {
    throw new CountersignError("expired", "the handler's own check");
  },
});

export const wrongReturn = signedQuery({
  args: {},
  returns: v.number(),
  // The validator must catch what the types would have.
  handler: async () => "seven" as unknown as number,
});

export const afterWrite = signedMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("events", { eventId: "never", provider: "kept" });
    throw new Error("rolled back");
  },
});
