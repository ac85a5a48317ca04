import { makeFunctionReference } from "convex/server";

interface Event extends Record<string, unknown> {
  eventId: string;
  provider: string;
  countersign: string;
}

/** References to signed functions, as `api` would have them. */
export const mark = makeFunctionReference<"mutation", Event, string>("webhooks:markEventProcessed");
export const lookUp = makeFunctionReference<"query", Event, number>("webhooks:lookUp");
export const deliver = makeFunctionReference<"action", Event, boolean>("webhooks:deliver");
export const anything = makeFunctionReference<"mutation", { value: unknown; countersign: string }, unknown>("webhooks:anything");
export const noArguments = makeFunctionReference<"mutation", { countersign: string }, null>("webhooks:withoutArguments");
