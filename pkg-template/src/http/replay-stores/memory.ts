import { typeInvalid } from "../../core/errors.js";
import { own, record } from "../../core/input.js";
import type { ReplayEntry, ReplayStore } from "../replay-store.js";
import { ExpiryQueue } from "./expiry-queue.js";
import { entryOf, misconfiguredStore } from "./entry.js";

/** The options of {@link memoryReplayStore}. */
export interface MemoryReplayStoreOptions {
  /** How many nonces it remembers at most: 100000 by default, for which it needs about 20 MB. */
  readonly maxEntries?: number | undefined;
}

/** One use adds one entry, so that removing two is always enough, and no use takes long. */
const FORGOTTEN_PER_USE = 16;

/**
 * Remembers used nonces in the memory of this process.
 *
 * For one process that runs on: a second process (another instance, another worker, another region, the same one after a restart) knows nothing of what this one
 * remembers, and takes the same request once more. There, use {@link redisReplayStore} or {@link convexReplayStore}.
 *
 * When it is full of nonces that may not be forgotten yet, it throws `misconfigured` and nobody gets in: forgetting one would let its request in again.
 *
 * @throws CountersignError `type_invalid`.
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const maxEntries = own(record(options, "options") as MemoryReplayStoreOptions, "maxEntries") ?? 100_000;
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) throw typeInvalid("maxEntries", "a whole number of at least 1");
  const used = new Set<string>();
  const byExpiry = new ExpiryQueue();
  // What expires then or before may be forgotten, so none of it is fresh any more, even if the clock goes back. It never goes back itself, because nothing is added
  // behind it; and it goes no further than what was forgotten, so that a clock that was ahead for a minute does not keep everybody out until that time has come.
  let horizon = -Infinity;

  function forgetExpired(now: number): void {
    for (let count = 0; count < FORGOTTEN_PER_USE; count++) {
      const next = byExpiry.first();
      if (next === undefined || next.expiresAt > now) return;
      byExpiry.removeFirst();
      used.delete(next.key);
      horizon = next.expiresAt;
    }
  }

  // All of it in one turn of the event loop: of uses at once, one is first.
  function useUp({ key, expiresAt }: ReplayEntry): boolean {
    forgetExpired(Date.now());
    if (expiresAt <= horizon || used.has(key)) return false;
    if (used.size >= maxEntries) {
      throw misconfiguredStore(`memoryReplayStore is full: ${maxEntries} nonces that may not be forgotten yet. Raise maxEntries, or use redisReplayStore.`);
    }
    used.add(key);
    byExpiry.add({ key, expiresAt });
    return true;
  }

  return { consume: async (entry) => useUp(entryOf(entry)) };
}
