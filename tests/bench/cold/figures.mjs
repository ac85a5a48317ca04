// What the cold rows of a guard come to: what a guard takes is what its query takes more than the same query without a guard.
/** @typedef {import("./isolate.mjs").Times} Times */
/** @typedef {{ median: number, least: number, most: number }} Spread */

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (/** @type {number} */ index) => sorted[index] ?? NaN;
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.floor(sorted.length / 2))) / 2;
}

/** The median of the processes, and how far they are apart. @param {number[]} values @returns {Spread} */
const spread = (values) => ({ median: median(values), least: Math.min(...values), most: Math.max(...values) });

/**
 * Of several processes' times: the medians of what each candidate takes, and how many times a guard's a peer's is.
 * @param {Times[]} processes
 */
export function readProcesses(processes) {
  /** @param {import("./apps.mjs").Candidate} candidate @param {"empty" | "plain"} floor */
  const less = (candidate, floor) => processes.map((times) => middle(times, candidate) - middle(times, floor));
  /** @param {"empty" | "plain"} floor @returns {Record<string, Spread>} */
  const ratios = (floor) => {
    const ours = less("guard", floor);
    return Object.fromEntries(peersOf(processes).map((peer) => [peer, spread(less(peer, floor).map((ms, i) => ms / /** @type {number} */ (ours[i])))]));
  };
  return {
    runs: processes.reduce((sum, { guard = [] }) => sum + guard.length, 0),
    ms: {
      empty: spread(processes.map((times) => middle(times, "empty"))),
      plain: spread(less("plain", "empty")),
      guard: spread(less("guard", "plain")),
      peers: /** @type {Record<string, Spread>} */ (Object.fromEntries(peersOf(processes).map((peer) => [peer, spread(less(peer, "plain"))]))),
    },
    /** Of what the guard adds to the query. */
    added: ratios("plain"),
    /** Of the whole query, `convex/server` with it. */
    whole: ratios("empty"),
  };
}

/** @param {Times[]} processes */
const peersOf = ([times = {}]) => /** @type {const} */ (["noble", "subtle"]).filter((peer) => times[peer] !== undefined);

/** @param {Times} times @param {import("./apps.mjs").Candidate} candidate */
function middle(times, candidate) {
  const runs = times[candidate] ?? [];
  if (runs.length === 0) throw new Error(`${candidate} had no run`);
  return median(runs);
}
