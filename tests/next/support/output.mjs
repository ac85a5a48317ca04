// What `next build` has made, looked at and run outside of Next.js.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EdgeVM } from "@edge-runtime/vm";
import { root } from "../../../pkg-template/build/process.mjs";
import { readReport } from "./places.mjs";

/** The package's modules, and how each begins in code that holds it. @param {string} folder the app's */
function readWasm(folder) {
  const installed = join(folder, "node_modules/countersign");
  return Object.entries({ lean: "lean.packed", messages: "messages.base64", rich: "rich.base64" }).map(([name, generated]) => {
    // A piece that no minifier writes in another way, whichever quotes it puts around the text.
    const inlined = /"[^"]*?([\w#%-&(-;=?-[\]^{-~]{60})/.exec(readFileSync(join(installed, `esm/core/wasm/generated/${generated}.js`), "utf8"))?.[1];
    if (inlined === undefined) throw new Error(`The package holds no ${name}.wasm as text.`);
    return { name, bytes: readFileSync(join(installed, `wasm/${name}.wasm`)), inlined };
  });
}
/** Texts that only the server's code holds: esm/next/index.js, esm/client/deployment.js and esm/client/local-secret.js. */
const serverTexts = ["NEXT_PUBLIC_CONVEX_URL is not set", "the deployment URL answers with a redirect", "Put COUNTERSIGN_SECRET into .env.local"];
/** Texts that only the replay component holds, which is for Convex, by the files of root node_modules that have them; the last one comes with any definition. */
const componentTexts = {
  "countersign/esm/component/schema.js": "by_shard_and_expiry",
  "countersign/esm/component/replay.js": "by_caller_and_key",
  "convex/dist/esm/server/components/index.js": "_childComponents",
};
/** A text that only Next.js's stand-in for Node's Buffer holds, 22 kB that a bare `Buffer` adds to a page. */
const bufferText = "Attempt to write outside buffer bounds";

/** @param {string} folder @param {string} [ending] of the files' names */
function contents(folder, ending = "") {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith(ending));
  return entries.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
}

/** @param {boolean} condition @param {string} message */
function assert(condition, message) {
  if (!condition) throw new Error(message);
}

/**
 * Runs the built edge function as a host does that refuses WebAssembly from bytes: what it needs must come as modules.
 * @param {string} folder @param {Record<string, string>} env
 */
export async function runEdgeBundle(folder, env) {
  const output = join(folder, ".next");
  const wasm = readWasm(folder);
  const { functions } = JSON.parse(readFileSync(join(output, "server/middleware-manifest.json"), "utf8"));
  const entry = functions["/edge/route"];
  const code = entry.files.map((/** @type {string} */ file) => readFileSync(join(output, file), "utf8"));
  assert(!wasm.some(({ inlined }) => code.join().includes(inlined)), "The edge function holds WebAssembly as base64.");
  /** @type {{ name: string, bytes: Buffer<ArrayBuffer> }[]} */
  const modules = entry.wasm.map((/** @type {any} */ { name, filePath }) => ({ name, bytes: readFileSync(join(output, filePath)) }));
  assert(modules.length === wasm.length, `The edge function imports ${modules.length} modules, not ${wasm.length}.`);
  for (const { bytes } of wasm) assert(modules.some((module) => module.bytes.equals(bytes)), "The edge function does not import the package's own modules.");

  const builtins = await builtinsForEdge();
  const vm = new EdgeVM({
    codeGeneration: { strings: false, wasm: false },
    extend: (context) => {
      for (const { name, bytes } of modules) context[name] = new WebAssembly.Module(bytes);
      context.process = { env: { ...entry.env, ...env, NEXT_RUNTIME: "edge" } };
      context.AsyncLocalStorage = builtins["node:async_hooks"].AsyncLocalStorage;
      context.require = (/** @type {string} */ name) => {
        if (!Object.hasOwn(builtins, name)) throw new TypeError(`Native module not found: ${name}`);
        return builtins[name];
      };
      return context;
    },
  });
  const refusal = vm.evaluate('try { new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); "allowed" } catch (error) { error.name }');
  assert(refusal === "CompileError", `The VM should refuse WebAssembly from bytes, and it is ${refusal}.`);
  for (const text of code) vm.evaluate(text);
  const { default: handle } = await vm.evaluate(`_ENTRIES[${JSON.stringify(`middleware_${entry.name}`)}]`);
  const request = { method: "GET", url: "http://127.0.0.1/edge", headers: {}, nextConfig: {}, page: { name: entry.page, params: {} } };
  const { response } = await handle({ request });
  const text = await response.text();
  assert(response.status === 200, `The edge function answered ${response.status}: ${text.slice(0, 2000)}`);
  return readReport(text, "edge");
}

/** Those that Next.js lends to an edge function. @returns {Promise<Record<string, any>>} */
async function builtinsForEdge() {
  const names = ["node:async_hooks", "node:buffer", "node:events", "node:assert", "node:util"];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await import(name)).default])));
}

/** The secret is nowhere; what a browser gets holds the primitives, nothing of the server and no Buffer. @param {string} folder @param {string} secret */
export function checkClientBundles(folder, secret) {
  const everything = contents(join(folder, ".next"));
  assert(!everything.some((text) => text.includes(secret)), "The build's output holds the secret.");
  const server = contents(join(folder, ".next/server"));
  const client = contents(join(folder, ".next/static"));
  // Each of these texts is first found where it should be, so that its absence says something.
  for (const { name, inlined } of readWasm(folder)) {
    assert(server.some((chunk) => chunk.includes(inlined)), `The server's code does not hold ${name}.wasm.`);
    // What signs messages is nothing that a browser can import.
    assert(client.some((chunk) => chunk.includes(inlined)) === (name !== "messages"), `The client's code ${name === "messages" ? "holds" : "does not hold"} ${name}.wasm.`);
  }
  for (const text of serverTexts) assert(server.some((chunk) => chunk.includes(text)), `The server's code does not hold "${text}".`);
  assert(readFileSync(join(root, "node_modules/next/dist/compiled/buffer/index.js"), "utf8").includes(bufferText), `Next.js's Buffer does not hold "${bufferText}".`);
  for (const text of [...serverTexts, bufferText]) assert(!client.some((chunk) => chunk.includes(text)), `The client's code holds "${text}".`);
  // Source maps hold all of convex, whatever of it is used.
  const scripts = ["server", "static"].flatMap((part) => contents(join(folder, ".next", part), ".js"));
  assert(serverTexts.every((text) => scripts.some((script) => script.includes(text))), "The scripts do not hold the server's code.");
  for (const [file, text] of Object.entries(componentTexts)) {
    assert(readFileSync(join(root, "node_modules", file), "utf8").includes(text), `${file} does not hold ${text}.`);
    assert(!scripts.some((script) => script.includes(text)), `The app's code holds ${text}, of ${file}.`);
  }
  return { passed: 2 + serverTexts.length + Object.keys(componentTexts).length, failures: [] };
}

/** A client component that imports what signs must not build, and the message must name the import. @param {{ code: number | null, stdout: string, stderr: string }} build */
export function checkRefusal({ code, stdout, stderr }) {
  const output = stdout + stderr;
  assert(code === 1, `The build ended with ${code}.\n${output}`);
  const imports = ["client", "next"];
  for (const name of imports) {
    const clear = [`Module not found: Can't resolve 'countersign/${name}'`, `Package path ./${name} is not exported from package`];
    assert(clear.some((text) => output.includes(text)), `The build does not say that countersign/${name} cannot be imported.\n${output}`);
  }
  return { passed: imports.length, failures: [] };
}
