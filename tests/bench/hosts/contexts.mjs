// Run by a Node: times each bundle in fresh node:vm contexts of this one process, or in fresh edge-runtime VMs.
//   contexts.mjs <the job's path>
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { measureRounds, varySource, varyWasm } from "./rounds.mjs";

/**
 * @typedef {object} Job
 * @property {"vm" | "edge"} kind
 * @property {Record<string, string>} sources scripts that set `candidate`
 * @property {string} base64 of the lean module, which the edge has beside the source
 * @property {string} packed the same as it stands in a source
 * @property {object} sample
 * @property {import("./rounds.mjs").Plan} plan
 */

/** @type {Job} */
const { kind, sources, base64, packed, sample, plan } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));

async function createEdge() {
  const { EdgeVM } = await import("@edge-runtime/vm");
  return () => {
    const edge = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
    return { global: edge.context, evaluate: (/** @type {string} */ source) => edge.evaluate(source) };
  };
}
function createPlain() {
  // Of what Node has and a bare context has not, what the candidates use.
  const context = vm.createContext({ TextEncoder, Buffer, atob, crypto });
  return { global: context, evaluate: (/** @type {string} */ source) => vm.runInContext(source, context) };
}
const create = kind === "edge" ? await createEdge() : createPlain;

/** @param {string} name @param {number} round */
async function run(name, round) {
  const holdsWasm = name === "countersign" && kind === "vm";
  const source = varySource(/** @type {string} */ (sources[name]), holdsWasm ? packed : undefined, round);
  const wasm = varyWasm(Buffer.from(base64, "base64"), round);
  const { global, evaluate } = create();
  const { secret, token, expected } = evaluate("JSON.parse")(JSON.stringify(sample));
  const start = performance.now();
  // Next.js compiles the module before the function's code runs; here it counts.
  if (name === "countersign" && kind === "edge") global.leanModule = new WebAssembly.Module(wasm);
  const isVerified = await evaluate(`${source}\ncandidate`).verify(secret, token, expected);
  return { ms: performance.now() - start, isVerified };
}

console.log(JSON.stringify(await measureRounds(Object.keys(sources), plan, run, { isWarm: true })));
