// The embedded Convex: a deployment on this machine, for tests and the demo. It speaks the protocols of the real clients
// and of the real CLI, over convex-test's database, with the functions bundled by the CLI's own bundler.
//
// Left out, and refused at start: authentication providers, and http actions of components. Left out silently: the
// isolate's limits and its exact globals (tests/support/isolate has those), log streams, and queries in the past.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { randomBytes } from "node:crypto";
import { bundleFunctions } from "./bundle.mjs";
import { Deployment } from "./deployment.mjs";
import { createApi } from "./http.mjs";
import { createSite } from "./site.mjs";
import { createSync } from "./sync.mjs";

export { bundleFunctions } from "./bundle.mjs";

/** @typedef {import("./deployment.mjs").LogEntry} LogEntry */

const HOST = "127.0.0.1";
const NAME = "embedded";
const UNSUPPORTED = { "auth.config": "authentication providers" };

/** @param {import("node:http").Server} server @param {number} port @returns {Promise<number>} */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      const taken = error.code === "EADDRINUSE";
      reject(taken ? new Error(`Port ${port} on ${HOST} is already in use: stop what listens there, or choose another port.`, { cause: error }) : error);
    });
    server.listen(port, HOST, () => resolve(/** @type {import("node:net").AddressInfo} */ (server.address()).port));
  });
}

/** @param {import("node:http").Server} server */
function stop(server) {
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

/**
 * Starts a deployment with the functions of a folder.
 * @param {object} options
 * @param {string} options.functionsDir the folder a project calls `convex/`
 * @param {Record<string, string>} [options.env] the deployment's environment variables; the process's own are never seen
 * @param {number} [options.port] for the API and the WebSocket; 0: any free one
 * @param {number} [options.sitePort] for http actions; 0: any free one
 * @param {string | ((url: string) => string | Promise<string>)} [options.publicUrl] where clients reach the API, if not at
 *   the port itself: the deployment's CONVEX_CLOUD_URL; a function is given the address that a proxy must forward to
 * @param {(entry: LogEntry) => void} [options.log] called with each line of the functions' logs
 * @param {boolean} [options.redact] hide the reason of a failure from clients, as production deployments do (development ones do not)
 */
export async function startConvex({ functionsDir, env = {}, port = 0, sitePort = 0, publicUrl, log, redact = true }) {
  for (const [file, what] of Object.entries(UNSUPPORTED)) {
    if ([".ts", ".js"].some((extension) => existsSync(path.join(functionsDir, file + extension)))) throw new Error(`The embedded Convex does not support ${what} (${file}).`);
  }
  const app = await bundleFunctions(functionsDir);
  const adminKey = `${NAME}|${randomBytes(24).toString("hex")}`;
  const deployment = new Deployment({ env, redact, log });
  const sync = createSync(deployment, adminKey);
  const api = createServer(createApi(deployment, adminKey)).on("upgrade", sync.upgrade);
  const site = createServer(createSite(deployment));

  const close = async () => {
    sync.close();
    await Promise.all([stop(api), stop(site), deployment.close()]);
  };
  try {
    const url = `http://${HOST}:${await listen(api, port)}`;
    const siteUrl = `http://${HOST}:${await listen(site, sitePort)}`;
    const cloudUrl = typeof publicUrl === "function" ? await publicUrl(url) : (publicUrl ?? url);
    if (!/^https?:\/\/[^/?#]+$/.test(cloudUrl)) throw new Error(`publicUrl must be an origin such as "https://convex.example.com", with no slash at its end, and not "${cloudUrl}".`);
    await deployment.start({ app, deploymentName: NAME, url: cloudUrl, siteUrl });
    return {
      /** Where the API listens; with `publicUrl`, what a proxy must forward to. */
      url,
      siteUrl,
      /** What the CLI takes as CONVEX_SELF_HOSTED_ADMIN_KEY, with `url` as CONVEX_SELF_HOSTED_URL. */
      adminKey,
      /** Everything the functions logged, and each failure with its full reason. */
      logs: deployment.logs,
      /**
       * Sets a variable, or removes it. Every call made afterwards sees the change.
       * @param {string} name @param {string | undefined} value
       */
      setEnv: (name, value) => deployment.setEnv([{ name, value }]),
      /** The variables as they are now, but for those that every deployment has. @returns {Record<string, string>} */
      readEnv: () => Object.fromEntries(deployment.listEnv().map(({ name, value }) => [name, value])),
      /**
       * Runs a cron job now, beside its own times; throws if it fails, and logs that as any failure.
       * @param {string} componentPath such as `rateLimiter/counter`; "" for the app's own
       * @param {string} name
       */
      runCron: (componentPath, name) => deployment.runCron(componentPath, name),
      /**
       * Every document of a table, oldest first.
       * @param {string} componentPath such as `rateLimiter/counter`; "" for the app's own
       * @param {string} table
       */
      readTable: (componentPath, table) => deployment.readTable(componentPath, table),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
