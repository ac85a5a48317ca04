import { makeFunctionReference } from "convex/server";
import { CountersignClient } from "countersign/client";
import { CountersignError, fetchMutation } from "countersign/next";

type Delivery = { eventId: string; provider: string; amount: bigint; countersign: string };
type Answer = { caller: string; amount: bigint };

const markEventProcessed = makeFunctionReference<"mutation", Delivery, Answer>("webhooks:markEventProcessed");
const getEvent = makeFunctionReference<"query", Delivery, Answer>("webhooks:getEvent");
const args = { eventId: "evt_1", provider: "polar", amount: 2n ** 62n };

/** Signed calls as an app makes them, with the secret and the URL from the environment, and one that is refused. */
export async function signedCalls(): Promise<string[]> {
  const url = process.env.NEXT_PUBLIC_CONVEX_URL;
  if (url === undefined) throw new Error("NEXT_PUBLIC_CONVEX_URL is not set");
  const marked = await fetchMutation(markEventProcessed, args);
  const found = await new CountersignClient(url).query(getEvent, args);
  return [`next: ${marked.caller} ${marked.amount}`, `client: ${found.caller} ${found.amount}`, await refusedCall()];
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
