// How all rows are measured: rounds in which each candidate has one run, so that a busy machine slows all of them alike.

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
/** The module under another hash, so that V8 has not compiled it before: a custom section is added. @param {Uint8Array} wasm @param {number} round */
export function varyWasm(wasm, round) {
  const payload = encoder.encode(String(round).padStart(8, "0"));
  return new Uint8Array([...wasm, 0, payload.length + 2, 1, 118, ...payload]);
}

/** A bundle as if its WebAssembly had never been seen. @param {string} source @param {string | undefined} base64 the WebAssembly in it @param {number} round */
export function varySource(source, base64, round) {
  if (base64 === undefined) return `${source}\n//${round}`;
  if (!source.includes(base64)) throw new Error("The bundle does not hold the WebAssembly as base64.");
  return source.replace(base64, Buffer.from(varyWasm(Buffer.from(base64, "base64"), round)).toString("base64"));
}
