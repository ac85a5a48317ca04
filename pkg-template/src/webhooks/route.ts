import { endpoint, receive } from "./receive.js";
import type { WebhookDelivery, WebhookRouteOptions } from "./receive.js";
import type { WebhookProvider } from "./types.js";

/** What is done with a delivery. Returning nothing answers 200; throwing makes a 500 of it, and the provider tries again. */
export type WebhookHandler = (delivery: WebhookDelivery) => Response | void | undefined | Promise<Response | void | undefined>;

/**
 * A route handler of Next.js that lets a provider's deliveries through, and nothing else: `export const POST = webhookRoute("stripe", ..., { secret })`.
 * Works wherever a server is a function of web `Request` and `Response`.
 *
 * @param provider - Its name, or what `hmac({ ... })` returned.
 * @param handler - See {@link WebhookHandler}.
 * @param options - See {@link WebhookRouteOptions}.
 * @returns The route handler. What it refuses it answers with a status and no reason; the reason is one line in the log.
 */
export function webhookRoute(provider: WebhookProvider, handler: WebhookHandler, options: WebhookRouteOptions): (request: Request) => Promise<Response> {
  const from = endpoint(provider, handler, options, (variable) => `In .env.local, and in your host's settings, set ${variable}`);
  return (request) => receive(from, request, handler);
}
