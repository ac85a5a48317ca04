import { milliseconds, own, record } from "../../core/input.js";
import { CountersignError, typeInvalid } from "../../core/errors.js";
import type { ReplayEntry } from "../replay-store.js";

/** The form of a key: a SHA-256 in base64url, as src/replay.rs writes it. */
const KEY = /^[A-Za-z0-9_-]{43}$/;

/**
 * What a store was given, read once and checked: whatever is not a key would be a key that nobody uses twice.
 *
 * @internal
 */
export function entryOf(value: unknown): ReplayEntry {
  const entry = record(value, "entry") as Partial<ReplayEntry>;
  const key: unknown = own(entry, "key");
  if (typeof key !== "string" || !KEY.test(key)) throw typeInvalid("entry.key", "43 base64url characters");
  return { key, expiresAt: milliseconds(own(entry, "expiresAt"), "entry.expiresAt") };
}

/** A store that cannot be used as it was set up. @internal */
export function misconfiguredStore(what: string, options?: { cause?: unknown }): CountersignError {
  return new CountersignError("misconfigured", what, options);
}
