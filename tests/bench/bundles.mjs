// The bundles that are measured: one of each candidate for each kind of host, and a call to verify, below .cache/bench.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createKeyring, generateSecret, signCall } from "countersign";
import { build } from "esbuild";
import { root } from "../../pkg-template/build/process.mjs";
import { wasmImports } from "../conformance/lib.mjs";
import { folder, write } from "./write.mjs";

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
  for (const part of ["process", "jobs"]) rmSync(join(folder, part), { recursive: true, force: true });
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
  return { files, vm, edge, workerd };
}
