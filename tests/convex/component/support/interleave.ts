// Runs transactions truly beside each other: at each call of the database chance decides who goes on, the same way for the same seed.

import { Transaction } from "./database.js";
import type { Conflict, Database } from "./database.js";
import type { Range } from "./ranges.js";

export type Handler = (ctx: any, args: any) => unknown;

export interface Job {
  readonly name: string;
  readonly handler: Handler;
  readonly args: unknown;
  /** How often its turn comes, compared with others. 1 unless said otherwise; what it schedules has the same. */
  readonly weight?: number;
}

export interface Options {
  readonly seed?: number;
  /** Whether each begins when its turn comes, and not all at once. */
  readonly staggered?: boolean;
  /** What may be scheduled, by its name; it runs in the same crowd. */
  readonly functions?: Readonly<Record<string, Handler>>;
}

export interface Report {
  readonly results: ReadonlyMap<string, unknown>;
  readonly conflicts: readonly Conflict[];
  /** How often each job began. */
  readonly attempts: ReadonlyMap<string, number>;
  /** What each job's last attempt, the one that stands, has read and written. */
  readonly reads: ReadonlyMap<string, readonly Range[]>;
  readonly writes: ReadonlyMap<string, Transaction["writes"]>;
  /** How many transactions were open at the same time. */
  readonly mostOpen: number;
}

export async function interleave(database: Database, jobs: readonly Job[], { seed = 1, staggered = false, functions = {} }: Options = {}): Promise<Report> {
  const report = { results: new Map<string, unknown>(), conflicts: [] as Conflict[], attempts: new Map<string, number>(), reads: new Map(), writes: new Map(), mostOpen: 0 };
  const waiting: { weight: number; resume: () => void }[] = [];
  const next = random(seed);
  let [running, open, count] = [0, 0, 0];
  let stopped = () => {};
  let failure: { error: unknown } | undefined;

  const pauseOf = (weight: number) => () =>
    new Promise<void>((resume) => {
      waiting.push({ weight, resume });
      stopped();
    });

  async function run({ name, handler, args, weight = 1 }: Job, isScheduled: boolean): Promise<void> {
    const pause = pauseOf(weight);
    for (let attempt = 1; ; attempt++) {
      if (staggered || isScheduled || attempt > 1) await pause();
      report.attempts.set(name, (report.attempts.get(name) ?? 0) + 1);
      const transaction = new Transaction(database, pause);
      report.mostOpen = Math.max(report.mostOpen, ++open);
      const result = await handler(transaction.ctx, args);
      await pause();
      const conflicts = transaction.commit(name);
      open--;
      report.conflicts.push(...conflicts);
      if (conflicts.length > 0) continue;
      report.results.set(name, result);
      report.reads.set(name, transaction.reads);
      report.writes.set(name, transaction.writes);
      for (const scheduled of transaction.scheduled) {
        const scheduledHandler = functions[scheduled.name];
        if (scheduledHandler === undefined) throw new Error(`${scheduled.name} was scheduled, and is not there`);
        start({ name: `${scheduled.name} ${++count}`, handler: scheduledHandler, args: scheduled.args, weight }, true);
      }
      return;
    }
  }

  function start(job: Job, isScheduled: boolean): void {
    running++;
    run(job, isScheduled)
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => {
        running--;
        stopped();
      });
  }

  for (const job of jobs) start(job, false);
  for (let turn = 0; running > 0 && failure === undefined; turn++) {
    if (turn > 50_000) throw new Error("this does not come to an end");
    let left = next() * waiting.reduce((sum, { weight }) => sum + weight, 0);
    const [chosen] = waiting.splice(Math.max(0, waiting.findIndex(({ weight }) => (left -= weight) < 0)), 1);
    const isStopped = new Promise<void>((resolve) => (stopped = resolve));
    // If nobody waits, one is just ending.
    chosen?.resume();
    await isStopped;
  }
  if (failure !== undefined) throw failure.error;
  return report;
}

/** Numbers from 0 to 1 by chance, always the same for a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
