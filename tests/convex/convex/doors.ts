// Gateways with lists of other kinds, and over builders of convex-helpers.
import { customAction, customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { gateway } from "countersign/convex";
import { components } from "./_generated/api.js";
import { action, mutation, query } from "./_generated/server.js";

const builders = { query, mutation, action, replay: components.countersign };

const exact = gateway({ ...builders, allow: ["orders:create"] });
export const exactQuery = exact.query;
export const exactMutation = exact.mutation;

const shop = gateway({ ...builders, allow: ["shop/orders:*"] });
export const shopQuery = shop.query;
export const shopMutation = shop.mutation;

export const closed = gateway({ ...builders, allow: [] }).mutation;

/** It reaches guarded functions, and gateways, which want signatures of their own. */
export const nested = gateway({ ...builders, allow: ["once:*", "gateway:*", "doors:*"] }).mutation;

export const unprotected = gateway({ ...builders, replay: false, allow: ["orders:*"] }).mutation;
export const explaining = gateway({ ...builders, explain: true, allow: ["orders:*"] }).mutation;
export const strict = gateway({ ...builders, toleranceMs: 1000, audience: "https://custom.example.com", allow: ["orders:*"] }).mutation;

/** What the builders below saw, in order. */
export const seen: string[] = [];
const noting = customCtx(async () => {
  seen.push("builder");
  return {};
});
const custom = gateway({
  query: customQuery(query, noting),
  mutation: customMutation(mutation, noting),
  action: customAction(action, noting),
  replay: components.countersign,
  allow: ["orders:*"],
});
export const customizedQuery = custom.query;
export const customizedMutation = custom.mutation;
export const customizedAction = custom.action;

export default exact.mutation;

/** For callers that this deployment does not have. */
export const forOthers = gateway({ ...builders, allow: { web: ["orders:create"], constructor: [] } }).mutation;
