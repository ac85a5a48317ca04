/**
 * The audience that a URL stands for: its origin, lower case, without a trailing slash.
 *
 * @param url - The URL of a Convex deployment.
 * @returns The origin, or `undefined` if this is not an `http:` or `https:` URL.
 */
export function originOf(url: string): string | undefined {
  const parsed = parseUrl(url);
  return parsed === undefined || !/^https?:$/.test(parsed.protocol) ? undefined : parsed.origin;
}

/**
 * Brings an audience that was set by hand into the form the other side uses: the URL of a deployment becomes its
 * origin; any other text stays as it is.
 *
 * @param audience - The option's text.
 */
export function normalizeAudience(audience: string): string {
  const origin = originOf(audience);
  return origin !== undefined && audience.toLowerCase().replace(/\/$/, "") === origin ? origin : audience;
}

/** Parses a URL; `undefined` if it is not one. */
export function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined; // the only way the constructor reports a text that is no URL
  }
}
