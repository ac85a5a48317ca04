// The embedded Convex of tests/support, behind a proxy that has the deployment's public address.

import { startConvex } from "../../tests/support/convex/index.mjs";
import { startProxy } from "./proxy.mjs";

/**
 * Clients call `port`, where the man in the middle listens, and the deployment's CONVEX_CLOUD_URL is that address: as
 * with any self-hosted Convex behind a reverse proxy.
 * @param {{ functionsDir: string, env: Record<string, string>, port: number, sitePort: number }} options
 */
export async function startConvexBehindProxy({ functionsDir, env, port, sitePort }) {
  let proxy;
  const publicUrl = async (target) => {
    proxy = await startProxy({ port, target });
    return proxy.url;
  };
  try {
    const convex = await startConvex({ functionsDir, env, sitePort, publicUrl });
    const close = async () => {
      await Promise.all([proxy.close(), convex.close()]);
    };
    return { ...convex, url: proxy.url, proxy, close };
  } catch (error) {
    await proxy?.close();
    throw error;
  }
}
