import { customAction, customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { countersign } from "countersign/convex";
import { v } from "convex/values";
import { components } from "./_generated/api.js";
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

const noting = customMutation(mutation, {
  args: { sessionId: v.string() },
  input: async (_ctx, { sessionId }, extra: { permission?: string }) => {
    seen.push(`options ${Object.keys(extra).join()}`);
    if (sessionId === "closed") throw new Error("the session is closed");
    return { ctx: {}, args: {} };
  },
});

/** Over a builder with options of its own, protected by the component, for one caller. */
export const inSessionOnce = countersign({ query, mutation: noting, action, replay: components.countersign }).signedMutation({
  args: { eventId: v.string() },
  callers: ["default"],
  permission: "write",
  handler: async (ctx, { eventId }) => {
    await ctx.db.insert("events", { eventId, provider: "session" });
    return eventId;
  },
});
