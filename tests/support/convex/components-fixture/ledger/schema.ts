import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  entries: defineTable({ text: v.string(), amount: v.int64() }).index("by_text", ["text"]),
  totals: defineTable({ value: v.number() }),
});
