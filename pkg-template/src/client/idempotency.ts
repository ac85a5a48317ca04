import { CountersignError } from "../index.js";
import { own, text } from "../core/input.js";
import { toUtf8 } from "../core/utf8.js";

const MAX_BYTES = 256;

/**
 * Reads the option `idempotencyKey`, before the call waits for its turn.
 *
 * @param options - The options of a call, if there are any.
 * @returns The key, if there is one.
 * @throws CountersignError `type_invalid` if it is no text of 1 to 256 bytes of UTF-8; `text_malformed`.
 */
export function idempotencyKeyOf(options: { readonly idempotencyKey?: unknown } | undefined): string | undefined {
  const given = options === undefined ? undefined : own(options, "idempotencyKey");
  if (given === undefined) return undefined;
  const key = text(given, "idempotencyKey");
  // A text has at least as many bytes as UTF-16 units.
  if (key === "" || key.length > MAX_BYTES || toUtf8(key).length > MAX_BYTES) {
    throw new CountersignError("type_invalid", `idempotencyKey must be a text of 1 to ${MAX_BYTES} bytes of UTF-8, for example an event's id.`);
  }
  return key;
}
