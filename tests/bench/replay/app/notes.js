// One mutation, in each of the ways in which it can be called.
import { internalMutationGeneric, makeFunctionReference } from "convex/server";
import { v } from "convex/values";
import { countersign } from "countersign/convex";
import { options } from "./builders.js";

const insertNote = { args: { text: v.string() }, handler: async (ctx, { text }) => await ctx.db.insert("notes", { text }) };

export const unguarded = options.mutation(insertNote);
export const guarded = countersign({ ...options, replay: false }).signedMutation(insertNote);
export const once = countersign(options).signedMutation(insertNote);
export const insert = internalMutationGeneric(insertNote);

/** What Convex counts while it runs a mutation, in the transaction of this one. */
export const measure = internalMutationGeneric({
  args: { name: v.string(), args: v.any() },
  handler: async (ctx, { name, args }) => {
    await ctx.runMutation(makeFunctionReference(name), args);
    return await ctx.meta.getTransactionMetrics();
  },
});
