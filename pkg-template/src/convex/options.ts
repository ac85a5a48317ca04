import { CountersignError } from "../core/errors.js";
import { own, ownOrUnset } from "../core/input.js";
import { normalizeAudience } from "./audience.js";
import type { ReplayComponent } from "./replay.js";
import type { AtEachCall, CallerSecrets, Secrets } from "./secrets.js";
import type { FunctionBuilder, HttpActionBuilder } from "./types.js";

/** The options of {@link countersign}. */
export interface CountersignOptions<
  Query extends FunctionBuilder,
  Mutation extends FunctionBuilder,
  Action extends FunctionBuilder,
  HttpAction extends HttpActionBuilder = never,
> extends VerificationOptions {
  /** `query` from `./_generated/server`, or a builder made from it. */
  readonly query: Query;
  /** `mutation` from `./_generated/server`, or a builder made from it. */
  readonly mutation: Mutation;
  /** `action` from `./_generated/server`, or a builder made from it. */
  readonly action: Action;
  /** `httpAction` from `./_generated/server`, where there are to be signed http actions. */
  readonly httpAction?: HttpAction | undefined;
}

/** How signed calls are verified. */
export interface VerificationOptions {
  /**
   * The replay component, `components.countersign`: a signed mutation or action then runs once, and the same call sent
   * again is refused. Queries write nothing, so the same query is answered until its window has passed.
   * `false`, said out loud: mutations and actions are no better off than queries.
   */
  readonly replay: ReplayComponent | false;
  /**
   * The accepted secret; or several with the newest first; or those of each caller by its name, which is then
   * `ctx.caller.name`. A function is asked again at each call. Left out, they come from the environment variables
   * `COUNTERSIGN_SECRET`, `COUNTERSIGN_SECRET_NEXT` and `COUNTERSIGN_SECRET_PREVIOUS`, read at each call.
   */
  readonly keys?: AtEachCall<Secrets | CallerSecrets> | undefined;
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
  readonly replay: ReplayComponent | false;
  readonly keys: AtEachCall<Secrets | CallerSecrets> | undefined;
  readonly audience: string | undefined;
  readonly toleranceMs: number | undefined;
  readonly explain: boolean;
}

/**
 * Checks the options and reads each of them once, as the object's own field.
 *
 * @throws CountersignError `misconfigured` if one of them makes no sense.
 */
export function readOptions(options: VerificationOptions): GuardSettings {
  const replay = own(options, "replay");
  // Convex's `components` is a Proxy that has whatever it is asked for; all that can be seen here is that something else was passed.
  check(replay === false || (replay?.replay as Partial<ReplayComponent["replay"]> | undefined)?.consume !== undefined, "replay", "`components.countersign`, or `false`");
  check(!Object.hasOwn(options, "secret"), "secret", "called `keys`");
  const audience = own(options, "audience");
  const toleranceMs = own(options, "toleranceMs");
  const explain = own(options, "explain") ?? false;
  check(audience === undefined || (typeof audience === "string" && audience !== ""), "audience", "a URL");
  check(toleranceMs === undefined || (Number.isInteger(toleranceMs) && toleranceMs >= 0 && toleranceMs <= 900_000), "toleranceMs", "0 to 900000");
  check(typeof explain === "boolean", "explain", "true or false");
  return { replay: replay as ReplayComponent | false, keys: ownOrUnset(options, "keys", []), audience: audience && normalizeAudience(audience), toleranceMs, explain };
}

/** Refuses an option that makes no sense. */
export function check(isRight: boolean, name: string, wanted: string): asserts isRight {
  if (!isRight) throw misconfigured(`\`${name}\` must be ${wanted}`);
}

/** An error about how countersign is set up. */
export function misconfigured(problem: string): CountersignError {
  return new CountersignError("misconfigured", `countersign: ${problem}.`);
}

/** Whether this is a list of texts. */
export function isListOfNames(list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.every((name) => typeof name === "string");
}
