import { verifyCall } from "../index.js";
import type { Keyring } from "../index.js";
import { takeToken } from "./arguments.js";
import { originOf } from "./audience.js";
import { variable } from "./environment.js";
import { misconfigured } from "./options.js";
import type { GuardSettings } from "./options.js";
import { claimedKeyId, toOutwardError } from "./refusal.js";
import { openKeyring } from "./secrets.js";
import type { Caller, FunctionKind } from "./types.js";

/** The part of Convex's `ctx` that a guard uses. */
export interface GuardCtx {
  readonly meta?: { getFunctionMetadata?(): Promise<{ name: string; componentPath: string }> };
}

/** A call that may proceed. */
export interface AdmittedCall {
  readonly caller: Caller;
  /** The arguments without the signature: the very object that was verified. */
  readonly args: unknown;
}

/**
 * Verifies one call.
 *
 * @param kind - What the function was registered as.
 * @param settings - The guard's options.
 * @param ctx - The function's `ctx`.
 * @param raw - The arguments as Convex passes them, with the signature.
 * @throws ConvexError `{ code: "unauthorized" }` if the call is refused, whatever the reason; with `explain` the
 *   precise code and a message. `{ code: "misconfigured", message }` if this deployment is not set up.
 */
export async function admit(kind: FunctionKind, settings: GuardSettings, ctx: GuardCtx, raw: unknown): Promise<AdmittedCall> {
  const { token, args } = takeToken(raw);
  let name = "-";
  let keyring: Keyring | undefined;
  try {
    name = await functionName(ctx);
    const audience = settings.audience ?? audienceOfDeployment();
    keyring = openKeyring(settings.secret);
    const { caller, keyId, issuedAt } = verifyCall(keyring, token, {
      audience,
      type: kind,
      name,
      args: args as object, // verifyCall refuses whatever is none
      now: Date.now(),
      toleranceMs: settings.toleranceMs,
    });
    return { caller: { name: caller, keyId, issuedAt }, args };
  } catch (error) {
    throw toOutwardError(error, {
      name,
      type: kind,
      keyId: claimedKeyId(token),
      accepted: keyring?.keyIds ?? [],
      explain: settings.explain,
    });
  } finally {
    keyring?.free();
  }
}

async function functionName({ meta }: GuardCtx): Promise<string> {
  if (typeof meta?.getFunctionMetadata !== "function") {
    throw misconfigured("signed functions need convex 1.37 or later. Run `npm install convex@latest`");
  }
  const { name, componentPath } = await meta.getFunctionMetadata();
  if (componentPath !== "") {
    // A component sees neither the app's environment nor its URL.
    throw misconfigured(`${name} is in the component ${componentPath}. Define signed functions in the app's own convex folder`);
  }
  // The default export has two spellings; callers sign the one that getFunctionName gives.
  return name.replace(/:default$/, "");
}

function audienceOfDeployment(): string {
  const url = variable("CONVEX_CLOUD_URL");
  const origin = url === undefined ? undefined : originOf(url);
  if (origin === undefined) {
    // Convex sets it in every deployment.
    throw misconfigured("CONVEX_CLOUD_URL is not set to a URL. In a test, set it; or pass the same `audience` on both sides");
  }
  return origin;
}
