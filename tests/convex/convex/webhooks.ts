import { v } from "convex/values";
import { signedAction, signedMutation, signedQuery } from "./countersign.js";

const event = { eventId: v.string(), provider: v.string() };

// Four functions with the same arguments, so that only type and name tell their signatures apart.
export const markEventProcessed = signedMutation({
  args: event,
  returns: v.object({ args: v.any(), caller: v.any() }),
  handler: async (ctx, args) => {
    await ctx.db.insert("events", args);
    return { args, caller: ctx.caller };
  },
});

export const markEventFailed = signedMutation({
  args: event,
  handler: async (ctx, args) => ({ args, caller: ctx.caller, id: await ctx.db.insert("events", args) }),
});

export const lookUp = signedQuery({
  args: event,
  handler: async (ctx, args) => ({ args, caller: ctx.caller, rows: (await ctx.db.query("events").collect()).length }),
});

export const deliver = signedAction({
  args: event,
  handler: async (ctx, args) => ({ args, caller: ctx.caller }),
});

// One argument of any shape, to see what reaches a handler.
export const echo = signedQuery({ args: { value: v.any() }, handler: async (_ctx, args): Promise<unknown> => args.value });

// The forms that a definition can take.
export const withObjectValidator = signedMutation({ args: v.object(event), handler: async (_ctx, args) => args.eventId });
export const withoutArguments = signedMutation({ args: {}, handler: async (ctx) => ctx.caller.name });
export const withoutValidators = signedMutation({ handler: async (_ctx, args) => Reflect.ownKeys(args).map(String) });
export const handlerOnly = signedMutation(async (ctx, args: { eventId: string }) => ({ ...args, by: ctx.caller.name }));
export const anyArguments = signedMutation({ args: v.any(), handler: async (_ctx, args): Promise<unknown> => args });
export default signedMutation({ args: event, handler: async (_ctx, args) => args.provider });
