// workerd, through Miniflare: the wasm comes as a compiled module and is first used in a handler, where compiling is refused.
import { basename } from "node:path";
import { build } from "esbuild";
import { file, host, nodeBinary, runChild, versionOf, wasmImports, write } from "../lib.mjs";

async function run() {
  const { plugin, found } = wasmImports((_, source) => `./${basename(source)}`);
  const entry = write("workerd/entry.mjs", 'import { run } from "../entry.mjs";\nexport default { fetch: async () => Response.json(await run()) };\n');
  await build({ entryPoints: [entry], bundle: true, format: "esm", target: "es2022", conditions: ["workerd", "worker", "browser"], plugins: [plugin], outfile: file("workerd/worker.mjs") });
  if (found.size !== 3) throw new Error(`The bundle imports ${found.size} .wasm files, not three: "workerd" did not choose the compiled modules.`);
  for (const [name, bytes] of found) write(`workerd/${name}`, bytes);
  return runChild(nodeBinary(22), [host("workerd"), file("workerd")]);
}

export default { name: "workerd", version: versionOf("workerd"), run };
