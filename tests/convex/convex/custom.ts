import { customAction, customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { countersign } from "countersign/convex";
import { v } from "convex/values";
import { action, mutation, query } from "./_generated/server.js";

/** What the customizations saw, in order. */
export const seen: string[] = [];

const sessionMutation = customMutation(mutation, {
  args: { sessionId: v.string() },
  input: async (ctx, { sessionId }) => {
    seen.push(`input ${sessionId}`);
    const rows = await ctx.db.query("events").collect();
    return { ctx: { session: sessionId }, args: { rowsBefore: rows.length } };
  },
});

const { signedQuery, signedMutation, signedAction } = countersign({
  query: customQuery(query, customCtx(async () => ({ user: "ada" }))),
  mutation: sessionMutation,
  action: customAction(action, customCtx(async () => ({ user: "ada" }))),
  replay: false,
});

export const inSession = signedMutation({
  args: { eventId: v.string() },
  handler: async (ctx, args) => {
    seen.push("handler");
    return { args, session: ctx.session, by: ctx.caller.name };
  },
});

export const whoAmI = signedQuery({ args: {}, handler: async (ctx) => `${ctx.user} by ${ctx.caller.name}` });
export const act = signedAction({ args: { eventId: v.string() }, handler: async (ctx, args) => `${ctx.user} ${args.eventId}` });
