// The replay component's side of a deployment: its rows, its sweeps, and the clock that both follow.
import type { GenericDataModel, GenericMutationCtx } from "convex/server";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { failureOf, log, refusal, expectRefusalLines } from "./deployment.js";
import type { Deployment } from "./deployment.js";

export const start = 1_800_000_000_000;
export const minute = 60_000;
export const day = 24 * 60 * minute;

/** A clock that stands still until a test moves it. */
export function useClock(): void {
  beforeEach(() => void vi.useFakeTimers({ now: start, toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());
}

interface Rows {
  nonces: Record<string, unknown>[];
  results: Record<string, unknown>[];
  sweeps: Record<string, unknown>[];
}

// What convex-test has, and its types leave out.
interface ComponentAccess {
  runInComponent<Result>(path: string, run: (ctx: GenericMutationCtx<GenericDataModel>) => Promise<Result>): Promise<Result>;
  mutationFromPath(path: { componentPath: string; udfPath: string }, args: object): Promise<unknown>;
}

/** The component's rows. */
export async function componentRows(t: Deployment): Promise<Rows> {
  return await (t as unknown as ComponentAccess).runInComponent("countersign", async ({ db }) => ({
    nonces: await db.query("nonces").collect(),
    results: await db.query("results").collect(),
    sweeps: await db.query("sweeps").collect(),
  }));
}

/** One run of the component's cron. */
export async function sweep(t: Deployment): Promise<void> {
  await (t as unknown as ComponentAccess).mutationFromPath({ componentPath: "countersign", udfPath: "sweep:run" }, {});
}

/** Every row there is, the app's and the component's. */
export async function everything(t: Deployment): Promise<unknown> {
  return { ...(await componentRows(t)), events: await t.run(async (ctx) => await ctx.db.query("events").collect()) };
}

/** How many nonces are used up. */
export async function noncesUsed(t: Deployment): Promise<number> {
  return (await componentRows(t)).nonces.length;
}

/**
 * Expects a refusal: the one outward form, exactly one line in the log with this code, and every row of the app and of
 * the component as it was before.
 */
export async function expectDenied(t: Deployment, attempt: () => Promise<unknown>, code: string, fields?: Parameters<typeof expectRefusalLines>[2]): Promise<void> {
  const rows = await everything(t);
  const lines = log.warn.length;
  expect(await failureOf(attempt())).toEqual(refusal);
  expectRefusalLines(log.warn.slice(lines), code, fields);
  expect(log.error).toEqual([]);
  expect(await everything(t)).toEqual(rows);
}
