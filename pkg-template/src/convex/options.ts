import { CountersignError } from "../index.js";
import { normalizeAudience } from "./audience.js";
import { own } from "../core/input.js";
import { acceptedSecrets, secretsOfCallers } from "./secrets.js";
import type { AcceptedSecret, CallerSecrets, SecretOptions } from "./secrets.js";
import type { FunctionBuilder } from "./types.js";

/** The options of {@link countersign}. */
export interface CountersignOptions<
  Query extends FunctionBuilder,
  Mutation extends FunctionBuilder,
  Action extends FunctionBuilder,
> extends SecretOptions {
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
   * The accepted secrets by the name of the caller that holds them, each newest first; `ctx.caller.name` is that name.
   * A function is asked again at each call. Instead of `secret`.
   */
  readonly keys?: CallerSecrets | (() => CallerSecrets) | undefined;
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
  /** The secrets to accept now; asked at each call. */
  readonly secrets: () => AcceptedSecret[];
  readonly audience: string | undefined;
  readonly toleranceMs: number | undefined;
  readonly explain: boolean;
}

const longestToleranceMs = 900_000;

/**
 * Checks the options and reads each of them once, as the object's own field.
 *
 * @throws CountersignError `misconfigured` if one of them makes no sense.
 */
export function readOptions(
  options: CountersignOptions<FunctionBuilder, FunctionBuilder, FunctionBuilder>,
): GuardSettings {
  const replay: unknown = own(options, "replay");
  if (replay === undefined) {
    throw misconfigured("`replay` is missing. Say `replay: false`: a signed call is accepted again until its window has passed.");
  }
  if (replay !== false) throw misconfigured("`replay` can only be `false` in this version.");

  const secret = own(options, "secret");
  const keys = own(options, "keys");
  if (secret !== undefined && keys !== undefined) throw misconfigured("Give `secret` or `keys`, not both.");

  const audience = own(options, "audience");
  if (audience !== undefined && (typeof audience !== "string" || audience === "")) {
    throw misconfigured("`audience` must be a text such as `https://happy-animal-123.convex.cloud`.");
  }
  const explain = own(options, "explain");
  if (explain !== undefined && typeof explain !== "boolean") throw misconfigured("`explain` must be `true` or `false`.");

  const toleranceMs = own(options, "toleranceMs");
  if (toleranceMs !== undefined && !(Number.isInteger(toleranceMs) && toleranceMs >= 0 && toleranceMs <= longestToleranceMs)) {
    throw misconfigured(`\`toleranceMs\` must be a whole number of milliseconds from 0 to ${longestToleranceMs}.`);
  }
  return {
    secrets: keys === undefined ? () => acceptedSecrets(secret) : () => secretsOfCallers(keys),
    audience: audience === undefined ? undefined : normalizeAudience(audience),
    toleranceMs,
    explain: explain === true,
  };
}

/** An error about how countersign is set up. */
export function misconfigured(problem: string): CountersignError {
  return new CountersignError("misconfigured", `countersign: ${problem}`);
}
