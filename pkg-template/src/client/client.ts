import { ConvexHttpClient } from "convex/browser";
import type { HttpMutationOptions } from "convex/browser";
import { getFunctionName } from "convex/server";
import type { FunctionReference, FunctionType } from "convex/server";
import { CountersignError, signCall } from "../index.js";
import { normalizeAudience } from "../convex/audience.js";
import { own } from "../core/input.js";
import { originOfDeployment, withoutRedirects } from "./deployment.js";
import { openLocalKeyring } from "./local-secret.js";
import type { LocalSecret } from "./local-secret.js";
import { explainRefusal } from "./refusal.js";
import { snapshot } from "./snapshot.js";
import type { Arguments } from "./snapshot.js";
import type { ArgsAndOptions, OptionalArgs, PublicFunction, ReturnOf, Signed } from "./types.js";

/** The options of {@link CountersignClient}. */
export interface CountersignClientOptions {
  /**
   * The secret that signs, or a function that is asked for it at each call. Left out, it is `COUNTERSIGN_SECRET`
   * from the environment, read at each call.
   */
  readonly secret?: LocalSecret | undefined;
  /** The deployment the calls are meant for, if it knows itself by another URL than this one. */
  readonly audience?: string | undefined;
  /** A user's OpenID Connect token, for `ctx.auth`. */
  readonly auth?: string | undefined;
  /** The `fetch` to send calls with, instead of the runtime's. Redirects are not followed with it either. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Where the function's log lines go; `false` for nowhere. As in ConvexHttpClient. */
  readonly logger?: ConvexLogger | boolean | undefined;
  /** Whether to accept a deployment URL that does not look like one of Convex's. As in ConvexHttpClient. */
  readonly skipConvexDeploymentUrlCheck?: boolean | undefined;
  /** The time, in milliseconds since 1970; `Date.now` if left out. */
  readonly clock?: (() => number) | undefined;
}

/** The logger that ConvexHttpClient takes. */
export type ConvexLogger = Exclude<
  NonNullable<ConstructorParameters<typeof ConvexHttpClient>[1]>["logger"],
  boolean | undefined
>;

/** The options of {@link CountersignClient.mutation}: those of ConvexHttpClient. */
export type MutationOptions = HttpMutationOptions;

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
  readonly #secret: LocalSecret | undefined;
  readonly #audience: string;
  readonly #clock: () => number;
  #lastMutation: Promise<unknown> = Promise.resolve();

  /**
   * @param url - The deployment's URL, for example `https://happy-animal-123.convex.cloud`.
   * @param options - See {@link CountersignClientOptions}.
   * @throws CountersignError `misconfigured` if calls cannot be sent there safely: `http:` is for this machine only.
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
        fetch: withoutRedirects(own(options, "fetch")),
        ...(logger === undefined ? {} : { logger }),
        ...(auth === undefined ? {} : { auth }),
        ...(skipCheck === undefined ? {} : { skipConvexDeploymentUrlCheck: skipCheck }),
      }),
    );
    this.#secret = own(options, "secret");
    this.#audience = audience === undefined ? origin : normalizeAudience(audience);
    this.#clock = own(options, "clock") ?? Date.now;
  }

  /** The deployment's URL. */
  get url(): string {
    return this.#client.url;
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
    const call = plainReference<"query">(reference);
    const copy = snapshot(args[0]);
    return await this.#send(call, "query", copy, (signed) => this.#client.query(call, signed));
  }

  /**
   * Calls a signed mutation. Mutations of one client run one after the other, unless `skipQueue` is set; each is
   * signed when its turn comes.
   *
   * @param reference - The function, for example `api.webhooks.markEventProcessed`.
   * @param args - Its arguments, without `countersign`; they may be left out if it has no others.
   * @returns What the mutation returns.
   * @throws CountersignError if the call is refused, cannot be signed, or the secret is missing.
   */
  async mutation<Mutation extends PublicFunction<"mutation">>(
    reference: Mutation & Signed<Mutation>,
    ...args: ArgsAndOptions<Mutation, MutationOptions>
  ): Promise<ReturnOf<Mutation>> {
    const call = plainReference<"mutation">(reference);
    const copy = snapshot(args[0]);
    const options = args[1];
    const send = () =>
      this.#send<ReturnOf<Mutation>>(call, "mutation", copy, (signed) => this.#client.mutation(call, signed, { skipQueue: true }));
    if (options !== undefined && own(options, "skipQueue") === true) return await send();
    // A failed mutation does not keep the next ones from running; its own caller gets the error.
    const result = this.#lastMutation.then(send, send);
    this.#lastMutation = result;
    return await result;
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
    const call = plainReference<"action">(reference);
    const copy = snapshot(args[0]);
    return await this.#send(call, "action", copy, (signed) => this.#client.action(call, signed));
  }

  async #send<Returned>(
    reference: FunctionReference<FunctionType>,
    type: FunctionType,
    args: Arguments,
    send: (signed: Arguments) => Promise<Returned>,
  ): Promise<Returned> {
    const name = getFunctionName(reference);
    const { token, keyId } = this.#sign(type, name, args);
    try {
      return await send({ ...args, countersign: token });
    } catch (error) {
      throw explainRefusal(error, { name, keyId, audience: this.#audience });
    }
  }

  #sign(type: FunctionType, name: string, args: Arguments): { token: string; keyId: string } {
    const keyring = openLocalKeyring(this.#secret);
    try {
      const token = signCall(keyring, { audience: this.#audience, type, name, args, now: this.#clock() });
      return { token, keyId: keyring.keyIds[0] ?? "-" };
    } finally {
      keyring.free();
    }
  }
}

// ConvexHttpClient's types want the arguments that carry the signature; ours have checked the others already.
function plainReference<Type extends FunctionType>(reference: unknown): FunctionReference<Type> {
  return reference as FunctionReference<Type>;
}
