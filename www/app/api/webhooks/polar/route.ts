import { api } from "@/convex/_generated/api";
import { fetchMutation } from "countersign/next";
import { webhookRoute } from "countersign/webhooks";

// Next.js deprecates the edge runtime; this route shows that webhooks are verified there all the same.
export const runtime = "edge";

interface Order {
  readonly data: { readonly total_amount: number };
}

export const POST = webhookRoute(
  "polar",
  async ({ event, idempotencyKey, json }) => {
    if (event !== "order.paid") return;
    const { total_amount: amount } = json<Order>().data;
    await fetchMutation(api.webhooks.markEventProcessed, { eventId: idempotencyKey, provider: "polar", type: event, amount, route: "edge" }, { idempotencyKey });
  },
  // Two, as while a secret is rotated: what either signed is accepted.
  { secret: [process.env.POLAR_WEBHOOK_SECRET, process.env.POLAR_WEBHOOK_SECRET_PREVIOUS] },
);
