// Microseconds of the processor's time that each of several things takes, measured in turns.

import { median } from "../statistics.mjs";

/** @param {Readonly<Record<string, (index: number) => unknown>>} things what gives promises is waited for @param {{ rounds: number, batchMs: number }} plan @returns {Promise<Record<string, number>>} */
export async function timeAll(things, { rounds, batchMs }) {
  /** @param {(count: number) => Promise<number>} run */
  const warmed = async (run) => {
    let each = await run(20);
    for (let i = 0; i < 60; i++) each = await run(Math.max(1, Math.min(500, Math.round(3000 / Math.max(each, 0.001)))));
    return Math.max(1, Math.round((1000 * batchMs) / Math.max(each, 0.001)));
  };
  const prepared = [];
  for (const [name, call] of Object.entries(things)) {
    const isAsync = call(0) instanceof Promise;
    const loop = new Function(`/* ${name} */ return ${isAsync ? "async " : ""}(call, count) => { let last; for (let i = 0; i < count; i++) last = ${isAsync ? "await " : ""}call(i & 31); return last; };`)();
    /** @param {number} count */
    const run = async (count) => {
      const before = process.cpuUsage();
      const last = loop(call, count);
      if (isAsync) await last;
      const { user, system } = process.cpuUsage(before);
      return (user + system) / count;
    };
    prepared.push({ name, run, count: await warmed(run), times: /** @type {number[]} */ ([]) });
  }
  for (let round = 0; round < rounds; round++) for (const { run, count, times } of prepared) times.push(await run(count));
  return Object.fromEntries(prepared.map(({ name, times }) => [name, median(times)]));
}
