/**
 * For people who want to know why: what is wrong with a secret, and which check of a signed call, HTTP message or webhook fails. Nothing here decides anything.
 *
 * @module
 */
import { received } from "../core/call-parts.js";
import type { VerifyCallOptions } from "../core/call-parts.js";
import { encodeValue } from "../core/call.js";
import { CountersignError, errorCodes } from "../core/errors.js";
import { isWellFormed, raise, uint8Array } from "../core/input.js";
import { Keyring } from "../core/keyring.js";
import { withRich } from "../core/rich.js";
import { toUtf8 } from "../core/utf8.js";

export { explainMessage } from "./message.js";
export { explainWebhook } from "./webhook.js";

/** What {@link inspectSecret} finds. */
export interface SecretReport {
  /** Whether the secret can be used. */
  ok: boolean;
  /** The id of the key that follows from it, 16 lower-case hexadecimal digits, if it can be used. Safe to print. */
  keyId?: string;
  /** What is wrong and what to do about it, the first thing to mend in front. The secret is in none of them. */
  problems: SecretProblem[];
}

/** One thing that is wrong with a secret. */
export interface SecretProblem {
  /** The kind of problem, more precise than the code. */
  kind: "missing" | "padded" | "quoted" | "checksum" | "too_long" | "too_short" | "few_distinct" | "repeated" | "placeholder" | "unreadable";
  /** The code that using it is refused with. */
  code: string;
  /** What is wrong and what to do. */
  message: string;
}

/** One check of something signed. */
export interface ExplainedStep {
  /**
   * Of a call: `call`, `form`, `key`, `mac` or `window`. Of an HTTP message: `message`, `form`, `coverage`, `components`, `key`, `mac`, `window` or `digest`, of a
   * response also `request` and `same key`. Of a webhook: `secret`, `form`, `mac`, `claims`, `window` or `names`.
   */
  step: string;
  /** Whether it held. */
  ok: boolean;
  /** What was found; for a check that failed, beginning with the error's code. Holds no secret. */
  detail: string;
}

/** What {@link explainMessage} and {@link explainWebhook} find. */
export interface Explanation {
  /** Each check in the order in which it is made, up to the first that does not hold. */
  steps: ExplainedStep[];
  /** The exact bytes that the MAC is over, if it came that far: what the other side must have signed too. */
  signed?: Uint8Array;
}

/**
 * Says what is wrong with a secret, if anything. Never throws, and never shows the secret.
 *
 * @param secret - A text, a `Uint8Array`, or whatever the environment had.
 */
export function inspectSecret(secret: unknown): SecretReport {
  const { bytes, unreadable } = readSecret(secret);
  try {
    return withRich((rich) => rich.inspect_secret(bytes, unreadable)) as SecretReport;
  } finally {
    bytes.fill(0);
  }
}

/**
 * The checks of a signed call in the order in which `verifyCall` makes them, each with what came of it. Where `verifyCall` would
 * refuse, the first check that did not hold says why.
 *
 * @param keyring - The keys this side accepts.
 * @param token - What came with the call.
 * @param expected - The call as this side sees it, and the time; as for `verifyCall`.
 * @throws CountersignError `type_invalid`, `text_malformed` or `value_unsupported` if the call itself cannot be encoded.
 */
export function explainCall(keyring: Keyring, token: unknown, expected: VerifyCallOptions): ExplainedStep[] {
  const entries = Keyring.entriesOf(keyring);
  const { call, token: text, now, tolerance } = received(token, expected);
  const keys = new Uint8Array(entries.length * 48);
  entries.forEach(({ keyId, key }, i) => {
    keys.set(toUtf8(keyId), i * 48);
    key.copyTo(keys, i * 48 + 16);
  });
  const callers = entries.map(({ caller }) => caller);
  try {
    const [audience, name, once] = [toUtf8(call.audience), toUtf8(call.name), toUtf8(call.idempotencyKey ?? "")];
    const args = encodeValue(call.args);
    return withRich((rich) =>
      rich.explain_call(keys, callers, toUtf8(text), audience, call.type, name, once, args, now, tolerance),
    ) as ExplainedStep[];
  } finally {
    keys.fill(0);
  }
}

/**
 * The exact bytes that the MAC of a token is over, for a call as this side sees it: deterministic CBOR (RFC 8949, section 4.2.1). Two sides that do not agree find
 * where their bytes differ.
 *
 * @param token - What came with the call.
 * @param expected - The call as this side sees it, and the time; as for `verifyCall`.
 * @throws CountersignError `signature_malformed` if the token or the call has no such bytes: {@link explainCall} says what is wrong with it; `type_invalid`,
 *   `text_malformed` or `value_unsupported` if the call itself cannot be encoded.
 */
export function signedCallBytes(token: unknown, expected: VerifyCallOptions): Uint8Array {
  const { call, token: text } = received(token, expected);
  const [audience, name, once] = [toUtf8(call.audience), toUtf8(call.name), toUtf8(call.idempotencyKey ?? "")];
  const args = encodeValue(call.args);
  const bytes = withRich((rich) => rich.signed_bytes(toUtf8(text), audience, call.type, name, once, args));
  return bytes ?? raise(new CountersignError("signature_malformed"));
}

function readSecret(secret: unknown): { bytes: Uint8Array; unreadable: number } {
  const because = (code: (typeof errorCodes)[number]) => ({ bytes: new Uint8Array(0), unreadable: errorCodes.indexOf(code) });
  // Nothing at all is looked at like an empty text: the secret is missing.
  if (secret === undefined || secret === null) return because("");
  if (typeof secret === "string") return isWellFormed(secret) ? { bytes: toUtf8(secret), unreadable: 0 } : because("text_malformed");
  const bytes = uint8Array(secret);
  return bytes === undefined ? because("type_invalid") : { bytes: bytes.slice(), unreadable: 0 };
}
