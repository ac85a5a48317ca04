// Callers whose secrets are asked for at each call, each with one more while it is being rotated.
import { countersign, gateway } from "countersign/convex";
import { v } from "convex/values";
import { components } from "./_generated/api.js";
import { action, mutation, query } from "./_generated/server.js";

const options = {
  query,
  mutation,
  action,
  replay: components.countersign,
  keys: () => ({ web: [process.env["WEB_SECRET"], process.env["WEB_SECRET_PREVIOUS"]], worker: process.env["WORKER_SECRET"] }),
};
const { signedMutation, signedAction } = countersign(options);
const event = { eventId: v.string(), provider: v.string() };

export const mark = signedMutation({ args: event, handler: async (ctx) => ctx.caller.name });
export const markForWeb = signedMutation({ args: event, callers: ["web"], handler: async (ctx) => ctx.caller.name });
export const deliver = signedAction({ args: event, handler: async (ctx) => ctx.caller.name });

const doors = gateway({ ...options, allow: { web: ["orders:create"], worker: ["orders:count"] } });
export const throughQuery = doors.query;
export const throughMutation = doors.mutation;
