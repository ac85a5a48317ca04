import { createFunctionHandle, actionGeneric as action, componentsGeneric, internalMutationGeneric as internalMutation, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import type { AnyComponents, FunctionReference } from "convex/server";
import { ConvexError, v } from "convex/values";

const components = componentsGeneric() as AnyComponents & { ledger: any; spare: any; missing: any };

/** Which of the two installed ledgers. */
const which = v.union(v.literal("ledger"), v.literal("spare"));

export const write = internalMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert("notes", { text });
  },
});

export const writeThenFail = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("notes", { text: "never seen" });
    throw new Error("out of luck");
  },
});

export const record = mutation({
  args: { which, text: v.string(), fail: v.optional(v.boolean()) },
  handler: async (ctx, args): Promise<unknown> => {
    await ctx.db.insert("notes", { text: args.text });
    const count: unknown = await ctx.runMutation(components[args.which].entries.add, { text: args.text, amount: 1n });
    if (args.fail === true) throw new Error("after both were written");
    return count;
  },
});

/** The component's writes go with its failure; the app's own stay. */
export const survive = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert("notes", { text });
    try {
      await ctx.runMutation(components.ledger.entries.addThenFail, { text });
    } catch (error) {
      if (error instanceof ConvexError) return error.data as unknown;
      throw error;
    }
    return null;
  },
});

/** A component as something that has whatever it is asked for, which is what it is at run time. */
type Anything<Type extends "query" | "mutation"> = Record<string, Record<string, Record<string, FunctionReference<Type, "internal">>>>;

/** The function that these names stand for, whatever they are. */
function named<Type extends "query" | "mutation">(component: string, file: string, fn: string): FunctionReference<Type, "internal"> {
  const found = (components as unknown as Anything<Type>)[component]?.[file]?.[fn];
  if (found === undefined) throw new Error("components have whatever they are asked for");
  return found;
}

/** Calls a function of a component by whatever names it is given. */
export const call = mutation({
  args: { component: v.string(), file: v.string(), fn: v.string(), args: v.any() },
  handler: (ctx, { component, file, fn, args }): Promise<unknown> => ctx.runMutation(named<"mutation">(component, file, fn), args),
});

export const read = query({
  args: { which, fn: v.string() },
  handler: (ctx, args): Promise<unknown> => ctx.runQuery(named<"query">(args.which, "entries", args.fn), {}),
});

export const fromAction = action({
  args: { text: v.string() },
  handler: async (ctx, { text }): Promise<unknown> => {
    await ctx.runMutation(components.ledger.entries.add, { text, amount: 2n });
    return [await ctx.runQuery(components.ledger.entries.list, {}), await ctx.runAction(components.ledger.entries.act, {})];
  },
});

/** Through the scheduler into a component, and by a handle that another function could have been given. */
export const schedule = mutation({
  args: { text: v.string(), how: v.union(v.literal("reference"), v.literal("handle"), v.literal("inside"), v.literal("failing")) },
  handler: async (ctx, { text, how }) => {
    const { add, addLater, addThenFail } = components.ledger.entries;
    if (how === "inside") await ctx.runMutation(addLater, { text });
    else if (how === "failing") await ctx.scheduler.runAfter(0, addThenFail, { text });
    else await ctx.scheduler.runAfter(0, how === "reference" ? add : await createFunctionHandle(add), { text, amount: 3n });
  },
});

export const bump = mutation({ args: {}, handler: (ctx): Promise<unknown> => ctx.runMutation(components.ledger.entries.bump, {}) });
