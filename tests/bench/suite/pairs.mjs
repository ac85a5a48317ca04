// Measures the rows that are pairs: some processes for each part and each version of Node.js, taking turns.

import { runIn } from "./nodes.mjs";
import { figuresOf } from "./statistics.mjs";

/** @typedef {import("./measure.mjs").Plan & { processes: number }} Plan */

const script = new URL("process.mjs", import.meta.url);

/** @param {string} part @param {import("./parts.mjs").Task} task @param {Plan} plan @returns {Promise<import("./parts.mjs").Measured>} */
export async function measurePairRows(part, { nodes, names, progress }, { processes, ...plan }) {
  /** @type {Record<string, import("./measure.mjs").Times[]>} */
  const times = {};
  for (let count = 1; count <= processes; count++) {
    for (const node of nodes) {
      progress(`${part}, Node.js ${node.version}, process ${count} of ${processes}`);
      (times[node.version] ??= []).push(await runIn(node, script, [part, JSON.stringify({ ...plan, names })]));
    }
  }
  /** @type {import("./parts.mjs").Measured} */
  const measured = {};
  for (const name of names) {
    measured[name] = Object.fromEntries(Object.entries(times).map(([version, runs]) => {
      const of = (/** @type {"cpu" | "wall"} */ clock) => figuresOf(runs.map((run) => {
        const rounds = run[name]?.[clock];
        if (rounds === undefined) throw new Error(`${name} was not measured in Node.js ${version}`);
        return rounds;
      }));
      const { ours, theirs, ratio } = of("wall");
      return [version, { ...of("cpu"), wall: { ours, theirs, ratio } }];
    }));
  }
  return measured;
}
