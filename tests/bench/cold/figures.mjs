// What the cold rows of a guard come to: what a guard takes is what its query takes more than the same query without a guard.
import { median } from "../suite/statistics.mjs";

/** @typedef {import("./isolate.mjs").Times} Times */
/** @typedef {import("./isolate.mjs").Clocks} Clocks */
/** @typedef {import("./apps.mjs").Candidate} Candidate */
/** @typedef {"noble" | "subtle"} Peer */
/** @typedef {import("../suite/statistics.mjs").Spread} Spread of the processes: their median, and the least and the most */

/** @param {number[]} values @returns {Spread} */
const spread = (values) => ({ median: median(values), low: Math.min(...values), high: Math.max(...values) });

/** @param {Times} times @param {Candidate} candidate */
function middle(times, candidate) {
  const runs = times[candidate] ?? [];
  if (runs.length === 0) throw new Error(`${candidate} had no run`);
  return median(runs);
}

/** How much more than another a candidate takes in each process: medians. @param {Times[]} processes @param {Candidate} candidate @param {Candidate} floor */
const more = (processes, candidate, floor) => processes.map((times) => middle(times, candidate) - middle(times, floor));

/** @param {Times[]} processes @param {Peer} peer @param {Candidate} floor */
function compare(processes, peer, floor) {
  const [ours, theirs] = [more(processes, "guard", floor), more(processes, peer, floor)];
  return { ours: median(ours), theirs: median(theirs), ratio: spread(theirs.map((ms, i) => ms / /** @type {number} */ (ours[i]))) };
}

/**
 * A guard beside a peer, in several processes: milliseconds of the processor, and how many times the guard's the peer's are.
 * @param {readonly Clocks[]} processes @param {Peer} peer
 */
export function comparison(processes, peer) {
  const cpu = processes.map((times) => times.cpu);
  return {
    ...compare(cpu, peer, "plain"),
    rounds: cpu.reduce((sum, { guard = [] }) => sum + guard.length, 0),
    processes: processes.length,
    wall: compare(processes.map((times) => times.wall), peer, "plain"),
    /** The query as a whole, with `convex/server`. */
    whole: compare(cpu, peer, "empty"),
  };
}

/** What the query takes without a guard, and what an empty module does. @param {readonly Clocks[]} processes */
export function floors(processes) {
  const cpu = processes.map((times) => times.cpu);
  return { plain: median(more(cpu, "plain", "empty")), empty: median(cpu.map((times) => middle(times, "empty"))) };
}
