import { actionGeneric as action, componentsGeneric, internalMutationGeneric as internalMutation, makeFunctionReference, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import type { FunctionReference } from "convex/server";
import { ConvexError, v } from "convex/values";

interface Audit {
  trail: {
    append: FunctionReference<"mutation", "internal", { what: string }, bigint>;
    meta: FunctionReference<"query", "internal", Record<string, never>, unknown>;
  };
}

const { audit } = componentsGeneric() as unknown as { audit: Audit };
const entry = v.object({ _id: v.id("entries"), _creationTime: v.number(), text: v.string(), amount: v.int64() });
const AT_MODULE_SCOPE = { ...process.env };

export const add = mutation({
  args: { text: v.string(), amount: v.int64() },
  returns: v.int64(),
  handler: async (ctx, args) => {
    await ctx.db.insert("entries", args);
    return await ctx.runMutation(audit.trail.append, { what: `added ${args.text}` });
  },
});

export const addThenFail = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert("entries", { text, amount: 0n });
    throw new ConvexError({ code: "refused", amount: 7n });
  },
});

export const addAndReturnRubbish = mutation({
  args: { text: v.string() },
  returns: v.number(),
  handler: async (ctx, { text }) => (await ctx.db.insert("entries", { text, amount: 0n })) as unknown as number,
});

export const addLater = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.scheduler.runAfter(0, makeFunctionReference<"mutation">("entries:addHidden"), { text });
  },
});

/** Nobody but the component itself may call it. */
export const addHidden = internalMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    console.info("hidden", text, await ctx.meta.getFunctionMetadata());
    await ctx.db.insert("entries", { text, amount: 0n });
  },
});

export const list = query({ args: {}, returns: v.array(entry), handler: (ctx) => ctx.db.query("entries").collect() });

export const act = action({ args: {}, handler: async (ctx) => await ctx.meta.getFunctionMetadata() });

export const meta = query({
  args: {},
  handler: async (ctx) => [await ctx.meta.getFunctionMetadata(), await ctx.runQuery(audit.trail.meta, {})],
});

/** Every way to look at variables. */
export const environment = query({
  args: {},
  handler: async () => ({ moduleScope: AT_MODULE_SCOPE, own: { ...process.env }, global: { ...globalThis.process.env }, keys: Object.keys(globalThis.process) }),
});

/** Reads, waits, and only then writes: wrong unless mutations are isolated from each other. */
export const bump = mutation({
  args: {},
  handler: async (ctx) => {
    const total = await ctx.db.query("totals").unique();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    if (total === null) await ctx.db.insert("totals", { value: 1 });
    else await ctx.db.patch(total._id, { value: (total.value as number) + 1 });
  },
});

export const tidy = internalMutation({
  args: {},
  handler: async (ctx) => {
    console.log("tidying");
    const entries = await ctx.db
      .query("entries")
      .withIndex("by_text", (q) => q.eq("text", "untidy"))
      .collect();
    for (const { _id } of entries) await ctx.db.delete(_id);
  },
});

export const tidyThenFail = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("entries", { text: "never seen", amount: 0n });
    throw new Error("a cron that cannot work");
  },
});
