// What guards call, in the transaction of the function that they guard.

import { v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel.js";
import { mutation } from "./_generated/server.js";
import type { MutationCtx } from "./_generated/server.js";

const sweptPerCall = 3;
const shardLength = 3;
const resultLifetimeMs = 24 * 60 * 60 * 1000;

/**
 * Uses a nonce up, and looks for what the same idempotency key returned before.
 *
 * Two calls conflict only if one writes what the other reads, so a call reads as little as it can: its own nonce, what has expired in its shard (nothing is
 * ever inserted there: a fresh nonce lies behind the horizon), the horizon, and its own idempotency key.
 */
export const consume = mutation({
  args: {
    key: v.string(),
    expiresAt: v.number(),
    idempotency: v.optional(v.object({ caller: v.string(), key: v.string(), call: v.string() })),
  },
  returns: v.object({
    status: v.union(v.literal("fresh"), v.literal("replayed"), v.literal("recorded"), v.literal("conflict")),
    result: v.optional(v.string()),
  }),
  handler: async (ctx, { key, expiresAt, idempotency }): Promise<Outcome> => {
    if (!(await useUp(ctx, key, expiresAt))) return { status: "replayed" };
    if (idempotency === undefined) return { status: "fresh" };
    const before = await findResult(ctx, idempotency.caller, idempotency.key);
    if (before === null || before.expiresAt <= Date.now()) return { status: "fresh" };
    return before.call === idempotency.call ? { status: "recorded", result: before.result } : { status: "conflict" };
  },
});

/** Keeps what a call with an idempotency key returned, for 24 hours. */
export const record = mutation({
  args: { caller: v.string(), key: v.string(), call: v.string(), result: v.string() },
  returns: v.null(),
  handler: async (ctx, { caller, key, call, result }): Promise<null> => {
    const row = { caller, key, call, result, expiresAt: Date.now() + resultLifetimeMs };
    const before = await findResult(ctx, caller, key);
    if (before === null) await ctx.db.insert("results", row);
    else await ctx.db.replace(before._id, row);
    return null;
  },
});

interface Outcome {
  status: "fresh" | "replayed" | "recorded" | "conflict";
  result?: string;
}

/** False if the nonce was used before, or may have been. */
async function useUp(ctx: MutationCtx, key: string, expiresAt: number): Promise<boolean> {
  const sweep = await ctx.db.query("sweeps").first();
  const horizon = sweep === null ? -Infinity : sweep.horizon;
  // Said in this way so that NaN is not fresh either.
  if (!(expiresAt > horizon)) return false;
  const used = await ctx.db
    .query("nonces")
    .withIndex("by_key", (range) => range.eq("key", key))
    .first();
  if (used !== null) return false;
  const shard = key.slice(0, shardLength);
  if (sweep !== null) for (const id of await expiredOf(ctx, shard, horizon)) await ctx.db.delete(id);
  await ctx.db.insert("nonces", { key, expiresAt, shard });
  return true;
}

async function expiredOf(ctx: MutationCtx, shard: string, horizon: number): Promise<Id<"nonces">[]> {
  const rows = await ctx.db
    .query("nonces")
    .withIndex("by_shard_and_expiry", (range) => range.eq("shard", shard).lte("expiresAt", horizon))
    .take(sweptPerCall);
  return rows.map((row) => row._id);
}

async function findResult(ctx: MutationCtx, caller: string, key: string): Promise<Doc<"results"> | null> {
  return await ctx.db
    .query("results")
    .withIndex("by_caller_and_key", (range) => range.eq("caller", caller).eq("key", key))
    .first();
}
