import { httpRouter } from "convex/server";
import { webhookHttpAction } from "countersign/webhooks";
import { internal } from "./_generated/api";
import { env, httpAction } from "./_generated/server";
import { signedHttpAction } from "./countersign";

const http = httpRouter();

http.route({
  path: "/receipts",
  method: "POST",
  handler: signedHttpAction(async (ctx, request, { caller, keyId, body }) => {
    const eventId = new URL(request.url).searchParams.get("event");
    const total = /^Total: EUR (\d+)\.(\d\d)$/m.exec(new TextDecoder().decode(body));
    if (eventId === null || total === null) return Response.json({ problem: "This is no receipt." }, { status: 400 });
    const amount = Number(`${total[1]}${total[2]}`);
    await ctx.runMutation(internal.orders.stamped, { eventId, provider: "app", type: "receipt.stored", amount, route: "http", caller, keyId });
    return Response.json({ bytes: body.length });
  }),
});

interface Checkout {
  readonly data: { readonly object: { readonly amount_total: number } };
}

// Where a provider posts to Convex itself, there is no Next.js to sign a call: the http action verifies the delivery.
http.route({
  path: "/webhooks/stripe",
  method: "POST",
  handler: httpAction(
    webhookHttpAction(
      "stripe",
      async (ctx, { event, idempotencyKey, json }) => {
        if (event !== "checkout.session.completed") return;
        const { amount_total: amount } = json<Checkout>().data.object;
        await ctx.runMutation(internal.orders.delivered, { eventId: idempotencyKey, provider: "stripe", type: event, amount, route: "http" });
      },
      { secret: () => env.STRIPE_WEBHOOK_SECRET },
    ),
  ),
});

export default http;
