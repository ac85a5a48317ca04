import type { Data } from "../core/input.js";
import type { HmacProvider } from "./hmac.js";

/**
 * A service whose deliveries are verified as it documents them. What it signs says what can be believed:
 *
 * - `standard` ([Standard Webhooks](https://www.standardwebhooks.com)), `svix`, `clerk`, `resend`: secret `whsec_` and base64. Id (a header), time
 *   and body are covered; the event is the body's `type`. `standard` reads `webhook-*` headers, the others `svix-*`.
 * - `polar`: the same with `webhook-*` headers. The key is the whole secret as text (secrets made before 2026-09-08) or what stands behind
 *   `whsec_` in base64 (since); both are tried.
 * - `stripe`: secret `whsec_...`, taken as text. Time and body are covered; id and event are the body's `id` and `type`.
 * - `github`: any text. Only the body is covered: id (`x-github-delivery`) and event (`x-github-event`) are what the sender says, and there is no time.
 * - `slack`: the signing secret as text. Time and body are covered; the id is the body's `event_id`, the event its `event.type`, if it is JSON.
 * - `shopify`: the app's client secret as text. Only the body is covered: id (`x-shopify-webhook-id`) and event (`x-shopify-topic`) are not, and there is no time.
 * - `linear`: the signing secret as text. Only the body is covered, with the time in it (`webhookTimestamp`) and the event (`type`); the id
 *   (`linear-delivery`) is not.
 * - `lemonsqueezy`: any text. Only the body is covered, with the event in it (`meta.event_name`). There is neither an id nor a time.
 * - `paddle`: secret `pdl_ntfset_...`, taken as text. Time and body are covered; id and event are the body's `event_id` and `event_type`.
 * - `workos`: the secret as text. Time and body are covered; id and event are the body's `id` and `event`.
 * - `qstash`: the signing keys `sig_...`, current and next. A token covers its own id, its time, the address and the body. An attempt to
 *   deliver a message again may have another id.
 */
export type WebhookProviderName =
  | "standard"
  | "svix"
  | "clerk"
  | "resend"
  | "polar"
  | "stripe"
  | "github"
  | "slack"
  | "shopify"
  | "linear"
  | "lemonsqueezy"
  | "paddle"
  | "workos"
  | "qstash";

/** A provider by its name, or what `hmac()` made. */
export type WebhookProvider = WebhookProviderName | HmacProvider;

/** What is looked at of a `Headers` object. It has no name here: not every project's `lib` knows one. */
export interface WebhookHeaderFields {
  get(name: string): string | null;
  forEach(callback: (value: string, name: string) => void): void;
}

/** The headers of a request, in any of the forms in which hosts have them: a `Headers` object, an object, or a list of pairs. */
export type WebhookHeaders =
  | WebhookHeaderFields
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | readonly (readonly [name: string, value: string])[];

export interface VerifyWebhookOptions {
  /** The provider's secret; or several, while it is rotated. */
  secret: string | readonly string[];
  /** The request's headers. */
  headers: WebhookHeaders;
  /** The body exactly as it came: before `JSON.parse`, and as bytes if there is a choice. */
  body: Data;
  /** Milliseconds since 1970: the clock, if left out. */
  now?: number | undefined;
  /** How far the provider's clock and this one may be apart, to either side: 300,000 ms if left out, 900,000 at most. */
  toleranceMs?: number | undefined;
  /** `qstash` only, and there required: the address that messages are sent to, as QStash was told it. */
  url?: string | undefined;
}

/** A delivery that the provider signed. */
export interface VerifiedWebhook {
  /** The provider's id of the delivery or its event; `sha256:` and the body's hash, if it has none. {@link WebhookProviderName} says which ids are covered. */
  readonly id: string;
  /** When it was signed, in milliseconds since 1970. `undefined` where the scheme signs no time. */
  readonly timestamp: number | undefined;
  /** What happened, if the provider says so in a header or in a JSON body. */
  readonly event: string | undefined;
  /**
   * The same for deliveries of the same event, and made of nothing that the signature does not cover: the provider's name and its id, or the
   * hash of the body. 1 to 256 bytes.
   */
  readonly idempotencyKey: string;
}

export interface SignWebhookOptions {
  /** The secret to sign with. Of several each signs, where the scheme knows several signatures; otherwise the first. */
  secret: string | readonly string[];
  /** The body to send. */
  body: Data;
  /** The delivery's id, where it is a header's or a token's. One is made if the scheme signs an id and this is left out. */
  id?: string | undefined;
  /** Milliseconds since 1970: the clock, if left out. */
  timestamp?: number | undefined;
  /** The name of the event, for providers that have a header for it. */
  event?: string | undefined;
  /** `qstash` only, and there required: the address that the message is sent to. */
  url?: string | undefined;
}
