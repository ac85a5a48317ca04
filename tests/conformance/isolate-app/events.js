import { queryGeneric } from "convex/server";
import { v } from "convex/values";
import { requireSecret } from "countersign/convex";
import { generateSecret } from "countersign";
import { signedAction, signedMutation, signedQuery } from "./countersign.js";

const args = { eventId: v.string(), count: v.int64() };
const handler = async (ctx, given) => ({ args: given, caller: ctx.caller });

export const inQuery = signedQuery({ args, handler });
export const inMutation = signedMutation({ args, handler });
export const inAction = signedAction({ args, handler });
export const withSecret = queryGeneric({
  args: { secret: v.string() },
  handler: async (_ctx, given) => {
    requireSecret(given.secret);
    return "in";
  },
});
export const generate = queryGeneric({ args: {}, handler: async () => generateSecret() });
