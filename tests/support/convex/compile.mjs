// Turns bundled ES modules into scripts that the worker can evaluate again and again.
//
// Not `vm.SourceTextModule`: making thousands of them ends Node 20 with a segmentation fault now and then, it wants an
// experimental flag, and each evaluation would compile the source anew. A function is compiled once and called often.
import { createRequire } from "node:module";

/**
 * @typedef {object} CompiledModule
 * @property {string} path relative to the functions folder, with `.js`
 * @property {"isolate" | "node"} environment
 * @property {string} code a CommonJS module
 * @property {string} map its source map, to the functions' own files
 */

const require = createRequire(import.meta.url);
/** @type {typeof import("esbuild")} */
const esbuild = createRequire(require.resolve("convex/package.json"))("esbuild");

/**
 * @param {import("./bundle.mjs").BundledModule} module
 * @returns {Promise<CompiledModule>}
 */
export async function compileModule({ path, source, sourceMap, environment }) {
  // esbuild follows the map that a source carries, so that the new one leads to the original files.
  const comment = sourceMap === undefined ? "" : `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(sourceMap).toString("base64")}`;
  const { code, map } = await esbuild.transform(source.replace(/^\/\/# sourceMappingURL=.*$/m, "") + comment, {
    format: "cjs",
    loader: "js",
    platform: "node",
    target: "node20",
    sourcefile: path,
    sourcemap: "external",
    sourcesContent: false,
    supported: { "dynamic-import": false },
    // Convex gives a module of its default runtime no URL; "use node" bundles are files there, and look like files here.
    define: environment === "node" ? { "import.meta.url": "__moduleUrl" } : {},
    logLevel: "silent",
  });
  return { path, environment, code, map };
}
