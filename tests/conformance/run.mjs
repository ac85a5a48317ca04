// Runs the conformance suite in every runtime, from the package installed in root node_modules.
//   node tests/conformance/run.mjs [--fast] [--only <part of a name>] [--jobs <n>] [--package <folder>] [--without-inspect]
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { prepare } from "./lib.mjs";

const { values: options } = parseArgs({
  options: {
    fast: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    jobs: { type: "string", default: "2" },
    package: { type: "string" },
    "without-inspect": { type: "boolean", default: false },
  },
});

const files = readdirSync(new URL("./runners/", import.meta.url)).filter((name) => name.endsWith(".mjs")).sort();
/** @type {import("./lib.mjs").Runner[]} */
const all = (await Promise.all(files.map(async (name) => (await import(`./runners/${name}`)).default))).flat();
const fast = new RegExp(`^node ${process.versions.node.split(".")[0]} `);
const chosen = all.filter(({ name }) => (!options.fast || fast.test(name)) && (options.only.length === 0 || options.only.some((part) => name.includes(part))));
if (chosen.length === 0) {
  console.error(`No runtime is called that. There are: ${all.map(({ name }) => name).join(", ")}`);
  process.exit(1);
}

await prepare({ packageFolder: options.package, inspect: !options["without-inspect"] });
const width = Math.max(...chosen.map(({ name, version }) => name.length + version.length));
let isGood = true;

/** @param {import("./lib.mjs").Runner} runner */
async function report({ name, version, run }) {
  const started = performance.now();
  const label = `${name} ${version}`.padEnd(width + 2);
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const { passed, failures } = await run();
    const isPassed = passed > 0 && failures.length === 0;
    isGood &&= isPassed;
    console.log(`${isPassed ? "ok  " : "FAIL"}  ${label}  ${String(passed).padStart(4)} passed  ${failures.length} failed  ${seconds()}`);
    for (const failure of failures.slice(0, 10)) console.log(`        ${failure.name}: ${failure.message}`);
    if (failures.length > 10) console.log(`        and ${failures.length - 10} more`);
    if (passed === 0 && failures.length === 0) console.log("        no case ran");
  } catch (error) {
    isGood = false;
    console.log(`FAIL  ${label}  did not run  ${seconds()}\n        ${(error instanceof Error ? error.message : String(error)).replaceAll("\n", "\n        ")}`);
  }
}

const queue = [...chosen];
async function work() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await report(next);
}
await Promise.all(Array.from({ length: Number(options.jobs) }, work));
process.exit(isGood ? 0 : 1);
