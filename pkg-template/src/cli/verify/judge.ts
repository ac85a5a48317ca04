import { CountersignError, verifyCall } from "../../index.js";
import type { Keyring, VerifiedCall, VerifyCallOptions } from "../../index.js";
import { verifyMessage } from "../../http/index.js";
import type { RequestMessage, ResponseMessage, VerifiedResponseMessage, VerifyMessageOptions } from "../../http/index.js";
import { explainCall, explainMessage, explainWebhook, signedCallBytes } from "../../inspect/index.js";
import type { ExplainedStep, Explanation } from "../../inspect/index.js";
import { verifyWebhook } from "../../webhooks/index.js";
import type { VerifiedWebhook, VerifyWebhookOptions, WebhookProvider } from "../../webhooks/index.js";

/** What the verifier itself says, and the checks that led there. */
export interface Verdict<Found> {
  /** What the verifier returned, if it accepts. */
  found?: Found;
  /** The code it refuses with, if it does. */
  code?: string;
  steps: ExplainedStep[];
  /** The bytes that the signature has to cover, if it came that far. */
  signed?: Uint8Array;
}

/** @throws CountersignError if the call itself, or an option, is wrong. */
export function judgeCall(keyring: Keyring, token: unknown, expected: VerifyCallOptions): Verdict<VerifiedCall> {
  return judged(
    () => verifyCall(keyring, token, expected),
    () => {
      const steps = explainCall(keyring, token, expected);
      // A token that can be read says with what it was signed, whether or not the key is known.
      return steps.some(({ step, ok }) => step === "form" && ok) ? { steps, signed: signedCallBytes(token, expected) } : { steps };
    },
  );
}

/** @throws CountersignError if the message is none, or an option is wrong. */
export function judgeMessage(keyring: Keyring, message: RequestMessage | ResponseMessage, options: VerifyMessageOptions): Verdict<VerifiedResponseMessage> {
  return judged(
    () => verifyMessage(keyring, message as ResponseMessage, options),
    () => explainMessage(keyring, message, options),
  );
}

/** @throws CountersignError if the secret or an option is wrong. */
export function judgeWebhook(provider: WebhookProvider, options: VerifyWebhookOptions): Verdict<VerifiedWebhook> {
  return judged(
    () => verifyWebhook(provider, options),
    () => explainWebhook(provider, options),
  );
}

/** Codes that speak of the set-up, or of how this was asked, and not of what was received. */
const mistakes = ["type_invalid", "text_malformed", "value_unsupported", "secret_missing", "secret_weak", "secret_malformed", "key_conflict", "misconfigured"];

/** @internal The verifier has the say. The explanation is of the same checks; if it came to another end, it would explain nothing. */
export function judged<Found>(verify: () => Found, explain: () => Explanation): Verdict<Found> {
  const said = verdictOf(verify);
  const explanation = said.code === "header_invalid" ? explained(explain) : explain();
  const failed = explanation.steps.find(({ ok }) => !ok);
  if (failed?.detail.split(":")[0] !== said.code) throw new Error(`The verifier says ${said.code ?? "yes"}, and its explanation ${failed?.detail ?? "yes"}.`);
  return { ...said, ...explanation };
}

function verdictOf<Found>(verify: () => Found): { found?: Found; code?: string } {
  try {
    return { found: verify() };
  } catch (error) {
    if (!(error instanceof CountersignError) || mistakes.includes(error.code)) throw error;
    return { code: error.code };
  }
}

/** Too many headers, or ones that are no text, are refused before there is anything to explain. */
function explained(explain: () => Explanation): Explanation {
  try {
    return explain();
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "header_invalid") throw error;
    return { steps: [{ step: "message", ok: false, detail: `${error.code}: ${error.message}` }] };
  }
}
