import { admitCall } from "../core/admit.js";
import type { AdmittedCall, Attempt } from "../core/admit.js";
import type { Signature } from "./arguments.js";
import { originOf } from "./audience.js";
import { variable } from "./environment.js";
import { misconfigured } from "./options.js";
import type { GuardSettings } from "./options.js";
import { claimedKeyId, toOutwardError } from "./refusal.js";
import { claim, record } from "./replay.js";
import { acceptedSecrets, blaming } from "./secrets.js";
import type { LabelledSecret } from "./secrets.js";
import type { Caller, FunctionKind } from "./types.js";

/** The part of Convex's `ctx` that a guard uses. */
export interface GuardCtx {
  readonly meta?: { getFunctionMetadata?(): Promise<{ name: string; componentPath: string }> };
}

/** A call that nobody has verified yet. */
export interface ReceivedCall {
  /** What the function was registered as. */
  readonly kind: FunctionKind;
  /** The function that must have been signed, where it is not the one that runs. */
  readonly name?: unknown;
  readonly signature: Signature;
  /** The arguments that must have been signed. */
  readonly args: unknown;
  /** Refuses callers that may not make this call. */
  readonly permit: (caller: string, name: string) => void;
}

/**
 * Runs a function if its call proves itself, and at most once where the call may only be made once.
 *
 * @param settings - The guard's options.
 * @param ctx - The guarded function's `ctx`.
 * @param call - The call.
 * @param run - What to run for a good call.
 * @returns What `run` returns, or returned when the same idempotency key was used before.
 * @throws ConvexError `{ code: "unauthorized" }` if the call is refused, whatever the reason; with `explain` the
 *   precise code and a message. `{ code: "idempotency_conflict", message }` for an idempotency key that was used with
 *   other arguments. `{ code: "misconfigured", message }` if this deployment is not set up.
 */
export async function guarded(settings: GuardSettings, ctx: GuardCtx, call: ReceivedCall, run: (caller: Caller) => unknown): Promise<unknown> {
  const { kind, args } = call;
  const { token, idempotencyKey } = call.signature;
  const { replay } = settings;
  const attempt: Attempt = { keyIds: [], secret: 0 };
  let name: unknown;
  let accepted: readonly LabelledSecret[] = [];
  let admitted: AdmittedCall;
  try {
    name = await functionName(ctx);
    if (Object.hasOwn(call, "name")) name = call.name;
    const audience = settings.audience ?? audienceOfDeployment();
    accepted = acceptedSecrets(settings.keys, "keys");
    admitted = admitCall(accepted, token, { audience, type: kind, name, args, idempotencyKey, now: Date.now(), toleranceMs: settings.toleranceMs }, attempt);
    // From here on it is no secret's fault.
    accepted = [];
    call.permit(admitted.caller, name as string);
    // The last check: only a good call uses a nonce up.
    const recorded = await claim(kind, replay, ctx, admitted);
    if (recorded !== undefined) return recorded.result;
  } catch (error) {
    throw refusal(error);
  }
  const { caller, keyId, issuedAt } = admitted;
  // What goes wrong in the function is the function's.
  const returned = await run({ name: caller, keyId, issuedAt });
  try {
    await record(replay, ctx, admitted, returned);
  } catch (error) {
    throw refusal(error);
  }
  return returned;

  /** What goes wrong in the guard leaves it as a refusal. */
  function refusal(error: unknown): unknown {
    return toOutwardError(blaming(error, accepted[attempt.secret]), {
      name: printable(name),
      type: kind,
      keyId: claimedKeyId(token),
      accepted: attempt.keyIds,
      explain: settings.explain,
    });
  }
}

async function functionName({ meta }: GuardCtx): Promise<string> {
  if (typeof meta?.getFunctionMetadata !== "function") {
    throw misconfigured("signed functions need convex 1.37: `npm install convex@latest`");
  }
  const { name, componentPath } = await meta.getFunctionMetadata();
  if (componentPath !== "") {
    // A component sees neither the app's environment nor its URL.
    throw misconfigured(`${name} is in the component ${componentPath}; signed functions belong in the app's convex/`);
  }
  // The default export has two spellings; callers sign the one that getFunctionName gives.
  return name.replace(/:default$/, "");
}

/** A function's name for the log. Through a gateway callers choose it, and nothing else may get into the log. */
function printable(name: unknown): string {
  return typeof name === "string" && /^[\w/$]{1,200}(:[\w$]{1,200})?$/.test(name) ? name : "-";
}

function audienceOfDeployment(): string {
  const url = variable("CONVEX_CLOUD_URL");
  const origin = url === undefined ? undefined : originOf(url);
  if (origin === undefined) {
    // Convex sets it in every deployment.
    throw misconfigured("CONVEX_CLOUD_URL is no URL. In a test, set it, or `audience` on both sides");
  }
  return origin;
}
