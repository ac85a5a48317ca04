// The embedded Convex, made from its parts in tests/support, behind a proxy that has the deployment's public address.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { bundleFunctions } from "../../tests/support/convex/bundle.mjs";
import { Deployment } from "../../tests/support/convex/deployment.mjs";
import { createApi } from "../../tests/support/convex/http.mjs";
import { createSite } from "../../tests/support/convex/site.mjs";
import { createSync } from "../../tests/support/convex/sync.mjs";
import { startProxy } from "./proxy.mjs";

/**
 * Like `startConvex` of tests/support, which takes the address it listens on for its public one. Here clients call
 * `port`, where the man in the middle listens, and the deployment's CONVEX_CLOUD_URL is that address: as with any
 * self-hosted Convex behind a reverse proxy.
 * @param {{ functionsDir: string, env: Record<string, string>, port: number, sitePort: number }} options
 */
export async function startConvexBehindProxy({ functionsDir, env, port, sitePort }) {
  const app = await bundleFunctions(functionsDir);
  const adminKey = `demo|${randomBytes(24).toString("hex")}`;
  const deployment = new Deployment({ env, redact: true });
  const sync = createSync(deployment, adminKey);
  const api = createServer(createApi(deployment, adminKey)).on("upgrade", sync.upgrade);
  const site = createServer(createSite(deployment));
  let proxy;
  const close = async () => {
    sync.close();
    await Promise.all([proxy?.close(), stop(api), stop(site), deployment.close()]);
  };
  try {
    proxy = await startProxy({ port, target: `http://127.0.0.1:${await listen(api, 0)}` });
    const siteUrl = `http://127.0.0.1:${await listen(site, sitePort)}`;
    await deployment.start({ app, deploymentName: "demo", url: proxy.url, siteUrl });
    return { url: proxy.url, siteUrl, adminKey, proxy, logs: deployment.logs, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server.address().port));
  });
}

async function stop(server) {
  if (!server.listening) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
