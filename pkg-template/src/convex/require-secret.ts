import { CountersignError, verifySecret } from "../index.js";
import type { Keyring } from "../index.js";
import { own } from "../core/input.js";
import { toOutwardError } from "./refusal.js";
import { acceptedSecrets, blame, openKeyring } from "./secrets.js";
import type { AcceptedSecret, SecretOptions } from "./secrets.js";

/** The options of {@link requireSecret}. */
export interface RequireSecretOptions extends SecretOptions {
  /** For development: tells the caller the precise reason of a refusal, which otherwise only the log has. */
  readonly explain?: boolean | undefined;
}

/**
 * Lets a call through only if it brings the secret itself. For code that still compares a secret argument with `!==`:
 * this compares in constant time and never lets anybody in where the variable is missing. A signed function is
 * better: there the secret is not sent at all.
 *
 * ```ts
 * handler: async (ctx, args) => {
 *   requireSecret(args.secret);
 * ```
 *
 * @param candidate - What the caller sent.
 * @param options - Where the accepted secrets come from, if not from `COUNTERSIGN_SECRET` and its neighbours.
 * @throws ConvexError `{ code: "unauthorized" }` if it is not an accepted secret; `{ code: "misconfigured", message }`
 *   if this deployment has no usable one.
 */
export function requireSecret(candidate: unknown, options: RequireSecretOptions = {}): asserts candidate is string {
  let accepted: AcceptedSecret[] = [];
  try {
    accepted = acceptedSecrets(own(options, "secret"));
    if (!matchesOne(candidate, accepted)) throw refusal(candidate);
  } catch (error) {
    throw toOutwardError(error, {
      name: "-",
      type: "-",
      keyId: "-",
      accepted: keyIds(accepted),
      explain: own(options, "explain") === true,
    });
  }
}

function matchesOne(candidate: unknown, accepted: readonly AcceptedSecret[]): boolean {
  try {
    // Each is compared, so that the time does not tell which one matched.
    return accepted.map(({ secret }) => verifySecret(candidate, secret)).includes(true);
  } catch (error) {
    throw blame(error, accepted);
  }
}

function refusal(candidate: unknown): CountersignError {
  return candidate === undefined || candidate === null || candidate === ""
    ? new CountersignError("signature_missing", "The call brings no secret.")
    : new CountersignError("key_unknown", "The call's secret is not one that this deployment accepts.");
}

function keyIds(accepted: readonly AcceptedSecret[]): string[] {
  let keyring: Keyring | undefined;
  try {
    keyring = openKeyring(accepted);
    return keyring.keyIds;
  } catch (error) {
    if (error instanceof CountersignError) return []; // the error being reported already says what is wrong
    throw error;
  } finally {
    keyring?.free();
  }
}
