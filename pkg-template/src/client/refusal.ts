import { CountersignError } from "../index.js";

/** What a refusal's message says about this side. */
export interface SentCall {
  /** The function's name, such as `webhooks:markEventProcessed`. */
  readonly name: string;
  /** The id of the key that signed. */
  readonly keyId: string;
  /** The deployment the call was signed for. */
  readonly audience: string;
  /** The public function that should have taken the call on to an internal one. */
  readonly gateway?: string | undefined;
}

// Codes that come with a message: `idempotency_conflict` from any guard, the others from one with `explain: true`.
const explainedCodes: ReadonlySet<string> = new Set([
  "signature_missing",
  "signature_malformed",
  "version_unsupported",
  "key_unknown",
  "signature_invalid",
  "expired",
  "not_yet_valid",
  "replayed",
  "caller_forbidden",
  "function_forbidden",
  "idempotency_conflict",
  "type_invalid",
  "text_malformed",
  "value_unsupported",
  "body_too_large",
]);

/**
 * Turns the refusal of a guard or a gateway, or the lack of a gateway, into an error that says what to do about it.
 * Any other error comes back as it is.
 *
 * @param error - What the call failed with.
 * @param call - What was sent.
 * @returns The error to throw: a {@link CountersignError} with what the call failed with as its cause, or `error` itself.
 */
export function explainRefusal(error: unknown, call: SentCall): unknown {
  if (lacksGateway(error, call)) return gatewayMissing(error, call);
  const refusal = readRefusal(error);
  if (refusal === undefined) return error;
  const { code, message } = refusal;
  if (code === "misconfigured") {
    return new CountersignError(code, `countersign: Convex cannot verify calls to ${call.name}: ${message}`, { cause: error });
  }
  if (code === "idempotency_conflict") {
    // The signature was right, so there is nothing for the doctor to see.
    return new CountersignError(code, `countersign: Convex did not run ${call.name} (${code}): ${message}`, { cause: error });
  }
  return new CountersignError(
    code,
    `countersign: Convex refused the call to ${call.name} (${code}). It was signed with the key ${call.keyId} for ` +
      `${call.audience}. ${message} Run \`npx countersign doctor\` to compare both sides.`,
    { cause: error },
  );
}

// A production deployment answers with "Server Error" only, and its log has the reason.
function lacksGateway(error: unknown, { gateway }: SentCall): boolean {
  return gateway !== undefined && error instanceof Error && error.message.includes(`Could not find public function for '${gateway}'`);
}

function gatewayMissing(cause: unknown, { name, gateway, audience }: SentCall): CountersignError {
  const path = gateway?.replace(/:.*/, "") ?? "";
  return new CountersignError(
    "misconfigured",
    `countersign: ${name} was not called: the deployment ${audience} has no public function ${gateway}. Create convex/${path}.ts with ` +
      "`export const { query, mutation, action } = gateway({ ... })`, from countersign/convex, and deploy it; or pass " +
      "CountersignClient the option `gateway` with the path of the file that has it.",
    { cause },
  );
}

const prefix = "countersign: ";

function readRefusal(error: unknown): { code: string; message: string } | undefined {
  if (typeof error !== "object" || error === null || !(Symbol.for("ConvexError") in error) || !("data" in error)) return undefined;
  const { data } = error;
  if (typeof data !== "object" || data === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(data));
  const code = fields.get("code");
  if (fields.size === 1 && code === "unauthorized") {
    return { code, message: "The reason is in the log of the Convex deployment." };
  }
  const message = fields.get("message");
  if (fields.size !== 2 || typeof code !== "string" || typeof message !== "string" || !message.startsWith(prefix)) return undefined;
  if (code !== "misconfigured" && !explainedCodes.has(code)) return undefined;
  return { code, message: message.slice(prefix.length) };
}
