import type { ReplayEntry } from "../replay-store.js";

/** Entries by when they expire, the next one first: a binary heap. @internal */
export class ExpiryQueue {
  readonly #heap: ReplayEntry[] = [];

  /** The entry that expires next, if there is one. */
  first(): ReplayEntry | undefined {
    return this.#heap[0];
  }

  add(entry: ReplayEntry): void {
    let at = this.#heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above] as ReplayEntry;
      if (parent.expiresAt <= entry.expiresAt) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = entry;
  }

  removeFirst(): void {
    const last = this.#heap.pop();
    const { length } = this.#heap;
    if (last === undefined || length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && this.#expiry(below + 1) < this.#expiry(below)) below++;
      if (this.#expiry(below) >= last.expiresAt) break;
      this.#heap[at] = this.#heap[below] as ReplayEntry;
      at = below;
    }
    this.#heap[at] = last;
  }

  #expiry(at: number): number {
    return (this.#heap[at] as ReplayEntry).expiresAt;
  }
}
