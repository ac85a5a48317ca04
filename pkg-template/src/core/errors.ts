/**
 * Every code, at the number that Rust gives it (src/error.rs). Number 0 is "all is well".
 * tests/vectors/errors.json holds both sides to one list.
 */
export const errorCodes = [
  "",
  "secret_missing",
  "secret_weak",
  "secret_malformed",
  "key_conflict",
  "misconfigured",
  "signature_missing",
  "signature_malformed",
  "version_unsupported",
  "key_unknown",
  "signature_invalid",
  "expired",
  "not_yet_valid",
  "replayed",
  "caller_forbidden",
  "function_forbidden",
  "type_invalid",
  "text_malformed",
  "value_unsupported",
  "body_too_large",
  "header_invalid",
  "idempotency_conflict",
] as const;

/** What {@link CountersignError.code} says in this version. */
export type ErrorCode = Exclude<(typeof errorCodes)[number], "">;

/** What is wrong and what to do about it, where no more than the code is known. Short: every call of a Convex function loads them. */
const messages: Partial<Record<string, string>> = {
  secret_missing: "The secret is not set. Set COUNTERSIGN_SECRET, or pass one.",
  secret_weak: "The secret is guessable or a placeholder. Make one with generateSecret().",
  secret_malformed: "The secret has quotes or spaces at an end, was cut off or mistyped, or is over 16 KiB.",
  key_conflict: "Two callers share a secret. Give each its own.",
  misconfigured: "A keyring holds at most 64 keys.",
  signature_missing: "The call is not signed. Use CountersignClient or countersign/next.",
  signature_malformed: "The signature is no token; it was changed on the way.",
  version_unsupported: "Use the same version of countersign on both sides.",
  key_unknown: "Signed with another secret. Set the same one on both sides.",
  signature_invalid: "Not the arguments, function or deployment that were signed.",
  expired: "Signed too long ago. Check both clocks.",
  not_yet_valid: "Signed in the future. Check both clocks.",
  replayed: "This very call was made before.",
  caller_forbidden: "This caller may not call this.",
  function_forbidden: "The gateway does not list this function.",
  idempotency_conflict: "This idempotency key was used before, with other arguments.",
};

/** Whatever countersign refuses. `code` is stable; the message says what to do and never holds a secret. */
export class CountersignError extends Error {
  /** What went wrong, as a stable code: `signature_invalid`, `secret_missing`, ... */
  readonly code: string;
  /** The code and the message, in the shape of `ConvexError` data. */
  readonly data: { code: string; message: string };

  constructor(code: string, message: string = messages[code] ?? code, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.data = { code, message };
  }

  override get name(): string {
    return "CountersignError";
  }
}

/** Throws the error that Rust answered with, if it did. */
export function refuse(answer: number): void {
  if (answer !== 0) throw new CountersignError(errorCodes[answer] ?? `internal_${answer}`);
}

/** An argument of the wrong type or out of range. */
export function typeInvalid(name: string, wanted: string): CountersignError {
  return new CountersignError("type_invalid", `${name} must be ${wanted}.`);
}
