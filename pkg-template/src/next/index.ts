/**
 * Calls signed Convex functions from Next.js: Server Components, Server Actions and Route Handlers.
 * The same functions as in `convex/nextjs`; change the import, nothing else. With `cacheComponents` a Server Component
 * awaits `connection()` of `next/server` first, as with `convex/nextjs`.
 *
 * @module
 */
import { CountersignClient } from "../client/client.js";
import type { CountersignClientOptions, MutationOptions } from "../client/options.js";
import type { ArgsAndOptions, PublicFunction, ReturnOf, Signed } from "../client/types.js";
import { own } from "../core/input.js";
import { CountersignError } from "../index.js";

export { CountersignError };
export { signedRoute } from "./signed-route.js";
export type { SignedRouteContext, SignedRouteOptions } from "./signed-route.js";

/** The options of {@link fetchQuery}, {@link fetchMutation} and {@link fetchAction}: those of `convex/nextjs`, and two more. */
export interface NextjsOptions {
  /** A user's OpenID Connect token, for `ctx.auth`. */
  readonly token?: string | undefined;
  /** The deployment's URL; the environment variable `NEXT_PUBLIC_CONVEX_URL` if left out. */
  readonly url?: string | undefined;
  /** Whether to accept a deployment URL that does not look like one of Convex's, for a self-hosted backend. */
  readonly skipConvexDeploymentUrlCheck?: boolean | undefined;
  /** The secret that signs; the environment variable `COUNTERSIGN_SECRET` if left out. */
  readonly secret?: CountersignClientOptions["secret"];
  /** The deployment the call is meant for, if it knows itself by another URL than this one. */
  readonly audience?: string | undefined;
}

/** The options of {@link fetchMutation}: {@link NextjsOptions}, and one more. */
export interface NextjsMutationOptions extends NextjsOptions {
  /**
   * What this effect is called, for example a webhook event's id: 1 to 256 bytes of UTF-8. The mutation runs once for
   * each key, and with a key the call is tried again after a network error: see `MutationOptions` of countersign/client.
   */
  readonly idempotencyKey?: MutationOptions["idempotencyKey"];
}

/**
 * Calls a signed query.
 *
 * @param query - The function, for example `api.events.list`.
 * @param args - Its arguments, without `countersign`, and {@link NextjsOptions}. Arguments may be left out if it has none.
 * @returns What the query returns.
 * @throws CountersignError if the call is refused, cannot be signed, or the secret or the URL is missing.
 */
export async function fetchQuery<Query extends PublicFunction<"query">>(
  query: Query & Signed<Query>,
  ...args: ArgsAndOptions<Query, NextjsOptions>
): Promise<ReturnOf<Query>> {
  refuseIdempotencyKey(args[1]);
  const client: Caller = clientFor(args[1]);
  return (await client.query(query, args[0])) as ReturnOf<Query>;
}

/**
 * Calls a signed mutation.
 *
 * @param mutation - The function, for example `api.webhooks.markEventProcessed`.
 * @param args - Its arguments, without `countersign`, and {@link NextjsMutationOptions}. Arguments may be left out if it has none.
 * @returns What the mutation returns.
 * @throws CountersignError if the call is refused, cannot be signed, or the secret or the URL is missing;
 *   `idempotency_conflict` if the idempotency key was used for other arguments.
 */
export async function fetchMutation<Mutation extends PublicFunction<"mutation">>(
  mutation: Mutation & Signed<Mutation>,
  ...args: ArgsAndOptions<Mutation, NextjsMutationOptions>
): Promise<ReturnOf<Mutation>> {
  const client: Caller = clientFor(args[1]);
  return (await client.mutation(mutation, args[0], args[1])) as ReturnOf<Mutation>;
}

/**
 * Calls a signed action.
 *
 * @param action - The function, for example `api.mail.send`.
 * @param args - Its arguments, without `countersign`, and {@link NextjsOptions}. Arguments may be left out if it has none.
 * @returns What the action returns.
 * @throws CountersignError if the call is refused, cannot be signed, or the secret or the URL is missing.
 */
export async function fetchAction<Action extends PublicFunction<"action">>(
  action: Action & Signed<Action>,
  ...args: ArgsAndOptions<Action, NextjsOptions>
): Promise<ReturnOf<Action>> {
  refuseIdempotencyKey(args[1]);
  const client: Caller = clientFor(args[1]);
  return (await client.action(action, args[0])) as ReturnOf<Action>;
}

/** The client, with arguments that the functions above have checked already. */
interface Caller {
  query(reference: unknown, args: unknown): Promise<unknown>;
  mutation(reference: unknown, args: unknown, options: MutationOptions | undefined): Promise<unknown>;
  action(reference: unknown, args: unknown): Promise<unknown>;
}

// Next.js replaces exactly the text below; none of ours needs the types of Node.
declare const process: { readonly env: { readonly NEXT_PUBLIC_CONVEX_URL?: string } };

// A call that nothing keeps from running twice must not look like one that runs once.
function refuseIdempotencyKey(options: NextjsMutationOptions = {}): void {
  if (own(options, "idempotencyKey") === undefined) return;
  throw new CountersignError("type_invalid", "countersign: idempotencyKey is an option of fetchMutation only; queries and actions have none.");
}

function clientFor(options: NextjsOptions = {}): CountersignClient {
  const url = own(options, "url") ?? process.env.NEXT_PUBLIC_CONVEX_URL;
  if (url === undefined) {
    throw new CountersignError(
      "misconfigured",
      "countersign: NEXT_PUBLIC_CONVEX_URL is not set. `npx convex dev` writes it to .env.local; on your host, set it to the deployment's URL.",
    );
  }
  return new CountersignClient(url, {
    ...(Object.hasOwn(options, "secret") ? { secret: options.secret } : {}),
    audience: own(options, "audience"),
    auth: own(options, "token"),
    skipConvexDeploymentUrlCheck: own(options, "skipConvexDeploymentUrlCheck"),
    // A signed call is used once, so Next.js must not cache its answer.
    fetch: (input, init) => fetch(input, { ...init, cache: "no-store" }),
  });
}
