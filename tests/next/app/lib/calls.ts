import { makeFunctionReference, type FunctionReference } from "convex/server";
import { CountersignClient } from "countersign/client";
import { CountersignError, fetchMutation } from "countersign/next";

type Delivery = { eventId: string; provider: string; amount: bigint; countersign: string };
type Answer = { caller: string; amount: bigint };
type Runs = { runs: number };

const markEventProcessed = makeFunctionReference<"mutation", Delivery, Answer>("webhooks:markEventProcessed");
const countEvent = makeFunctionReference<"mutation", Delivery, Answer & Runs>("webhooks:countEvent");
const getEvent = makeFunctionReference<"query", Delivery, Answer>("webhooks:getEvent");
const createOrder = makeFunctionReference<"mutation">("orders:create") as unknown as FunctionReference<"mutation", "internal", { orderId: string }, Answer & Runs>;
const args = { eventId: "evt_1", provider: "polar", amount: 2n ** 62n };

/** Signed calls as an app makes them, with the secret and the URL from the environment, and one that is refused. */
export async function signedCalls(): Promise<string[]> {
  const url = process.env.NEXT_PUBLIC_CONVEX_URL;
  if (url === undefined) throw new Error("NEXT_PUBLIC_CONVEX_URL is not set");
  const marked = await fetchMutation(markEventProcessed, args);
  const found = await new CountersignClient(url).query(getEvent, args);
  return [`next: ${marked.caller} ${marked.amount}`, `client: ${found.caller} ${found.amount}`, await keyedCalls(), await gatewayCalls(url), await refusedCall()];
}

/** The same delivery twice: the second one gets what the first one returned. */
async function keyedCalls(): Promise<string> {
  const idempotencyKey = crypto.randomUUID();
  const first = await fetchMutation(countEvent, args, { idempotencyKey });
  const second = await fetchMutation(countEvent, args, { idempotencyKey });
  return `keyed: ${first.caller}, ${second.runs - first.runs} more`;
}

/** An internal function, with an idempotency key and without one. */
async function gatewayCalls(url: string): Promise<string> {
  const { gateway } = new CountersignClient(url);
  const idempotencyKey = crypto.randomUUID();
  const order = { orderId: idempotencyKey };
  const first = await gateway.mutation(createOrder, order, { idempotencyKey });
  const second = await gateway.mutation(createOrder, order, { idempotencyKey });
  const third = await gateway.mutation(createOrder, order);
  return `gateway: ${first.caller}, ${second.runs - first.runs} more, then ${third.runs > first.runs ? "another" : "none"}`;
}

async function refusedCall(): Promise<string> {
  try {
    await fetchMutation(markEventProcessed, args, { secret: "another-secret-0123456789-abcdefghij" });
    return "not refused";
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return `refused: ${error.code}`;
  }
}
