import { high, put, resultNumber, resultText, resultTime, withMessages, written } from "../core/messages.js";
import { readUtf8 } from "../core/utf8.js";
import { deliveryOf, putDelivery, refuseWebhook, webhookError } from "./boundary.js";
import type { Delivery } from "./boundary.js";
import type { Scheme } from "./providers.js";
import type { VerifiedWebhook, VerifyWebhookOptions, WebhookProvider } from "./types.js";

/** The longest name of an event, and the longest id (src/webhook.rs), that is taken from a body. */
const MOST = 200;

/** Where the texts are in what Rust answers. */
const TEXTS_AT = 20;

/** What Rust answers: whether the id is covered, a time, how long id and event are, these, and a digest. Empty is what is not there. */
function readAnswer(length: number): { covered: boolean; timestamp: number; id: string; event: string; digest: string } {
  const [covered, timestamp, idEnd] = [resultNumber(0) === 1, resultTime(1), resultNumber(3)];
  const eventEnd = idEnd + resultNumber(4);
  const texts = length > TEXTS_AT ? resultText(length, TEXTS_AT) : "";
  return { covered, timestamp, id: texts.slice(0, idEnd), event: texts.slice(idEnd, eventEnd), digest: texts.slice(eventEnd) };
}

/**
 * Verifies a delivery: that the provider signed this body, and when. Every secret and every signature is tried.
 *
 * @param provider - Who signs, by name, or what `hmac()` made.
 * @param options - The secret, the request's headers, and its body as it came.
 * @returns The delivery's id, time and event, and a key by which it is known if it comes again.
 * @throws CountersignError `signature_missing`, `header_invalid`, `signature_malformed`, `signature_invalid`, `expired`, `not_yet_valid`;
 *   `secret_missing`, `secret_malformed`, `secret_weak`, `misconfigured`, `type_invalid`, `text_malformed` if the set-up is wrong.
 */
export function verifyWebhook(provider: WebhookProvider, options: VerifyWebhookOptions): VerifiedWebhook {
  const delivery = deliveryOf(provider, options);
  const { scheme, body, now, tolerance } = delivery;
  const answer = withMessages((messages) => {
    putDelivery(messages, delivery);
    return messages.verify_webhook(written(), scheme.number, high(now), now, tolerance);
  }, readAnswer);
  if (typeof answer === "number") return refuseWebhook(answer, scheme);
  // From here on the body is the provider's.
  const json = scheme.event.length > 0 ? parsed(body) : undefined;
  const timestamp = scheme.time === undefined ? answer.timestamp || undefined : timeOf(json, scheme.time, delivery, checkTime);
  const id = answer.covered ? answer.id : idOf(scheme.id && field(json, scheme.id));
  const unique = id ?? `sha256:${answer.digest || digestOf(body)}`;
  const event = eventOf(json, scheme) ?? (answer.event || undefined);
  return { id: id ?? (answer.id || unique), timestamp, event, idempotencyKey: `${scheme.name}:${unique}` };
}

function digestOf(body: string | Uint8Array): string {
  const digest = withMessages((messages) => {
    put(messages, body);
    return messages.digest_webhook(written());
  }, resultText);
  return digest as string;
}

/**
 * Throws if a time that is signed as a part of the body is not there or outside the window. For a body that is known to be the provider's.
 *
 * @internal
 */
export function checkBodyTime(delivery: Delivery, check: TimeCheck): void {
  const { time } = delivery.scheme;
  if (time !== undefined) timeOf(parsed(delivery.body), time, delivery, check);
}

/** Asks Rust whether a time is within the window. Gives 0, or the number of an error. */
type TimeCheck = (time: number, now: number, toleranceMs: number) => number;

function checkTime(time: number, now: number, tolerance: number): number {
  return withMessages((messages) => messages.check_webhook_time(high(time), time, high(now), now, tolerance), Number);
}

let decoder: TextDecoder | undefined;

/** A body that is JSON. */
function parsed(body: string | Uint8Array): unknown {
  try {
    if (typeof body === "string") return JSON.parse(body);
    if (typeof TextDecoder === "undefined") return JSON.parse(readUtf8(body));
    decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return JSON.parse(decoder.decode(body));
  } catch {
    return undefined; // some providers send forms as well
  }
}

/** What stands there, by own properties only. */
function field(json: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => {
    return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }, json);
}

/** An id as Rust would take it of a header. */
function idOf(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= MOST && /^[!-+\--~]+$/.test(value) ? value : undefined;
}

function eventOf(json: unknown, { event }: Scheme): string | undefined {
  const found = event.map((path) => field(json, path)).find((value) => typeof value === "string" && value !== "" && value.length <= MOST);
  return found as string | undefined;
}

/** A time that the body must have, within the window: without it a delivery would be good for ever. */
function timeOf(json: unknown, path: readonly string[], { scheme, now, tolerance }: Delivery, check: TimeCheck): number {
  const value = field(json, path);
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) throw webhookError("signature_malformed", scheme);
  const answer = check(value, now, tolerance);
  return answer === 0 ? value : refuseWebhook(answer, scheme);
}
