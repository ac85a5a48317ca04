import { milliseconds, own, record } from "../core/input.js";
import { Keyring } from "../core/keyring.js";
import { withRich } from "../core/rich.js";
import { partsOf, toleranceOf, withKeys } from "../http/message-parts.js";
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
  const { request, headers, body, response } = partsOf(message);
  const now = milliseconds(own(options, "now"), "now");
  const tolerance = toleranceOf(options);
  const found = withKeys(entries, (keys) =>
    withRich((rich) =>
      response === undefined
        ? rich.explain_request(keys, ...request, headers, body, now, tolerance)
        : rich.explain_response(keys, ...request, headers, response.status, response.headers, response.body, now, tolerance),
    ),
  );
  return explanation(found);
}

/** What Rust gives: the steps, and the bytes. */
export function explanation(found: unknown): Explanation {
  const [steps, signed] = found as [ExplainedStep[], Uint8Array | undefined];
  return signed === undefined ? { steps } : { steps, signed };
}
