import { originOf } from "../convex/audience.js";
import { check, isListOfNames } from "../convex/options.js";
import { typeInvalid } from "../core/errors.js";
import { own } from "../core/input.js";
import type { Keyring } from "../core/keyring.js";
import { checkScope } from "../core/scope.js";
import { claimedKeyIdOf, problemOf } from "./problem.js";
import type { ReplayEntry } from "./replay-store.js";
import { verifyUnclaimed } from "./request.js";
import type { VerifiedRequest } from "./request.js";
import { signResponse } from "./response.js";
import { openKeyring } from "./secrets.js";
import type { AcceptedSecrets } from "./secrets.js";

/** Who signed a request, and what was signed. */
export type SignedRequest = Omit<VerifiedRequest, "request">;

/** What `signedRoute` and `signedHttpAction` have in common. */
export interface ServeOptions {
  /** The origin that requests must be signed for, for example `https://app.example`. It never comes from the request. */
  readonly audience?: string | undefined;
  /** The callers that may come here, by their names in `keys`. Left out: all of them. */
  readonly callers?: readonly string[] | undefined;
  /** The largest body that is read, in bytes: 1 MiB if left out. A request with a larger one is answered with 413. */
  readonly maxBodyBytes?: number | undefined;
  /** How far the signature's time may be from this side's clock, to either side, in milliseconds: 300000 by default, 900000 at most. */
  readonly toleranceMs?: number | undefined;
  /**
   * Whether the response is signed, by the key that signed the request: true if left out. A signed response is read to its end before any of it is sent, and
   * has at most 16 MiB; one that is not signed is sent as the handler made it, as a stream where it is one. `signedFetch` wants signed ones.
   */
  readonly signedResponse?: boolean | undefined;
  /** For development: tells the caller the precise reason of a refusal, which otherwise only the log has. */
  readonly explain?: boolean | undefined;
}

/** The same as they are used. */
export interface ServeSettings {
  readonly audience: string | undefined;
  readonly callers: readonly string[] | undefined;
  readonly maxBodyBytes: number | undefined;
  readonly toleranceMs: number | undefined;
  readonly signedResponse: boolean;
  readonly explain: boolean;
}

/** What is particular to the host of a handler. */
export interface ServeHost extends AcceptedSecrets {
  /** The audience where the option is left out. */
  readonly audience: () => string;
  /** Uses a request's nonce up. Throws if it was used before. */
  readonly claim: (claim: ReplayEntry) => Promise<void>;
  /** Makes the request that the handler gets, its body unread, if it is not a plain one. */
  readonly renew?: (plain: Request) => Request;
}

/**
 * Checks the options and reads each of them once, as the object's own field.
 *
 * @throws CountersignError `misconfigured` if one of them makes no sense.
 */
export function readServeOptions(options: ServeOptions): ServeSettings {
  const callers = own(options, "callers");
  const audience = own(options, "audience");
  const maxBodyBytes = own(options, "maxBodyBytes");
  const toleranceMs = own(options, "toleranceMs");
  const signedResponse = own(options, "signedResponse") ?? true;
  const explain = own(options, "explain") ?? false;
  check(callers === undefined || (isListOfNames(callers) && callers.length > 0), "callers", "a list of callers' names, with at least one");
  check(audience === undefined || (typeof audience === "string" && originOf(audience) !== undefined), "audience", "an origin such as https://app.example");
  check(maxBodyBytes === undefined || (Number.isSafeInteger(maxBodyBytes) && maxBodyBytes >= 0), "maxBodyBytes", "a whole number of bytes");
  check(toleranceMs === undefined || (Number.isInteger(toleranceMs) && toleranceMs >= 0 && toleranceMs <= 900_000), "toleranceMs", "0 to 900000");
  check(typeof signedResponse === "boolean", "signedResponse", "true or false");
  check(typeof explain === "boolean", "explain", "true or false");
  return { audience: audience && originOf(audience), callers: callers && [...callers], maxBodyBytes, toleranceMs, signedResponse, explain };
}

/**
 * Runs a handler if a request proves itself, once, and signs what it answers.
 *
 * @returns The handler's response; or, for a request that is refused, a problem (RFC 9457) without detail.
 * @throws error Whatever the handler throws, and faults.
 */
export async function serve(
  settings: ServeSettings,
  host: ServeHost,
  request: Request,
  handle: (request: Request, signed: SignedRequest) => Response | Promise<Response>,
): Promise<Response> {
  const { callers, maxBodyBytes, toleranceMs } = settings;
  let keyring: Keyring | undefined;
  try {
    let audience: string;
    let verified: VerifiedRequest;
    try {
      keyring = openKeyring(host);
      audience = settings.audience ?? host.audience();
      const received = await verifyUnclaimed(keyring, request, { audience, maxBodyBytes, toleranceMs });
      verified = received.verified;
      if (callers !== undefined) checkScope("caller", verified.caller, callers);
      // The last check: only a good request uses a nonce up.
      await host.claim(received.claim);
    } catch (error) {
      return problemOf(error, { request, keys: { named: claimedKeyIdOf(request), accepted: keyring?.keyIds ?? [] }, explain: settings.explain });
    }
    const { request: plain, ...signed } = verified;
    const response: unknown = await handle(host.renew?.(plain) ?? plain, signed);
    if (typeof response !== "object" || response === null) throw typeInvalid("what the handler returns", "a Response");
    return settings.signedResponse ? await signResponse(keyring, request, response as Response, { audience }) : (response as Response);
  } finally {
    keyring?.free();
  }
}
