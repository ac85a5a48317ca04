import { v } from "convex/values";
import { countersign } from "countersign/convex";
import { options } from "./builders.js";

const { signedQuery, signedMutation, signedAction } = countersign(options);
const args = { eventId: v.string() };

export const mark = signedMutation({
  args,
  handler: async (ctx, { eventId }) => {
    await ctx.db.insert("events", { eventId });
    if (eventId === "fails") throw new Error("after the write");
    return { rows: (await ctx.db.query("events").collect()).length, by: ctx.caller.name };
  },
});
export const count = signedQuery({ args, handler: async (ctx) => (await ctx.db.query("events").collect()).length });
export const deliver = signedAction({ args, handler: async (_ctx, { eventId }) => `delivered ${eventId}` });
