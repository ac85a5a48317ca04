// What a name says. Only that: whether a value is a usable secret is not decided here.

const secretWords = new Set(["SECRET", "SECRETS", "TOKEN", "TOKENS", "KEY", "KEYS", "APIKEY", "PASSWORD", "PASSWD", "PASSPHRASE", "PASSCODE", "CREDENTIAL", "CREDENTIALS"]);
// `TOKEN_TTL`, `MAX_TOKENS`, `KEY_ID`, `STRIPE_PUBLISHABLE_KEY`: about a secret, or the public half of one.
const publicWords = new Set(["MAX", "MIN", "LIMIT", "COUNT", "TTL", "EXPIRY", "EXPIRES", "EXPIRATION", "LIFETIME", "LENGTH", "PUBLIC", "PUBLISHABLE", "ANON", "PREFIX", "HEADER", "COOKIE", "ALGORITHM", "ENABLED", "DISABLED"]);
const publicEndings = new Set(["URL", "URI", "ORIGIN", "HOST", "HOSTNAME", "PORT", "DOMAIN", "ID", "IDS", "NAME", "MODE", "ENV", "REGION", "TYPE", "ISSUER", "AUDIENCE", "FILE", "PATH", "DIR", "VERSION", "DAYS", "HOURS", "MINUTES", "SECONDS", "MS", "SITE", "ENDPOINT", "BUCKET", "FORMAT"]);
const browserPrefix = /^(?:NEXT_PUBLIC|VITE|EXPO_PUBLIC|PUBLIC|REACT_APP|GATSBY)_/;

/** Whether an environment variable of this name holds a secret. Those that were named by the user do, unless the name says it is an address or a setting. */
export function isSecretVariable(name: string, named: readonly string[]): boolean {
  if (isPublicVariable(name)) return false;
  return named.includes(name) || name.split("_").some((word) => secretWords.has(word));
}

function isPublicVariable(name: string): boolean {
  const words = name.split("_");
  return browserPrefix.test(name) || words.some((word) => publicWords.has(word)) || publicEndings.has(words.at(-1) ?? "");
}

/** Whether this is a secret that was given a name by which Next.js puts its value into the browser's code. */
export function isPublishedSecret(name: string, named: readonly string[]): boolean {
  if (!name.startsWith("NEXT_PUBLIC_")) return false;
  const rest = name.slice("NEXT_PUBLIC_".length);
  if (isPublicVariable(rest)) return false;
  // A key or a token by itself is often meant for browsers: NEXT_PUBLIC_POSTHOG_KEY, NEXT_PUBLIC_MAPBOX_TOKEN.
  return named.includes(rest) || /(?:^|_)(?:SECRETS?|PASSWORD|PASSWD|PASSPHRASE|PRIVATE_KEY|SERVICE_ROLE_KEY|SIGNING_KEY|(?:ADMIN|INTERNAL|SERVER|WEBHOOK)_(?:\w+_)?(?:KEY|TOKEN))(?:_|$)/.test(rest);
}

/** The words of a name in camelCase, snake_case, kebab-case or a path, in lower case. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
}

const keyKinds = new Set(["api", "secret", "access", "auth", "admin", "internal", "service", "server", "shared", "private", "signing", "master", "webhook"]);
const notTheSecret = new Set(["id", "ids", "name", "type", "kind", "count", "length", "hash", "status", "limit", "prefix", "label", "index", "expiry", "at", "header"]);

/** Whether an argument or a variable of this name holds a secret: `secret`, `apiKey`, `internalToken`, not `tokenType` or `key`. */
export function isSecretIdentifier(name: string): boolean {
  const words = wordsOf(name);
  if (notTheSecret.has(words.at(-1) ?? "")) return false;
  if (words.some((word) => ["secret", "token", "password", "passphrase", "apikey", "passcode"].includes(word))) return true;
  return words.some((word, index) => word === "key" && keyKinds.has(words[index - 1] ?? ""));
}

/** Whether something of this name is a signature or a MAC. */
export function isSignatureIdentifier(name: string): boolean {
  const words = wordsOf(name);
  return !notTheSecret.has(words.at(-1) ?? "") && words.some((word) => ["signature", "sig", "hmac", "mac", "digest"].includes(word));
}
