import { jsonToConvex } from "convex/values";
import type { JSONValue } from "convex/values";

interface Registered {
  readonly _handler: (ctx: object, args: unknown) => Promise<unknown>;
}

/**
 * Calls a registered function as Convex's runtime does, from the raw text of the arguments: what a hostile client
 * can put there, the usual client would never send.
 *
 * @param registered - The exported function.
 * @param name - Its name, as `ctx.meta` gives it.
 * @param json - The text of the arguments' object.
 * @param ctx - What `ctx` holds besides `meta`.
 */
export async function callRaw(registered: unknown, name: string, json: string, ctx: object = {}): Promise<unknown> {
  return await callWithArguments(registered, name, jsonToConvex(JSON.parse(json) as JSONValue), ctx);
}

/** The same, with the arguments' object itself. */
export async function callWithArguments(registered: unknown, name: string, args: unknown, ctx: object = {}): Promise<unknown> {
  const meta = { getFunctionMetadata: async () => ({ name, componentPath: "" }) };
  return await (registered as Registered)._handler({ ...ctx, meta }, args);
}
