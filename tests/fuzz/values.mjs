// Random Convex values through the installed package, a second encoder, and Convex's own JSON.
//   node tests/fuzz/values.mjs [--seconds 60 | --cases 1000 | --case 7] [--seed text]

import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { BuildError, runMain } from "../../pkg-template/build/process.mjs";
import { createCounts, runCase } from "./values/oracle.mjs";

async function main() {
  const { values: options } = parseArgs({ options: { seconds: { type: "string" }, cases: { type: "string" }, case: { type: "string" }, seed: { type: "string" } } });
  const seed = options.seed ?? randomBytes(8).toString("hex");
  const counts = createCounts();
  if (options.case !== undefined) {
    runCase(seed, wholeNumber(options.case, "--case"), counts);
  } else {
    const cases = options.cases === undefined ? Infinity : wholeNumber(options.cases, "--cases");
    const end = performance.now() + 1000 * (options.cases === undefined ? wholeNumber(options.seconds ?? "60", "--seconds") : Infinity);
    for (let number = 0; number < cases && performance.now() < end; number++) runCase(seed, number, counts);
  }
  console.log(JSON.stringify({ seed, ...counts }));
}

/** @param {string} text @param {string} name */
function wholeNumber(text, name) {
  if (!/^\d{1,9}$/.test(text)) throw new BuildError(`${name} takes a whole number, and not ${JSON.stringify(text)}.`);
  return Number(text);
}

await runMain(import.meta.url, main);
