import { makeFunctionReference } from "convex/server";
import type { CallSignature } from "countersign/convex";

export type Order = { eventId: string; provider: string; test: boolean; amount: number; note: string };
type Signed = Order & { countersign: CallSignature };

/** What a request brings, as a webhook might. */
export async function readOrder(request: Request): Promise<Order> {
  return (await request.json()) as Order;
}

export const mutations = {
  plain: makeFunctionReference<"mutation", Order, number>("orders:plain"),
  secret: makeFunctionReference<"mutation", Order & { secret: string }, number>("orders:secret"),
  signed: makeFunctionReference<"mutation", Signed, number>("orders:signed"),
  once: makeFunctionReference<"mutation", Signed, number>("orders:once"),
};

// The embedded Convex is not at an address of Convex's.
export const options = { skipConvexDeploymentUrlCheck: true };
