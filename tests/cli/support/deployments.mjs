// A development and a production deployment for the real convex CLI, and convex CLIs that fail.
//
// Both deployments are embedded ones. The CLI finds them as it finds those in the cloud: a login in the home folder, CONVEX_DEPLOYMENT in .env.local, and a
// provisioning service that says where each deployment is; that service stands here, because `--prod` is refused to self-hosted deployments.

import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { startConvex } from "../../support/convex/index.mjs";
import { atEndOfFile, temporaryFolder } from "./run.mjs";

const TEAM = { team: "somebody", teamId: 1 };
const PROJECT = { project: "notes", projectId: 2 };

/** @typedef {"dev" | "prod"} Kind */
/** @typedef {Awaited<ReturnType<typeof startConvex>>} Convex */
/** @typedef {{ name: string, convex: Convex }} Deployment */

/**
 * @param {object} [options]
 * @param {Record<string, string>} [options.dev] variables of the development deployment
 * @param {Record<string, string>} [options.prod] variables of the production deployment
 * @param {string} [options.functionsDir] the functions that both have; none unless said otherwise
 */
export async function startDeployments({ dev = {}, prod = {}, functionsDir } = {}) {
  const folder = functionsDir ?? emptyFunctions();
  const home = temporaryFolder("home");
  const token = randomBytes(24).toString("hex");
  /** @type {Record<Kind, Deployment>} */
  const deployments = {
    dev: { name: "quick-otter-123", convex: await startConvex({ functionsDir: folder, env: dev, redact: false }) },
    prod: { name: "calm-heron-456", convex: await startConvex({ functionsDir: folder, env: prod }) },
  };
  const provisioning = await startProvisioning(deployments, token);
  // The CLI has a folder of its own for each provisioning service that is not its usual one.
  const login = join(home, `.convex-test-${provisioning.port}`);
  mkdirSync(login);
  writeFileSync(join(login, "config.json"), JSON.stringify({ accessToken: token }));

  /** @type {Promise<unknown> | undefined} */
  let closed;
  const close = async () => {
    await (closed ??= Promise.all([deployments.dev.convex.close(), deployments.prod.convex.close(), provisioning.close()]));
  };
  atEndOfFile(close);
  const variables = (/** @type {Kind} */ kind) => deployments[kind].convex.readEnv();
  return {
    dev: deployments.dev.convex,
    prod: deployments.prod.convex,
    /** What the CLI needs of the environment, a login included: for `run` and `runInTerminal`. */
    env: { HOME: home, USERPROFILE: home, CONVEX_PROVISION_HOST: provisioning.url },
    /** What `npx convex dev` leaves in a project's .env.local. */
    dotenv: `# Deployment used by \`npx convex dev\`\nCONVEX_DEPLOYMENT=dev:${deployments.dev.name} # team: ${TEAM.team}, project: ${PROJECT.project}\n\nNEXT_PUBLIC_CONVEX_URL=${deployments.dev.convex.url}\n`,
    /** The same deployments as somebody's own servers: for `.env.local`, or a file for `--env-file`. @param {Kind} kind */
    selfHosted: (kind) => `CONVEX_SELF_HOSTED_URL=${deployments[kind].convex.url}\nCONVEX_SELF_HOSTED_ADMIN_KEY=${deployments[kind].convex.adminKey}\n`,
    /** The variables that a deployment has now. @param {Kind} kind @returns {Record<string, string>} */
    variables,
    /** Sets a variable, or removes it. @param {Kind} kind @param {string} name @param {string | undefined} value */
    set: (kind, name, value) => deployments[kind].convex.setEnv(name, value),
    /** What the provisioning service was asked. */
    requests: provisioning.requests,
    /** Forgets who is logged in, as `npx convex logout` does. */
    logout: () => rmSync(login, { recursive: true, force: true }),
    /** Stops them; the end of the file does so too. */
    close,
  };
}

function emptyFunctions() {
  const folder = join(temporaryFolder("functions"), "convex");
  mkdirSync(folder);
  writeFileSync(join(folder, "empty.ts"), "export {};\n");
  return folder;
}

/**
 * The few requests of the CLI's that come before it talks to a deployment.
 * @param {Record<Kind, Deployment>} deployments
 * @param {string} token of the login
 */
async function startProvisioning(deployments, token) {
  /** @type {string[]} */
  const requests = [];
  const credentials = (/** @type {Kind} */ kind) => {
    const { name, convex } = deployments[kind];
    return { deploymentName: name, adminKey: convex.adminKey, url: convex.url, deploymentType: kind, reference: kind === "dev" ? "dev/somebody" : "production", isDefault: true };
  };
  const kinds = /** @type {const} */ (["dev", "prod"]);
  const known = (/** @type {unknown} */ name) => Object.values(deployments).some((deployment) => deployment.name === name);
  /** @param {string} route @param {any} body @returns {object | undefined} */
  const answer = (route, body) => {
    const [, name] = /^GET \/api\/deployment\/([^/]+)\/team_and_project$/.exec(route) ?? [];
    if (name !== undefined) return known(name) ? { ...TEAM, ...PROJECT } : undefined;
    if (route === "POST /api/deployment/provision_and_authorize") return body.teamSlug === TEAM.team && body.projectSlug === PROJECT.project ? credentials(body.deploymentType) : undefined;
    if (route === "POST /api/deployment/authorize_prod") return known(body.deploymentName) ? credentials("prod") : undefined;
    if (route === "POST /api/deployment/authorize_within_current_project") {
      const chosen = kinds.find((kind) => deployments[kind].name === body.selectedDeploymentName);
      return chosen === undefined ? undefined : credentials(chosen);
    }
    return undefined;
  };
  const server = createServer(async (request, response) => {
    const route = `${request.method} ${request.url}`;
    requests.push(route);
    const send = (/** @type {number} */ status, /** @type {object} */ value) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    if (request.headers.authorization !== `Bearer ${token}`) {
      send(401, { code: "MissingAccessToken", message: "An access token is required for this command." });
      return;
    }
    const found = answer(route, body === "" ? {} : JSON.parse(body));
    if (found === undefined) send(404, { code: "DeploymentNotFound", message: `There is nothing for ${route} here.` });
    else send(200, found);
  });
  const port = await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(/** @type {import("node:net").AddressInfo} */ (server.address()).port)));
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { port, url: `http://127.0.0.1:${port}`, requests, close };
}

