// What `npm test` runs, in order. A step is a command that ends with 0 if all is well; its output is shown only if it does not.

import { readdirSync } from "node:fs";

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {readonly string[]} command `node` is the one that runs the tests; everything starts at the repository's root
 * @property {boolean | readonly string[]} fast part of `npm run test:fast`: as it is, not at all, or by another command
 * @property {string} [needs] the step without which this one says nothing
 * @property {boolean} [aside] runs beside the others, with what they leave of the processors
 * @property {Readonly<Record<string, string>>} [env]
 * @property {number} [minutes] its limit, 10 unless said otherwise
 */

const clippy = ["cargo", "clippy", "--locked", "--quiet"];
const wasm = ["--target", "wasm32-unknown-unknown", "--no-default-features", "--features"];
const denyWarnings = ["--", "-D", "warnings"];
const simd = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: "-Ctarget-feature=+simd128" };
const tsc = ["node", "node_modules/typescript/bin/tsc", "--pretty", "false", "-p"];

// Beside the fuzz targets as libFuzzer runs them, which `npm run fuzz` compiles.
const fuzz = ["--manifest-path", "tests/fuzz/Cargo.toml", "--target-dir", ".cache/fuzz/target"];
const taint = ["--manifest-path", "tests/constant-time/Cargo.toml", "--target-dir", ".cache/constant-time/target"];
// They wait for other processes most of the time.
const commands = ["node", "--test", "--test-concurrency=2"];
const vitest = ["node", "node_modules/vitest/vitest.mjs", "run", "--config"];

