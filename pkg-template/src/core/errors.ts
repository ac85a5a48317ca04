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

/**
 * What is wrong and what to do about it, where no more than the code is known; at the same numbers. Short: every call of a Convex function
 * loads them.
 */
const messages: readonly string[] = [
  "",
  "Set COUNTERSIGN_SECRET, or pass a secret.",
  "Guessable, or a placeholder. Use generateSecret().",
  "Quoted, padded, cut off, mistyped, or over 16 KiB.",
  "Two callers share a secret.",
  "A keyring holds at most 64 keys.",
  "Not signed. Use CountersignClient or countersign/next.",
  "Not a token; it was changed on the way.",
  "Use one version of countersign on both sides.",
  "Set the same secret on both sides.",
  "Not the arguments, function or deployment that were signed.",
  "Signed too long ago. Check both clocks.",
  "Signed in the future. Check both clocks.",
  "This call was made before.",
  "Not for this caller.",
  "Not in the gateway's `allow`.",
  "",
  "",
  "",
  "",
  "",
  "The idempotency key was used with other arguments.",
];

/** Whatever countersign refuses. `code` is stable; the message says what to do and never holds a secret. */
export class CountersignError extends Error {
  /** What went wrong, as a stable code: `signature_invalid`, `secret_missing`, ... */
  declare readonly code: string;
  /** The code and the message, in the shape of `ConvexError` data. */
  declare readonly data: { code: string; message: string };

  constructor(code: string, message: string = messages[(errorCodes as readonly string[]).indexOf(code)] || code, options?: { cause?: unknown }) {
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

/** Whether an error says that this side is not set up, rather than that a call is not acceptable. */
export function isSetupError(error: CountersignError): boolean {
  return /^(secret_.*|key_conflict|misconfigured)$/.test(error.code);
}
