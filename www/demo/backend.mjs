// The Convex deployment of the demo: the embedded one behind the man in the middle, or a real one.

import { join } from "node:path";
import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import { inspectSecret } from "countersign/inspect";
import { startConvexBehindProxy } from "./embedded-convex.mjs";
import { plainEnv } from "./next-server.mjs";
import { root, www } from "./paths.mjs";
import { requireFreePort } from "./ports.mjs";
import { DemoError, runProgram } from "./steps.mjs";

/**
 * @typedef {object} Backend
 * @property {string} url what Next.js, the page and everybody else calls
 * @property {string} [siteUrl] where its http actions are
 * @property {boolean} real a deployment whose environment and log the demo cannot reach
 * @property {Awaited<ReturnType<typeof import("./proxy.mjs").startProxy>>} [proxy]
 * @property {() => string[]} log
 * @property {(name: string, value: string | undefined) => Promise<void>} [setEnv] sets a variable of the deployment, or removes it
 * @property {() => Promise<void>} close
 */

/**
 * Starts the embedded Convex, with the man in the middle in front of it. `siteOfApp`: where its functions find the app.
 * @returns {Promise<Backend>}
 */
export async function startEmbedded({ secret, workerSecret, stripeSecret, siteOfApp, port, sitePort }) {
  const advice = "Stop that program, or choose others with --convex-port and --site-port.";
  await requireFreePort(port, "the embedded Convex", advice);
  await requireFreePort(sitePort, "the embedded Convex's http actions", advice);
  const deploymentEnv = { COUNTERSIGN_SECRET: secret, COUNTERSIGN_WORKER_SECRET: workerSecret, STRIPE_WEBHOOK_SECRET: stripeSecret, SITE_URL: siteOfApp };
  const convex = await startConvexBehindProxy({ functionsDir: join(www, "convex"), env: deploymentEnv, port, sitePort });
  const env = { ...plainEnv(), CONVEX_SELF_HOSTED_URL: convex.url, CONVEX_SELF_HOSTED_ADMIN_KEY: convex.adminKey };
  const cli = join(root, "node_modules", "convex", "bin", "main.js");
  const convexEnv = (args, input) => runProgram(process.execPath, [cli, "env", ...args], { cwd: www, env, input, label: `npx convex env ${args[0]}`, timeoutMs: 60_000 });
  return {
    url: convex.url,
    siteUrl: convex.siteUrl,
    real: false,
    proxy: convex.proxy,
    log: () => convex.logs.map(({ level, message }) => `${level === "failure" ? "ERROR" : level.toUpperCase()} ${message}`),
    // The value goes through stdin: an argument would show in the list of processes.
    setEnv: (name, value) => (value === undefined ? convexEnv(["remove", name]) : convexEnv(["set", name], value)),
    close: convex.close,
  };
}

/**
 * Uses the deployment at `url`, where the functions in www/convex and the secret must already be.
 * @returns {Promise<Backend>}
 */
export async function useDeployment({ url, secret, workerSecret }) {
  requireUsable("COUNTERSIGN_SECRET", secret);
  if (workerSecret !== undefined) requireUsable("COUNTERSIGN_WORKER_SECRET", workerSecret);
  try {
    await new ConvexHttpClient(url, { logger: false }).query(anyApi.events.list, {});
  } catch (error) {
    throw new DemoError(`The deployment at ${url} did not answer as the demo's would: ${error.message}`);
  }
  return { url, real: true, log: () => [], close: async () => {} };
}

function requireUsable(name, secret) {
  const { ok, problems } = inspectSecret(secret);
  if (!ok) throw new DemoError(`${name}, in this shell, cannot be used: ${problems.map(({ message }) => message).join(" ")}`);
}
