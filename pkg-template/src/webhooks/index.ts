/**
 * Webhooks, verified by the same code as everything else.
 *
 * @module
 */
export { CountersignError } from "../index.js";
export { hmac, HmacProvider } from "./hmac.js";
export type { HmacOptions } from "./hmac.js";
export { signWebhook } from "./sign.js";
export type { SignWebhookOptions, VerifiedWebhook, VerifyWebhookOptions, WebhookHeaders, WebhookProvider, WebhookProviderName } from "./types.js";
export { verifyWebhook } from "./verify.js";
