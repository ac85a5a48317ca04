import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

/** What a provider tells, and how it got here. */
export const event = {
  eventId: v.string(),
  provider: v.string(),
  type: v.string(),
  // In the currency's smallest unit, as payment providers send it.
  amount: v.number(),
  route: v.union(v.literal("node"), v.literal("edge"), v.literal("worker"), v.literal("http")),
};

export default defineSchema({
  events: defineTable({
    ...event,
    outcome: v.union(v.literal("processed"), v.literal("failed")),
    // Who signed the call: told by the guard, not by the arguments. Internal functions behind the gateway are not told.
    caller: v.optional(v.string()),
    keyId: v.optional(v.string()),
  }).index("by_event_id", ["eventId"]),
});
