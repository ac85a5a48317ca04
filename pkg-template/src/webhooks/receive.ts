import { typeInvalid } from "../core/errors.js";
import { own, record } from "../core/input.js";
import { maxBodyBytesOf, readBody } from "../http/body.js";
import { bodyOf, headersOf } from "../http/carry.js";
import { problemOf } from "../http/problem.js";
import { CountersignError } from "../index.js";
import type { VerifiedWebhook, WebhookProvider, WebhookProviderName } from "./types.js";
import { usualVariables } from "./variables.js";
import { verifyWebhook } from "./verify.js";

/** A webhook's secret as an environment variable has it; or several, while it is rotated: of those, what is not set is passed over. With none set nobody gets in. */
export type WebhookSecret = string | undefined | readonly (string | undefined)[];

/** The options of `webhookRoute` and of `webhookHttpAction`. */
export interface WebhookRouteOptions {
  /** The secret that the provider signs with, or a function that is asked for it at each delivery. */
  readonly secret: WebhookSecret | (() => WebhookSecret | Promise<WebhookSecret>);
  /** How many bytes of a body are read: 1 MiB if left out. */
  readonly maxBodyBytes?: number | undefined;
  /** How far the provider's clock and this one may be apart, in milliseconds; the provider's own window if left out. */
  readonly toleranceMs?: number | undefined;
  /** `qstash` only: the URL that messages are sent to. One that was signed for another URL is refused. */
  readonly url?: string | undefined;
}

/** A delivery that the provider signed. */
export interface WebhookDelivery extends VerifiedWebhook {
  /** The bytes that were signed. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The body as JSON. Throws if it is none. */
  json<T = unknown>(): T;
  /** The same request once more, with its body unread. */
  readonly request: Request;
}

/** What a route knows before any delivery. @internal */
export interface Endpoint extends WebhookRouteOptions {
  readonly provider: WebhookProvider;
  readonly maxBodyBytes: number;
  /** How a variable of this name is set here. */
  readonly setting: (variable: string) => string;
}

/** Checks what a route is made of, so that a mistake is found when its module is loaded. Secrets are not read yet. @internal */
export function endpoint(provider: WebhookProvider, handler: unknown, options: WebhookRouteOptions, setting: Endpoint["setting"]): Endpoint {
  if (typeof handler !== "function") throw typeInvalid("handler", "a function");
  const given = record(options, "options") as WebhookRouteOptions;
  if (!Object.hasOwn(given, "secret")) throw typeInvalid("options.secret", "given: `secret: process.env.X`, also where X is not set");
  return { provider, secret: given.secret, maxBodyBytes: maxBodyBytesOf(own(given, "maxBodyBytes")), toleranceMs: own(given, "toleranceMs"), url: own(given, "url"), setting };
}

/**
 * Verifies one request, and lets `handle` answer it only if the provider signed it.
 *
 * @throws Whatever `handle` throws: Next.js and Convex make a 500 of it, and the provider tries again.
 * @internal
 */
export async function receive(from: Endpoint, request: Request, handle: (delivery: WebhookDelivery) => unknown): Promise<Response> {
  let delivery;
  try {
    delivery = await verified(from, request);
  } catch (error) {
    return problemOf(error, { request, keys: undefined, explain: false });
  }
  // 200 and not 204: to some providers any other status is a delivery that failed.
  return ((await handle(delivery)) as Response | null | undefined) ?? new Response(null, { status: 200 });
}

async function verified(from: Endpoint, request: Request): Promise<WebhookDelivery> {
  const secret = await secretOf(from);
  const body = await readBody(request, from.maxBodyBytes);
  const found = verifyWebhook(from.provider, { secret, headers: headersOf(request), body, toleranceMs: from.toleranceMs, url: from.url });
  const { url, method, headers, signal } = request;
  return {
    ...found,
    body,
    json: () => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)),
    request: new Request(url, { method, headers, signal, body: bodyOf(body) }),
  };
}

/** Before the body is read: without a secret there is nothing to verify it with. */
async function secretOf({ provider, secret, setting }: Endpoint): Promise<string | string[]> {
  const given = typeof secret === "function" ? await secret() : secret;
  const set = [given].flat().filter((one) => one !== undefined && one !== "") as string[];
  if (set.length > 0) return set;
  const name = typeof provider === "string" ? provider : "these";
  const [variable] = Object.hasOwn(usualVariables, name) ? usualVariables[name as WebhookProviderName] : ["WEBHOOK_SECRET"];
  throw new CountersignError(
    "secret_missing",
    `countersign: the secret of ${name} webhooks is not set, so none is accepted. ${setting(variable)}, or whatever variable \`secret\` reads here.`,
  );
}
