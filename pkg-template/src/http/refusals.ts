import { CountersignError, errorCodes } from "../core/errors.js";

/** What is wrong with an HTTP message and what to do about it. A guard never loads these. */
const messages: Readonly<Record<string, string | undefined>> = {
  signature_missing: "The message has no signature with countersign's tag. Send it with signedFetch, or sign it with signRequest.",
  signature_malformed:
    "The signature or digest fields are not in their one form, or the signature does not cover all it must: method, authority, path, query, and with a body its digest and type.",
  key_unknown: "Signed with a key that this side does not have. Set the same secret on both sides.",
  signature_invalid: "Not what was signed: the method, audience, path, query, body or a covered header is another. Use the same audience on both sides, and the body's bytes as they came.",
  expired: "Signed too long ago. Check the clocks of both sides.",
  not_yet_valid: "Signed in the future. Check the clocks of both sides.",
  replayed: "This message was received before.",
  header_invalid:
    "The method, target or a header field cannot be signed: a target is a path with its query as a URL parser writes them, a field is printable ASCII on one line, and a covered field must be there.",
  type_invalid: "The status has three digits; `components` are header names in lower case, each once, and none that is covered anyway; `toleranceMs` is at most 900000.",
};

/** Throws the error that Rust answered about an HTTP message with. */
export function refuseMessage(answer: number): never {
  const code = errorCodes[answer] ?? `internal_${answer}`;
  throw new CountersignError(code, messages[code]);
}
