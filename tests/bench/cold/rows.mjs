// The cold rows of a guard, and their breakdown.
import { nodeBinary, nodeVersion } from "../../conformance/lib.mjs";
import { bundleApp, bundleApps } from "./apps.mjs";
import { measureParts, timer } from "./breakdown.mjs";
import { readProcesses } from "./figures.mjs";
import { measureProcess } from "./isolate.mjs";

/** @typedef {{ processes: number, rounds: number }} Plan */
/** @typedef {{ name: string, isNew: boolean, measure: (plan?: Plan) => Promise<ReturnType<typeof readProcesses>> }} GuardRow */

/** @type {ReturnType<typeof bundleApps> | undefined} */
let bundled;
const bundle = () => (bundled ??= bundleApps());

const nearest = 26;

/** @param {number} major of Node @param {boolean} isNew @returns {GuardRow} */
function row(major, isNew) {
  return {
    name: `guard, Node ${nodeVersion(major)}, ${isNew ? "unseen" : "seen"}`,
    isNew,
    measure: async ({ processes, rounds } = major === nearest ? { processes: 5, rounds: 30 } : { processes: 3, rounds: 15 }) => {
      const apps = await bundle();
      const times = [];
      // The crypto of Node 20 takes no bytes of another context's.
      const without = /** @type {import("./apps.mjs").Candidate[]} */ (major === 20 ? ["subtle"] : []);
      for (let i = 0; i < processes; i++) times.push(await measureProcess(apps, { isNew, rounds, node: nodeBinary(major), without }));
      return readProcesses(times);
    },
  };
}

/** Those of the V8 that is nearest to Convex's come first. @type {GuardRow[]} */
export const guardRows = [nearest, 24, 22, 20].flatMap((major) => [row(major, false), row(major, true)]);

/** @param {number} rounds */
export async function measureBreakdown(rounds) {
  const [apps, timing] = await Promise.all([bundle(), bundleApp("timer", timer)]);
  return { seen: await measureParts(apps, timing, { isNew: false, rounds }), unseen: await measureParts(apps, timing, { isNew: true, rounds }) };
}
