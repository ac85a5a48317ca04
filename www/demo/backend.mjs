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
 * @property {() => Promise<void>} [removeSecret]
 * @property {(secret: string) => Promise<void>} [setSecret]
 * @property {() => Promise<void>} close
 */

/**
 * Starts the embedded Convex, with the man in the middle in front of it.
 * @returns {Promise<Backend>}
 */
export async function startEmbedded({ secret, port, sitePort }) {
  const advice = "Stop that program, or choose others with --convex-port and --site-port.";
  await requireFreePort(port, "the embedded Convex", advice);
  await requireFreePort(sitePort, "the embedded Convex's http actions", advice);
  const convex = await startConvexBehindProxy({ functionsDir: join(www, "convex"), env: { COUNTERSIGN_SECRET: secret }, port, sitePort });
  const env = { ...plainEnv(), CONVEX_SELF_HOSTED_URL: convex.url, CONVEX_SELF_HOSTED_ADMIN_KEY: convex.adminKey };
  const cli = join(root, "node_modules", "convex", "bin", "main.js");
  const convexEnv = (args, input) => runProgram(process.execPath, [cli, "env", ...args], { cwd: www, env, input, label: `npx convex env ${args[0]}`, timeoutMs: 60_000 });
  return {
    url: convex.url,
    siteUrl: convex.siteUrl,
    real: false,
    proxy: convex.proxy,
    log: () => convex.logs.map(({ level, message }) => `${level === "failure" ? "ERROR" : level.toUpperCase()} ${message}`),
    removeSecret: () => convexEnv(["remove", "COUNTERSIGN_SECRET"]),
    // The value goes through stdin: an argument would show in the list of processes.
    setSecret: (value) => convexEnv(["set", "COUNTERSIGN_SECRET"], value),
    close: convex.close,
  };
}

/**
 * Uses the deployment at `url`, where the functions in www/convex and the secret must already be.
 * @returns {Promise<Backend>}
 */
export async function useDeployment({ url, secret }) {
  const { ok, problems } = inspectSecret(secret);
  if (!ok) throw new DemoError(`COUNTERSIGN_SECRET, in this shell, cannot be used: ${problems.map(({ message }) => message).join(" ")}`);
  try {
    await new ConvexHttpClient(url, { logger: false }).query(anyApi.events.list, {});
  } catch (error) {
    throw new DemoError(`The deployment at ${url} did not answer as the demo's would: ${error.message}`);
  }
  return { url, real: true, log: () => [], close: async () => {} };
}
