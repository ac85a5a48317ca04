import { componentsGeneric } from "convex/server";
import type { FunctionReference } from "convex/server";
import { v } from "convex/values";
import { mutation } from "./_generated/server.js";

interface Child {
  webhooks: { markEventProcessed: FunctionReference<"mutation", "internal", Record<string, unknown>> };
}

/** Passes arguments on to a signed function that is part of a component. */
export const intoComponent = mutation({
  args: { args: v.any() },
  handler: async (ctx, { args }): Promise<unknown> => {
    const { child } = componentsGeneric() as unknown as { child: Child };
    return await ctx.runMutation(child.webhooks.markEventProcessed, args as Record<string, unknown>);
  },
});
