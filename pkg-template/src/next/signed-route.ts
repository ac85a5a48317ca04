import { originOf } from "../convex/audience.js";
import { notInherited } from "../convex/environment.js";
import { check, misconfigured } from "../convex/options.js";
import type { AtEachCall, CallerSecrets, Secrets } from "../convex/secrets.js";
import { own, ownOrUnset } from "../core/input.js";
import type { ReplayEntry, ReplayStore } from "../http/replay-store.js";
import { memoryReplayStore } from "../http/replay-stores/memory.js";
import { consume } from "../http/request.js";
import { serverSecrets } from "../http/secrets.js";
import { readServeOptions, serve } from "../http/serve.js";
import type { ServeOptions, SignedRequest } from "../http/serve.js";

/** The options of {@link signedRoute}. */
export interface SignedRouteOptions extends ServeOptions {
  /**
   * The accepted secret; or several with the newest first; or those of each caller by its name, which is then `caller`. A function is asked again at each
   * request. Left out, they come from the environment variables `COUNTERSIGN_SECRET`, `COUNTERSIGN_SECRET_NEXT` and `COUNTERSIGN_SECRET_PREVIOUS`.
   */
  readonly keys?: AtEachCall<Secrets | CallerSecrets> | undefined;
  /** The origin that requests must be signed for. Left out, it is that of the environment variable `SITE_URL`. */
  readonly audience?: string | undefined;
  /**
   * What remembers the requests that were taken, so that each is taken once. Left out, it is a `memoryReplayStore()`: where the app runs as more than one process,
   * such as on Vercel, another one may take the same request once more. `false`, said out loud: the same request is taken until its window has passed.
   */
  readonly replay?: ReplayStore | false | undefined;
}

/** What the handler of a {@link signedRoute} gets beside the request. */
export interface SignedRouteContext<Params extends object = {}> extends SignedRequest {
  /** The dynamic segments of the route, as Next.js has them. */
  readonly params: Promise<Params>;
}

/**
 * A Route Handler of Next.js that runs only for signed requests, and signs what it answers.
 *
 * ```ts
 * // app/api/orders/route.ts
 * export const POST = signedRoute(async (request, { caller, body }) => {
 *   const order = await request.json();
 *   return Response.json({ ok: true });
 * });
 * ```
 *
 * A request that is refused is answered with a problem (RFC 9457) without detail: 401, 403 for a caller that `callers` leaves out, 413 for a body over the limit;
 * and 500 if this server is not set up. The log has the reason. What the handler throws is thrown on.
 *
 * @param handler - Gets the request, its body unread, and who signed it. The body is also there as the bytes that were signed.
 * @param options - See {@link SignedRouteOptions}.
 * @throws CountersignError `misconfigured` if an option makes no sense.
 */
export function signedRoute<Params extends object = {}, Incoming extends Request = Request>(
  handler: (request: Incoming, context: SignedRouteContext<Params>) => Response | Promise<Response>,
  options: SignedRouteOptions = {},
  // Next.js 15 compares the second parameter with its own; whoever calls the route in a test may leave it out.
): (request: Incoming, context?: any) => Promise<Response> {
  check(typeof handler === "function", "handler", "a function");
  const settings = readServeOptions(options);
  const replay = own(options, "replay");
  check(replay === undefined || replay === false || typeof (replay as Partial<ReplayStore> | null)?.consume === "function", "replay", "a replay store, or `false`");
  const host = {
    ...serverSecrets(ownOrUnset(options, "keys", [])),
    audience: audienceOfSite,
    claim: async (claim: ReplayEntry) => {
      if (replay !== false) await consume(replay ?? storeOfProcess(), claim);
    },
  };
  return async (request, context?: { params?: Promise<Params> }) => {
    const renew = (plain: Request) => asNextRequest(request, plain);
    return await serve(settings, { ...host, renew }, await asSent(request, context?.params), (fresh, signed) =>
      // Next.js's own comes first, so that nothing of it can stand for who signed.
      handler(fresh as Incoming, { params: Promise.resolve({} as Params), ...context, ...signed }),
    );
  };
}

/**
 * The request with the query that was sent. In the edge runtime Next.js has put the dynamic segments there too, in the place of parameters of the same names; the
 * handler gets the request without them.
 */
async function asSent(request: Request, params: Promise<object> | undefined): Promise<Request> {
  const names = "EdgeRuntime" in globalThis ? Object.keys((await params) ?? {}) : [];
  const url = new URL(request.url);
  if (!names.some((name) => url.searchParams.has(name))) return request;
  for (const name of names) url.searchParams.delete(name);
  const { method, headers, body, signal } = request;
  return new Request(url.href, { method, headers, body, signal, duplex: "half" } as RequestInit);
}

let processStore: ReplayStore | undefined;

function storeOfProcess(): ReplayStore {
  return (processStore ??= memoryReplayStore());
}

// Next.js replaces exactly the text below; none of ours needs the types of Node.
declare const process: { readonly env: { readonly SITE_URL?: string } } | undefined;

function audienceOfSite(): string {
  const url = typeof process === "undefined" ? undefined : notInherited("SITE_URL", process.env.SITE_URL);
  const origin = url === undefined ? undefined : originOf(url);
  if (origin === undefined) {
    throw misconfigured(
      "SITE_URL is not set to a URL. Put this site's origin there, such as https://app.example, in .env.local or your host's environment variables; or pass `audience`",
    );
  }
  return origin;
}

/** What a NextRequest has and a Request has not. */
interface NextParts {
  readonly nextUrl?: { readonly basePath?: string };
}

/**
 * The request again as the NextRequest it was, with `nextUrl` and `cookies`. The class is that of the prototype which defines `nextUrl`: what the edge runtime
 * hands over is of a subclass, and its constructor takes something else.
 */
function asNextRequest(request: Request & NextParts, plain: Request): Request {
  for (let at: unknown = Object.getPrototypeOf(request); typeof at === "object" && at !== null; at = Object.getPrototypeOf(at)) {
    if (!Object.hasOwn(at, "nextUrl")) continue;
    const NextRequest = at.constructor as new (request: Request, init: object) => Request;
    return new NextRequest(plain, { nextConfig: { basePath: request.nextUrl?.basePath } });
  }
  return plain;
}
