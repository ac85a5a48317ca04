// The secret-taint interpreter over the modules that ship (src/main.rs says what it proves and what not), and whether it is to be believed.
//   node tests/constant-time/run.mjs [--accept]   --accept writes tests/figures/constant-time.json

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cacheDir, root, run, runMain, step } from "../../pkg-template/build/process.mjs";
import { toolEnv } from "../../pkg-template/build/toolchain.mjs";
import { wasmPath } from "../../pkg-template/build/wasm.mjs";
import { encodeValue } from "countersign";
import { fromConvexJson } from "../conformance/cases/checks.mjs";
import { checkCoverage, checkInstructions, instructionsText } from "./instructions.mjs";

const here = join(root, "tests/constant-time");
const work = join(cacheDir, "constant-time");
const installed = join(root, "node_modules/countersign");
const figuresPath = join(root, "tests/figures/constant-time.json");
/** These may be off by a tenth: the compiler does not make the very same module on every machine. */
const ABOUT = /^(instructions run|bytes of stack)/;

async function main() {
  rmSync(join(work, "modules"), { recursive: true, force: true });
  mkdirSync(join(work, "modules"), { recursive: true });
  const modules = { lean: await shippedModule("lean"), guard: await shippedModule("guard"), messages: await shippedModule("messages"), rich: await shippedModule("rich") };
  const binary = await step("compiling the interpreter", build);

  const tried = await step("instructions against V8", async () => {
    const coverage = checkCoverage();
    const path = await assemble("instructions", instructionsText());
    return { coverage, ...checkInstructions(readFileSync(path), (inputs) => interpret(binary, ["observe", path], inputs)) };
  });
  const leaks = await step("leaks that must be found", async () => {
    const path = await assemble("leaks", readFileSync(join(here, "leaks.wat"), "utf8"));
    return JSON.parse(interpret(binary, ["leaks", path]).toString());
  });
  const shipped = await step("the shipped modules, with every secret marked", () => JSON.parse(interpret(binary, ["shipped", ...Object.values(modules), writeVectors()]).toString()));

  holdFigures({ ...shipped, ...leaks, "instructions of WebAssembly known, and tried against V8": tried.coverage, "runs compared with V8": tried.runs });
  for (const [name, path] of Object.entries(modules)) console.log(`SHA-256 of ${name}.wasm, tested and in the package: ${sha256(readFileSync(path))}`);
}

/** @param {Uint8Array} bytes */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * The module as the package holds it: as a file, except for the guard's, and inside JavaScript in both kinds of modules. All must be the same
 * bytes.
 * @param {"lean" | "guard" | "messages" | "rich"} name
 * @returns {Promise<string>} a file of these bytes
 */
async function shippedModule(name) {
  const file = name === "guard" ? wasmPath(name) : join(installed, `wasm/${name}.wasm`);
  const bytes = readFileSync(file);
  for (const kind of ["esm", "cjs"]) {
    const inline = await import(pathToFileURL(join(installed, `${kind}/core/wasm/${name}.inline.js`)).href);
    const source = (inline.wasmSource ?? inline.default.wasmSource)();
    assert.ok(ArrayBuffer.isView(source), `${kind}: ${name}.inline.js gives no bytes`);
    assert.equal(sha256(/** @type {Uint8Array} */ (source)), sha256(bytes), `${kind}/core/wasm/${name}.inline.js holds other bytes than ${file}`);
  }
  const path = join(work, `modules/${name}.wasm`);
  writeFileSync(path, bytes);
  return path;
}

async function build() {
  const env = { ...toolEnv(), CARGO_TARGET_DIR: join(work, "target") };
  await run("cargo", ["build", "--release", "--locked", "--quiet", "--manifest-path", join(here, "Cargo.toml")], { env });
  return join(work, "target/release/countersign-constant-time");
}

/**
 * WebAssembly from text, kept until the text changes.
 * @param {string} name @param {string} text
 */
async function assemble(name, text) {
  const path = join(work, `${name}-${sha256(Buffer.from(text)).slice(0, 16)}.wasm`);
  if (existsSync(path)) return path;
  const source = join(work, `${name}.wat`);
  writeFileSync(source, text);
  await run(process.execPath, [join(root, "node_modules/binaryen/bin/wasm-as"), "--all-features", source, "-o", `${path}.new`]);
  writeFileSync(path, readFileSync(`${path}.new`));
  rmSync(`${path}.new`);
  return path;
}

/**
 * @param {string} binary @param {readonly string[]} args @param {Buffer} [input]
 * @returns {Buffer} what it printed
 */
function interpret(binary, args, input) {
  const { status, stdout, stderr, error } = spawnSync(binary, args, { input, maxBuffer: 1 << 30 });
  if (error !== undefined) throw error;
  assert.equal(status, 0, `${args[0]}: ${stderr.toString()}`);
  return stdout;
}

/** The vectors as lines of words, with the arguments of calls encoded. */
function writeVectors() {
  const vectors = (/** @type {string} */ name) => JSON.parse(readFileSync(join(root, `tests/vectors/${name}.json`), "utf8"));
  const hex = (/** @type {string | Uint8Array} */ value) => Buffer.from(value).toString("hex");
  const lines = [
    ...vectors("rfc4231").map((/** @type {any} */ { key, data, mac }) => ["hmac", key, data, mac]),
    ...vectors("tokens").map((/** @type {any} */ { secret, audience, type, fn, now, toleranceMs, nonce, args, idempotencyKey, token, keyId, ...names }) => {
      const kind = ["query", "mutation", "action"].indexOf(type);
      const call = [hex(audience), kind, hex(fn), hex(idempotencyKey ?? ""), now, toleranceMs ?? 60_000, nonce, hex(encodeValue(fromConvexJson(args)))];
      return ["token", hex(secret), ...call, hex(token), hex(keyId), names.keptUntil, ...[names.nonceName, names.useName, names.argsName].map((name) => hex(name ?? ""))];
    }),
  ];
  const path = join(work, "vectors.txt");
  writeFileSync(path, lines.map((words) => `${words.join(" ")}\n`).join(""));
  return path;
}

/** @param {Record<string, number>} measured */
function holdFigures(measured) {
  for (const [name, value] of Object.entries(measured)) console.log(`${name}: ${value}`);
  if (process.argv.includes("--accept")) return writeFileSync(figuresPath, `${JSON.stringify(measured, null, 2)}\n`);
  const how = "If the change is meant: node tests/constant-time/run.mjs --accept";
  assert.ok(existsSync(figuresPath), `tests/figures/constant-time.json is missing. ${how}`);
  /** @type {Record<string, number>} */
  const kept = JSON.parse(readFileSync(figuresPath, "utf8"));
  assert.deepEqual(Object.keys(kept), Object.keys(measured), `Other figures than in tests/figures/constant-time.json. ${how}`);
  for (const [name, value] of Object.entries(measured)) {
    const was = kept[name] ?? NaN;
    assert.ok(Math.abs(value - was) <= (ABOUT.test(name) ? was / 10 : 0), `${name}: ${value}, and ${was} in tests/figures/constant-time.json. ${how}`);
  }
}

await runMain(import.meta.url, main);
