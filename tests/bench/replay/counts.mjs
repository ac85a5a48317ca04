// What each call reads and writes, as convex-test counts it in the way of Convex's own limits: the mutation's own insert is part of it.
import { convexTest } from "convex-test";
import { register } from "countersign/test";
import { makeFunctionReference } from "convex/server";
import { audience, secret, variants } from "./calls.mjs";

/** @typedef {{ name: string, databaseQueries: number, documentsRead: number, bytesRead: number, documentsWritten: number, bytesWritten: number }} Counts */

const app = new URL("./app/", import.meta.url);
const modules = Object.fromEntries(["notes", "gateway"].map((name) => [`./app/${name}.js`, () => import(new URL(`${name}.js`, app).href)]));

/** @param {string} path @returns {import("convex/server").FunctionReference<"mutation", any>} */
export const reference = (path) => makeFunctionReference(path);

/** A deployment of convex-test with the app, in this process, whose environment becomes the deployment's. */
export function startInProcess() {
  process.env["CONVEX_CLOUD_URL"] = audience;
  process.env["COUNTERSIGN_SECRET"] = secret;
  const t = convexTest({ modules: { ...modules, "./app/_generated/server.js": async () => ({}) } });
  register(t);
  return t;
}

/** @returns {Promise<Counts[]>} */
export async function countAll() {
  const t = startInProcess();
  // Declared for its own use, and no part of its types.
  const { runInComponent } = /** @type {{ runInComponent(path: string, run: (ctx: any) => Promise<unknown>): Promise<unknown> }} */ (/** @type {unknown} */ (t));
  // As in a deployment that has been there for more than a minute: a nonce has expired, and the cron has run.
  await runInComponent("countersign", ({ db }) => db.insert("sweeps", { horizon: Date.now() - 60_000 }));
  /** @type {Counts[]} */
  const counts = [];
  for (const { name, call, before } of variants) {
    const earlier = before?.(1, Date.now());
    if (earlier !== undefined) await t.mutation(reference(earlier.path), earlier.args);
    const { path, args } = call(1, Date.now());
    /** @type {Record<string, { used: number }>} */
    const metrics = await t.mutation(reference("notes:measure"), { name: path, args });
    const used = (/** @type {string} */ metric) => metrics[metric]?.used ?? Number.NaN;
    const [databaseQueries, documentsRead, bytesRead, documentsWritten, bytesWritten] = ["databaseQueries", "documentsRead", "bytesRead", "documentsWritten", "bytesWritten"].map(used);
    counts.push(/** @type {Counts} */ ({ name, databaseQueries, documentsRead, bytesRead, documentsWritten, bytesWritten }));
  }
  return counts;
}
