// A backend and its caller, as a user writes them.
import { CountersignClient } from "countersign/client";
import { countersign, requireSecret } from "countersign/convex";
import type { Caller } from "countersign/convex";
import { fetchAction, fetchMutation, fetchQuery } from "countersign/next";
import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import type { ApiFromModules } from "convex/server";
import { v } from "convex/values";
import { exactly } from "./exactly.js";

const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: false });

const store = signedMutation({
  args: { eventId: v.string(), amount: v.optional(v.number()) },
  returns: v.boolean(),
  handler: (ctx, args) => {
    exactly<Caller>()(ctx.caller);
    exactly<string>()(args.eventId);
    exactly<number | undefined>()(args.amount);
    return true;
  },
});
const count = signedQuery({ args: {}, handler: () => 3 });
const send = signedAction({ args: { to: v.string() }, handler: async (_ctx, args) => args.to });

export const modules = { webhooks: { store, count, send } };
declare const api: ApiFromModules<typeof modules>;

export async function calls(): Promise<void> {
  exactly<boolean>()(await fetchMutation(api.webhooks.store, { eventId: "1" }));
  exactly<number>()(await fetchQuery(api.webhooks.count));
  exactly<string>()(await fetchAction(api.webhooks.send, { to: "a" }));
  const client = new CountersignClient("https://a.convex.cloud", { secret: "..." });
  exactly<boolean>()(await client.mutation(api.webhooks.store, { eventId: "1", amount: 2 }));
  // @ts-expect-error the signature is not the caller's to give
  await client.mutation(api.webhooks.store, { eventId: "1", countersign: "cs1" });
  // @ts-expect-error an argument is missing
  await fetchMutation(api.webhooks.store, {});
  // @ts-expect-error a query is not a mutation
  await client.mutation(api.webhooks.count);
}

// @ts-expect-error replay must be said out loud
countersign({ query, mutation, action });

exactly<void>()(requireSecret("candidate"));
