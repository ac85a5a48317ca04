import { CountersignError } from "../core/errors.js";
import { pack } from "../core/packed.js";
import { withRich } from "../core/rich.js";
import { toUtf8 } from "../core/utf8.js";
import { deliveryOf, refuseWebhook } from "../webhooks/boundary.js";
import type { VerifyWebhookOptions, WebhookProvider } from "../webhooks/types.js";
import { checkBodyTime } from "../webhooks/verify.js";
import type { ExplainedStep, Explanation } from "./index.js";
import { bytesOf, explanation } from "./message.js";

/**
 * The checks of a webhook's delivery in the order in which `verifyWebhook` makes them, up to the first that does not hold, and the bytes that were signed.
 *
 * @param provider - Who signs, by name, or what `hmac()` made.
 * @param options - The secret, the request's headers, and its body as it came; as for `verifyWebhook`.
 * @throws CountersignError `type_invalid`, `text_malformed` or `misconfigured` for what is no delivery at all.
 */
export function explainWebhook(provider: WebhookProvider, options: VerifyWebhookOptions): Explanation {
  const delivery = deliveryOf(provider, options);
  const { scheme, headers, body, url, now, tolerance } = delivery;
  const secrets = pack(delivery.secrets);
  let found: unknown;
  try {
    found = withRich((rich) => rich.explain_webhook(scheme.number, pack(scheme.custom), secrets, pack(headers), bytesOf(body), toUtf8(url), now, tolerance));
  } finally {
    secrets.fill(0);
  }
  if (typeof found === "number") return refuseWebhook(found, scheme);
  const explained = explanation(found);
  if (delivery.scheme.time !== undefined && explained.steps.every(({ ok }) => ok)) {
    explained.steps.push(bodyTime(() => checkBodyTime(delivery, (...times) => withRich((rich) => rich.check_webhook_time(...times))), delivery.scheme.time.join(".")));
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
