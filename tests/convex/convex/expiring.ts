// Nonces that have expired when they are used up, which no signed call brings.
import { v } from "convex/values";
import { components } from "./_generated/api.js";
import { internalMutation } from "./_generated/server.js";

/** Uses up nonces as a guard would, and returns what became of each. */
export const useUp = internalMutation({
  args: { keys: v.array(v.string()), expiresAt: v.number() },
  handler: async (ctx, { keys, expiresAt }): Promise<string[]> => {
    const statuses = [];
    for (const key of keys) statuses.push((await ctx.runMutation(components.countersign.replay.consume, { key, expiresAt })).status);
    return statuses;
  },
});
