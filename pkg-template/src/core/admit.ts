import { at, putNumber, putSecret, putSized, putText, rewind, room } from "./area.js";
import { DEFAULT_TOLERANCE_MS, high, putCall, resultTime, tokenText, types } from "./call-parts.js";
import type { FunctionType, ReceivedCall } from "./call-parts.js";
import { CountersignError, refuse, typeInvalid } from "./errors.js";
import { text } from "./input.js";
import { AREA_LEN, resultNumber, resultText } from "./lean.js";
import { withGuard } from "./lean-guard.js";
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

/** A call that came to a guard. What its caller had a say in may be anything; the rest is the guard's own. */
export interface GuardedCall {
  readonly audience: string;
  readonly type: FunctionType;
  readonly name: unknown;
  readonly args: unknown;
  readonly idempotencyKey?: string | undefined;
  /** Milliseconds, whole ones. */
  readonly now: number;
  readonly toleranceMs?: number | undefined;
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
export function admitCall(accepted: readonly AcceptedSecret[], token: unknown, given: GuardedCall, attempt: Attempt): AdmittedCall {
  const { call, token: signed, now, tolerance } = read(token, given);
  const callers = accepted.map(({ caller }) => caller);
  return withGuard((lean) => {
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

function read(token: unknown, { audience, type, name, args, idempotencyKey, now, toleranceMs }: GuardedCall): ReceivedCall {
  // Of objects it is seen when they are encoded which of them are none to Convex.
  if (typeof args !== "object") throw typeInvalid("args", "an object");
  return {
    call: {
      audience: text(audience, "audience"),
      type: types.indexOf(type),
      name: text(name, "name"),
      args,
      idempotencyKey: idempotencyKey && text(idempotencyKey, "idempotencyKey"),
    },
    token: tokenText(token),
    now,
    tolerance: toleranceMs ?? DEFAULT_TOLERANCE_MS,
  };
}
