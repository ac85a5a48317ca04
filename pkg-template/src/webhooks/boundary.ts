import { CountersignError, errorCodes, typeInvalid } from "../core/errors.js";
import { data, isWellFormed, milliseconds, own, record, text } from "../core/input.js";
import { put, putList } from "../core/messages.js";
import type { Messages } from "../core/messages.js";
import { schemeOf } from "./providers.js";
import type { Scheme } from "./providers.js";
import type { VerifyWebhookOptions, WebhookProvider } from "./types.js";

const DEFAULT_TOLERANCE_MS = 300_000;

/** A delivery that is looked at, read and checked. */
export interface Delivery {
  readonly scheme: Scheme;
  readonly secrets: readonly string[];
  /** The headers that the scheme looks at, names and values: every one there is, also if it is there twice. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array;
  /** The address, where it is signed. */
  readonly url: string;
  readonly now: number;
  readonly tolerance: number;
}

export function deliveryOf(provider: WebhookProvider, options: VerifyWebhookOptions): Delivery {
  const scheme = schemeOf(provider);
  const given = record(options, "options") as VerifyWebhookOptions;
  const now = milliseconds(own(given, "now") ?? Date.now(), "now");
  // A number of 32 bits would lose what is above them; Rust refuses what is over its limit.
  const tolerance = Math.min(milliseconds(own(given, "toleranceMs") ?? DEFAULT_TOLERANCE_MS, "toleranceMs"), 0xffff_ffff);
  const url = urlOf(given, scheme);
  const headers = headersOf(own(given, "headers"), scheme);
  const body = data(own(given, "body"), "body");
  return { scheme, secrets: secretsOf(own(given, "secret"), scheme), headers, body, url, now, tolerance };
}

export function secretsOf(value: unknown, scheme: Scheme): string[] {
  if (!Array.isArray(value)) return [secretOf(value, scheme)];
  // By index: a hole in the list must not pass for the end of it.
  return Array.from(value, (one) => secretOf(one, scheme));
}

function secretOf(value: unknown, scheme: Scheme): string {
  if (value === undefined || value === null) throw webhookError("secret_missing", scheme);
  return text(value, "secret");
}

/** Writes who signs, and with what. */
export function putScheme(messages: Messages, scheme: Scheme, secrets: readonly string[]): void {
  putList(messages, scheme.custom);
  putList(messages, secrets);
}

/** Writes a delivery. */
export function putDelivery(messages: Messages, { scheme, secrets, headers, url, body }: Delivery): void {
  putScheme(messages, scheme, secrets);
  putList(messages, headers);
  put(messages, url);
  put(messages, body);
}

function headersOf(value: unknown, scheme: Scheme): string[] {
  const found: string[] = [];
  const take = (name: unknown, content: unknown): void => {
    if (typeof name !== "string") throw typeInvalid("headers", "a Headers object, an object of texts, or a list of pairs of texts");
    if (!scheme.headers.includes(name.toLowerCase())) return;
    if (typeof content !== "string") throw typeInvalid("each header that is signed", "a string");
    if (!isWellFormed(content)) throw webhookError("header_invalid", scheme);
    found.push(name, content);
  };
  eachHeader(value, take);
  return found;
}

function eachHeader(value: unknown, take: (name: unknown, content: unknown) => void): void {
  if (typeof value !== "object" || value === null) throw typeInvalid("headers", "a Headers object, an object of texts, or a list of pairs of texts");
  if (Array.isArray(value)) {
    for (const pair of value as readonly unknown[]) {
      if (!Array.isArray(pair) || pair.length !== 2) throw typeInvalid("headers", "a list of pairs of texts");
      take(pair[0], pair[1]);
    }
  } else if (isPlain(value)) {
    for (const name of Object.keys(value)) {
      const content = (value as Record<string, unknown>)[name];
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

/** The address, where it is signed. */
export function urlOf(options: { url?: string | undefined }, scheme: Scheme): string {
  return scheme.url === true ? text(own(options, "url"), "url") : "";
}

/** Throws what Rust refused with. */
export function refuseWebhook(answer: number, scheme: Scheme): never {
  throw webhookError(errorCodes[answer] ?? `internal_${answer}`, scheme);
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
