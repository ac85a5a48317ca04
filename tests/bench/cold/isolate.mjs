// The cold rows of a guard: a query in a fresh context for each call, in one process with Convex's V8 flags (tests/support/isolate), from its
// modules' texts to its answer. In rounds, in which each candidate has one call, and in several processes, one after the other.
import { createIsolate } from "../../support/isolate/index.mjs";
import { answer, argumentsFor, candidates, env, varyApp } from "./apps.mjs";

/** @typedef {import("./apps.mjs").Candidate} Candidate */
/** @typedef {Partial<Record<Candidate, number[]>>} Times in ms */
/** @typedef {{ cpu: Times, wall: Times }} Clocks of the processor, and on the wall */

/**
 * One process's rounds.
 * @param {Record<Candidate, import("./apps.mjs").Modules>} apps
 * @param {{ isNew: boolean, rounds: number, node?: string, without?: Candidate[] }} options whether each call finds texts and WebAssembly that the process has not seen
 * @returns {Promise<Clocks>}
 */
export async function measureProcess(apps, { isNew, rounds, node, without = [] }) {
  const warm = 3;
  const chosen = candidates.filter((candidate) => !without.includes(candidate));
  const at = (/** @type {Candidate} */ candidate, /** @type {number} */ round) => `${candidate}${isNew ? round : 0}`;
  /** @type {Record<string, string>} */
  const modules = {};
  for (const candidate of chosen) {
    for (let round = 0; round < (isNew ? warm + rounds : 1); round++) {
      for (const [path, source] of Object.entries(varyApp(apps[candidate], round))) modules[`${at(candidate, round)}/${path}`] = source;
    }
  }
  const isolate = createIsolate({ modules, env, ...(node === undefined ? {} : { node }) });
  /** @type {Clocks} */
  const times = { cpu: {}, wall: {} };
  try {
    for (let round = 0; round < warm + rounds; round++) {
      // Each round begins with another one.
      for (const [i] of chosen.entries()) {
        const candidate = /** @type {Candidate} */ (chosen[(i + round) % chosen.length]);
        const name = `${at(candidate, round)}/main:run`;
        const result = await isolate.call(name, argumentsFor(candidate, name), { type: "query" });
        if (!result.ok) throw new Error(`${candidate}: ${result.error.message}`);
        if (result.value !== answer) throw new Error(`${candidate} answered ${JSON.stringify(result.value)}`);
        if (round < warm) continue;
        (times.cpu[candidate] ??= []).push(result.cpuMs);
        (times.wall[candidate] ??= []).push(result.ownMs);
      }
    }
  } finally {
    await isolate.close();
  }
  return times;
}
