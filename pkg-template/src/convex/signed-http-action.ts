import { own, ownOrUnset } from "../core/input.js";
import type { ReplayEntry } from "../http/replay-store.js";
import { readServeOptions, serve } from "../http/serve.js";
import type { ServeOptions, SignedRequest } from "../http/serve.js";
import { CountersignError } from "../core/errors.js";
import { originOf } from "./audience.js";
import { variable } from "./environment.js";
import { misconfigured } from "./options.js";
import type { GuardSettings } from "./options.js";
import type { WriterCtx } from "./replay.js";
import { acceptedSecrets, blaming } from "./secrets.js";
import type { AtEachCall, CallerSecrets, Secrets } from "./secrets.js";

/** The options of a signed http action. */
export interface SignedHttpActionOptions extends ServeOptions {
  /** The accepted secrets, where they are not those of `countersign()`. */
  readonly keys?: AtEachCall<Secrets | CallerSecrets> | undefined;
  /** The origin that requests must be signed for. Left out, it is that of `CONVEX_SITE_URL`, which Convex sets. */
  readonly audience?: string | undefined;
  /** For development: as for `countersign()`, whose it is if left out. */
  readonly explain?: boolean | undefined;
}

/** The code of a signed http action. */
export type SignedHttpActionHandler<Ctx> = (ctx: Ctx, request: Request, signed: SignedRequest) => Response | Promise<Response>;

/**
 * Runs a signed http action. It is a module of its own, loaded by http actions only: other functions need not load it at each call.
 *
 * @internal
 */
export async function run<Ctx extends object>(
  guard: GuardSettings,
  handler: SignedHttpActionHandler<Ctx>,
  options: SignedHttpActionOptions = {},
  ctx: Ctx,
  request: Request,
): Promise<Response> {
  const settings = readServeOptions({ ...options, explain: own(options, "explain") ?? guard.explain });
  const keys = Object.hasOwn(options, "keys") ? ownOrUnset(options, "keys", []) : guard.keys;
  const host = {
    accepted: () => acceptedSecrets(keys, "keys"),
    blaming,
    audience: audienceOfSite,
    claim: async ({ key, expiresAt }: ReplayEntry) => {
      if (guard.replay === false) return;
      const { status } = await (ctx as unknown as WriterCtx).runMutation(guard.replay.replay.consume, { key, expiresAt });
      if (status !== "fresh") throw new CountersignError("replayed", "countersign: this request was taken before.");
    },
  };
  return await serve(settings, host, request, (fresh, signed) => handler(ctx, fresh, signed));
}

function audienceOfSite(): string {
  const url = variable("CONVEX_SITE_URL");
  const origin = url === undefined ? undefined : originOf(url);
  if (origin === undefined) {
    // Convex sets it in every deployment.
    throw misconfigured("CONVEX_SITE_URL is not set to a URL. In a test, set it, or pass `audience` on both sides");
  }
  return origin;
}
