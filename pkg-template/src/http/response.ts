import { own } from "../core/input.js";
import { Keyring } from "../core/keyring.js";
import { maxBodyBytesOf, readBody } from "./body.js";
import { bodyOf, linesOf, withFields } from "./carry.js";
import type { MessageParts } from "./message-parts.js";
import { signParts, verifyParts } from "./message.js";
import { requestParts } from "./request.js";

/** The largest body of a response that is signed: a signature stands before the body, so all of it is held. */
const MAX_SIGNED_BODY = 16 * 1024 * 1024;

/** The options of {@link signResponse}. */
export interface SignResponseOptions {
  /** The origin that the request was signed for, for example `https://app.example`. */
  readonly audience: string;
  /** The time, in milliseconds since 1970; `Date.now()` if left out. */
  readonly now?: number | undefined;
}

/** The options of {@link verifyResponse}. */
export interface VerifyResponseOptions {
  /** The origin that the request was signed for. Left out, that of its URL. */
  readonly audience?: string | undefined;
  /** The largest body that is read, in bytes: 1 MiB if left out. */
  readonly maxBodyBytes?: number | undefined;
  /** How far the signature's time may be from this side's clock, to either side, in milliseconds: 300000 by default, 900000 at most. */
  readonly toleranceMs?: number | undefined;
  /** The time, in milliseconds since 1970; `Date.now()` if left out. */
  readonly now?: number | undefined;
}

/** A response that was verified. */
export interface VerifiedResponse {
  /** The name that the signer's secret has in the keyring. */
  readonly caller: string;
  /** The id of the key that signed. */
  readonly keyId: string;
  /** When it was signed, in milliseconds since 1970, by the signer's clock; to the second. */
  readonly created: number;
  /** The body, as the bytes that were signed. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The same response once more, with its body unread. */
  readonly response: Response;
}

/**
 * Signs a response, together with the request that it answers, by the key that the request was signed with. The whole body is read first: up to 16 MiB.
 *
 * @param keyring - It has the key that the request names.
 * @param request - The request, verified, with its signature.
 * @param response - What to answer. Its body is read, so send what comes back.
 * @param options - See {@link SignResponseOptions}.
 * @throws CountersignError `body_too_large`; `key_unknown` or `signature_malformed` if this is not a request that the keyring verifies; `header_invalid`, `type_invalid`.
 */
export async function signResponse(keyring: Keyring, request: Request, response: Response, options: SignResponseOptions): Promise<Response> {
  const whole = await readBody(response, MAX_SIGNED_BODY);
  // Nobody gets the body of an answer to HEAD, so nobody could verify it.
  const body = request.method === "HEAD" ? new Uint8Array(0) : whole;
  const fields = signParts(Keyring.entriesOf(keyring), answer(request, response, body, own(options, "audience")), { now: own(options, "now") });
  return new Response(bodyOf(body), { status: response.status, statusText: response.statusText, headers: withFields(response, fields) });
}

/**
 * Verifies a response: that whoever holds the key that signed the request answered this request in this way.
 *
 * @param keyring - It has the key that signed the request. Another key's answer does not count.
 * @param request - The request as it was signed and sent.
 * @param response - What came back, its body unread.
 * @param options - See {@link VerifyResponseOptions}.
 * @throws CountersignError `signature_missing`, `signature_malformed`, `key_unknown`, `signature_invalid`, `expired`, `not_yet_valid`, `header_invalid`,
 *   `body_too_large`, `type_invalid`.
 */
export async function verifyResponse(keyring: Keyring, request: Request, response: Response, options: VerifyResponseOptions = {}): Promise<VerifiedResponse> {
  const body = await readBody(response, maxBodyBytesOf(own(options, "maxBodyBytes")));
  const audience = own(options, "audience") ?? new URL(request.url).origin;
  const { caller, keyId, created } = verifyParts(Keyring.entriesOf(keyring), answer(request, response, body, audience), {
    now: own(options, "now") ?? Date.now(),
    toleranceMs: own(options, "toleranceMs"),
  });
  const { status, statusText, headers, url } = response;
  const fresh = new Response(bodyOf(body), { status, statusText, headers });
  // The constructor cannot say where it came from.
  Object.defineProperty(fresh, "url", { value: url, configurable: true });
  return { caller, keyId, created, body, response: fresh };
}

function answer(request: Request, response: Response, body: Uint8Array, audience: unknown): MessageParts {
  // The request's own body is in its signature, and is not needed again.
  return requestParts(request, "", audience, { status: response.status, headers: linesOf(response), body });
}
