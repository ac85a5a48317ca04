// The parts of the suite. Those whose rows are pairs are measured in processes of their own, so that none decides how V8 sees another's code; others
// measure themselves.

import { measureGrowth } from "./growth.mjs";
import { measureMemory } from "./memory.mjs";
import { measureCold } from "../cold/rows.mjs";
import { measureCost } from "../cost/measure.mjs";
import { measureSizes } from "./sizes.mjs";
import { measureWorkers } from "./workers.mjs";

export const pairParts = /** @type {const} */ (["hmac", "calls", "webhooks", "http"]);

/** @typedef {Record<string, Record<string, import("./result.mjs").Ratio | import("./result.mjs").Value>>} Measured by the row's name, then by the version of Node.js */
/** @typedef {{ nodes: readonly import("./nodes.mjs").NodeVersion[], names: readonly string[], isQuick: boolean, progress: (text: string) => void }} Task `names`: the rows that are asked for */

/** @type {Readonly<Record<string, { measure: (task: Task) => Promise<Measured>, isSlow?: boolean }>>} what is slow is left out of the quick form */
export const otherParts = {
  cold: { measure: measureCold, isSlow: true },
  cost: { measure: measureCost, isSlow: true },
  growth: { measure: measureGrowth, isSlow: true },
  size: { measure: measureSizes },
  memory: { measure: measureMemory, isSlow: true },
  workers: { measure: measureWorkers, isSlow: true },
};

/** @param {string} part @returns {Promise<import("./measure.mjs").Pair[]>} */
export async function loadPairs(part) {
  if (!pairParts.some((each) => each === part)) throw new Error(`There is no part called "${part}".`);
  const { createPairs } = await import(`./pairs/${part}.mjs`);
  return createPairs();
}
