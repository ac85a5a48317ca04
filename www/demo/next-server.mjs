// The production build of the app, as a child process.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { www } from "./paths.mjs";
import { DemoError } from "./steps.mjs";

const ours = [
  ...["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_PREVIOUS", "COUNTERSIGN_SECRET_NEXT", "COUNTERSIGN_WORKER_SECRET", "NEXT_PUBLIC_CONVEX_URL"],
  ...["CONVEX_URL", "CONVEX_DEPLOYMENT", "CONVEX_DEPLOY_KEY", "CONVEX_SELF_HOSTED_URL", "CONVEX_SELF_HOSTED_ADMIN_KEY"],
  ...["SITE_URL", "CONVEX_SITE_URL", "STRIPE_WEBHOOK_SECRET", "POLAR_WEBHOOK_SECRET", "POLAR_WEBHOOK_SECRET_PREVIOUS", "GITHUB_WEBHOOK_SECRET"],
];
const startMs = 60_000;

/** The environment of this process without what the demo itself decides. */
export function plainEnv() {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  for (const name of ours) delete env[name];
  return env;
}

/** Next.js reads .env files too, and would fill in what the demo leaves out on purpose. */
export function requireNoEnvFiles() {
  for (const file of [".env", ".env.local", ".env.production", ".env.production.local"]) {
    const path = join(www, file);
    if (!existsSync(path)) continue;
    const name = ours.find((name) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, "m").test(readFileSync(path, "utf8")));
    if (name !== undefined) throw new DemoError(`www/${file} sets ${name}, which the demo sets itself. Move that file away while the demo runs.`);
  }
}

/**
 * Starts `next start` on 127.0.0.1 and waits until it answers.
 * @param {{ port: number, env: Record<string, string> }} options
 */
export async function startNext({ port, env }) {
  const next = join(www, "node_modules", "next", "dist", "bin", "next");
  const child = spawn(process.execPath, [next, "start", "--hostname", "127.0.0.1", "--port", String(port)], {
    cwd: www,
    env: { ...plainEnv(), NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  /** @type {string[]} */
  const lines = [];
  let rest = "";
  const collect = (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(`did not start: ${error.message}`));
    child.once("exit", (status, signal) => resolve(`ended with ${signal ?? `status ${status}`}`));
  });
  let over;
  ended.then((how) => {
    over = how;
  });

  const server = {
    url: `http://127.0.0.1:${port}`,
    port,
    ended,
    log: () => [...lines, ...(rest === "" ? [] : [rest])],
    async close() {
      if (over !== undefined) return;
      child.kill("SIGTERM");
      const forced = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(forced);
    },
  };

  const deadline = Date.now() + startMs;
  while (!(await answers(server.url))) {
    if (over !== undefined) throw new DemoError(`The Next.js server ${over}.\n\n${server.log().slice(-15).join("\n")}`);
    if (Date.now() > deadline) {
      await server.close();
      throw new DemoError(`The Next.js server did not answer on port ${port} within ${startMs / 1000} s.\n\n${server.log().slice(-15).join("\n")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return server;
}

// Any answer will do: a GET of a POST route is refused without calling Convex.
async function answers(url) {
  try {
    const response = await fetch(`${url}/api/webhooks`, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return true;
  } catch (error) {
    if (error instanceof TypeError || error.name === "TimeoutError") return false;
    throw error;
  }
}
