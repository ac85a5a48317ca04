import { CountersignError } from "../core/errors.js";
import { own, text } from "../core/input.js";
import { Keyring } from "../core/keyring.js";
import { maxBodyBytesOf, readBody } from "./body.js";
import { bodyOf, linesOf, targetOf } from "./carry.js";
import { originOfAudience } from "./message-parts.js";
import type { MessageParts, ResponseParts } from "./message-parts.js";
import { signParts, verifyParts } from "./message.js";
import type { ReplayEntry, ReplayStore } from "./replay-store.js";

/** The options of {@link signRequest}. */
export interface SignRequestOptions {
  /** The origin that the receiver knows itself by. Left out, that of the request's URL. */
  readonly audience?: string | undefined;
  /** What to cover besides the method, the origin, the path, the query and the body, for example the name of a header field. */
  readonly components?: readonly string[] | undefined;
  /** The time, in milliseconds since 1970; `Date.now()` if left out. */
  readonly now?: number | undefined;
  /** The nonce: 16 random bytes if left out. For tests. */
  readonly nonce?: Uint8Array | undefined;
  /** Whose key signs, if the keyring has more than one caller's; the first one's if left out. */
  readonly caller?: string | undefined;
}

/** The options of {@link verifyRequest}. */
export interface VerifyRequestOptions {
  /** The origin that requests must be signed for, for example `https://app.example`. Never take it from the request. */
  readonly audience: string;
  /** The largest body that is read, in bytes: 1 MiB if left out. */
  readonly maxBodyBytes?: number | undefined;
  /** How far the signature's time may be from this side's clock, to either side, in milliseconds: 300000 by default, 900000 at most. */
  readonly toleranceMs?: number | undefined;
  /** What remembers the nonces that were used. Left out, the same request verifies again until its window has passed. */
  readonly replay?: ReplayStore | undefined;
  /** The time, in milliseconds since 1970; `Date.now()` if left out. */
  readonly now?: number | undefined;
}

/** A request that was verified. */
export interface VerifiedRequest {
  /** The name that the signer's secret has in the keyring. */
  readonly caller: string;
  /** The id of the key that signed. */
  readonly keyId: string;
  /** The body, as the bytes that were signed. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The signature's nonce. */
  readonly nonce: string;
  /** When it was signed, in milliseconds since 1970, by the signer's clock; to the second. */
  readonly created: number;
  /** The same request once more, with its body unread. */
  readonly request: Request;
}

/**
 * Signs a request (RFC 9421): its method, path, query and body, and the origin it is meant for.
 *
 * @param keyring - Its first key signs.
 * @param request - What to send. Its body is read, so send what comes back.
 * @param options - See {@link SignRequestOptions}.
 * @returns The signed request. `fetch` does not follow redirects with it, as the signature is for one URL; in Convex say so: `fetch(signed, { redirect: "manual" })`.
 * @throws CountersignError `header_invalid` for a URL or a header field that cannot be signed, `type_invalid`, `text_malformed`.
 */
export async function signRequest(keyring: Keyring, request: Request, options: SignRequestOptions = {}): Promise<Request> {
  return signWithBody(keyring, request, await readBody(request, Number.MAX_SAFE_INTEGER), options);
}

/** {@link signRequest} for a request whose body has been read. */
export function signWithBody(keyring: Keyring, request: Request, body: Uint8Array<ArrayBuffer>, options: SignRequestOptions): Request {
  const parts = requestParts(request, body, own(options, "audience") ?? new URL(request.url).origin);
  const fields = signParts(Keyring.entriesOf(keyring), parts, options);
  // A body that is there and empty is said again too: without one, the constructor would look for the body that was read.
  const again = request.body === null ? {} : { body };
  const signed = new Request(request, { redirect: "manual", ...again });
  // Set on what is there already: a list of all fields would be copied twice.
  for (const [name, value] of fields) signed.headers.set(name, value);
  return signed;
}

/**
 * Verifies a request that {@link signRequest} or any other signer of this profile made, and uses it up if there is a replay store.
 *
 * @param keyring - The keys this side accepts.
 * @param request - What was received, its body unread. Of its URL only path and query are used.
 * @param options - See {@link VerifyRequestOptions}.
 * @returns Who signed it, the body, and the same request unread.
 * @throws CountersignError `signature_missing`, `signature_malformed`, `key_unknown`, `signature_invalid`, `expired`, `not_yet_valid`, `replayed`,
 *   `header_invalid`, `body_too_large`, `type_invalid`.
 */
export async function verifyRequest(keyring: Keyring, request: Request, options: VerifyRequestOptions): Promise<VerifiedRequest> {
  const { claim, verified } = await verifyUnclaimed(keyring, request, options);
  const replay = own(options, "replay");
  // The last check: only a good request uses a nonce up.
  if (replay !== undefined) await consume(replay, claim);
  return verified;
}

/** {@link verifyRequest} up to the nonce, which is left to whoever has more to check. */
export async function verifyUnclaimed(
  keyring: Keyring,
  request: Request,
  options: Omit<VerifyRequestOptions, "replay">,
): Promise<{ claim: ReplayEntry; verified: VerifiedRequest }> {
  const body = await readBody(request, maxBodyBytesOf(own(options, "maxBodyBytes")));
  const parts = requestParts(request, body, own(options, "audience"));
  const now = own(options, "now") ?? Date.now();
  const { claim, caller, keyId, nonce, created } = verifyParts(Keyring.entriesOf(keyring), parts, { now, toleranceMs: own(options, "toleranceMs") });
  return { claim, verified: { caller, keyId, body, nonce, created, request: unread(request, body) } };
}

/**
 * Uses a nonce up.
 *
 * @throws CountersignError `replayed` if it was used before.
 */
export async function consume(store: ReplayStore, claim: ReplayEntry): Promise<void> {
  // Whatever is not a clear yes is a no.
  if ((await store.consume(claim)) !== true) throw new CountersignError("replayed", "countersign: this request was taken before.");
}

/** A request, or the response to one, as it is written for Rust. @internal */
export function requestParts(request: Request, body: Uint8Array | "", audience: unknown, response?: ResponseParts): MessageParts {
  return { method: text(request.method, "method"), origin: originOfAudience(audience), target: text(targetOf(request.url), "target"), headers: linesOf(request), body, response };
}

function unread({ url, method, headers, signal }: Request, body: Uint8Array<ArrayBuffer>): Request {
  return new Request(url, { method, headers, signal, body: bodyOf(body) });
}
