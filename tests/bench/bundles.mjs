// The bundles that are measured: one of each candidate for each kind of host, and a call to verify, below .cache/bench.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createKeyring, generateSecret, signCall } from "countersign";
import { build } from "esbuild";
import { cacheDir, root } from "../../pkg-template/build/process.mjs";
import { wasmImports } from "../conformance/lib.mjs";
import { bundleFunctions } from "../support/convex/bundle.mjs";

export const folder = join(cacheDir, "bench");
export const leanBase64 = readFileSync(join(root, "node_modules/countersign/wasm/lean.wasm")).toString("base64");
/** The same as the package holds it inside JavaScript. @type {string} */
export const leanPacked = (await import(pathToFileURL(join(root, "node_modules/countersign/esm/core/wasm/generated/lean.packed.js")).href)).packed;
const peers = fileURLToPath(new URL("./peers/", import.meta.url));

const deployment = "https://happy-animal-123.convex.cloud";
/** A webhook-like call of about 300 bytes. */
function createSample() {
  const args = { eventId: "evt_1NG8Du2eZvKYlo2CUI79vXWy", provider: "polar", test: false, amount: 4900, items: ["prod_a8f2", "prod_b913"], note: "x".repeat(120) };
  const expected = { audience: deployment, type: /** @type {const} */ ("mutation"), name: "webhooks:markEventProcessed", args, now: Date.now() };
  const secret = generateSecret();
  const keyring = createKeyring(secret);
  const token = signCall(keyring, expected);
  keyring.free();
  return { secret, token, expected };
}
export const sample = createSample();
/** The deployment's variables, for the guard. */
export const convexEnv = { COUNTERSIGN_SECRET: sample.secret, CONVEX_CLOUD_URL: deployment };

/** @param {string} name @param {string} contents the path it is written to */
export function write(name, contents) {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, contents);
  return path;
}

/** @param {string} name @param {import("esbuild").BuildOptions} options */
async function bundle(name, options) {
  const { outputFiles } = await build({ entryPoints: [join(peers, `${name}.mjs`)], bundle: true, write: false, minify: true, target: "es2022", platform: "neutral", charset: "ascii", ...options });
  return /** @type {import("esbuild").OutputFile} */ (outputFiles?.[0]).text;
}

/** @param {string[]} names @param {(name: string) => Promise<string>} make @returns {Promise<Record<string, string>>} */
async function each(names, make) {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await make(name)])));
}

const inContexts = ["empty", "countersign", "noble", "subtle"];

export async function createBundles() {
  rmSync(folder, { recursive: true, force: true });
  const files = await each(["empty", "countersign", "noble", "node-crypto"], async (name) => {
    const text = await bundle(name, { format: "esm", external: ["node:crypto"] });
    return pathToFileURL(write(`process/${name}.mjs`, text)).href;
  });
  const script = /** @type {const} */ ({ format: "iife", globalName: "candidate" });
  const vm = await each(inContexts, (name) => bundle(name, script));
  // As in Next.js, the import becomes a global that the host sets.
  /** @type {import("esbuild").Plugin} */
  const edgeModule = {
    name: "edge-module",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: "edge-module" }));
      onLoad({ filter: /./, namespace: "edge-module" }, () => ({ contents: "export default globalThis.leanModule;" }));
    },
  };
  const edge = await each(inContexts, (name) => bundle(name, { ...script, conditions: ["edge-light"], plugins: [edgeModule] }));
  const { plugin } = wasmImports(() => "./lean.wasm");
  const workerd = await each(inContexts, (name) => bundle(name, { format: "esm", conditions: ["workerd", "worker", "browser"], plugins: [plugin] }));
  return { files, vm, edge, workerd, convex: await bundleConvex() };
}

const builders = `import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";`;
const invoke = "export const verify = async (_, token) => JSON.parse(await run.invokeQuery(JSON.stringify([token])));";
/** @type {Record<string, string>} */
const convexModules = {
  // An action has a clock that moves and may import: it times the others from inside, without the message to the process.
  measure: `${builders}
export const run = action({ args: {}, handler: async (_, { module, secret, token, expected }) => {
  const start = performance.now();
  const { verify } = await import(module);
  const isVerified = await verify(secret, token, expected);
  return { ms: performance.now() - start, isVerified };
} });`,
  ...Object.fromEntries(inContexts.map((name) => [name, `export { verify } from ${JSON.stringify(join(peers, `${name}.mjs`))};`])),
  plain: `${builders}
const run = query({ args: {}, handler: () => true });
${invoke}`,
  guard: `${builders}
import { countersign } from "countersign/convex";
const { signedQuery } = countersign({ query, mutation, action, replay: false });
const run = signedQuery({ args: {}, handler: () => true });
${invoke}`,
};

/**
 * As Convex's CLI bundles an app: each is one of its own, so that nothing they share is split off.
 * @returns {Promise<Record<string, string>>}
 */
async function bundleConvex() {
  /** @type {Record<string, string>} */
  const bundles = {};
  for (const [name, contents] of Object.entries(convexModules)) {
    write(`convex/${name}/main.js`, contents);
    const { modules } = await bundleFunctions(join(folder, "convex", name), { sourceMaps: false });
    const [module] = modules;
    if (module === undefined || modules.length !== 1) throw new Error(`${name} became ${modules.length} modules, not one`);
    bundles[name] = module.source;
  }
  return bundles;
}

/** What the guarded query is called with, now: it learns the name of the function that was called. */
export function signGuardedCall() {
  const keyring = createKeyring(sample.secret);
  const token = signCall(keyring, { audience: deployment, type: "query", name: "measure:run", args: {}, now: Date.now() });
  keyring.free();
  return { countersign: token };
}
