import { CountersignError, errorCodes, typeInvalid } from "../core/errors.js";
import { data, isWellFormed, milliseconds, own, record, text } from "../core/input.js";
import { pack } from "../core/packed.js";
import { toUtf8 } from "../core/utf8.js";
import { schemeOf } from "./providers.js";
import type { Scheme } from "./providers.js";
import type { VerifyWebhookOptions, WebhookProvider } from "./types.js";

const DEFAULT_TOLERANCE_MS = 300_000;

/** A delivery that is looked at. */
export interface Delivery {
  readonly scheme: Scheme;
  readonly body: Uint8Array;
  readonly now: number;
  readonly tolerance: number;
}

/** The same as Rust takes it: the provider by number or description, secrets, headers, body, address, time now, tolerance. */
type DeliveryParts = [number: number, custom: Uint8Array, secrets: Uint8Array, headers: Uint8Array, body: Uint8Array, url: Uint8Array, now: number, tolerance: number];

/** Gives the parts of a delivery to `use`, and wipes the secrets. */
export function withDelivery<T>(provider: WebhookProvider, options: VerifyWebhookOptions, use: (...parts: DeliveryParts) => T): [answer: T, delivery: Delivery] {
  const scheme = schemeOf(provider);
  const given = record(options, "options") as VerifyWebhookOptions;
  const now = milliseconds(own(given, "now") ?? Date.now(), "now");
  // A number of 32 bits would lose what is above them; Rust refuses what is over its limit.
  const tolerance = Math.min(milliseconds(own(given, "toleranceMs") ?? DEFAULT_TOLERANCE_MS, "toleranceMs"), 0xffff_ffff);
  const url = urlBytes(given, scheme);
  const headers = packHeaders(own(given, "headers"), scheme);
  const body = bodyBytes(own(given, "body"));
  const secrets = packSecrets(own(given, "secret"), scheme);
  try {
    return [use(scheme.number, scheme.custom, secrets, headers, body, url, now, tolerance), { scheme, body, now, tolerance }];
  } finally {
    secrets.fill(0);
  }
}

/** The secrets, packed. Whoever asks wipes them. */
export function packSecrets(value: unknown, scheme: Scheme): Uint8Array {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const parts: Uint8Array[] = [];
  try {
    for (const one of list) {
      if (one === undefined || one === null) throw webhookError("secret_missing", scheme);
      parts.push(toUtf8(text(one, "secret")));
    }
    return pack(parts);
  } finally {
    for (const part of parts) part.fill(0);
  }
}

/** The headers that the scheme looks at, packed: every one there is, also if it is there twice. */
export function packHeaders(value: unknown, scheme: Scheme): Uint8Array {
  const found: string[] = [];
  const take = (name: unknown, content: unknown): void => {
    if (typeof name !== "string") throw typeInvalid("headers", "a Headers object, an object of texts, or a list of pairs of texts");
    if (!scheme.headers.includes(name.toLowerCase())) return;
    if (typeof content !== "string") throw typeInvalid("each header that is signed", "a string");
    if (!isWellFormed(content)) throw webhookError("header_invalid", scheme);
    found.push(name, content);
  };
  eachHeader(value, take);
  return pack(found);
}

function eachHeader(value: unknown, take: (name: unknown, content: unknown) => void): void {
  if (typeof value !== "object" || value === null) throw typeInvalid("headers", "a Headers object, an object of texts, or a list of pairs of texts");
  if (Array.isArray(value)) {
    for (const pair of value as readonly unknown[]) {
      if (!Array.isArray(pair) || pair.length !== 2) throw typeInvalid("headers", "a list of pairs of texts");
      take(pair[0], pair[1]);
    }
  } else if (isPlain(value)) {
    for (const [name, content] of Object.entries(value)) {
      if (Array.isArray(content)) for (const one of content as readonly unknown[]) take(name, one);
      else if (content !== undefined) take(name, content);
    }
  } else if (typeof (value as Partial<Headers>).forEach === "function") {
    // Every field, and not `get`, which in some hosts gives the first of two.
    (value as Headers).forEach((content, name) => take(name, content));
  } else {
    throw typeInvalid("headers", "a Headers object, an object of texts, or a list of pairs of texts");
  }
}

/** An object of any realm that is nobody's instance. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A body's bytes: those that were given, or a text as UTF-8. */
export function bodyBytes(value: unknown): Uint8Array {
  const body = data(value, "body");
  return typeof body === "string" ? toUtf8(body) : body;
}

const none = new Uint8Array(0);

/** The address, where it is signed. */
export function urlBytes(options: { url?: string | undefined }, scheme: Scheme): Uint8Array {
  return scheme.url === true ? toUtf8(text(own(options, "url"), "url")) : none;
}

/** Throws what Rust refused with, if it did. */
export function refuseWebhook(answer: number, scheme: Scheme): void {
  if (answer !== 0) throw webhookError(errorCodes[answer] ?? `internal_${answer}`, scheme);
}

/** What is wrong with a delivery and what to do about it. What `hmac()` was given is in none: somebody may have mixed up the arguments. */
export function webhookError(code: string, scheme: Scheme): CountersignError {
  const [name, headers] = scheme.custom.length === 0 ? [scheme.name, scheme.headers] : ["the sender", ["those that hmac() was given"]];
  const messages: Record<string, string> = {
    secret_missing: `The secret of webhooks of ${name} is not set.`,
    secret_weak: `The secret of webhooks of ${name} can be guessed: it is too short, too regular, or a placeholder. It must be ${scheme.secret}.`,
    secret_malformed: `The secret of webhooks of ${name} is not of its form: it must be ${scheme.secret}.`,
    misconfigured: "hmac() was given names that no header can have, one name twice, or nothing to stand between time and body; or there are more than 16 secrets.",
    signature_missing: `There is no signature of ${name}. Its header: ${headers[0]}.`,
    signature_malformed: `The signature of ${name} is not of its form. It was changed on the way, or made by somebody else.`,
    signature_invalid: `Not signed by ${name} with this secret. Is it this endpoint's secret, and the body as it came, not parsed and written again?`,
    header_invalid: `A header of ${name} is missing, there twice, or not of its form: ${headers.join(", ")}.`,
    expired: "Signed too long ago. Check the clock of this machine.",
    not_yet_valid: "Signed in the future. Check the clock of this machine.",
    type_invalid: "toleranceMs must be at most 900000.",
  };
  return new CountersignError(code, Object.hasOwn(messages, code) ? messages[code] : undefined);
}
