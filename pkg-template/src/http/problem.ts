import { CountersignError, isSetupError } from "../core/errors.js";

/** What is known of a request that is refused. */
export interface RefusedRequest {
  readonly request: Request;
  /** The key id that the request names, `-` if it names none, and those that this side accepts, if it has come so far. Webhooks have no key ids. */
  readonly keys?: { readonly named: string; readonly accepted: readonly string[] } | undefined;
  /** Whether the precise reason leaves the server too. */
  readonly explain: boolean;
}

/**
 * Answers a request that is refused, and logs the precise reason, in one line. The answer (RFC 9457) has a status and no more: 401 for whatever is wrong with
 * the signature, 403 for a caller that may not come here, 413 for a body over the limit, 500 if this side is not set up.
 *
 * @param error - What was thrown while the request was being verified.
 * @param refused - The request.
 * @returns The answer to send.
 * @throws error Any other error, as it is: a fault and not a refusal.
 */
export function problemOf(error: unknown, refused: RefusedRequest): Response {
  // Wrong options, and a body that somebody has read already, are mistakes of this server and not of whoever sent the request.
  if (!(error instanceof CountersignError) || error.code === "type_invalid") throw error;
  const { code, message } = error;
  const isSetup = isSetupError(error);
  // One line whatever the message holds. It names variables and options, and no secret.
  if (isSetup) console.error(`${logLine("misconfigured", code, refused)} message=${message.replace(/\s+/g, " ")}`);
  else console.warn(logLine("refused", code, refused));
  const status = isSetup ? 500 : (statuses[code] ?? 401);
  return new Response(JSON.stringify({ type: "about:blank", title: titles[status], status, ...(refused.explain && { code, detail: message }) }), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(status === 401 && { "www-authenticate": "Signature" }),
      // The rest of the body is still to come, and whatever the client sends next would wait behind it.
      ...(status === 413 && { connection: "close" }),
    },
  });
}

/** The key id that a request names, for the log only: nothing has been verified yet. `-` if it names none. */
export function claimedKeyIdOf(request: Request): string {
  return /;keyid="([0-9a-f]{16})"/.exec(request.headers.get("signature-input") ?? "")?.[1] ?? "-";
}

const statuses: Readonly<Record<string, number | undefined>> = { caller_forbidden: 403, body_too_large: 413 };

const titles: Readonly<Record<number, string>> = { 401: "Unauthorized", 403: "Forbidden", 413: "Content Too Large", 500: "Internal Server Error" };

function logLine(verdict: string, code: string, { request, keys }: RefusedRequest): string {
  const ids = keys === undefined ? "" : ` key=${keys.named} accepted=${keys.accepted.join(",") || "-"}`;
  return `countersign: ${verdict} code=${code} method=${printable(request.method)} path=${printable(pathOf(request.url))}${ids}`;
}

// Without the query, where people keep what should not get into a log.
function pathOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? "-";
}

/** Callers choose it, and nothing but one word may get into the log. */
function printable(text: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(text) ? text : "-";
}
