// How the time of a call grows with its arguments, and that of a message with its body: by how much for each, and whether it is in proportion.

import { runIn } from "./nodes.mjs";

/** @typedef {{ size: number, us: number }} Point */

const lengths = [1, 4, 16, 64, 256, 1024].map((kB) => 1024 * kB);
/** What is measured, at which sizes. @type {Readonly<Record<string, readonly number[]>>} */
export const sizes = { calls: [1, 10, 100, 1000], hmac: lengths, webhooks: lengths, messages: lengths };
/** The unit of the slope. */
const units = { calls: 1, hmac: 1024, webhooks: 1024, messages: 1024 };
const script = new URL("growth-process.mjs", import.meta.url);

/**
 * Between the last two sizes: what one more costs, and how many times the time of the smaller the larger's is.
 * @param {readonly Point[]} points @param {number} unit
 */
export function growthOf(points, unit) {
  const [one, other] = points.slice(-2);
  if (one === undefined || other === undefined) throw new Error("Growth needs two sizes.");
  return { slope: (unit * (other.us - one.us)) / (other.size - one.size), times: other.us / one.us };
}

/** @param {import("./parts.mjs").Task} task @returns {Promise<import("./parts.mjs").Measured>} */
export async function measureGrowth({ nodes, progress }) {
  /** @type {import("./parts.mjs").Measured} */
  const measured = {};
  for (const node of nodes) {
    progress(`growth, Node.js ${node.version}`);
    /** @type {Record<string, Point[]>} */
    const found = await runIn(node, script, [JSON.stringify({ rounds: 15, batchMs: 8, sizes })]);
    for (const [name, unit] of Object.entries(units)) {
      const points = found[name] ?? [];
      const { slope, times } = growthOf(points, unit);
      (measured[`growth of ${name}, slope`] ??= {})[node.version] = { value: slope, points };
      (measured[`growth of ${name}, the last two sizes`] ??= {})[node.version] = { value: times };
    }
  }
  return measured;
}
