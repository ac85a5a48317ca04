/**
 * Webhooks, verified by the same code as everything else.
 *
 * @module
 */
export { CountersignError } from "../index.js";
export { hmac } from "./hmac.js";
export type { HmacOptions, HmacProvider } from "./hmac.js";
export { signWebhook } from "./sign.js";
export type { SignWebhookOptions, VerifiedWebhook, VerifyWebhookOptions, WebhookHeaders, WebhookProvider, WebhookProviderName } from "./types.js";
export { verifyWebhook } from "./verify.js";
export { webhookHttpAction } from "./http-action.js";
export type { WebhookActionHandler } from "./http-action.js";
export { firstDelivery } from "./once.js";
export type { DeliveryStore, MutationCtx } from "./once.js";
export type { WebhookDelivery, WebhookRouteOptions, WebhookSecret } from "./receive.js";
export { webhookRoute } from "./route.js";
export type { WebhookHandler } from "./route.js";
