import { api } from "@/convex/_generated/api";
import { fetchMutation } from "countersign/next";
import { webhookRoute } from "countersign/webhooks";

interface Sponsorship {
  readonly action: string;
  readonly sponsorship: { readonly tier: { readonly monthly_price_in_cents: number } };
}

export const POST = webhookRoute(
  "github",
  async ({ idempotencyKey, json }) => {
    // GitHub does not sign its headers, so the event's name in them is not relied on: what the body is, the body shows.
    const { action, sponsorship } = json<Partial<Sponsorship>>();
    if (action !== "created" || sponsorship === undefined) return;
    const amount = sponsorship.tier.monthly_price_in_cents;
    await fetchMutation(api.webhooks.markEventProcessed, { eventId: idempotencyKey, provider: "github", type: "sponsorship.created", amount, route: "node" }, { idempotencyKey });
  },
  { secret: process.env.GITHUB_WEBHOOK_SECRET },
);
