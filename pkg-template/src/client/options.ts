import type { ConvexHttpClient } from "convex/browser";
import type { LocalSecret } from "./local-secret.js";

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
  /**
   * The file that exports the gateway, as a path in the convex folder without its ending: `"gateway"`, which it is if
   * left out, for `convex/gateway.ts`.
   */
  readonly gateway?: string | undefined;
}

/** The logger that ConvexHttpClient takes. */
export type ConvexLogger = Exclude<
  NonNullable<ConstructorParameters<typeof ConvexHttpClient>[1]>["logger"],
  boolean | undefined
>;

/** The options of a mutation: those of ConvexHttpClient, and one more. */
export interface MutationOptions {
  /** Whether to send it at once, and not after the earlier mutations of the same client. As in ConvexHttpClient. */
  readonly skipQueue?: boolean | undefined;
  /**
   * What this effect is called, for example a webhook event's id: 1 to 256 bytes of UTF-8. A mutation that already
   * ran with this key and the same arguments, for the same caller and within the last 24 hours, is not run again; its
   * recorded result is returned. With other arguments the call is refused with `idempotency_conflict`.
   *
   * Only with a key does the client try again by itself, 3 tries in all: after a network error or an answer with a
   * status of 500 to 599, where it cannot know whether the mutation ran. It waits a random time of up to 200 ms before
   * the second try, and of up to 400 ms before the third. If that fails too, its error is thrown. An abort is not
   * tried again, nor is any other answer: a refusal, an error of the function (status 560), a redirect.
   */
  readonly idempotencyKey?: string | undefined;
}
