"use node";
import { v } from "convex/values";
import { signedAction } from "./countersign.js";

/** A signed action in Convex's Node.js runtime. */
export const deliver = signedAction({
  args: { eventId: v.string() },
  handler: async (ctx, args) => `${args.eventId} by ${ctx.caller.name}`,
});
