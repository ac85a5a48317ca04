// The apps that Convex's isolate is given, each as Convex's CLI bundles it: a query behind the guard, behind the same guard over its
// peers, without a guard, and one that imports nothing at all.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createKeyring, generateSecret, signCall } from "countersign";
import { root } from "../../../pkg-template/build/process.mjs";
import { bundleFunctions } from "../../support/convex/bundle.mjs";
import { varySource } from "../hosts/rounds.mjs";
import { folder, write } from "../write.mjs";
import { writePackage } from "./packages.mjs";

/** @typedef {Record<string, string>} Modules sources by path */

const deployment = "https://happy-animal-123.convex.cloud";
const secret = generateSecret();
/** The deployment's variables. */
export const env = { COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: deployment };
/** Arguments of about 300 bytes, as a webhook's might be. */
export const args = { eventId: "evt_1NG8Du2eZvKYlo2CUI79vXWy", provider: "polar", test: false, amount: 4900, items: ["prod_a8f2", "prod_b913"], note: "x".repeat(120) };
/** What the queries return. */
export const answer = args.amount;

const builders = `import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";`;
const definition = `({
  args: { eventId: v.string(), provider: v.string(), test: v.boolean(), amount: v.number(), items: v.array(v.string()), note: v.string() },
  handler: (_, { amount }) => amount,
})`;
const guard = `${builders}
import { countersign } from "countersign/convex";
const { signedQuery } = countersign({ query, mutation, action, replay: false });
export const run = signedQuery${definition};`;
// What a registered query is to the runtime.
const empty = `export const run = Object.assign(() => undefined, { isQuery: true, isPublic: true, exportArgs: () => '{"type":"any"}', invokeQuery: async (json) => JSON.stringify(JSON.parse(json)[0].amount) });`;
const sources = { empty, plain: `${builders}\nexport const run = query${definition};`, guard, noble: guard, subtle: guard };

/** @typedef {keyof typeof sources} Candidate */
export const candidates = /** @type {Candidate[]} */ (Object.keys(sources));

/** Bundles every candidate's app. @returns {Promise<Record<Candidate, Modules>>} */
export async function bundleApps() {
  const bundled = candidates.map(async (candidate) => {
    const own = join(folder, "apps", candidate, "node_modules/countersign");
    if (candidate === "noble" || candidate === "subtle") await writePackage(candidate, own);
    return /** @type {const} */ ([candidate, await bundleApp(candidate, sources[candidate])]);
  });
  return /** @type {Record<Candidate, Modules>} */ (Object.fromEntries(await Promise.all(bundled)));
}

/** Bundles an app of one file, which becomes main.js. @param {string} name @param {string} source @returns {Promise<Modules>} */
export async function bundleApp(name, source) {
  rmSync(join(folder, "apps", name, "convex"), { recursive: true, force: true });
  const main = write(`apps/${name}/convex/main.js`, source);
  const { modules } = await bundleFunctions(dirname(main), { sourceMaps: false });
  return Object.fromEntries(modules.map(({ path, source }) => [path, source]));
}

/** The guard module as it stands in a bundle. @type {{ packed: string }} */
const { packed } = await import(pathToFileURL(join(root, "node_modules/countersign/esm/core/wasm/generated/guard.packed.js")).href);

/** An app as if nothing of it had ever been seen: neither its texts nor its WebAssembly. @param {Modules} modules @param {number} round @returns {Modules} */
export function varyApp(modules, round) {
  return Object.fromEntries(Object.entries(modules).map(([path, source]) => [path, varySource(source, source.includes(packed) ? packed : undefined, round)]));
}

/** Whether an app holds the WebAssembly, and in how many modules. @param {Modules} modules */
export function holdingWasm(modules) {
  return Object.values(modules).filter((source) => source.includes(packed)).length;
}

/** The arguments of a call of a candidate's query. @param {Candidate} candidate @param {string} name @param {Record<string, unknown>} [changed] what stands in the place of what was signed */
export function argumentsFor(candidate, name, changed = {}) {
  if (candidate === "empty" || candidate === "plain") return args;
  const keyring = createKeyring(secret);
  try {
    return { ...args, countersign: signCall(keyring, { audience: deployment, type: "query", name, args, now: Date.now() }), ...changed };
  } finally {
    keyring.free();
  }
}
