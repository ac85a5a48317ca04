// Bundles the suite as for an edge route and runs it in Next's edge runtime.
import { EdgeVM } from "@edge-runtime/vm";
import { build } from "esbuild";
import { wasmImports, write } from "../../lib.mjs";

async function run() {
  const { plugin, found } = wasmImports((path, source) => `${source}${path.endsWith("?module") ? "?module" : ""}`);
  const entry = write("edge/entry.mjs", 'export { run } from "../entry.mjs";\n');
  // As in Next, the bundler puts a compiled module in the place of the import: here by `require`, which the VM is given.
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: "cjs", target: "es2022", platform: "neutral", mainFields: ["module", "main"], conditions: ["edge-light", "import"], plugins: [plugin] });
  if (found.size !== 3) throw new Error(`The bundle imports ${found.size} .wasm?module files, not three: "edge-light" did not choose the compiled modules.`);
  const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
  const module = { exports: /** @type {any} */ ({}) };
  const require = (/** @type {string} */ name) => new WebAssembly.Module(/** @type {Uint8Array<ArrayBuffer>} */ (found.get(name)));
  vm.evaluate(`(function (module, exports, require) {${outputFiles[0].text}\n})`)(module, module.exports, require);
  const refused = vm.evaluate('try { new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); "allowed" } catch (error) { error.name }');
  if (refused !== "CompileError") throw new Error(`The VM should refuse WebAssembly from bytes, and it is ${refused}.`);
  return module.exports.run();
}

console.log(`CONFORMANCE ${JSON.stringify(await run())}`);
