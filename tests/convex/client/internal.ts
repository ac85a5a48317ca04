import { makeFunctionReference } from "convex/server";
import type { DefaultFunctionArgs, FunctionReference, FunctionType } from "convex/server";

/** A reference to an internal function, as `internal` of `_generated/api` would have it. */
function internalReference<Type extends FunctionType, Args extends DefaultFunctionArgs, Returned>(name: string) {
  return makeFunctionReference<Type>(name) as unknown as FunctionReference<Type, "internal", Args, Returned>;
}

interface Order extends Record<string, unknown> {
  item: string;
  count: number;
}

export const order: Order = { item: "book", count: 2 };
export const create = internalReference<"mutation", Order, string>("orders:create");
export const list = internalReference<"query", Order, string[]>("shop/orders:list");
export const ship = internalReference<"action", Order, boolean>("shop/orders:ship");
export const clear = internalReference<"mutation", Record<string, never>, null>("orders:clear");
export const keep = internalReference<"mutation", Record<string, unknown>, null>("orders:keep");
