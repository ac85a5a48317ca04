// The running demo: Convex, the man in the middle, the Next.js server and what the page's form talks to.
// Import this after set-up: it needs the installed packages.

import { generateSecret } from "countersign";
import { startEmbedded, useDeployment } from "./backend.mjs";
import { startControl } from "./control.mjs";
import { createLab } from "./lab.mjs";
import { startNext } from "./next-server.mjs";
import { freePort, requireFreePort } from "./ports.mjs";

/**
 * @param {{ port: number, convexPort: number, sitePort: number, deployment?: string, deploymentSecret?: string, deploymentWorkerSecret?: string }} options
 *   Port 0 is any free one. `deployment`: use this one instead of the embedded Convex.
 */
export async function startDemo({ port, convexPort, sitePort, deployment, deploymentSecret, deploymentWorkerSecret }) {
  /** @type {(() => Promise<void>)[]} what to close, last first */
  const open = [];
  const close = async () => {
    for (let end = open.pop(); end !== undefined; end = open.pop()) await end();
  };
  try {
    // Made anew for each run and given to both sides through their environment: they are in no file and in no output.
    /** @type {string[]} */
    const secrets = [];
    const known = (secret) => {
      secrets.push(secret);
      return secret;
    };
    const secret = known(deployment === undefined ? generateSecret() : (deploymentSecret ?? ""));
    const workerSecret = deployment === undefined ? known(generateSecret()) : deploymentWorkerSecret && known(deploymentWorkerSecret);
    const backend =
      deployment === undefined
        ? await startEmbedded({ secret, workerSecret, port: convexPort, sitePort })
        : await useDeployment({ url: deployment, secret, workerSecret });
    open.push(backend.close);

    let lab;
    const control = await startControl(() => lab);
    open.push(control.close);

    const nextPort = port === 0 ? await freePort() : port;
    await requireFreePort(nextPort, "the Next.js server", "Stop that program, or choose another with --port.");
    const env = { COUNTERSIGN_SECRET: secret, NEXT_PUBLIC_CONVEX_URL: backend.url, DEMO_CONTROL_URL: control.url };
    const next = await startNext({ port: nextPort, env });
    open.push(next.close);
    lab = createLab({ nextUrl: next.url, secret, workerSecret, backend });

    const servers = [next];
    /** Starts another server whose environment differs by these variables; those that are `undefined` are left out. */
    const startNextWith = async (changes) => {
      const changed = Object.entries({ ...env, ...changes }).filter(([, value]) => value !== undefined);
      const server = await startNext({ port: await freePort(), env: Object.fromEntries(changed) });
      open.push(server.close);
      servers.push(server);
      return server;
    };
    return {
      url: `http://localhost:${nextPort}`,
      lab,
      backend,
      next,
      secret,
      workerSecret,
      /** Every secret of this run. */
      secrets: () => [...secrets],
      newSecret: () => known(generateSecret()),
      /** The lines that all servers have logged. */
      log: () => [...backend.log(), ...servers.flatMap((server) => server.log())],
      startNextWith,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
