import { ConvexHttpClient } from "convex/browser";
import { normalizeAudience } from "../convex/audience.js";
import { own, ownOrUnset } from "../core/input.js";
import { originOfDeployment, withoutRedirects } from "./deployment.js";
import { GatewayCalls, gatewayPath } from "./gateway.js";
import { idempotencyKeyOf } from "./idempotency.js";
import type { CountersignClientOptions, MutationOptions } from "./options.js";
import { noticingOutages } from "./outage.js";
import { nameOf } from "./reference.js";
import { Sender } from "./sender.js";
import { snapshotUnsigned } from "./snapshot.js";
import type { ArgsAndOptions, OptionalArgs, PublicFunction, ReturnOf, Signed } from "./types.js";

// Said, because what is not may stand on a polluted prototype.
const direct = { gateway: undefined, idempotencyKey: undefined };

/**
 * Calls signed Convex functions from a server. It wraps ConvexHttpClient: each call is signed just before it is sent,
 * over the deployment, the function, the time, a fresh nonce and the exact arguments. The secret itself is not sent.
 *
 * ```ts
 * const convex = new CountersignClient(process.env.NEXT_PUBLIC_CONVEX_URL!);
 * await convex.mutation(api.webhooks.markEventProcessed, { eventId, provider: "polar" });
 * ```
 *
 * A refused call throws a {@link CountersignError}: with the code `unauthorized`, or the precise one where the guard
 * explains itself, or `misconfigured` where the deployment is not set up. Any other error is that of ConvexHttpClient.
 *
 * Like ConvexHttpClient it holds a user's credentials: do not share one between requests once `setAuth` is used.
 */
export class CountersignClient {
  readonly #client: ConvexHttpClient;
  readonly #sender: Sender;
  readonly #gateway: GatewayCalls;

  /**
   * @param url - The deployment's URL, for example `https://happy-animal-123.convex.cloud`.
   * @param options - See {@link CountersignClientOptions}.
   * @throws CountersignError `misconfigured` if calls cannot be sent there safely: `http:` is for this machine only; or
   *   if the `gateway` option is no path.
   */
  constructor(url: string, options: CountersignClientOptions = {}) {
    const origin = originOfDeployment(url);
    const audience = own(options, "audience");
    const logger = own(options, "logger");
    const auth = own(options, "auth");
    const skipCheck = own(options, "skipConvexDeploymentUrlCheck");
    this.#client = new ConvexHttpClient(
      url,
      // Without a prototype, as ConvexHttpClient reads inherited options too.
      Object.assign(Object.create(null) as object, {
        fetch: noticingOutages(withoutRedirects(own(options, "fetch"))),
        ...(logger === undefined ? {} : { logger }),
        ...(auth === undefined ? {} : { auth }),
        ...(skipCheck === undefined ? {} : { skipConvexDeploymentUrlCheck: skipCheck }),
      }),
    );
    this.#sender = new Sender({
      convex: this.#client,
      secret: ownOrUnset(options, "secret", ""),
      audience: audience === undefined ? origin : normalizeAudience(audience),
      clock: own(options, "clock") ?? Date.now,
    });
    this.#gateway = new GatewayCalls(this.#sender, gatewayPath(own(options, "gateway")));
  }

  /** The deployment's URL. */
  get url(): string {
    return this.#client.url;
  }

  /**
   * Calls internal functions, through the gateway in `convex/gateway.ts`:
   *
   * ```ts
   * const orderId = await convex.gateway.mutation(internal.orders.create, { item: "book" });
   * ```
   */
  get gateway(): GatewayCalls {
    return this.#gateway;
  }

  /**
   * Sets a user's token for the calls that follow.
   *
   * @param token - An OpenID Connect identity token.
   */
  setAuth(token: string): void {
    this.#client.setAuth(token);
  }

  /** Forgets the user's token. */
  clearAuth(): void {
    this.#client.clearAuth();
  }

  /**
   * Calls a signed query, once. A signed query cannot be subscribed to.
   *
   * @param reference - The function, for example `api.events.list`.
   * @param args - Its arguments, without `countersign`; they may be left out if it has no others.
   * @returns What the query returns.
   * @throws CountersignError if the call is refused, cannot be signed, or the secret is missing.
   */
  async query<Query extends PublicFunction<"query">>(
    reference: Query & Signed<Query>,
    ...args: OptionalArgs<Query>
  ): Promise<ReturnOf<Query>> {
    const call = { type: "query", name: nameOf(reference), args: snapshotUnsigned(args[0]), ...direct } as const;
    return (await this.#sender.send(call)) as ReturnOf<Query>;
  }

  /**
   * Calls a signed mutation. Mutations of one client run one after the other, unless `skipQueue` is set; each is
   * signed when its turn comes.
   *
   * @param reference - The function, for example `api.webhooks.markEventProcessed`.
   * @param args - Its arguments, without `countersign`, which may be left out if it has no others, and {@link MutationOptions}.
   * @returns What the mutation returns.
   * @throws CountersignError if the call is refused, cannot be signed, or the secret is missing; `idempotency_conflict`
   *   if the idempotency key was used for other arguments.
   */
  async mutation<Mutation extends PublicFunction<"mutation">>(
    reference: Mutation & Signed<Mutation>,
    ...args: ArgsAndOptions<Mutation, MutationOptions>
  ): Promise<ReturnOf<Mutation>> {
    const options = args[1];
    const idempotencyKey = idempotencyKeyOf(options);
    const call = { type: "mutation", name: nameOf(reference), args: snapshotUnsigned(args[0]), ...direct, idempotencyKey } as const;
    const atOnce = options !== undefined && own(options, "skipQueue") === true;
    return (await (atOnce ? this.#sender.send(call) : this.#sender.enqueue(call))) as ReturnOf<Mutation>;
  }

  /**
   * Calls a signed action.
   *
   * @param reference - The function, for example `api.mail.send`.
   * @param args - Its arguments, without `countersign`; they may be left out if it has no others.
   * @returns What the action returns.
   * @throws CountersignError if the call is refused, cannot be signed, or the secret is missing.
   */
  async action<Action extends PublicFunction<"action">>(
    reference: Action & Signed<Action>,
    ...args: OptionalArgs<Action>
  ): Promise<ReturnOf<Action>> {
    const call = { type: "action", name: nameOf(reference), args: snapshotUnsigned(args[0]), ...direct } as const;
    return (await this.#sender.send(call)) as ReturnOf<Action>;
  }
}
