// What countersign costs a user: requests to a Next.js server, which calls a mutation of an embedded Convex, unguarded, with the secret as an
// argument, signed, and signed with replay protection. In rounds, in which each has one request; what each takes more is compared within its round.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateSecret } from "countersign";
import { BuildError } from "../../../pkg-template/build/process.mjs";
import { nextBuild, nextServe } from "../../next/support/app.mjs";
import { startConvex } from "../../support/convex/index.mjs";
import { median, spread } from "../suite/statistics.mjs";
import { folder } from "../write.mjs";

/** What an order's mutation is guarded with; the first is what the others are compared with. */
export const kinds = /** @type {const} */ (["plain", "secret", "signed", "once"]);
/** @typedef {typeof kinds[number]} Kind */
/** @typedef {Record<Kind, number[]>} Times in ms, by round */

const here = (/** @type {string} */ part) => fileURLToPath(new URL(part, import.meta.url));

/** @param {{ warm: number, rounds: number, budgetMs: number }} plan @returns {Promise<Times>} */
export async function measureRequests({ warm, rounds, budgetMs }) {
  const app = join(folder, "cost");
  rmSync(app, { recursive: true, force: true });
  cpSync(here("app"), app, { recursive: true });
  const secret = generateSecret();
  const convex = await startConvex({ functionsDir: here("convex"), env: { COUNTERSIGN_SECRET: secret } });
  try {
    const env = { COUNTERSIGN_SECRET: secret, NEXT_PUBLIC_CONVEX_URL: convex.url };
    const { code, stdout, stderr } = await nextBuild(app, "turbopack", env);
    if (code !== 0) throw new BuildError(`next build ended with ${code}\n${stdout}${stderr}`);
    const server = await nextServe(app, "start", "turbopack", env);
    try {
      return await timed(server.url, { warm, rounds, budgetMs });
    } finally {
      await server.close();
    }
  } finally {
    await convex.close();
  }
}

/** @param {string} url @param {{ warm: number, rounds: number, budgetMs: number }} plan */
async function timed(url, { warm, rounds, budgetMs }) {
  /** @type {Times} */
  const times = { plain: [], secret: [], signed: [], once: [] };
  const until = performance.now() + budgetMs;
  for (let round = -warm; round < rounds && (round < 20 || performance.now() < until); round++) {
    for (const [i] of kinds.entries()) {
      const kind = /** @type {Kind} */ (kinds[(i + round + warm) % kinds.length]);
      const order = { eventId: `evt_${round}`, provider: "polar", test: false, amount: 4900 + round, note: "x".repeat(40) };
      const start = performance.now();
      const response = await fetch(`${url}/${kind}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(order) });
      const text = await response.text();
      const ms = performance.now() - start;
      if (response.status !== 200 || text !== String(order.amount)) throw new Error(`${kind}: status ${response.status}, ${text.slice(0, 200)}`);
      if (round >= 0) times[kind].push(ms);
    }
  }
  return times;
}

/** A kind beside the unguarded call: microseconds of a request, and how many times its time the unguarded one's is. @param {Times} times @param {Kind} kind */
export function besidePlain(times, kind) {
  const own = times[kind];
  const ratio = spread(own.map((ms, round) => /** @type {number} */ (times.plain[round]) / ms));
  return { ours: 1000 * median(own), theirs: 1000 * median(times.plain), ratio, rounds: own.length, processes: 1 };
}

/** The rows of the guarded kinds. @type {Readonly<Record<string, Kind>>} */
export const rowNames = { "request, the secret as an argument": "secret", "request, signed": "signed", "request, signed, once": "once" };

/** @param {import("../suite/parts.mjs").Task} task @returns {Promise<import("../suite/parts.mjs").Measured>} */
export async function measureCost({ progress }) {
  progress("cost to a request: next build, next start");
  const times = await measureRequests({ warm: 30, rounds: 400, budgetMs: 30_000 });
  return Object.fromEntries(Object.entries(rowNames).map(([name, kind]) => [name, { [process.versions.node]: besidePlain(times, kind) }]));
}
