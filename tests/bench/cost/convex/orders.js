// One mutation, in each of the ways in which a server can be let in to it.
import { actionGeneric as action, componentsGeneric, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";
import { countersign } from "countersign/convex";

const args = { eventId: v.string(), provider: v.string(), test: v.boolean(), amount: v.number(), note: v.string() };
const handler = (_, { amount }) => amount;

export const plain = mutation({ args, handler });
/** How it is often done: the secret itself is an argument. */
export const secret = mutation({
  args: { ...args, secret: v.string() },
  handler: (ctx, { secret: given, ...order }) => {
    if (given !== process.env["COUNTERSIGN_SECRET"]) throw new Error("unauthorized");
    return handler(ctx, order);
  },
});
export const signed = countersign({ query, mutation, action, replay: false }).signedMutation({ args, handler });
export const once = countersign({ query, mutation, action, replay: componentsGeneric().countersign }).signedMutation({ args, handler });
