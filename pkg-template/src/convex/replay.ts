import { convexToJson, jsonToConvex } from "convex/values";
import type { Value } from "convex/values";
import type { FunctionReference } from "convex/server";
import type { ComponentApi } from "../component/_generated/component.js";
import { CountersignError } from "../core/errors.js";
import type { AdmittedCall } from "../core/admit.js";
import { misconfigured } from "./options.js";
import type { FunctionKind } from "./types.js";

/** The replay component as an app has it: `components.countersign`. */
export type ReplayComponent = ComponentApi<string | undefined>;

/** The part of a mutation's or an action's `ctx` that claims and records. */
export interface WriterCtx {
  runMutation<Args extends Record<string, Value | undefined>, Returned>(
    mutation: FunctionReference<"mutation", "internal", Args, Returned>,
    args: Args,
  ): Promise<Returned>;
}

/** A result that a call with the same idempotency key had before. */
export interface Recorded {
  readonly result: unknown;
}

/** The largest result that is recorded, in bytes of its JSON. */
const MAX_RESULT = 64 * 1024;

/**
 * Uses a verified call up: in a mutation's own transaction, in an action's own before it does anything. A query cannot.
 *
 * @returns What to return without running the function, if its result is recorded under the call's idempotency key.
 * @throws CountersignError `replayed`, `idempotency_conflict`; `misconfigured` for an idempotency key without the component.
 * @internal
 */
export async function claim(kind: FunctionKind, replay: ReplayComponent | false, ctx: object, call: AdmittedCall): Promise<Recorded | undefined> {
  if (replay === false) {
    if (call.once === undefined) return undefined;
    throw misconfigured("an idempotency key needs `replay: components.countersign`");
  }
  if (kind === "query") return undefined;
  const { claim, once, caller } = call;
  const { status, result } = await (ctx as WriterCtx).runMutation(replay.replay.consume, { ...claim, ...(once && { idempotency: { ...once, caller } }) });
  if (status === "fresh") return undefined;
  if (status === "recorded" && result !== undefined) return { result: jsonToConvex(JSON.parse(result) as never) };
  throw new CountersignError(status === "conflict" ? "idempotency_conflict" : "replayed");
}

/**
 * Records what a call with an idempotency key returned, in the transaction that did it.
 *
 * @throws CountersignError `misconfigured` if it cannot be recorded, or is too large; everything the call did is then rolled back.
 * @internal
 */
export async function record(replay: ReplayComponent | false, ctx: object, call: AdmittedCall, returned: unknown): Promise<void> {
  if (replay === false || call.once === undefined) return;
  const result = JSON.stringify(convexToJson((returned ?? null) as Value));
  const size = new TextEncoder().encode(result).length;
  if (size > MAX_RESULT) {
    throw misconfigured(`under an idempotency key at most ${MAX_RESULT} bytes are recorded, not ${size}. Return less`);
  }
  // Convex fills it in when the transaction commits, so a repeated call would get its own time instead of the first one's.
  if (result.includes('{"$commitTs":null}')) throw misconfigured("a commit timestamp cannot be recorded. Return the id");
  await (ctx as WriterCtx).runMutation(replay.replay.record, { ...call.once, caller: call.caller, result });
}
