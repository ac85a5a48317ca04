// Functions that the replay component protects.
import { countersign } from "countersign/convex";
import { componentsGeneric } from "convex/server";
import { ConvexError, v } from "convex/values";
import { components } from "./_generated/api.js";
import { internal } from "./_generated/internal.js";
import { action, mutation, query } from "./_generated/server.js";

const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: components.countersign });

const narrow = countersign({ query, mutation, action, replay: components.countersign, toleranceMs: 1000 });

const event = { eventId: v.string(), provider: v.string() };

/** Writes a row each time it runs, and returns how many there are. */
export const mark = signedMutation({
  args: event,
  returns: v.object({ rows: v.number(), by: v.string() }),
  handler: async (ctx, args) => {
    await ctx.db.insert("events", args);
    const rows = (await ctx.db.query("events").collect()).length;
    return { rows, by: ctx.caller.name };
  },
});

export const lookUp = signedQuery({ args: event, handler: async (ctx) => (await ctx.db.query("events").collect()).length });

/** What the actions below did, in order. */
export const done: string[] = [];

export const deliver = signedAction({
  args: event,
  handler: async (_ctx, { eventId }) => {
    done.push(eventId);
    if (eventId === "evt_fails") throw new ConvexError("the provider is down");
    return eventId;
  },
});

/** Writes, and throws while the provider is "down". */
export const markOrThrow = signedMutation({
  args: event,
  handler: async (ctx, args) => {
    await ctx.db.insert("events", args);
    const down = await ctx.db.query("events").collect();
    if (down.some(({ provider }) => provider === "down")) throw new ConvexError("the provider is down");
    return args.eventId;
  },
});

/** Returns as much text as it is asked for. */
export const returnText = signedMutation({
  args: { length: v.number() },
  handler: async (ctx, { length }) => {
    await ctx.db.insert("events", { eventId: String(length), provider: "text" });
    return "x".repeat(length);
  },
});

/** Returns a value as it came, after a write, or nothing at all. */
export const echo = signedMutation({
  args: { value: v.optional(v.any()) },
  handler: async (ctx, { value }): Promise<unknown> => {
    await ctx.db.insert("events", { eventId: "echo", provider: "value" });
    return value;
  },
});

/** Goes on after the error of a mutation that it ran. */
export const markAndCatch = signedMutation({
  args: event,
  handler: async (ctx, args) => {
    await ctx.db.insert("events", args);
    return await ctx.runMutation(internal.orders.fail, {}).catch((error: unknown) => (error instanceof ConvexError ? "caught" : "something else"));
  },
});

export const within1s = narrow.signedMutation({ args: event, handler: async () => "ok" });

/** The same arguments as `mark`, and more to tell results apart by. */
export const markAgain = signedMutation({
  args: event,
  handler: async (ctx, args) => {
    await ctx.db.insert("events", args);
    return `again ${(await ctx.db.query("events").collect()).length}`;
  },
});

const uninstalled = (componentsGeneric() as unknown as { uninstalled: typeof components.countersign }).uninstalled;

/** Guarded with a component that no `app.use()` has brought in. */
export const markUninstalled = countersign({ query, mutation, action, replay: uninstalled }).signedMutation({
  args: event,
  handler: async (ctx, args) => await ctx.db.insert("events", args),
});

/** Returns the time of its own commit, which nobody knows before. */
export const commitTime = signedMutation({
  args: event,
  handler: async (ctx, args) => {
    await ctx.db.insert("events", args);
    return { at: [ctx.db.vars.commitTs], text: '{"$commitTs":null}' };
  },
});
