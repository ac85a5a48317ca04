// The running demo: Convex, the man in the middle, the Next.js server and what the page's form talks to.
// Import this after set-up: it needs the installed packages.

import { generateSecret } from "countersign";
import { startEmbedded, useDeployment } from "./backend.mjs";
import { startControl } from "./control.mjs";
import { createLab } from "./lab.mjs";
import { startNext } from "./next-server.mjs";
import { freePort, requireFreePort } from "./ports.mjs";

/**
 * @param {{ port: number, convexPort: number, sitePort: number, deployment?: string, deploymentSecret?: string }} options
 *   Port 0 is any free one. `deployment`: use this one instead of the embedded Convex.
 */
export async function startDemo({ port, convexPort, sitePort, deployment, deploymentSecret }) {
  /** @type {(() => Promise<void>)[]} what to close, last first */
  const open = [];
  const close = async () => {
    for (let end = open.pop(); end !== undefined; end = open.pop()) await end();
  };
  try {
    // Made anew for each run and given to both sides through their environment: it is in no file and in no output.
    const secret = deployment === undefined ? generateSecret() : (deploymentSecret ?? "");
    const backend =
      deployment === undefined
        ? await startEmbedded({ secret, port: convexPort, sitePort })
        : await useDeployment({ url: deployment, secret });
    open.push(backend.close);

    let lab;
    const control = await startControl(() => lab);
    open.push(control.close);

    const nextPort = port === 0 ? await freePort() : port;
    await requireFreePort(nextPort, "the Next.js server", "Stop that program, or choose another with --port.");
    const env = { COUNTERSIGN_SECRET: secret, NEXT_PUBLIC_CONVEX_URL: backend.url, DEMO_CONTROL_URL: control.url };
    const next = await startNext({ port: nextPort, env });
    open.push(next.close);
    lab = createLab({ nextUrl: next.url, secret, backend });

    const startNextWithout = async (name) => {
      const { [name]: _, ...rest } = env;
      const server = await startNext({ port: await freePort(), env: rest });
      open.push(server.close);
      return server;
    };
    return { url: `http://localhost:${nextPort}`, lab, backend, next, nextLog: next.log, secret, startNextWithout, close };
  } catch (error) {
    await close();
    throw error;
  }
}
