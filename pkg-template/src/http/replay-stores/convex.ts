import { typeInvalid } from "../../core/errors.js";
import { own } from "../../core/input.js";
import type { ReplayEntry, ReplayStore } from "../replay-store.js";
import { entryOf, misconfiguredStore } from "./entry.js";

/**
 * Remembers used nonces in Convex, in the replay component.
 *
 * Inside an action or an http action:
 * `convexReplayStore((entry) => ctx.runMutation(components.countersign.replay.consume, entry))`.
 * From another server, through a guarded mutation of the app that does the same and returns what it got:
 * `convexReplayStore((entry) => client.mutation(api.replay.consume, entry))`.
 *
 * @param consume - Calls the component's `replay.consume`, and returns what that returns. If it rejects, nobody gets in.
 * @throws CountersignError `type_invalid`.
 */
export function convexReplayStore(consume: (entry: { key: string; expiresAt: number }) => Promise<{ status: string }>): ReplayStore {
  if (typeof consume !== "function") throw typeInvalid("consume", "a function");
  return {
    async consume(entry: ReplayEntry): Promise<boolean> {
      const { key, expiresAt } = entryOf(entry);
      const answer: unknown = await consume({ key, expiresAt });
      const status = typeof answer === "object" && answer !== null ? own(answer as { status?: unknown }, "status") : undefined;
      if (status === "fresh") return true;
      if (status === "replayed") return false;
      throw misconfiguredStore("The replay component's consume was answered with neither fresh nor replayed. Return what it returns.");
    },
  };
}
