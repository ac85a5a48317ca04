import { CountersignError } from "../core/errors.js";
import { withRich } from "../core/rich.js";
import { refuseWebhook, withDelivery } from "../webhooks/boundary.js";
import type { VerifyWebhookOptions, WebhookProvider } from "../webhooks/types.js";
import { checkBodyTime } from "../webhooks/verify.js";
import type { ExplainedStep, Explanation } from "./index.js";
import { explanation } from "./message.js";

/**
 * The checks of a webhook's delivery in the order in which `verifyWebhook` makes them, up to the first that does not hold, and the bytes that were signed.
 *
 * @param provider - Who signs, by name, or what `hmac()` made.
 * @param options - The secret, the request's headers, and its body as it came; as for `verifyWebhook`.
 * @throws CountersignError `type_invalid`, `text_malformed` or `misconfigured` for what is no delivery at all.
 */
export function explainWebhook(provider: WebhookProvider, options: VerifyWebhookOptions): Explanation {
  const [found, delivery] = withDelivery(provider, options, (...parts) => withRich((rich) => rich.explain_webhook(...parts)));
  if (typeof found === "number") refuseWebhook(found, delivery.scheme);
  const explained = explanation(found);
  if (delivery.scheme.time !== undefined && explained.steps.every(({ ok }) => ok)) {
    explained.steps.push(bodyTime(() => checkBodyTime(delivery), delivery.scheme.time.join(".")));
  }
  return explained;
}

/** The time that is a part of the body, which is looked at once the body is known to be the provider's. */
function bodyTime(check: () => void, field: string): ExplainedStep {
  try {
    check();
    return { step: "window", ok: true, detail: `the body's ${field} is within the window` };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return { step: "window", ok: false, detail: `${error.code}: the body's ${field} is missing or outside the window. ${error.data.message}` };
  }
}
