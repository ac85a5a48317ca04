// Two workers beside one, in each version of Node.js. By the clock; of the turns, the third that other programs disturbed least.

import { runIn } from "./nodes.mjs";
import { median, spread } from "./statistics.mjs";

const TURNS = 45;
const script = new URL("workers-process.mjs", import.meta.url);

/** @param {import("./parts.mjs").Task} task @returns {Promise<import("./parts.mjs").Measured>} */
export async function measureWorkers({ nodes, progress }) {
  /** @type {import("./parts.mjs").Measured[string]} */
  const byNode = {};
  for (const node of nodes) {
    progress(`workers, Node.js ${node.version}`);
    const turns = /** @type {{ one: number, two: number, share: number }[]} */ (await runIn(node, script, [String(TURNS), "60"]));
    const kept = turns.sort((one, other) => other.share - one.share).slice(0, TURNS / 3);
    const [ours, theirs] = [kept.map(({ two }) => two), kept.map(({ one }) => one)];
    byNode[node.version] = { ours: median(ours), theirs: median(theirs), ratio: spread(kept.map(({ one, two }) => two / one)), rounds: kept.length, processes: 1 };
  }
  return { "two workers": byNode };
}
