import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  events: defineTable({
    eventId: v.string(),
    provider: v.string(),
    type: v.string(),
    // In the currency's smallest unit, as payment providers send it.
    amount: v.number(),
    outcome: v.union(v.literal("processed"), v.literal("failed")),
    route: v.union(v.literal("node"), v.literal("edge")),
    // Who signed the call: told by the guard, not by the arguments.
    caller: v.string(),
    keyId: v.string(),
  }).index("by_event_id", ["eventId"]),
});
