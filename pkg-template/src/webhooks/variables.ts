import type { WebhookProviderName } from "./types.js";

/** What the providers' own documentation, or else most apps, call the variables of their secrets. */
export const usualVariables: Readonly<Record<WebhookProviderName, readonly [string, ...string[]]>> = {
  standard: ["WEBHOOK_SECRET"],
  svix: ["SVIX_WEBHOOK_SECRET"],
  clerk: ["CLERK_WEBHOOK_SIGNING_SECRET"],
  resend: ["RESEND_WEBHOOK_SECRET"],
  polar: ["POLAR_WEBHOOK_SECRET"],
  stripe: ["STRIPE_WEBHOOK_SECRET"],
  github: ["GITHUB_WEBHOOK_SECRET"],
  slack: ["SLACK_SIGNING_SECRET"],
  shopify: ["SHOPIFY_API_SECRET"],
  linear: ["LINEAR_WEBHOOK_SECRET"],
  lemonsqueezy: ["LEMONSQUEEZY_WEBHOOK_SECRET"],
  paddle: ["PADDLE_WEBHOOK_SECRET"],
  workos: ["WORKOS_WEBHOOK_SECRET"],
  qstash: ["QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY"],
};
