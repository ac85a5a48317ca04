// A project with guarded functions, its deployments, and servers that call them without a pause.

import { setTimeout as sleep } from "node:timers/promises";
import { anyApi } from "convex/server";
import { generateSecret } from "countersign";
import { CountersignClient } from "countersign/client";
import { startDeployments, storeDeployments } from "./deployments.mjs";
import { makeProject } from "./project.mjs";
import { run } from "./run.mjs";

const api = /** @type {any} */ (anyApi);

/** Guards as the README has them; without the replay component, which has no part in this. */
export const functions = {
  "convex/countersign.ts": `import { countersign } from "countersign/convex";
import { action, mutation, query } from "./_generated/server";

export const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: false });
`,
  "convex/notes.ts": `import { signedQuery } from "./countersign";

export const list = signedQuery({ args: {}, handler: async (ctx) => ctx.caller.keyId });
`,
};

/** @typedef {{ current?: string | undefined, next?: string | undefined, previous?: string | undefined }} Values */
const suffixes = /** @type {const} */ ({ current: "", next: "_NEXT", previous: "_PREVIOUS" });
const slots = /** @type {const} */ (["current", "next", "previous"]);

/** @param {string} [name] */
const variablesOf = (name = "COUNTERSIGN_SECRET") => slots.map((slot) => /** @type {const} */ ([slot, name + suffixes[slot]]));

/** @param {Values} values @param {string} [name] @returns {Record<string, string>} */
export function named(values, name) {
  return Object.fromEntries(variablesOf(name).flatMap(([slot, variable]) => (values[slot] === undefined ? [] : [[variable, values[slot]]])));
}

/** @param {Record<string, string | undefined>} variables @param {string} [name] @returns {Values} */
export function valuesIn(variables, name) {
  return Object.fromEntries(variablesOf(name).flatMap(([slot, variable]) => (variables[variable] === undefined ? [] : [[slot, variables[variable]]])));
}

/** Deployments that have variables and nothing else. @param {import("./project.mjs").Project} project @param {{ dev: Record<string, string>, prod: Record<string, string> }} variables */
function store(project, variables) {
  const url = "https://quick-otter-123.convex.cloud";
  /** @type {(kind: "dev" | "prod", name: string, value: string | undefined) => Promise<void>} */
  const set = () => Promise.reject(new Error("variables in a file are set by commands only"));
  return { set, env: {}, dotenv: `CONVEX_DEPLOYMENT=dev:quick-otter-123\nNEXT_PUBLIC_CONVEX_URL=${url}\n`, variables: storeDeployments(project, variables).variables, dev: { url }, prod: { url } };
}

/**
 * @param {object} [options]
 * @param {Values} [options.server] what .env.local has; one secret on both sides unless said otherwise
 * @param {Values} [options.convex]
 * @param {Values} [options.prod]
 * @param {Record<string, string | undefined>} [options.files]
 * @param {(dotenv: string, secrets: Record<string, string>) => string} [options.envFile] what else .env.local has
 * @param {boolean} [options.called] whether anybody calls the functions: otherwise the deployments are a file, and the convex CLI one that knows it
 */
export async function startRotation({ server, convex, prod = {}, files = {}, envFile, called = true } = {}) {
  const secret = generateSecret();
  const project = makeProject("plain", { files: { ...functions, ...files } });
  const variables = { dev: named(convex ?? { current: secret }), prod: named(prod) };
  const deployments = called ? await startDeployments({ ...variables, functionsDir: project.functions }) : store(project, variables);
  const secrets = named(server ?? { current: secret });
  const written = envFile ?? ((dotenv, values) => dotenv + Object.entries(values).map(([name, value]) => `${name}=${value}\n`).join(""));
  project.write(".env.local", written(deployments.dotenv, secrets));
  return {
    project,
    deployments,
    secret,
    /** @param {string[]} args @param {Partial<import("./run.mjs").RunOptions>} [options] */
    rotate: (args, { env, ...options } = {}) => run(["rotate", ...args], { cwd: project.root, env: { ...deployments.env, ...env }, ...options }),
    /** @param {"dev" | "prod"} [kind] */
    url: (kind = "dev") => deployments[kind].url,
    /** What Convex has. @param {"dev" | "prod"} [kind] */
    convex: (kind = "dev") => valuesIn(deployments.variables(kind)),
    /** What a server that starts now would have, as Next.js itself reads it. */
    server: async () => valuesIn(await environmentOf(project.root)),
  };
}

/** The env files of a folder as Next.js reads them, by its own package. @param {string} folder @returns {Promise<Record<string, string | undefined>>} */
export async function environmentOf(folder) {
  const { default: nextEnv } = await import("@next/env");
  const own = process.env;
  try {
    process.env = { ...own };
    return /** @type {any} */ ({ ...nextEnv.loadEnvConfig(folder, true, { info() {}, error() {} }, true).combinedEnv });
  } finally {
    nextEnv.resetEnv();
    process.env = own;
  }
}

/**
 * A server: it reads its environment when it starts and no more, and calls without a pause.
 * @param {string} url @param {string | undefined} secret
 */
export function startServer(url, secret) {
  const client = new CountersignClient(url, { secret: /** @type {any} */ (secret), logger: false });
  /** @type {string[]} */
  const refused = [];
  let accepted = 0;
  let over = false;
  const loop = (async () => {
    while (!over) {
      await client.query(api.notes.list, {}).then(() => accepted++, (error) => refused.push(String(error.code ?? error)));
      await sleep(20);
    }
  })();
  return {
    /** Waits until it has made some calls more. */
    async more(calls = 3) {
      const from = accepted + refused.length;
      while (accepted + refused.length < from + calls) await sleep(10);
    },
    async stop() {
      over = true;
      await loop;
      return { accepted, refused };
    },
  };
}

/** Whether Convex accepts a call that this secret signed. @param {string} url @param {string | undefined} secret @returns {Promise<boolean>} */
export async function accepts(url, secret) {
  const server = startServer(url, secret);
  await server.more(1);
  return (await server.stop()).refused.length === 0;
}
