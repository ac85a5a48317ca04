import { CountersignError } from "../core/errors.js";
import { bytesOfLength, milliseconds, own, record, text } from "../core/input.js";
import type { Data } from "../core/input.js";
import { Keyring } from "../core/keyring.js";
import type { KeyringEntry } from "../core/keyring.js";
import { high, put, putList, resultNumber, resultPairs, resultText, resultTime, withMessages, written } from "../core/messages.js";
import type { Messages } from "../core/messages.js";
import { NONCE_LEN, freshNonce } from "../core/nonce.js";
import { listOf, partsOf, putKeys, putRequest, putResponse, toleranceOf } from "./message-parts.js";
import type { MessageParts, ResponseParts } from "./message-parts.js";
import { refuseMessage } from "./refusals.js";
import type { ReplayEntry } from "./replay-store.js";

const NAME_LEN = 43;

/** Header fields in the order in which they came. Lines of one name are joined with `, `, as RFC 9110 (section 5.3) has it. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** An HTTP request, as far as it is signed. */
export interface RequestMessage {
  /** For example `POST`. */
  method: string;
  /** Path and query as they stand in the request's first line, `/path?query`. */
  target: string;
  headers: HeaderList;
  /** The body's bytes as they are sent; a text stands for its UTF-8. Left out: none. */
  body?: Data | undefined;
  /** The origin that the receiver knows itself by, `https://app.example`: configured on both sides, never read from a header. */
  audience: string;
}

/** An HTTP response, as far as it is signed. */
export interface ResponseMessage {
  /** For example 200. */
  status: number;
  headers: HeaderList;
  /** The body's bytes as they are sent; a text stands for its UTF-8. Left out: none. */
  body?: Data | undefined;
  /** The request that this answers, with the header fields that it was signed with. Its body is not looked at. */
  request: RequestMessage;
}

/** How {@link signMessage} signs a request. */
export interface SignRequestMessageOptions {
  /** The time of signing, in milliseconds since 1970; whole seconds of it are signed. Left out: now. */
  now?: number | undefined;
  /** 16 bytes that were never used before. Left out: random. */
  nonce?: Uint8Array | undefined;
  /** Whose newest key signs. Left out: the first key of the keyring. */
  caller?: string | undefined;
  /** More to cover: names of header fields in lower case, which the request must have, or `@scheme`, `@target-uri`, `@request-target`. */
  components?: readonly string[] | undefined;
}

/** How {@link verifyMessage} verifies. */
export interface VerifyMessageOptions {
  /** The time now, in milliseconds since 1970. */
  now: number;
  /** How far the time of signing may be from now, to either side, in milliseconds: 300,000 if left out, at most 900,000. */
  toleranceMs?: number | undefined;
}

/** A response that was made by a holder of the secret, for this request. */
export interface VerifiedResponseMessage {
  /** The name that the keyring has for whoever signed the request; the answer is signed with the same key. */
  caller: string;
  /** The id of the key that signed. */
  keyId: string;
  /** When the message was signed, in milliseconds since 1970, by the signer's clock. */
  created: number;
}

/** A request that was made by a holder of the secret. */
export interface VerifiedRequestMessage extends VerifiedResponseMessage {
  /** What makes this request different from every other. */
  nonce: string;
  /** What a {@link ReplayStore} takes, to find out whether this request came before. */
  claim: ReplayEntry;
}

/**
 * Signs an HTTP message (RFC 9421, `hmac-sha256`). A request's signature has the tag `countersign` and covers method, authority, path, query and, with a
 * body, `content-digest` (RFC 9530) and `content-type`. A response's has the tag `countersign-response` and covers status, digest and type, and the
 * request with its signature; it is made with the key that the request was signed with.
 *
 * @returns The header fields to set on the message: `signature-input`, `signature`, and with a body `content-digest` and, if there is no `content-type`,
 *   that too.
 * @throws CountersignError `header_invalid` for a method, target or header field that cannot be signed; `misconfigured` if the keyring has no such caller;
 *   for a response `signature_missing`, `signature_malformed` or `key_unknown` if the request was not signed with one of the keys; `type_invalid`,
 *   `text_malformed`.
 */
