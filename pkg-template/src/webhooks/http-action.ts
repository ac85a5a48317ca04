import { endpoint, receive } from "./receive.js";
import type { WebhookDelivery, WebhookRouteOptions } from "./receive.js";
import type { WebhookProvider } from "./types.js";

/** What an http action does with a delivery. Returning nothing answers 200; throwing makes a 500 of it, and the provider tries again. */
export type WebhookActionHandler<Ctx> = (ctx: Ctx, delivery: WebhookDelivery) => Response | void | undefined | Promise<Response | void | undefined>;

/**
 * What Convex's `httpAction` takes, for a provider's deliveries and nothing else:
 * `http.route({ path: "/stripe", method: "POST", handler: httpAction(webhookHttpAction("stripe", ..., { secret })) })`.
 *
 * @param provider - Its name, or what `hmac({ ... })` returned.
 * @param handler - Gets the http action's `ctx`, and the delivery. In the mutation that it runs, `firstDelivery` tells whether the event is new.
 * @param options - See {@link WebhookRouteOptions}.
 * @returns The function for `httpAction` of `./_generated/server`.
 */
export function webhookHttpAction<Ctx>(
  provider: WebhookProvider,
  handler: WebhookActionHandler<Ctx>,
  options: WebhookRouteOptions,
): (ctx: Ctx, request: Request) => Promise<Response> {
  const from = endpoint(provider, handler, options, (variable) => `Run \`npx convex env set ${variable}\``);
  return (ctx, request) => receive(from, request, (delivery) => handler(ctx, delivery));
}
