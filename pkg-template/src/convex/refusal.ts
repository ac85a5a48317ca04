import { ConvexError } from "convex/values";
import { CountersignError, isSetupError } from "../core/errors.js";

/** What the log line of a refusal says, besides the code. */
export interface RefusedCall {
  /** The function's name, such as `webhooks:markEventProcessed`; `-` if it is not known. */
  readonly name: string;
  /** `query`, `mutation` or `action`; `-` if it is not known. */
  readonly type: string;
  /** The key id the token names; `-` if it names none. */
  readonly keyId: string;
  /** The key ids this side accepts. */
  readonly accepted: readonly string[];
  /** Whether the precise reason leaves the deployment too. */
  readonly explain: boolean;
}

/** The data of an error that leaves a guarded function. */
export type RefusalData = { code: string } | { code: string; message: string };

/**
 * Turns an error of ours into what may leave a Convex function, and logs the precise reason.
 * Any other error is a fault, not a refusal: it comes back as it is, and Convex reports it as one.
 *
 * @param error - What was thrown while a call was being verified.
 * @param call - What the log line says about the call.
 * @returns The error to throw.
 */
export function toOutwardError(error: unknown, call: RefusedCall): unknown {
  if (!(error instanceof CountersignError)) return error;
  const { code } = error;
  const message = marked(error.message);
  if (isSetupError(error)) {
    console.error(`${logLine("misconfigured", code, call)} message=${oneLine(message)}`);
    return new ConvexError<RefusalData>({ code: "misconfigured", message });
  }
  console.warn(logLine("refused", code, call));
  // Not a matter of who calls, and the caller has to know: another try would fail as well.
  if (code === "idempotency_conflict") return new ConvexError<RefusalData>({ code, message });
  return new ConvexError<RefusalData>(call.explain ? { code, message } : { code: "unauthorized" });
}

/** The key id that a token names, for the log only: nothing has been verified yet. `-` if it names none. */
export function claimedKeyId(token: unknown): string {
  if (typeof token !== "string") return "-";
  return /^cs\d{1,3}\.([0-9a-f]{16})\./.exec(token)?.[1] ?? "-";
}

function logLine(verdict: string, code: string, call: RefusedCall): string {
  const accepted = call.accepted.join(",") || "-";
  return `countersign: ${verdict} code=${code} function=${call.name} type=${call.type} key=${call.keyId} accepted=${accepted}`;
}

// By this beginning a client knows our messages from those of an app with codes of the same name.
function marked(message: string): string {
  return message.startsWith("countersign: ") ? message : `countersign: ${message}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
