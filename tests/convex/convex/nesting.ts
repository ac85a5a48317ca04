// Functions that are not guarded and run guarded ones.
import { anyApi, componentsGeneric } from "convex/server";
import type { FunctionReference } from "convex/server";
import { ConvexError, v } from "convex/values";
import { action, mutation } from "./_generated/server.js";
import { markOrThrow } from "./once.js";

interface Child {
  webhooks: { markEventProcessed: FunctionReference<"mutation", "internal", Record<string, unknown>> };
}
type GuardedMutation = FunctionReference<"mutation", "public", Record<string, unknown>, unknown>;

const guarded = (): GuardedMutation => anyApi["once"]!["markOrThrow"] as unknown as GuardedMutation;
const caught = (error: unknown): string => {
  if (!(error instanceof ConvexError)) throw error;
  return `caught ${JSON.stringify(error.data)}`;
};

/** Passes arguments on to a signed function that is part of a component. */
export const intoComponent = mutation({
  args: { args: v.any() },
  handler: async (ctx, { args }): Promise<unknown> => {
    const { child } = componentsGeneric() as unknown as { child: Child };
    return await ctx.runMutation(child.webhooks.markEventProcessed, args as Record<string, unknown>);
  },
});

/** Runs the guarded mutation `times` times, catches its errors, and commits a row of its own. */
export const catching = mutation({
  args: { args: v.any(), times: v.number() },
  handler: async (ctx, { args, times }): Promise<unknown[]> => {
    await ctx.db.insert("events", { eventId: "outer", provider: "kept" });
    const results = [];
    for (let i = 0; i < times; i++) results.push(await ctx.runMutation(guarded(), args as Record<string, unknown>).catch(caught));
    return results;
  },
});

/** Runs the guarded mutation, and lets its error through. */
export const passing = mutation({
  args: { args: v.any() },
  handler: async (ctx, { args }): Promise<unknown> => await ctx.runMutation(guarded(), args as Record<string, unknown>),
});

/** Calls the guarded mutation's code in its own transaction, as a helper function, and catches its error. */
export const callingDirectly = mutation({
  args: { args: v.any() },
  handler: async (ctx, { args }): Promise<unknown> => {
    const code = markOrThrow as unknown as { _handler: (ctx: object, args: unknown) => Promise<unknown> };
    return await code._handler(ctx, args).catch(caught);
  },
});

/** Runs the guarded mutation from an action, and catches its error. */
export const catchingAction = action({
  args: { args: v.any() },
  handler: async (ctx, { args }): Promise<unknown> => await ctx.runMutation(guarded(), args as Record<string, unknown>).catch(caught),
});
