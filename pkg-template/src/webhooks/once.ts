import { typeInvalid } from "../core/errors.js";
import { record } from "../core/input.js";

/** The replay component of countersign, as an app has it: `components.countersign`. */
export interface DeliveryStore {
  readonly replay: { readonly consume: unknown };
}

/** The part of a mutation's `ctx` that this needs. An action's has no `db`: what it does is not rolled back together with the claim. */
export interface MutationCtx {
  readonly db: object;
  runMutation(mutation: never, args: never): Promise<unknown>;
}

/** How long {@link firstDelivery} remembers a delivery: four days. The longest that a provider here tries again is three days (Stripe). */
const REMEMBERED_MS = 4 * 24 * 60 * 60 * 1000;

/**
 * Whether a webhook event comes for the first time. Call it first in the internal mutation that the event leads to: the answer and what the mutation
 * writes are one transaction, so a mutation that throws leaves the event new, and of two deliveries at once one is first.
 *
 * @param ctx - The mutation's.
 * @param component - `components.countersign`.
 * @param idempotencyKey - The delivery's `idempotencyKey`, which the http action hands to the mutation.
 * @returns `false` if the event was delivered in the last four days.
 */
export async function firstDelivery(ctx: MutationCtx, component: DeliveryStore, idempotencyKey: string): Promise<boolean> {
  if (typeof idempotencyKey !== "string" || idempotencyKey === "") throw typeInvalid("idempotencyKey", "the `idempotencyKey` of a delivery");
  if ((record(ctx, "ctx") as Partial<MutationCtx>).db === undefined) throw typeInvalid("ctx", "that of a mutation; in an action nothing would be one transaction");
  // The component spreads its rows by the first characters of a key. Those of a delivery's are the provider's name, the last ones are the event's.
  const key = `${idempotencyKey.slice(-3)}:${idempotencyKey}`;
  const claim = { key, expiresAt: Date.now() + REMEMBERED_MS };
  const { status } = (await ctx.runMutation(component.replay.consume as never, claim as never)) as { status: string };
  return status === "fresh";
}
