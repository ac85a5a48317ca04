import { api } from "@/convex/_generated/api";
import { fetchMutation } from "countersign/next";
import { webhookRoute } from "countersign/webhooks";

interface Checkout {
  readonly data: { readonly object: { readonly amount_total: number } };
}

// Only what Stripe signed gets here. Its events come again until they are answered with 200; under its key each is recorded once.
export const POST = webhookRoute(
  "stripe",
  async ({ event, idempotencyKey, json }) => {
    if (event !== "checkout.session.completed") return;
    const { amount_total: amount } = json<Checkout>().data.object;
    await fetchMutation(api.webhooks.markEventProcessed, { eventId: idempotencyKey, provider: "stripe", type: event, amount, route: "node" }, { idempotencyKey });
  },
  { secret: process.env.STRIPE_WEBHOOK_SECRET },
);
