// The cold rows of a guard, for `npm run bench` and `npm run bench:cold`, and their breakdown.
import { nodeBinary, nodeVersion } from "../../conformance/lib.mjs";
import { bundleApp, bundleApps } from "./apps.mjs";
import { measureParts, timer } from "./breakdown.mjs";
import { comparison } from "./figures.mjs";
import { measureProcess } from "./isolate.mjs";

/** @typedef {{ processes: number, rounds: number }} Plan */
/** @typedef {import("./figures.mjs").Peer} Peer */
/** @typedef {import("./isolate.mjs").Clocks} Clocks */

/** Has the V8 that is nearest to Convex's: 14.6. */
const nearest = 26;
const older = [20, 22, 24];
/** What the peers are called in the rows. @type {Record<Peer, string>} */
export const peers = { noble: "@noble/hashes", subtle: "crypto.subtle" };

/** @type {ReturnType<typeof bundleApps> | undefined} */
let bundled;
const bundle = () => (bundled ??= bundleApps());

/** @param {number} major of Node.js @param {boolean} isNew @param {Plan} plan @returns {Promise<Clocks[]>} */
async function measure(major, isNew, { processes, rounds }) {
  const apps = await bundle();
  // The crypto of Node.js 20 takes no bytes of another context's.
  const without = /** @type {Peer[]} */ (major === 20 ? ["subtle"] : []);
  const times = [];
  for (let i = 0; i < processes; i++) times.push(await measureProcess(apps, { isNew, rounds, node: nodeBinary(major), without }));
  return times;
}

/** What is measured together. */
export const guardRuns = [nearest, ...older].flatMap((major) =>
  [false, true].map((isNew) => ({
    major,
    version: nodeVersion(major),
    state: isNew ? "unseen" : "seen",
    name: `guard, Node ${nodeVersion(major)}, ${isNew ? "unseen" : "seen"}`,
    measure: (/** @type {Plan} */ plan = major === nearest ? { processes: 3, rounds: 30 } : { processes: 3, rounds: 15 }) => measure(major, isNew, plan),
  })),
);

/** The rows of `npm run bench` that a run fills. @param {typeof guardRuns[number]} run */
const rowsOf = ({ major, state }) => /** @type {[Peer, string][]} */ (Object.entries(peers)).map(([peer, called]) => /** @type {const} */ ([peer, rowName(called, state, major !== nearest)]));

/** @param {string} peer @param {string} state @param {boolean} isOlder */
const rowName = (peer, state, isOlder) => `cold guard ${state}, ${peer}${isOlder ? ", older V8" : ""}`;

/** @param {import("../suite/parts.mjs").Task} task @returns {Promise<import("../suite/parts.mjs").Measured>} */
export async function measureCold({ names, progress }) {
  /** @type {import("../suite/parts.mjs").Measured} */
  const measured = {};
  for (const run of guardRuns) {
    const asked = rowsOf(run).filter(([peer, name]) => names.includes(name) && !(run.major === 20 && peer === "subtle"));
    if (asked.length === 0) continue;
    progress(`cold, ${run.name}`);
    const processes = await run.measure();
    for (const [peer, name] of asked) (measured[name] ??= {})[run.version] = comparison(processes, peer);
  }
  return measured;
}

/** @param {number} rounds */
export async function measureBreakdown(rounds) {
  const [apps, timing] = await Promise.all([bundle(), bundleApp("timer", timer)]);
  return { seen: await measureParts(apps, timing, { isNew: false, rounds }), unseen: await measureParts(apps, timing, { isNew: true, rounds }) };
}
