import { data, milliseconds, own, record, text } from "../core/input.js";
import { high, put, resultPairs, withMessages, written } from "../core/messages.js";
import { putScheme, refuseWebhook, secretsOf, urlOf } from "./boundary.js";
import { schemeOf } from "./providers.js";
import type { SignWebhookOptions, WebhookProvider } from "./types.js";

const ID_BYTES = 16;

/**
 * Signs a delivery as the provider does: for tests, and for webhooks of your own (`standard`).
 *
 * @param provider - Whose scheme, by name, or what `hmac()` made.
 * @param options - The secret, the body, and what else is signed.
 * @returns The headers to send with exactly this body.
 * @throws CountersignError `header_invalid` for an id, an event or an address that no header can carry; `secret_missing`,
 *   `secret_malformed`, `secret_weak`, `misconfigured`, `type_invalid`, `text_malformed`.
 */
export function signWebhook(provider: WebhookProvider, options: SignWebhookOptions): [name: string, value: string][] {
  const scheme = schemeOf(provider);
  const given = record(options, "options") as SignWebhookOptions;
  const timestamp = milliseconds(own(given, "timestamp") ?? Date.now(), "timestamp");
  const id = text(own(given, "id") ?? (scheme.idPrefix === undefined ? "" : newId(scheme.idPrefix)), "id");
  const event = text(own(given, "event") ?? "", "event");
  const url = urlOf(given, scheme);
  const body = data(own(given, "body"), "body");
  const secrets = secretsOf(own(given, "secret"), scheme);
  const signed = withMessages((messages) => {
    putScheme(messages, scheme, secrets);
    for (const part of [id, event, url, body]) put(messages, part);
    return messages.sign_webhook(written(), scheme.number, high(timestamp), timestamp);
  }, resultPairs);
  return typeof signed === "number" ? refuseWebhook(signed, scheme) : signed;
}

function newId(prefix: string): string {
  const random = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return prefix + Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