export function signMessage(keyring: Keyring, message: RequestMessage, options?: SignRequestMessageOptions): [name: string, value: string][];
export function signMessage(keyring: Keyring, message: ResponseMessage, options?: Pick<SignRequestMessageOptions, "now">): [name: string, value: string][];
export function signMessage(keyring: Keyring, message: RequestMessage | ResponseMessage, options: SignRequestMessageOptions = {}): [string, string][] {
  record(options, "options");
  return signParts(Keyring.entriesOf(keyring), partsOf(message), options);
}

/** {@link signMessage} for a message that was read. @internal */
export function signParts(entries: readonly KeyringEntry[], parts: MessageParts, options: SignRequestMessageOptions): [string, string][] {
  const now = milliseconds(own(options, "now") ?? Date.now(), "now");
  const signed = withMessages(parts.response === undefined ? signRequest() : signResponse(parts.response), resultPairs);
  return typeof signed === "number" ? refuseMessage(signed) : signed;

  function signRequest(): (messages: Messages) => number {
    const nonce = bytesOfLength(own(options, "nonce") ?? freshNonce(), NONCE_LEN, "nonce");
    const caller = own(options, "caller");
    const entry = caller === undefined ? entries[0] : entries.find((candidate) => candidate.caller === caller);
    if (entry === undefined) throw new CountersignError("misconfigured", "The keyring has no key of this caller. Give createKeyring a secret for it.");
    const components = listOf(own(options, "components") ?? [], "components").map((name) => text(name, "each of components"));
    return (messages) => {
      putKeys(messages, [entry]);
      putRequest(messages, parts);
      put(messages, parts.body);
      put(messages, nonce);
      putList(messages, components);
      return messages.sign_request(written(), high(now), now);
    };
  }

  function signResponse(response: ResponseParts): (messages: Messages) => number {
    return (messages) => {
      putKeys(messages, entries);
      putRequest(messages, parts);
      putResponse(messages, response);
      return messages.sign_response(written(), response.status, high(now), now);
    };
  }
}

/**
 * Verifies the signature of an HTTP message: its form, what it covers, the key, the MAC, the time window, and the body's digest, in this order. Whether a
 * request came before is for a {@link ReplayStore} to say, which takes its `claim`.
 *
 * @throws CountersignError `signature_missing`, `signature_malformed`, `key_unknown`, `signature_invalid`, `expired`, `not_yet_valid`, `header_invalid`;
 *   `type_invalid`, `text_malformed`.
 */
export function verifyMessage(keyring: Keyring, message: RequestMessage, options: VerifyMessageOptions): VerifiedRequestMessage;
export function verifyMessage(keyring: Keyring, message: ResponseMessage, options: VerifyMessageOptions): VerifiedResponseMessage;
export function verifyMessage(
  keyring: Keyring,
  message: RequestMessage | ResponseMessage,
  options: VerifyMessageOptions,
): VerifiedRequestMessage | VerifiedResponseMessage {
  record(options, "options");
  const entries = Keyring.entriesOf(keyring);
  const parts = partsOf(message);
  const { caller, keyId, created, nonce, claim } = verifyParts(entries, parts, options);
  return parts.response === undefined ? { caller, keyId, created, nonce, claim } : { caller, keyId, created };
}

/** {@link verifyMessage} for a message that was read. A response has no nonce. @internal */
export function verifyParts(entries: readonly KeyringEntry[], parts: MessageParts, options: VerifyMessageOptions): VerifiedRequestMessage {
  const { response } = parts;
  const now = milliseconds(own(options, "now"), "now");
  const toleranceMs = toleranceOf(options);
  const found = withMessages((messages) => {
    putKeys(messages, entries);
    putRequest(messages, parts);
    if (response !== undefined) {
      putResponse(messages, response);
      return messages.verify_response(written(), response.status, high(now), now, toleranceMs);
    }
    put(messages, parts.body);
    return messages.verify_request(written(), high(now), now, toleranceMs);
  }, readVerified);
  if (typeof found === "number") return refuseMessage(found);
  const { caller, keyId } = entries[found.index] as KeyringEntry;
  const { created, nonce, claim } = found;
  return { caller, keyId, created, nonce, claim };
}

/** What Rust says of a good signature: the number of the key, two times, the name of the nonce, and the nonce. */
function readVerified(length: number): { index: number; created: number; nonce: string; claim: ReplayEntry } {
  const names = resultText(length, 20);
  const claim = { key: names.slice(0, NAME_LEN), expiresAt: resultTime(3) };
  return { index: resultNumber(0), created: resultTime(1), nonce: names.slice(NAME_LEN), claim };
}