/** @type {readonly Step[]} */
export const steps = [
  { name: "rustfmt", command: ["cargo", "fmt", "--check"], fast: true },
  { name: "clippy", command: [...clippy, "--all-targets", ...denyWarnings], fast: true },
  { name: "clippy lean", command: [...clippy, ...wasm, "lean", ...denyWarnings], fast: true, env: simd },
  { name: "clippy guard", command: [...clippy, ...wasm, "guard", ...denyWarnings], fast: true, env: simd },
  { name: "clippy messages", command: [...clippy, ...wasm, "messages", ...denyWarnings], fast: true, env: simd },
  { name: "clippy rich", command: [...clippy, ...wasm, "rich", ...denyWarnings], fast: true, env: simd },
  { name: "cargo test", command: ["cargo", "test", "--locked", "--quiet"], fast: true },
  { name: "rustfmt of the fuzz targets", command: ["cargo", "fmt", "--check", "--manifest-path", "tests/fuzz/Cargo.toml"], fast: true },
  { name: "clippy of the fuzz targets", command: [...clippy, ...fuzz, "--all-targets", ...denyWarnings], fast: true },
  { name: "fuzz targets on the inputs kept", command: ["cargo", "test", "--locked", "--quiet", ...fuzz], fast: true },
  { name: "build", command: ["node", "pkg-template/build/build.mjs"], fast: true },
  { name: "types of the build", command: [...tsc, "pkg-template/build"], fast: true },
  { name: "types of the conformance suite", command: [...tsc, "tests/conformance"], fast: false, needs: "build" },
  { name: "peers of the benchmarks", command: ["node", "tests/bench/peers/install.mjs"], fast: true, needs: "build" },
  { name: "types of the benchmarks", command: [...tsc, "tests/bench"], fast: false, needs: "peers of the benchmarks" },
  { name: "types of the constant-time checks", command: [...tsc, "tests/constant-time"], fast: false, needs: "build" },
  { name: "types of the embedded Convex", command: [...tsc, "tests/support/convex"], fast: false, needs: "build" },
  { name: "packaging", command: nodeTest("tests/packaging"), fast: ["node", "--test", "tests/packaging/listing.test.mjs", "tests/packaging/size.test.mjs"], needs: "build" },
  { name: "vectors", command: ["node", "tests/vectors/generate.mjs", "--check"], fast: true },
  { name: "both modules", command: nodeTest("tests/wasm"), fast: true, needs: "build" },
  { name: "types of the fuzz scripts", command: [...tsc, "tests/fuzz"], fast: false, needs: "build" },
  { name: "random values", command: nodeTest("tests/fuzz"), fast: true, needs: "build" },
  { name: "rustfmt of the taint interpreter", command: ["cargo", "fmt", "--check", "--manifest-path", "tests/constant-time/Cargo.toml"], fast: true },
  { name: "clippy of the taint interpreter", command: [...clippy, "--release", ...taint, ...denyWarnings], fast: true },
  { name: "secrets decide nothing", command: ["node", "tests/constant-time/run.mjs"], fast: true, needs: "build" },
  { name: "traces", command: ["node", "--test", "tests/constant-time/trace.test.mjs"], fast: true, needs: "build" },
  { name: "types for users", command: ["node", "tests/types/check.mjs"], fast: ["node", "tests/types/check.mjs", "--fast"], needs: "build" },
  { name: "guards and clients", command: [...vitest, "tests/convex/vitest.config.mjs"], fast: [...vitest, "tests/convex/vitest.config.mjs", "--project", "node"], needs: "build" },
  { name: "types of the replay stores", command: [...tsc, "tests/http-replay"], fast: false, needs: "build" },
  { name: "replay stores", command: nodeTest("tests/http-replay"), fast: ["node", "--test", "tests/http-replay/memory.test.mjs"], needs: "build" },
  { name: "benchmarks", command: nodeTest("tests/bench"), fast: true, needs: "peers of the benchmarks" },
  { name: "types of the webhook tests", command: [...tsc, "tests/webhooks"], fast: false, needs: "build" },
  { name: "webhooks beside the makers' libraries", command: nodeTest("tests/webhooks"), fast: true, needs: "build" },
  { name: "types of signed HTTP's tests", command: [...tsc, "tests/http"], fast: false, needs: "build" },
  { name: "signed HTTP", command: nodeTest("tests/http"), fast: true, needs: "build" },
  { name: "types of signed HTTP's peers", command: [...tsc, "tests/http-interop"], fast: false, needs: "build" },
  { name: "signed HTTP and its peers", command: nodeTest("tests/http-interop"), fast: true, needs: "build" },
  { name: "types of the CLI's tests", command: [...tsc, "tests/cli"], fast: false, needs: "build" },
  { name: "CLI", command: [...commands, ...testFiles("tests/cli").filter((file) => !usesConvex(file))], fast: [...commands, ...["code-planted", "init-config", "rotate-plan", "verify-raw-message"].map((name) => `tests/cli/${name}.test.mjs`)], needs: "build" },
  { name: "types of the canary", command: [...tsc, "tests/secrets"], fast: false, needs: "build" },
  { name: "secrets in no output", command: nodeTest("tests/secrets"), fast: false, needs: "build" },
  { name: "documents", command: nodeTest("tests/docs"), fast: ["node", "--test", ...["attacks", "docs", "security", "timing"].map((name) => `tests/docs/${name}.test.mjs`)], needs: "build" },
  { name: "conformance", command: ["node", "tests/conformance/run.mjs"], fast: ["node", "tests/conformance/run.mjs", "--fast"], needs: "build" },
  { name: "conformance from outside", command: nodeTest("tests/conformance", "tests/support/isolate"), fast: false, needs: "build" },
  { name: "types of the Next.js app", command: [...tsc, "tests/next"], fast: false, needs: "build" },
  { name: "Next.js", command: ["node", "tests/next/run.mjs"], fast: false, needs: "build", minutes: 15 },
  { name: "demo", command: ["npm", "run", "demo", "--", "--exit"], fast: false, needs: "build", minutes: 15 },
  { name: "page", command: nodeTest("tests/page"), fast: false, needs: "demo" },
  { name: "embedded Convex", command: ["node", "node_modules/vitest/vitest.mjs", "run", "--root", "tests/support/convex"], fast: false, needs: "build" },
  { name: "mutants", command: ["node", "tests/mutants/run.mjs", "--sample", "40"], fast: false, aside: true, minutes: 30 },
  { name: "fuzzing", command: ["node", "tests/fuzz/run.mjs", "--hold", "--seconds", "20"], fast: false, aside: true, needs: "build", minutes: 30 },
  { name: "CLI with the real convex CLI", command: [...commands, ...testFiles("tests/cli").filter(usesConvex)], fast: false, aside: true, needs: "build", minutes: 30 },
];

/** @param {readonly string[]} folders */
function nodeTest(...folders) {
  return ["node", "--test", ...folders.flatMap(testFiles)];
}

/** Tests of the CLI that start the real `convex` CLI again and again. @param {string} file */
function usesConvex(file) {
  return /\/(?:attack-31|canary|doctor|init-(?:docs|project|secret|stop)|platform-convex-cli|rotate-(?:docs|interrupted|states|traffic)|story|support-deployments)/.test(file);
}

/**
 * By name, because Node 20 knows no patterns here and Node 22 no folders.
 * @param {string} folder
 */
function testFiles(folder) {
  const names = readdirSync(new URL(`../${folder}/`, import.meta.url)).filter((name) => name.endsWith(".test.mjs"));
  return names.sort().map((name) => `${folder}/${name}`);
}
