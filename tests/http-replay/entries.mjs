// Entries as verification makes them, and what is expected of many uses at once.

import { createHash } from "node:crypto";

/** How long after its use a request that was signed now is kept: the widest window and a minute. */
export const LIFETIME_MS = 16 * 60_000;

/** @param {string} name @param {number} [lifetimeMs] */
export function entry(name, lifetimeMs = LIFETIME_MS) {
  return { key: createHash("sha256").update(name).digest("base64url"), expiresAt: Date.now() + lifetimeMs };
}

/** How many of the uses were the first one. @param {readonly boolean[]} answers */
export const fresh = (answers) => answers.filter((answer) => answer === true).length;

/**
 * Uses one entry so often at once.
 * @param {import("countersign/http").ReplayStore} store @param {import("countersign/http").ReplayEntry} used @param {number} times
 */
export function atOnce(store, used, times) {
  return Promise.all(Array.from({ length: times }, () => store.consume(used)));
}
