import { v } from "convex/values";
import { countersign } from "countersign/convex";
import { byCaller } from "./countersign";
import { event } from "./schema";

const { signedMutation } = countersign(byCaller);

// A worker asks the provider for the events that no webhook brought. The web server has no business here.
export const record = signedMutation({
  args: event,
  callers: ["worker"],
  returns: v.id("events"),
  handler: async (ctx, args) => {
    const { name: caller, keyId } = ctx.caller;
    return await ctx.db.insert("events", { ...args, outcome: "processed", caller, keyId });
  },
});
