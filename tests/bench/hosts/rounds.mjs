// How all rows are measured: rounds in which each candidate has one run, so that a busy machine slows all of them alike.

import { append } from "../../../pkg-template/build/lz.mjs";

/** @typedef {{ rounds: number, budgetMs: number }} Plan */
/** @typedef {Record<string, number[]>} Times in ms, by candidate */

/**
 * @param {string[]} names @param {Plan} plan
 * @param {(name: string, round: number) => Promise<{ ms: number, isVerified: boolean }>} run
 * @param {{ isWarm?: boolean }} [options] whether the first round only warms the process that holds all of them
 * @returns {Promise<Times>}
 */
export async function measureRounds(names, { rounds, budgetMs }, run, { isWarm = false } = {}) {
  /** @type {Times} */
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const started = performance.now();
  const atLeast = Math.min(rounds, 3);
  const first = isWarm ? -1 : 0;
  for (let round = first; round < rounds && (round < atLeast || performance.now() - started < budgetMs); round++) {
    for (const name of names) {
      const { ms, isVerified } = await run(name, round - first);
      if (isVerified !== true) throw new Error(`${name} did not verify the call`);
      if (round >= 0) times[name]?.push(ms);
    }
  }
  return times;
}

const encoder = new TextEncoder();
/** A custom section, with which the module has another hash, so that V8 has not compiled it before. @param {number} round */
function section(round) {
  const payload = encoder.encode(String(round).padStart(8, "0"));
  return [0, payload.length + 2, 1, 118, ...payload];
}

/** The module as if it had never been seen. @param {Uint8Array} wasm @param {number} round */
export function varyWasm(wasm, round) {
  return new Uint8Array([...wasm, ...section(round)]);
}

/** The packed module with each round's section: packing takes a while, and there is only one module. @type {Map<number, string>} */
const packedSections = new Map();

/**
 * A bundle as if the WebAssembly in it had never been seen.
 * @param {string} source @param {string | undefined} packed the WebAssembly as it stands there (pkg-template/build/lz.mjs)
 * @param {number} round
 */
export function varySource(source, packed, round) {
  if (packed === undefined) return `${source}\n//${round}`;
  if (!source.includes(packed)) throw new Error("The bundle does not hold the packed WebAssembly.");
  let varied = packedSections.get(round);
  if (varied === undefined) packedSections.set(round, (varied = append(packed, section(round))));
  return source.replace(packed, () => /** @type {string} */ (varied));
}
