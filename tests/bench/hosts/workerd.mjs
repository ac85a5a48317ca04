// Run by Node 22, which Miniflare needs: times each bundle in isolates of their own in one workerd. Its clock stands still while
// code runs, so the whole request is timed from here.
//   workerd.mjs <the job's path>
import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";
import { measureRounds, varyWasm } from "./rounds.mjs";

/** @type {{ sources: Record<string, string>, base64: string, sample: object, plan: import("./rounds.mjs").Plan }} */
const { sources, base64, sample, plan } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const compatibilityDate = "2026-07-01";
const lean = Buffer.from(base64, "base64");

// Loads the bundle that the address names into a new isolate, and asks it to verify.
const loader = `
const sources = ${JSON.stringify(sources)};
const sample = ${JSON.stringify(JSON.stringify(sample))};
const main = 'import { verify } from "./candidate.js"; import sample from "./sample.json";' +
  'export default { fetch: async () => new Response(String(await verify(sample.secret, sample.token, sample.expected))) };';
export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.split("/")[1];
    const wasm = await request.arrayBuffer();
    const modules = { "main.js": { js: main }, "candidate.js": { js: sources[name] }, "sample.json": { json: JSON.parse(sample) } };
    if (name === "countersign") modules["lean.wasm"] = { wasm };
    const worker = env.LOADER.get(request.url, async () => ({ compatibilityDate: ${JSON.stringify(compatibilityDate)}, mainModule: "main.js", modules }));
    return worker.getEntrypoint().fetch("http://worker/");
  },
};`;
const modules = [{ type: /** @type {const} */ ("ESModule"), path: "/loader.mjs", contents: loader }];
const miniflare = new Miniflare({ modules, modulesRoot: "/", compatibilityDate, workerLoaders: { LOADER: {} } });

/** @param {string} name @param {number} round */
async function run(name, round) {
  const body = varyWasm(lean, round);
  const start = performance.now();
  const response = await miniflare.dispatchFetch(`http://localhost/${name}/${round}`, { method: "POST", body });
  const text = await response.text();
  const ms = performance.now() - start;
  if (!response.ok) throw new Error(`${name}: ${text.slice(0, 2000)}`);
  return { ms, isVerified: text === "true" };
}

try {
  await miniflare.ready;
  console.log(JSON.stringify(await measureRounds(Object.keys(sources), plan, run, { isWarm: true })));
} finally {
  await miniflare.dispose();
}
