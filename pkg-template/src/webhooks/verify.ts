import { withRich } from "../core/rich.js";
import { readUtf8 } from "../core/utf8.js";
import { refuseWebhook, webhookError, withDelivery } from "./boundary.js";
import type { Delivery } from "./boundary.js";
import type { Scheme } from "./providers.js";
import type { VerifiedWebhook, VerifyWebhookOptions, WebhookProvider } from "./types.js";

/** The longest name of an event, and the longest id (src/webhook.rs), that is taken from a body. */
const MOST = 200;

/** What Rust answers. */
interface Answer {
  readonly error: number;
  readonly id: string | undefined;
  readonly covered: boolean;
  readonly timestamp: number | undefined;
  readonly event: string | undefined;
  readonly digest: string | undefined;
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
  // A refusal is thrown out here: one thrown inside would drop the instance.
  const [found, delivery] = withDelivery(provider, options, (...parts) => withRich((rich) => rich.verify_webhook(...parts)));
  const answer = found as Answer;
  const { scheme, body } = delivery;
  refuseWebhook(answer.error, scheme);
  // From here on the body is the provider's.
  const json = scheme.event.length > 0 ? parsed(body) : undefined;
  const timestamp = scheme.time === undefined ? answer.timestamp : timeOf(json, scheme.time, delivery);
  const id = answer.covered ? answer.id : idOf(scheme.id && field(json, scheme.id));
  const unique = id ?? `sha256:${answer.digest ?? withRich((rich) => rich.digest_webhook(body))}`;
  const event = eventOf(json, scheme) ?? answer.event;
  return { id: id ?? answer.id ?? unique, timestamp, event, idempotencyKey: `${scheme.name}:${unique}` };
}

/**
 * Throws if a time that is signed as a part of the body is not there or outside the window. For a body that is known to be the provider's.
 *
 * @internal
 */
export function checkBodyTime(delivery: Delivery): void {
  const { time } = delivery.scheme;
  if (time !== undefined) timeOf(parsed(delivery.body), time, delivery);
}

let decoder: TextDecoder | undefined;

/** A body that is JSON. */
function parsed(body: Uint8Array): unknown {
  try {
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
function timeOf(json: unknown, path: readonly string[], { scheme, now, tolerance }: Delivery): number {
  const value = field(json, path);
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) throw webhookError("signature_malformed", scheme);
  refuseWebhook(withRich((rich) => rich.check_webhook_time(value, now, tolerance)), scheme);
  return value;
}
