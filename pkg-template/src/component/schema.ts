import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  // The nonces that were used, each as a hash of it and its key's id.
  nonces: defineTable({
    key: v.string(),
    expiresAt: v.number(),
    // The key's first characters: one of 262,144 parts of the table, so that each call sweeps where hardly another one does.
    shard: v.string(),
  })
    .index("by_key", ["key"])
    .index("by_shard_and_expiry", ["shard", "expiresAt"])
    .index("by_expiry", ["expiresAt"]),

  // What calls with an idempotency key returned.
  results: defineTable({
    caller: v.string(),
    key: v.string(),
    // A hash of the arguments.
    call: v.string(),
    result: v.string(),
    expiresAt: v.number(),
  })
    .index("by_caller_and_key", ["caller", "key"])
    .index("by_expiry", ["expiresAt"]),

  // At most one row. Nonces that expire at the horizon or before it may be gone, so none of them is fresh.
  sweeps: defineTable({ horizon: v.number() }),
});
