// The running demo: Convex, the man in the middle, the Next.js server and what the page's form talks to.
// Import this after set-up: it needs the installed packages.

import { generateSecret } from "countersign";
import { startEmbedded, useDeployment } from "./backend.mjs";
import { startControl } from "./control.mjs";
import { newWebhookSecrets } from "./exchanges/deliveries.mjs";
import { createExchanges } from "./exchanges/index.mjs";
import { createLab } from "./lab.mjs";
import { startNext } from "./next-server.mjs";
import { freePort, requireFreePort } from "./ports.mjs";
import { startRelay } from "./relay.mjs";

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
    const webhookSecrets = newWebhookSecrets();
    Object.values(webhookSecrets).forEach(known);

    const nextPort = port === 0 ? await freePort() : port;
    // Convex and Next.js know the site by the address of the man in the middle, as by that of any reverse proxy.
    const relay = await startRelay({ target: `http://127.0.0.1:${nextPort}` });
    open.push(relay.close);
    const backend =
      deployment === undefined
        ? await startEmbedded({ secret, workerSecret, stripeSecret: webhookSecrets.stripe, siteOfApp: relay.url, port: convexPort, sitePort })
        : await useDeployment({ url: deployment, secret, workerSecret });
    open.push(backend.close);

    let lab;
    let exchanges;
    const control = await startControl(() => ({ lab, exchanges }));
    open.push(control.close);

    await requireFreePort(nextPort, "the Next.js server", "Stop that program, or choose another with --port.");
    const env = {
      COUNTERSIGN_SECRET: secret,
      NEXT_PUBLIC_CONVEX_URL: backend.url,
      ...(backend.siteUrl === undefined ? {} : { CONVEX_SITE_URL: backend.siteUrl }),
      SITE_URL: relay.url,
      STRIPE_WEBHOOK_SECRET: webhookSecrets.stripe,
      POLAR_WEBHOOK_SECRET: webhookSecrets.polar,
      POLAR_WEBHOOK_SECRET_PREVIOUS: webhookSecrets.polarBefore,
      GITHUB_WEBHOOK_SECRET: webhookSecrets.github,
      DEMO_CONTROL_URL: control.url,
    };
    const next = await startNext({ port: nextPort, env });
    open.push(next.close);
    lab = createLab({ nextUrl: next.url, secret, workerSecret, backend });
    const newEventId = () => lab.newDelivery().id;
    exchanges = createExchanges({ nextUrl: next.url, secret, webhookSecrets, backend, relay, lab, newEventId, nextLog: next.log, secrets: () => secrets });

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
      exchanges,
      backend,
      relay,
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
