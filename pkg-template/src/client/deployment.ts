import { CountersignError } from "../index.js";
import { originOf, parseUrl } from "../convex/audience.js";

/**
 * Checks that signed calls may go to this URL: over TLS, or to this machine itself.
 *
 * @param url - The deployment's URL.
 * @returns Its origin, the audience of the calls.
 * @throws CountersignError `misconfigured` if it is no URL, or one that would send the signature in the clear.
 */
export function originOfDeployment(url: unknown): string {
  const origin = typeof url === "string" ? originOf(url) : undefined;
  if (origin === undefined) {
    throw new CountersignError(
      "misconfigured",
      "countersign: the deployment URL must be an http or https URL. Check NEXT_PUBLIC_CONVEX_URL in .env.local, or what you pass as the URL.",
    );
  }
  if (origin.startsWith("http:") && !isLoopback(parseUrl(origin)?.hostname ?? "")) {
    throw new CountersignError(
      "misconfigured",
      `countersign: ${origin} is not encrypted, and whoever sees a signed call can send it again. Use its https URL; http is for this machine only.`,
    );
  }
  return origin;
}

/**
 * Wraps `fetch` so that a signed call is never sent on: a redirect is an error.
 *
 * @param send - The `fetch` to use; the runtime's own, looked up at each call, if left out.
 */
export function withoutRedirects(send?: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    // "manual" and not "error": workerd has only the former.
    const response = await (send ?? globalThis.fetch)(input, { ...init, redirect: "manual" });
    if (response.type === "opaqueredirect" || isRedirect(response.status)) {
      throw new CountersignError(
        "misconfigured",
        "countersign: the deployment URL answers with a redirect, and a signed call is not sent on. Use the URL that it leads to.",
      );
    }
    return response;
  };
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Whether a host name of a URL is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
