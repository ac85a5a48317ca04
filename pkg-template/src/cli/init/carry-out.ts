import type { Context } from "../command.js";
import { Cancelled } from "../errors.js";
import type { Outcome, Step } from "./step.js";

/** How far it came. */
export interface Work {
  outcomes: Outcome[];
  /** Why it stopped before the end: a signal, or what a step threw. */
  stopped?: { signal: NodeJS.Signals } | { error: unknown };
}

/**
 * Asks every question before anything is done, so that a question left open leaves nothing half done.
 *
 * @param show - Shows what a question is about.
 * @returns The steps that may be done; `undefined` after Ctrl-C.
 */
export async function ask(steps: readonly Step[], context: Context, show: (steps: readonly Step[]) => void): Promise<ReadonlySet<Step> | undefined> {
  const accepted = new Set<Step>();
  const waiting = steps.filter(({ state }) => state === "to_do");
  // A no to one step answers for those that need it, too.
  const refused = new Set<string>();
  const blocked = ({ needs = [] }: Step) => needs.some((id) => refused.has(id) || steps.some((step) => step.id === id && step.state === "cannot"));
  while (waiting.length > 0) {
    const question = waiting[0]?.question ?? "";
    const together = waiting.filter((step) => step.question === question);
    waiting.splice(0, waiting.length, ...waiting.filter((step) => step.question !== question));
    if (together.some(blocked)) {
      for (const { id } of together) refused.add(id);
      continue;
    }
    show(together);
    let yes: boolean;
    try {
      yes = await context.terminal.confirm(question, "--yes");
    } catch (error) {
      if (error instanceof Cancelled) return undefined;
      throw error;
    }
    for (const step of together) {
      if (yes) accepted.add(step);
      else refused.add(step.id);
    }
  }
  return accepted;
}

/** Does the steps in their order. What is begun when a signal comes is brought to its end; nothing is begun after that. `tell` hears of each as it ends. */
export async function carryOut(steps: readonly Step[], accepted: ReadonlySet<Step>, tell: (outcome: Outcome) => void): Promise<Work> {
  const work: Work = { outcomes: [] };
  const results = new Map<Step["id"], Outcome["result"]>();
  let signal: NodeJS.Signals | undefined;
  const note = (received: NodeJS.Signals) => void (signal ??= received);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const each of signals) process.on(each, note);
  const isMissing = (id: Step["id"]) => results.has(id) && !["done", "already_done"].includes(results.get(id) ?? "");
  /** Signals are heard between two steps only if there is a moment in between. */
  const moment = () => new Promise((resolve) => setImmediate(resolve));
  const result = async (step: Step): Promise<Outcome["result"]> => {
    if (step.state === "done") return "already_done";
    if (step.state === "cannot" || step.run === undefined) return "cannot";
    if (work.stopped !== undefined) return "not_done";
    if ((step.needs ?? []).some(isMissing)) return "skipped";
    if (!accepted.has(step)) return "declined";
    try {
      await step.run();
      await moment();
    } catch (error) {
      // What a signal broke off has failed because of it.
      work.stopped = signal === undefined ? { error } : { signal };
      return "failed";
    }
    if (signal !== undefined) work.stopped = { signal };
    return "done";
  };
  try {
    for (const step of steps) {
      const each = await result(step);
      results.set(step.id, each);
      work.outcomes.push({ step, result: each });
      tell({ step, result: each });
    }
  } finally {
    for (const each of signals) process.off(each, note);
  }
  return work;
}
