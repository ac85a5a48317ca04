// The component by itself in convex-test, and what its tests call.

import { convexTest } from "convex-test";
import { hmacSha256 } from "countersign";
import type { ComponentApi } from "countersign/_generated/component.js";
import component from "countersign/test";
import { makeFunctionReference } from "convex/server";
import type { FunctionArgs, FunctionReturnType } from "convex/server";
import { afterEach, beforeEach, vi } from "vitest";

export const start = 1_800_000_000_000;
export const minute = 60_000;
export const day = 24 * 60 * minute;
export const year = 365 * day;

export type Consume = FunctionArgs<ComponentApi["replay"]["consume"]>;
export type Outcome = FunctionReturnType<ComponentApi["replay"]["consume"]>;
export type Recording = FunctionArgs<ComponentApi["replay"]["record"]>;

/** A hash in base64url: what stands for a nonce, an idempotency key or arguments. */
export function hash(text: string): string {
  return btoa(String.fromCharCode(...hmacSha256("a key of these tests", text))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A nonce's hash that falls into the same part of the table as every other one from here. */
export function neighbour(text: string): string {
  return `AAA${hash(text).slice(3)}`;
}

/** A call that is signed now and may come for a minute: its nonce is kept for two. */
export function signedNow(name: string, idempotency?: Consume["idempotency"]): Consume {
  const call = { key: hash(name), expiresAt: Date.now() + 2 * minute };
  return idempotency === undefined ? call : { ...call, idempotency };
}

/** A deployment that is the component and nothing else, so that its tables can be looked at. */
export function deployment() {
  const t = convexTest({ schema: component.schema, modules: component.modules });
  const consumeReference = makeFunctionReference<"mutation", Consume, Outcome>("replay:consume");
  const recordReference = makeFunctionReference<"mutation", Recording, null>("replay:record");
  const sweepReference = makeFunctionReference<"mutation", { continued?: boolean }, null>("sweep:run");
  return {
    t,
    consume: (call: Consume) => t.mutation(consumeReference, call),
    record: (recording: Recording) => t.mutation(recordReference, recording),
    /** One run, as the cron starts it. Those that it schedules come with `finish`. */
    sweep: () => t.mutation(sweepReference, {}),
    finish: () => t.finishAllScheduledFunctions(() => vi.runAllTimers()),
    rows: () => t.run(async (ctx) => ({
      nonces: await ctx.db.query("nonces").collect(),
      results: await ctx.db.query("results").collect(),
      sweeps: await ctx.db.query("sweeps").collect(),
    })),
    /** How many runs were scheduled and have not begun. */
    pending: () => t.run(async (ctx) => (await ctx.db.system.query("_scheduled_functions").collect()).filter(({ state }) => state.kind === "pending").length),
    insertNonces: (keys: readonly string[], expiresAt: number) => t.run(async (ctx) => {
      for (const key of keys) await ctx.db.insert("nonces", { key, expiresAt, shard: key.slice(0, 3) });
    }),
  };
}

/** A clock that stands still until a test moves it. */
export function useClock(): void {
  beforeEach(() => void vi.useFakeTimers({ now: start, toFake: ["Date", "setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());
}
