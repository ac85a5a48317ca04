// What the cron runs: it moves the horizon and deletes what lies before it.

import { v } from "convex/values";
import { internal } from "./_generated/api.js";
import { internalMutation } from "./_generated/server.js";
import type { MutationCtx } from "./_generated/server.js";

const noncesPerRun = 256;
// A result may have 64 KiB, and a transaction may read 16 MiB.
const resultsPerRun = 64;

/** Deletes a batch of what has expired, and runs again at once if there is more. */
export const run = internalMutation({
  args: { continued: v.optional(v.boolean()) },
  returns: v.null(),
  handler: async (ctx, { continued }): Promise<null> => {
    // Calls read the horizon, and those under way when it moves run again: the cron moves it, and the runs that follow do not.
    const horizon = continued === true ? await readHorizon(ctx) : await moveHorizon(ctx);
    const nonces = horizon === null ? [] : await ctx.db
      .query("nonces")
      .withIndex("by_expiry", (range) => range.lte("expiresAt", horizon))
      .take(noncesPerRun);
    const results = await ctx.db
      .query("results")
      .withIndex("by_expiry", (range) => range.lte("expiresAt", Date.now()))
      .take(resultsPerRun);
    for (const { _id } of nonces) await ctx.db.delete(_id);
    for (const { _id } of results) await ctx.db.delete(_id);
    if (nonces.length === noncesPerRun || results.length === resultsPerRun) await ctx.scheduler.runAfter(0, internal.sweep.run, { continued: true });
    return null;
  },
});

async function readHorizon(ctx: MutationCtx): Promise<number | null> {
  return (await ctx.db.query("sweeps").first())?.horizon ?? null;
}

/**
 * The horizon goes to the last nonce that has expired, never to the clock itself: a clock that was ahead for a minute would keep every caller out until that time
 * has come. And it never goes back: what lies before it is not there any more.
 */
async function moveHorizon(ctx: MutationCtx): Promise<number | null> {
  const sweep = await ctx.db.query("sweeps").first();
  const last = await ctx.db
    .query("nonces")
    .withIndex("by_expiry", (range) => range.lte("expiresAt", Date.now()))
    .order("desc")
    .first();
  if (last === null || (sweep !== null && last.expiresAt <= sweep.horizon)) return sweep?.horizon ?? null;
  if (sweep === null) await ctx.db.insert("sweeps", { horizon: last.expiresAt });
  else await ctx.db.replace(sweep._id, { horizon: last.expiresAt });
  return last.expiresAt;
}
