import { isLoopback } from "../client/deployment.js";
import { openLocalKeyring } from "../client/local-secret.js";
import type { LocalSecret } from "../client/local-secret.js";
import { CountersignError } from "../core/errors.js";
import { own, ownOrUnset } from "../core/input.js";
import { verified } from "./answer.js";
import { readBody } from "./body.js";
import { bodyOf } from "./carry.js";
import { signWithBody } from "./request.js";

/** The options of {@link signedFetch}. */
export interface SignedFetchOptions {
  /** The secret that signs, or a function that is asked for it at each call. Left out, it is `COUNTERSIGN_SECRET` from the environment. */
  readonly secret?: LocalSecret | undefined;
  /** The origin that the receiver knows itself by, if it is another than that of the URL. */
  readonly audience?: string | undefined;
  /** What to sign besides the method, the origin, the path, the query and the body, for example the name of a header field. */
  readonly components?: readonly string[] | undefined;
  /** Whether the response must be signed, by the same key and for this request: true if left out. */
  readonly signedResponse?: boolean | undefined;
  /** The largest body of a signed response that is read, in bytes: 1 MiB if left out. */
  readonly maxBodyBytes?: number | undefined;
  /** How far the response's time may be from this side's clock, to either side, in milliseconds: 300000 by default, 900000 at most. */
  readonly toleranceMs?: number | undefined;
  /** The `fetch` to send with, instead of the runtime's. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** As many as `fetch` follows. */
const MAX_REDIRECTS = 20;
const bodyFields = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];

/**
 * `fetch`, signed: the request proves who sends it, and the response that it comes from whoever holds the same secret, as the answer to this request.
 *
 * Redirects within one origin are followed, if they are signed like every other answer, each with a signature of its own; one that leads to another origin is an error. The query is sent as URLSearchParams
 * writes it (`%20` becomes `+`, `a` becomes `a=`): Next.js rewrites every query so before a route sees it, and another spelling of it could not be verified.
 *
 * @param input - Where to: an https URL, or one of this machine itself.
 * @param init - As for `fetch`. A body that is a stream is read to its end before anything is sent.
 * @param options - See {@link SignedFetchOptions}.
 * @returns The response, verified, with its body unread.
 * @throws CountersignError if the request cannot be signed or must not go there; or if the answer is not signed, or not rightly, such as that to a request which
 *   the other side refused: with the code `unauthorized`, or the precise one where the other side explains itself. Whatever `fetch` throws.
 */
export async function signedFetch(input: string | URL | Request, init?: RequestInit, options: SignedFetchOptions = {}): Promise<Response> {
  const send = own(options, "fetch") ?? globalThis.fetch;
  const isSigned = own(options, "signedResponse") ?? true;
  // "half" is for bodies that are streams; Node.js wants it said.
  let request = new Request(input, { duplex: "half", ...init } as RequestInit);
  const redirect = redirectModeOf(input, init);
  const keyring = openLocalKeyring(ownOrUnset(options, "secret", ""));
  try {
    for (let redirects = 0; ; redirects += 1) {
      checkDestination(request.url);
      const body = await readBody(request, Number.MAX_SAFE_INTEGER);
      const { href } = withPlainQuery(request.url);
      if (href !== request.url) request = again(request, href, body);
      const signed = signWithBody(keyring, request, body, { audience: own(options, "audience"), components: own(options, "components") });
      // "manual" and not "error": workerd has only the former.
      const response = await send(signed, { redirect: "manual" });
      if (redirect === "manual" || !isRedirect(response)) return isSigned ? await verified(keyring, signed, response, options) : response;
      if (redirect === "error") throw new TypeError(`countersign: ${nameOf(request)} is answered with a redirect.`);
      if (redirects === MAX_REDIRECTS) throw new TypeError(`countersign: ${nameOf(request)} is redirected too often.`);
      const next = redirected(request, body, response);
      // Whoever can put a redirect on the way would choose which route the next signature is for.
      if (isSigned) await verified(keyring, signed, response, options);
      // Nobody reads it, and whether it ends well is of no interest.
      else response.body?.cancel().catch(() => "the connection has ended already");
      request = next;
    }
  } finally {
    keyring.free();
  }
}

/** In Convex a request does not know how it is to be redirected, and asking it ends the function. */
function redirectModeOf(input: string | URL | Request, init: RequestInit | undefined): RequestRedirect {
  if (init?.redirect !== undefined) return init.redirect;
  return typeof input === "string" || input instanceof URL || "Convex" in globalThis ? "follow" : input.redirect;
}

function checkDestination(url: string): void {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol === "https:" || (protocol === "http:" && isLoopback(hostname))) return;
  throw new CountersignError(
    "misconfigured",
    `countersign: ${origin} is not encrypted, and whoever sees a signed request can send it again. Use its https URL; http is for this machine only.`,
  );
}

function isRedirect({ status, type, headers }: Response): boolean {
  return type === "opaqueredirect" || ([301, 302, 303, 307, 308].includes(status) && headers.has("location"));
}

/** The request that follows a redirect, as `fetch` makes it. */
function redirected(request: Request, body: Uint8Array<ArrayBuffer>, { status, headers }: Response): Request {
  const url = resolved(headers.get("location") ?? "", request.url);
  if (url?.origin !== new URL(request.url).origin) {
    throw new CountersignError(
      "misconfigured",
      `countersign: ${nameOf(request)} is answered with a redirect to ${url?.origin ?? "nowhere"}, and a signed request is not sent on to another origin. If that is right, call it by the URL that this leads to.`,
    );
  }
  const { method } = request;
  const isGet = status === 303 ? method !== "GET" && method !== "HEAD" : status <= 302 && method === "POST";
  if (!isGet) return again(request, url.href, body);
  const kept = new Headers(request.headers);
  for (const name of bodyFields) kept.delete(name);
  return new Request(url.href, { headers: kept, signal: request.signal });
}

/** The same request to another URL. */
function again({ method, headers, signal }: Request, url: string, body: Uint8Array<ArrayBuffer>): Request {
  return new Request(url, { method, headers, signal, body: bodyOf(body) });
}

/** A URL with its query as URLSearchParams writes it. */
function withPlainQuery(url: string): URL {
  const plain = new URL(url);
  plain.search = plain.searchParams.toString();
  return plain;
}

function resolved(location: string, base: string): URL | undefined {
  // An opaque redirect does not say where to.
  if (location === "") return undefined;
  try {
    return new URL(location, base);
  } catch {
    return undefined; // the only way the constructor reports a text that is no URL
  }
}

/** Without the query, where people keep what should not get into a message. */
function nameOf({ method, url }: Request): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}
