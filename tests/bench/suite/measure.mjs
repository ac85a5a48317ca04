// Runs in one process: pairs of ours and theirs, in rounds. In a round each pair is measured once on either side, the two one after the other, and
// the next round begins with the other one.

/**
 * @typedef {object} Pair two ways of doing the same
 * @property {string} name
 * @property {(index: number, fresh: any) => unknown} ours with the input of this number, from 0 to INPUTS - 1
 * @property {(index: number, fresh: any) => unknown} theirs may give a promise
 * @property {(index: number) => unknown} [fresh] makes what a call uses up, off the clock
 * @property {(result: any, index: number) => boolean} isRight whether a side's result is what this input must give
 * @property {(result: any, index: number) => boolean} [isTheirsRight] the same for theirs, if its results have another form
 * @property {(() => unknown)[]} refused ours and theirs with something changed: each must say false, or throw
 * @property {boolean} [oursIsAsync]
 * @property {boolean} [theirsIsAsync]
 */
/** @typedef {{ rounds: number, warmMs: number, batchMs: number }} Plan of the processor's time */
/** @typedef {Record<string, { wall: import("./statistics.mjs").Rounds, cpu: import("./statistics.mjs").Rounds }>} Times by the pair's name */

/** Inputs change from call to call, or V8 would do once what is asked for a thousand times. A power of two. */
export const INPUTS = 32;

/** A loop of each side's own, so that V8 optimises it for this side alone. @param {string} name @param {boolean} isAsync @returns {(call: (index: number, fresh: any) => unknown, count: number, fresh: unknown[]) => unknown} what the last call gave */
function loopOf(name, isAsync) {
  const body = `/* ${name} */ return ${isAsync ? "async " : ""}(call, count, fresh) => { let last; for (let i = 0; i < count; i++) last = ${isAsync ? "await " : ""}call(i & ${INPUTS - 1}, fresh[i]); return last; };`;
  return new Function(body)();
}

/** @param {Pair} pair @param {"ours" | "theirs"} side */
function sideOf(pair, side) {
  const isAsync = (side === "ours" ? pair.oursIsAsync : pair.theirsIsAsync) ?? false;
  const loop = loopOf(`${pair.name}, ${side}`, isAsync);
  const isRight = side === "ours" ? pair.isRight : (pair.isTheirsRight ?? pair.isRight);
  const call = pair[side];
  /** Microseconds a call, by the clock and of the processor's time. @param {number} count */
  return async (count) => {
    const fresh = Array.from({ length: count }, (_, i) => pair.fresh?.(i & (INPUTS - 1)));
    const cpu = process.cpuUsage();
    const started = process.hrtime.bigint();
    const last = isAsync ? await loop(call, count, fresh) : loop(call, count, fresh);
    const wall = Number(process.hrtime.bigint() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    if (!isRight(last, (count - 1) & (INPUTS - 1))) throw new Error(`${pair.name}: ${side} gave a wrong result`);
    return { wall: wall / count, cpu: (user + system) / count };
  };
}

/** @param {() => unknown} call whether it says no */
export async function says(call) {
  try {
    return (await call()) !== false;
  } catch {
    return false; // how most of them say no
  }
}

/** Holds both sides to what they must give, for each input, and to what they must refuse. @param {Pair} pair */
export async function check({ name, ours, theirs, fresh, isRight, isTheirsRight = isRight, refused }) {
  for (let index = 0; index < INPUTS; index++) {
    if (!isRight(await ours(index, fresh?.(index)), index)) throw new Error(`${name}: ours gave a wrong result for input ${index}`);
    if (!isTheirsRight(await theirs(index, fresh?.(index)), index)) throw new Error(`${name}: theirs gave a wrong result for input ${index}`);
  }
  for (const [at, call] of refused.entries()) if (await says(call)) throw new Error(`${name}: what must be refused was not (${at})`);
}

/** Time for what the last batch left behind to be collected, off the clock. */
const rest = () => new Promise((done) => setImmediate(done));

/** @param {readonly Pair[]} pairs @param {Plan} plan @returns {Promise<Times>} */
export async function measurePairs(pairs, { rounds, warmMs, batchMs }) {
  /** @type {Times} */
  const times = {};
  const prepared = [];
  for (const pair of pairs) {
    await check(pair);
    const sides = /** @type {const} */ (["ours", "theirs"]).map((side) => ({ side, time: sideOf(pair, side), count: INPUTS }));
    for (const side of sides) {
      // Until V8 has optimised it, which the clock says nothing of on a busy machine; then as many calls as fill a batch.
      const started = process.cpuUsage();
      let each = (await side.time(INPUTS)).cpu;
      for (let spent = process.cpuUsage(started); spent.user + spent.system < 1000 * warmMs; spent = process.cpuUsage(started)) {
        each = (await side.time(Math.max(1, Math.min(1000, Math.round(5000 / Math.max(each, 0.01)))))).cpu;
      }
      // All inputs at least, unless a call takes milliseconds.
      const least = each < 1000 * Math.min(1, batchMs) ? INPUTS : 1;
      side.count = Math.max(least, Math.round((1000 * batchMs) / Math.max(each, 0.01)));
    }
    times[pair.name] = { wall: { ours: [], theirs: [] }, cpu: { ours: [], theirs: [] } };
    prepared.push({ name: pair.name, sides });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, sides } of prepared) {
      for (const { side, time, count } of round % 2 === 0 ? sides : [...sides].reverse()) {
        await rest();
        const { wall, cpu } = await time(count);
        times[name]?.wall[side].push(wall);
        times[name]?.cpu[side].push(cpu);
      }
    }
  }
  return times;
}
