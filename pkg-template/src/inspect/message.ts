import { milliseconds, own, record } from "../core/input.js";
import { Keyring } from "../core/keyring.js";
import type { KeyringEntry } from "../core/keyring.js";
import { pack } from "../core/packed.js";
import { withRich } from "../core/rich.js";
import { toUtf8 } from "../core/utf8.js";
import { ENTRY_LEN, copyKeys, partsOf, toleranceOf } from "../http/message-parts.js";
import type { RequestMessage, ResponseMessage, VerifyMessageOptions } from "../http/message.js";
import type { ExplainedStep, Explanation } from "./index.js";

/**
 * The checks of a signed HTTP message in the order in which `verifyMessage` makes them, up to the first that does not hold, and the signature base (RFC 9421,
 * section 2.5). It is the verification itself that tells; that a nonce was used before only a store knows.
 *
 * @param keyring - The keys this side accepts.
 * @param message - The request or response, as for `verifyMessage`.
 * @param options - The time now, and how far the time of signing may be from it.
 * @throws CountersignError `type_invalid` or `text_malformed` for what is no message at all.
 */
export function explainMessage(keyring: Keyring, message: RequestMessage | ResponseMessage, options: VerifyMessageOptions): Explanation {
  record(options, "options");
  const entries = Keyring.entriesOf(keyring);
  const { method, origin, target, headers, body, response } = partsOf(message);
  const now = milliseconds(own(options, "now"), "now");
  const tolerance = toleranceOf(options);
  const request = [toUtf8(method), toUtf8(origin), toUtf8(target), pack(headers)] as const;
  const found = withKeys(entries, (keys) =>
    withRich((rich) =>
      response === undefined
        ? rich.explain_request(keys, ...request, bytesOf(body), now, tolerance)
        : rich.explain_response(keys, ...request, response.status, pack(response.headers), bytesOf(response.body), now, tolerance),
    ),
  );
  return explanation(found);
}

/** Key ids and keys, as Rust reads them, for as long as `use` runs. */
function withKeys<T>(entries: readonly KeyringEntry[], use: (keys: Uint8Array) => T): T {
  // In a buffer of its own: small typed arrays would lie on the heap, where the collector leaves copies behind.
  const keys = new Uint8Array(new ArrayBuffer(entries.length * ENTRY_LEN));
  try {
    copyKeys(entries, keys, 0);
    return use(keys);
  } finally {
    keys.fill(0);
  }
}

/** Bytes, or a text as UTF-8. */
export function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? toUtf8(body) : body;
}

/** What Rust gives: the steps, and the bytes. */
export function explanation(found: unknown): Explanation {
  const [steps, signed] = found as [ExplainedStep[], Uint8Array | undefined];
  return signed === undefined ? { steps } : { steps, signed };
}
