// Two callers, each with a secret and rights of its own.
import { countersign, gateway } from "countersign/convex";
import { v } from "convex/values";
import { components } from "./_generated/api.js";
import { action, mutation, query } from "./_generated/server.js";
import { webSecret, workerSecret } from "./variants.js";

const options = { query, mutation, action, replay: components.countersign, keys: { web: webSecret, worker: [workerSecret] } };
const { signedQuery, signedMutation, signedAction } = countersign(options);
const event = { eventId: v.string(), provider: v.string() };

export const forAll = signedMutation({ args: event, handler: async (ctx) => ctx.caller.name });
export const forWorker = signedMutation({
  args: event,
  callers: ["worker"],
  handler: async (ctx, args) => {
    await ctx.db.insert("events", args);
    return ctx.caller.name;
  },
});
export const queryForWorker = signedQuery({ args: event, callers: ["worker"], handler: async (ctx) => ctx.caller.name });
export const actionForWorker = signedAction({ args: event, callers: ["worker"], handler: async (ctx) => ctx.caller.name });

const doors = gateway({ ...options, allow: { web: ["orders:count"], worker: ["orders:create", "orders:count", "orders:ship"] } });
export const throughQuery = doors.query;
export const throughMutation = doors.mutation;
export const throughAction = doors.action;
