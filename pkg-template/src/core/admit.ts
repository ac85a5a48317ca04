import { at, putNumber, putSecret, putSized, putText, rewind, room } from "./area.js";
import { high, putCall, received, resultTime } from "./call-parts.js";
import type { VerifyCallOptions } from "./call-parts.js";
import { CountersignError, refuse } from "./errors.js";
import { text } from "./input.js";
import { AREA_LEN, resultNumber, resultText, withLean } from "./lean.js";
import { refuseValue } from "./value.js";

const NAME_LEN = 43;
const ID_LEN = 16;
/** Where the ids of the keys are in the result, and how many of them. */
const IDS_AT = 168;
const MAX_IDS = 8;

/** A secret that a guard accepts, and whose it is. */
export interface AcceptedSecret {
  readonly caller: string;
  readonly secret: string;
}

/** What can be told of an attempt, whatever it comes to. */
export interface Attempt {
  /** The ids of the accepted keys, or the first few of them. */
  keyIds: readonly string[];
  /** The number of the secret that was looked at last: the one to blame if secrets cannot be used. */
  secret: number;
}

/** A call that may proceed, and the names under which a database remembers it (src/replay.rs). */
export interface AdmittedCall {
  readonly caller: string;
  readonly keyId: string;
  readonly issuedAt: number;
  /** The name of the nonce, and until when it is kept, in milliseconds since 1970. */
  readonly claim: { readonly key: string; readonly expiresAt: number };
  /** The names of the idempotency key on this function, and of the arguments. */
  readonly once: { readonly key: string; readonly call: string } | undefined;
}

/**
 * `createKeyring` and `verifyCall` in one, for a function that is loaded afresh at each call: nothing is kept.
 *
 * @throws CountersignError what either of them throws.
 * @internal
 */
export function admitCall(accepted: readonly AcceptedSecret[], token: unknown, options: VerifyCallOptions, attempt: Attempt): AdmittedCall {
  const { call, token: signed, now, tolerance } = received(token, options);
  const callers = accepted.map(({ caller }) => caller);
  return withLean((lean) => {
    rewind();
    const start = at;
    accepted.forEach(({ caller, secret }, number) => {
      attempt.secret = number;
      // The longest secret fits, and then the longest token and names.
      if (room() < AREA_LEN / 2) throw new CountersignError("secret_malformed");
      putNumber(lean, callers.indexOf(caller));
      putSized(lean, () => putSecret(lean, text(secret, "a secret")));
    });
    const secretsLength = at - start;
    const tokenLength = putText(lean, signed, "token");
    const put = putCall(lean, call);
    const answer = lean.admit_call(secretsLength, tokenLength, call.type, put.audience, put.name, put.once, put.length, put.inLarge, high(now), now, tolerance);
    const signer = accepted[(attempt.secret = resultNumber(lean, 0))];
    // There are zeros where no key was derived.
    attempt.keyIds = callers.slice(0, MAX_IDS).map((_, i) => resultText(lean, ID_LEN, IDS_AT + i * ID_LEN)).filter((id) => id >= "0");
    refuseValue(lean, answer, call.args, put);
    refuse(answer);
    const name = (place: number) => resultText(lean, NAME_LEN, 36 + place * NAME_LEN);
    return {
      caller: (signer as AcceptedSecret).caller,
      // The key that the token names is the one that signed it.
      keyId: signed.slice(4, 4 + ID_LEN),
      issuedAt: resultTime(lean, 1),
      claim: { key: name(0), expiresAt: resultTime(lean, 7) },
      once: call.idempotencyKey === undefined ? undefined : { key: name(1), call: name(2) },
    };
  });
}
