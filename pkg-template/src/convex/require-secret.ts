import { CountersignError, createKeyring, verifySecret } from "../index.js";
import { own, ownOrUnset } from "../core/input.js";
import { toOutwardError } from "./refusal.js";
import { acceptedSecrets, blaming } from "./secrets.js";
import type { AtEachCall, LabelledSecret, Secrets } from "./secrets.js";

/** The options of {@link requireSecret}. */
export interface RequireSecretOptions {
  /**
   * The accepted secret, or several. Left out, they come from the environment variables `COUNTERSIGN_SECRET`,
   * `COUNTERSIGN_SECRET_NEXT` and `COUNTERSIGN_SECRET_PREVIOUS`, read at each call.
   */
  readonly secret?: AtEachCall<Secrets> | undefined;
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
  const secret = ownOrUnset(options, "secret", []);
  let keyIds: string[] = [];
  try {
    const accepted = acceptedSecrets(secret, "secret");
    // Each is compared, so that the time does not tell which one matched.
    const matches = accepted.map((each) => isSecret(candidate, each));
    if (matches.includes(true)) return;
    keyIds = idsOf(accepted);
    throw refusal(candidate);
  } catch (error) {
    const explain = own(options, "explain") === true;
    throw toOutwardError(error, { name: "-", type: "-", keyId: "-", accepted: keyIds, explain });
  }
}

function refusal(candidate: unknown): CountersignError {
  return candidate === undefined || candidate === null || candidate === ""
    ? new CountersignError("signature_missing", "The call brings no secret.")
    : new CountersignError("key_unknown", "The call's secret is not one that this deployment accepts.");
}

function isSecret(candidate: unknown, accepted: LabelledSecret): boolean {
  try {
    return verifySecret(candidate, accepted.secret);
  } catch (error) {
    throw blaming(error, accepted);
  }
}

function idsOf(accepted: readonly LabelledSecret[]): string[] {
  const keyring = createKeyring(accepted.map(({ secret }) => secret));
  try {
    return keyring.keyIds;
  } finally {
    keyring.free();
  }
}
