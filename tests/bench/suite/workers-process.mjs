// Run in a process of its own: how many calls two workers verify in a second of the clock, beside one, in turns. Prints the rates of
// each turn, and which part of the processors' time it got: these threads never wait, so what is missing of one is what other programs took.
//   workers-process.mjs <turns> <milliseconds of a turn>

import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort } from "node:worker_threads";

if (isMainThread) await measure();
else await work();

async function work() {
  const { createKeyring, generateSecret, signCall, verifyCall } = await import("countersign");
  const keyring = createKeyring(generateSecret());
  const now = Date.now();
  const calls = Array.from({ length: 32 }, (_, index) => ({ audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "a:b", args: { id: "x".repeat(40), amount: index }, now }));
  const signed = calls.map((call) => ({ call, token: signCall(keyring, call) }));
  const cycle = () => {
    for (const { call, token } of signed) if (verifyCall(keyring, token, call).issuedAt !== now) throw new Error("a wrong result");
    return signed.length;
  };
  parentPort?.on("message", (/** @type {number} */ until) => {
    let count = 0;
    while (Date.now() < until) count += cycle();
    parentPort?.postMessage(count);
  });
  const warm = Date.now() + 500;
  while (Date.now() < warm) cycle();
  parentPort?.postMessage("ready");
}

async function measure() {
  const [turns = 0, ms = 0] = process.argv.slice(2).map(Number);
  const workers = [0, 1].map(() => new Worker(fileURLToPath(import.meta.url)));
  const answer = (/** @type {Worker} */ worker) => new Promise((done, failed) => {
    worker.once("message", done);
    worker.once("error", failed);
  });
  await Promise.all(workers.map(answer));
  /** Verifications in a second, by so many workers at once. @param {readonly Worker[]} some */
  const run = async (some) => {
    const cpu = process.cpuUsage();
    const until = Date.now() + ms;
    const answers = some.map(answer);
    for (const worker of some) worker.postMessage(until);
    const count = (await Promise.all(answers)).reduce((sum, each) => sum + each, 0);
    const { user, system } = process.cpuUsage(cpu);
    return { rate: (1000 * count) / ms, share: (user + system) / 1000 / ms / some.length };
  };
  /** @type {{ one: number, two: number, share: number }[]} */
  const measured = [];
  for (let turn = 0; turn < turns; turn++) {
    const alone = workers.slice(turn % 2, (turn % 2) + 1);
    const [first, second] = turn % 4 < 2 ? [await run(alone), await run(workers)] : [await run(workers), await run(alone)];
    const [one, two] = turn % 4 < 2 ? [first, second] : [second, first];
    measured.push({ one: one.rate, two: two.rate, share: Math.min(one.share, two.share) });
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  console.log(JSON.stringify(measured));
}
