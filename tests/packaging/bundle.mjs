// A bundle as the Convex CLI makes it for its default runtime, minified.

import { build } from "esbuild";
import { root } from "../../pkg-template/build/process.mjs";

/**
 * What is imported dynamically gets files of its own.
 * @param {string} contents
 */
export async function bundle(contents) {
  const result = await build({
    stdin: { contents, resolveDir: root, sourcefile: "convex/countersign.ts" },
    bundle: true,
    splitting: true,
    outdir: "out",
    chunkNames: "_deps/[hash]",
    write: false,
    metafile: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "esnext",
    conditions: ["convex", "module"],
    external: ["convex", "convex/*"],
    logLevel: "silent",
  });
  const { outputs } = result.metafile;
  /** A file and what it imports, without what it may load later. @param {string} path @returns {string[]} */
  const loaded = (path) => [path, ...(outputs[path]?.imports ?? []).filter(({ kind, external }) => kind === "import-statement" && external !== true).flatMap((each) => loaded(each.path))];
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint !== undefined);
  if (entry === undefined) throw new Error("esbuild wrote no entry.");
  const atOnce = new Set(loaded(entry));
  const inputsOf = (/** @type {string} */ path) => Object.entries(outputs[path]?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const bytes = Buffer.concat(result.outputFiles.filter(({ path }) => [...atOnce].some((each) => path.endsWith(each))).map((file) => file.contents));
  return { bytes, inputs: [...atOnce].flatMap(inputsOf), later: Object.keys(outputs).filter((path) => !atOnce.has(path)).flatMap(inputsOf) };
}
