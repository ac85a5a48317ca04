// Both ways to the replay component that convexReplayStore's comment names.

import { actionGeneric, componentsGeneric, mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";
import { countersign } from "countersign/convex";
import { convexReplayStore } from "countersign/http";

const components = componentsGeneric();
const { signedMutation } = countersign({ query: queryGeneric, mutation: mutationGeneric, action: actionGeneric, replay: components.countersign });
const args = { key: v.string(), expiresAt: v.number() };

/** For other servers, which sign the call. */
export const consume = signedMutation({
  args,
  handler: (ctx, entry) => ctx.runMutation(components.countersign.replay.consume, entry),
});

/** For an action. */
export const inside = actionGeneric({
  args,
  handler: (ctx, entry) => convexReplayStore((used) => ctx.runMutation(components.countersign.replay.consume, used)).consume(entry),
});
