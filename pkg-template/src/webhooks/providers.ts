import { typeInvalid } from "../core/errors.js";
import { HmacProvider } from "./hmac.js";
import type { WebhookProviderName } from "./types.js";

/** What TypeScript needs to know of a provider to carry values. What is verified and how is decided in Rust (src/webhook/provider.rs). */
export interface Scheme {
  readonly name: string;
  /** Its place in Rust's list. */
  readonly number: number;
  /** What describes it to Rust, if it has no number. */
  readonly custom: readonly string[];
  /** The headers that are looked at, the signature's first. */
  readonly headers: readonly string[];
  /** What its secrets look like. */
  readonly secret: string;
  /** Whether an id is signed, so that a new delivery needs one, and what ours begin with. */
  readonly idPrefix: string | undefined;
  /** Whether the address is signed. */
  readonly url: true | undefined;
  /** Where a JSON body has the id, the event and the time, all of which it covers. The event is in the first place that there is. */
  readonly id: readonly string[] | undefined;
  readonly event: readonly (readonly string[])[];
  readonly time: readonly string[] | undefined;
}

const whsec = "`whsec_` and at least 16 bytes in base64, with padding, as the dashboard shows it";
const anyText = "a text of at least 16 bytes, without white space or quotes at its ends";
const webhook = ["webhook-signature", "webhook-id", "webhook-timestamp"];
const svix = ["svix-signature", "svix-id", "svix-timestamp"];

const type = [["type"]];
/** Every field, so that none is looked for on a prototype. */
const plain = { custom: [], idPrefix: undefined, url: undefined, id: undefined, event: [], time: undefined };
const named = { ...plain, idPrefix: "msg_", event: type };

const schemes: Readonly<Record<WebhookProviderName, Scheme>> = {
  standard: { ...named, name: "standard", number: 0, headers: webhook, secret: whsec },
  svix: { ...named, name: "svix", number: 1, headers: svix, secret: whsec },
  clerk: { ...named, name: "clerk", number: 1, headers: svix, secret: whsec },
  resend: { ...named, name: "resend", number: 1, headers: svix, secret: whsec },
  polar: { ...named, name: "polar", number: 2, headers: webhook, secret: anyText },
  stripe: { ...plain, name: "stripe", number: 3, headers: ["stripe-signature"], secret: "`whsec_` and at least 16 characters, as the dashboard shows it", id: ["id"], event: type },
  github: { ...plain, name: "github", number: 4, headers: ["x-hub-signature-256", "x-github-delivery", "x-github-event"], secret: anyText },
  slack: {
    ...plain,
    name: "slack",
    number: 5,
    headers: ["x-slack-signature", "x-slack-request-timestamp"],
    secret: `${anyText}: the app's signing secret`,
    id: ["event_id"],
    event: [["event", "type"], ["type"]],
  },
  shopify: { ...plain, name: "shopify", number: 6, headers: ["x-shopify-hmac-sha256", "x-shopify-webhook-id", "x-shopify-topic"], secret: `${anyText}: the app's client secret` },
  linear: { ...plain, name: "linear", number: 7, headers: ["linear-signature", "linear-delivery", "linear-event"], secret: anyText, event: type, time: ["webhookTimestamp"] },
  lemonsqueezy: { ...plain, name: "lemonsqueezy", number: 8, headers: ["x-signature", "x-event-name"], secret: anyText, event: [["meta", "event_name"]] },
  paddle: { ...plain, name: "paddle", number: 9, headers: ["paddle-signature"], secret: "`pdl_ntfset_` and at least 16 characters, as the dashboard shows it", id: ["event_id"], event: [["event_type"]] },
  workos: { ...plain, name: "workos", number: 10, headers: ["workos-signature"], secret: anyText, id: ["id"], event: [["event"]] },
  qstash: { ...plain, name: "qstash", number: 11, headers: ["upstash-signature"], secret: "a signing key: `sig_` and at least 16 characters", idPrefix: "jwt_", url: true },
};

const customSecrets = {
  utf8: anyText,
  hex: "lower-case hexadecimal, at least 32 digits",
  base64: "base64 with padding, at least 16 bytes",
};

/** The scheme of a provider. */
export function schemeOf(provider: unknown): Scheme {
  if (typeof provider === "string" && Object.hasOwn(schemes, provider)) return schemes[provider as WebhookProviderName];
  const described = HmacProvider.read(provider);
  if (described === undefined) throw typeInvalid("provider", `one of ${Object.keys(schemes).join(", ")}, or what hmac() made`);
  const { name, headers, parts } = described;
  return { ...plain, name, number: 0, custom: parts, headers, secret: customSecrets[parts[3] as keyof typeof customSecrets] };
}
