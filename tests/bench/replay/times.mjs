// How long each call takes, in rounds in which every variant has one call, each time beginning with another one. What a call takes more is
// compared within its round, so that a busy machine slows both sides.
import { fileURLToPath } from "node:url";
import { bundleFunctions } from "../../support/convex/bundle.mjs";
import { createDeployment } from "../../support/isolate/deployment.mjs";
import { quantile } from "../timing/statistics.mjs";
import { audience, secret, variants } from "./calls.mjs";
import { reference, startInProcess } from "./counts.mjs";

/** @typedef {{ median: number, low: number, high: number }} Spread the median, and between what the middle half lies */
/** @typedef {{ name: string, ms: Spread, more: Spread, ratio: Spread }} Times */
/** @typedef {{ call: (path: string, args: Record<string, unknown>) => Promise<number>, renew: () => void, now: () => number, close: () => Promise<unknown> }} Host `call` gives what it took, in ms */
/** @typedef {{ host: string, rounds: number, times: Times[] }} Measured */

/** Where calls run. @type {Readonly<Record<string, () => Promise<Host>>>} */
const hosts = {
  "convex-test, everything in one context": async () => {
    let t = startInProcess();
    const renew = () => {
      // Its queries read whole tables, and those must not grow.
      t = startInProcess();
    };
    /** @type {Host["call"]} */
    const call = async (path, args) => {
      const started = performance.now();
      await t.mutation(reference(path), args);
      return performance.now() - started;
    };
    return { call, renew, now: Date.now, close: async () => undefined };
  },
  "modules evaluated anew for each function, as in Convex": async () => {
    const app = await bundleFunctions(fileURLToPath(new URL("./app", import.meta.url)), { sourceMaps: false });
    const [countersign] = app.components;
    if (countersign === undefined) throw new Error("The app's component was not bundled.");
    const now = Date.now();
    const deployment = await createDeployment({ app, components: { countersign }, env: { CONVEX_CLOUD_URL: audience, COUNTERSIGN_SECRET: secret }, now, watched: false });
    /** @type {Host["call"]} */
    const call = async (path, args) => {
      const first = deployment.ran.length;
      const result = await deployment.call("mutation", path, args);
      if (!result.ok) throw new Error(result.error.message);
      return deployment.ran.slice(first).reduce((sum, { ownMs }) => sum + ownMs, 0);
    };
    return { call, renew: () => undefined, now: () => now, close: deployment.close };
  },
};

/** @param {number[]} values @returns {Spread} */
const spread = (values) => ({ median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) });

/** @param {string} name @param {Host} host @param {number} rounds @returns {Promise<Measured>} */
async function measure(name, host, rounds) {
  const warm = Math.max(2, Math.round(rounds / 10));
  /** @type {number[][]} by variant, then by round */
  const times = variants.map(() => []);
  for (let round = 1; round <= warm + rounds; round++) {
    if (round % 5 === 0) host.renew();
    for (const index of variants.keys()) {
      const at = (index + round) % variants.length;
      const variant = /** @type {typeof variants[number]} */ (variants[at]);
      const earlier = variant.before?.(round, host.now());
      if (earlier !== undefined) await host.call(earlier.path, earlier.args);
      const { path, args } = variant.call(round, host.now());
      const ms = await host.call(path, args);
      if (round > warm) times[at]?.push(ms);
    }
  }
  const [plain = []] = times;
  const against = (/** @type {number[]} */ own, /** @type {(one: number, other: number) => number} */ compare) => spread(own.map((ms, round) => compare(ms, plain[round] ?? Number.NaN)));
  return {
    host: name,
    rounds,
    times: variants.map((variant, index) => {
      const own = times[index] ?? [];
      return { name: variant.name, ms: spread(own), more: against(own, (one, other) => one - other), ratio: against(own, (one, other) => one / other) };
    }),
  };
}

/** @param {number} rounds @returns {Promise<Measured[]>} */
export async function measureAll(rounds) {
  const all = [];
  for (const [name, start] of Object.entries(hosts)) {
    const host = await start();
    try {
      all.push(await measure(name, host, rounds));
    } finally {
      await host.close();
    }
  }
  return all;
}