/** What stands in for the convex CLI: a script that is handed the arguments, and ends as the real one does in that case. */
const standIns = {
  "not logged in": `console.error("✖ Error fetching GET  https://api.convex.dev/api/deployment/quick-otter-123/team_and_project 401 Unauthorized: MissingAccessToken: An access token is required for this command.\\nAuthenticate with \`npx convex dev\`"); process.exit(1);`,
  /** Before \`npx convex dev\` was ever run. */
  "no deployment": `console.error("✖ No CONVEX_DEPLOYMENT set, run \`npx convex dev\` to configure a Convex project"); process.exit(1);`,
  /** Never answers, and does not stop when it is asked to. */
  slow: `process.on("SIGTERM", () => {}); process.on("SIGINT", () => {}); setTimeout(() => process.exit(1), 120_000);`,
  /** Repeats all that it was given: what is worst for whoever prints its messages. */
  failing: `let given = ""; process.stdin.on("data", (chunk) => (given += chunk)).on("end", () => { console.error("✖ Error: it broke while it had " + given + " for " + process.argv.slice(2).join(" ")); process.exit(1); });`,
  /** No server there: it tries again and again. */
  offline: `console.error("WebSocket error message: connect ECONNREFUSED 127.0.0.1:9\\nWebSocket closed with code 1006\\nAttempting reconnect in 1228ms"); setTimeout(() => process.exit(1), 120_000);`,
  /** A deploy key that belongs elsewhere. */
  "refused key": `console.error("✖ The provided deploy key was invalid for this deployment. Double check that the environment this key was generated for matches the desired deployment."); process.exit(1);`,
};

/** What stands in where the convex CLI is called often, and it is not about the CLI: as 1.48 does it, in a tenth of the time. @param {string} file */
const stored = (file) => `
const { readFileSync, renameSync, writeFileSync } = require("node:fs");
const file = ${JSON.stringify(file)};
const state = JSON.parse(readFileSync(file, "utf8"));
const args = process.argv.slice(2);
const variables = state[args.includes("--prod") ? "prod" : "dev"];
const [group, action, name] = args.filter((arg) => !arg.startsWith("--"));
const found = name in variables;
if (group !== "env") throw new Error("unexpected: " + args.join(" "));
if (action === "list") for (const [key, value] of Object.entries(variables)) console.log(args.includes("--names-only") ? key : key + "=" + (/["'\`\\s#]/.test(value) ? JSON.stringify(value) : value));
else if (action === "get") { if (found) console.log(variables[name]); else console.error('✖ Environment variable "' + name + '" not found.'); }
else if (action === "set") variables[name] = readFileSync(0, "utf8").replace(/\\r?\\n$/, "");
else if (action === "remove") delete variables[name];
else throw new Error("unexpected: " + args.join(" "));
// Several may run at once: only those that change something write, and at one stroke.
if (["set", "remove"].includes(action)) { const whole = file.replace(/\\.env$/, "." + process.pid + ".env"); writeFileSync(whole, JSON.stringify(state), { mode: 0o600 }); renameSync(whole, file); }
`;

/**
 * Puts a convex CLI into a project whose two deployments are a file.
 * @param {import("./project.mjs").Project} project
 * @param {{ dev?: Record<string, string>, prod?: Record<string, string> }} [variables]
 */
export function storeDeployments(project, { dev = {}, prod = {} } = {}) {
  // Secrets are meant to be in it, as the name says to the watcher.
  const file = join(temporaryFolder("deployments"), "deployments.env");
  writeFileSync(file, JSON.stringify({ dev, prod }), { mode: 0o600 });
  const put = () => putConvexCli(project, { script: stored(file) });
  put();
  return {
    /** Again, after another one was put there. */
    put,
    /** @param {Kind} kind @returns {Record<string, string>} */
    variables: (kind) => JSON.parse(readFileSync(file, "utf8"))[kind],
  };
}

/**
 * Puts another convex CLI into a project, or none.
 * @param {import("./project.mjs").Project} project
 * @param {keyof typeof standIns | "missing" | { script: string }} which `script`: the text of the bin script, CommonJS
 * @returns {string} where it was put
 */
export function putConvexCli(project, which) {
  const folders = [join(project.convex, "node_modules/convex"), join(project.root, "node_modules/convex")];
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  const [folder = ""] = folders;
  if (which === "missing") return folder;
  const script = typeof which === "string" ? standIns[which] : which.script;
  mkdirSync(join(folder, "bin"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "convex", version: "1.48.0", type: "commonjs", bin: { convex: "bin/main.js" }, exports: { "./package.json": "./package.json" } }));
  writeFileSync(join(folder, "bin/main.js"), `#!/usr/bin/env node\n${script}\n`);
  chmodSync(join(folder, "bin/main.js"), 0o755);
  return folder;
}
