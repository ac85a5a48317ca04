import { CountersignError } from "../index.js";
import { own } from "../core/input.js";
import { normalizeAudience } from "./audience.js";
import type { AtEachCall, CallerSecrets, Secrets } from "./secrets.js";
import type { FunctionBuilder } from "./types.js";

/** The options of {@link countersign}. */
export interface CountersignOptions<
  Query extends FunctionBuilder,
  Mutation extends FunctionBuilder,
  Action extends FunctionBuilder,
> {
  /** `query` from `./_generated/server`, or a builder made from it. */
  readonly query: Query;
  /** `mutation` from `./_generated/server`, or a builder made from it. */
  readonly mutation: Mutation;
  /** `action` from `./_generated/server`, or a builder made from it. */
  readonly action: Action;
  /**
   * `false`: the same signed call is accepted again until its window has passed. It must be said out loud.
   */
  readonly replay: false;
  /**
   * The accepted secret; or several with the newest first; or those of each caller by its name, which is then
   * `ctx.caller.name`. A function is asked again at each call. Left out, they come from the environment variables
   * `COUNTERSIGN_SECRET`, `COUNTERSIGN_SECRET_NEXT` and `COUNTERSIGN_SECRET_PREVIOUS`, read at each call.
   */
  readonly secret?: AtEachCall<Secrets | CallerSecrets> | undefined;
  /**
   * The deployment that calls must be meant for. Left out, it is the origin of `CONVEX_CLOUD_URL`, which Convex sets.
   * Callers that reach the deployment under another URL must name the same audience.
   */
  readonly audience?: string | undefined;
  /** How far a call's time may be from this side's clock, to either side, in milliseconds: 60000 by default, 900000 at most. */
  readonly toleranceMs?: number | undefined;
  /** For development: tells the caller the precise reason of a refusal, which otherwise only the log has. */
  readonly explain?: boolean | undefined;
}

/** The options as a guard uses them. */
export interface GuardSettings {
  readonly secret: AtEachCall<Secrets | CallerSecrets> | undefined;
  readonly audience: string | undefined;
  readonly toleranceMs: number | undefined;
  readonly explain: boolean;
}

/**
 * Checks the options and reads each of them once, as the object's own field.
 *
 * @throws CountersignError `misconfigured` if one of them makes no sense.
 */
export function readOptions(
  options: CountersignOptions<FunctionBuilder, FunctionBuilder, FunctionBuilder>,
): GuardSettings {
  const replay: unknown = own(options, "replay");
  if (replay !== false) {
    throw misconfigured(replay === undefined ? "say `replay: false`: a signed call works again until its window is over" : "`replay` can only be false");
  }
  const audience = own(options, "audience");
  const toleranceMs = own(options, "toleranceMs");
  const explain = own(options, "explain") ?? false;
  check(audience === undefined || (typeof audience === "string" && audience !== ""), "audience", "a URL");
  check(toleranceMs === undefined || (Number.isInteger(toleranceMs) && toleranceMs >= 0 && toleranceMs <= 900_000), "toleranceMs", "0 to 900000");
  check(typeof explain === "boolean", "explain", "true or false");
  return { secret: own(options, "secret"), audience: audience && normalizeAudience(audience), toleranceMs, explain };
}

function check(isRight: boolean, name: string, wanted: string): void {
  if (!isRight) throw misconfigured(`\`${name}\` must be ${wanted}`);
}

/** An error about how countersign is set up. */
export function misconfigured(problem: string): CountersignError {
  return new CountersignError("misconfigured", `countersign: ${problem}.`);
}
