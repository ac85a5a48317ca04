// What the runners share: the files they run, where those lie, and how a child process reports.
//
// Everything is written to a folder in .cache/conformance, one for each run, below the root, so that "countersign" resolves to the package installed in
// root node_modules. A folder given as `packageFolder` stands in front of that one: a broken package, to see it caught.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * @typedef {import("./suite.mjs").Outcome} Outcome
 * @typedef {object} Runner
 * @property {string} name
 * @property {string} version
 * @property {() => Promise<Outcome>} run
 */

export const root = fileURLToPath(new URL("../../", import.meta.url));
const runs = join(root, ".cache/conformance");
/** This run's folder. A process that it starts is told. */
export const cache = process.env.CONFORMANCE_FOLDER ?? join(runs, String(process.pid));
const vectorNames = ["rfc4231", "secrets", "values", "lengths", "tokens", "refused", "messages", "messages-refused", "webhooks"];
const marker = "CONFORMANCE ";

/** The suite and its vectors as one file that imports nothing. @param {"esm" | "cjs"} format */
export async function bundleSuite(format) {
  // As text to parse: written as an object, a field called __proto__ would not be one.
  const vectors = vectorNames.map((name) => `"${name}": JSON.parse(${JSON.stringify(readFileSync(join(root, `tests/vectors/${name}.json`), "utf8"))})`);
  const contents = `export { conformance } from "./suite.mjs";\nexport const vectors = { ${vectors.join(",\n")} };`;
  const stdin = { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format, target: "es2020", platform: "neutral", charset: "ascii" });
  return outputFiles[0].text;
}

/** @param {number} id of a process, which may have been killed before it could tidy up */
function isAlive(id) {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return /** @type {{ code?: string }} */ (error).code === "EPERM";
  }
}

/** Writes what the runners start from. @param {{ packageFolder?: string, inspect?: boolean }} [options] */
export async function prepare({ packageFolder, inspect = true } = {}) {
  mkdirSync(runs, { recursive: true });
  for (const name of readdirSync(runs)) if (!isAlive(Number(name))) rmSync(join(runs, name), { recursive: true, force: true });
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  process.on("exit", () => rmSync(cache, { recursive: true, force: true }));
  if (packageFolder !== undefined) cpSync(packageFolder, join(cache, "node_modules/countersign"), { recursive: true });
  const write = (/** @type {string} */ name, /** @type {string} */ text) => writeFileSync(join(cache, name), text);
  write("package.json", '{ "private": true }\n');
  write("suite.mjs", await bundleSuite("esm"));
  write("suite.cjs", await bundleSuite("cjs"));
  // A server entry cannot be imported into a page, nor where jsdom stands in for one.
  for (const [name, http] of /** @type {const} */ ([["entry", true], ["entry.page", false]])) {
    write(`${name}.mjs`, `import * as api from "countersign";
${inspect ? 'import * as inspect from "countersign/inspect";' : "const inspect = undefined;"}
${http ? 'import * as http from "countersign/http";\nimport * as webhooks from "countersign/webhooks";' : "const [http, webhooks] = [];"}
import { conformance, vectors } from "./suite.mjs";
export const run = () => conformance({ api, inspect, http, webhooks, vectors });
`);
    write(`${name}.cjs`, `const { conformance, vectors } = require("./suite.cjs");
const api = require("countersign");
const inspect = ${inspect ? 'require("countersign/inspect")' : "undefined"};
const [http, webhooks] = ${http ? '[require("countersign/http"), require("countersign/webhooks")]' : "[]"};
exports.run = () => conformance({ api, inspect, http, webhooks, vectors });
`);
  }
  write("main.mjs", `import { run } from "./entry.mjs";\nrun().then((outcome) => console.log(${JSON.stringify(marker)} + JSON.stringify(outcome)));\n`);
  write("main.cjs", `require("./entry.cjs").run().then((outcome) => console.log(${JSON.stringify(marker)} + JSON.stringify(outcome)));\n`);
}

/** A program that runs the suite inside something else, in a process of its own. @param {string} name */
export const host = (name) => fileURLToPath(new URL(`./runners/hosts/${name}.mjs`, import.meta.url));

/** A path in the cache. @param {string} name */
export const file = (name) => join(cache, name);

/** Writes a file into the cache and returns its path. @param {string} name @param {string | Uint8Array} contents */
export function write(name, contents) {
  mkdirSync(join(cache, name, ".."), { recursive: true });
  writeFileSync(join(cache, name), contents);
  return join(cache, name);
}

/** The version of an installed package. @param {string} name @returns {string} */
export const versionOf = (name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;

/** @param {number} major */
const nodePackage = (major) => `node${major}-${process.platform}-${process.arch}`;
/** @param {number} major */
export const nodeVersion = (major) => versionOf(nodePackage(major));
/** The binary of one of the Node versions that npm installed. @param {number} major */
export function nodeBinary(major) {
  const path = join(root, "node_modules", nodePackage(major), "bin/node");
  if (!existsSync(path)) throw new Error(`There is no Node ${major} for ${process.platform}-${process.arch} in node_modules: run npm install.`);
  return path;
}
/** A command that npm installed. @param {string} name */
export const bin = (name) => join(root, "node_modules/.bin", name);

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** Runs a command to its end and reads the outcome it prints. @param {string} command @param {string[]} args @param {{ env?: Record<string, string>, cwd?: string, timeoutMs?: number }} [options] @returns {Promise<Outcome>} */
export async function runChild(command, args, { env = {}, cwd = cache, timeoutMs = 180_000 } = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, NO_COLOR: "1", CI: "1", CONFORMANCE_FOLDER: cache, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => (stderr += text));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const status = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? code));
  });
  clearTimeout(timer);
  children.delete(child);
  const line = stdout.split("\n").find((text) => text.includes(marker));
  if (line === undefined) throw new Error(`${command} ended with ${status} and reported nothing\n${(stderr + stdout).trim().slice(-3000)}`);
  return JSON.parse(line.slice(line.indexOf(marker) + marker.length));
}

/** An esbuild plugin that leaves .wasm imports (with or without ?module) to the runtime, and notes which there are. @param {(path: string, file: string) => string} rename what the import becomes */
export function wasmImports(rename) {
  /** @type {Map<string, Uint8Array>} */
  const found = new Map();
  /** @type {import("esbuild").Plugin} */
  const plugin = {
    name: "wasm-imports",
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path, resolveDir }) => {
        const source = join(resolveDir, path.replace("?module", ""));
        const name = rename(path, source);
        found.set(name, readFileSync(source));
        return { path: name, external: true };
      });
    },
  };
  return { plugin, found };
}
