// `npm run bench:webhooks`: how many deliveries a second are verified, beside each maker's own library, in one run.
//   node tests/bench/webhooks.mjs [--rounds <number>] [--only-page]
//
// A round verifies as many deliveries with one as with the other, one after the other, and the next round begins with the other. What is compared is
// compared within a round, so that a busy machine slows both. Writes tests/figures/webhooks.json, and what www/docs/webhooks.md says of it;
// --only-page writes the page from the figures there are.

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { BuildError, runMain } from "../../pkg-template/build/process.mjs";
import { readFigures, section, writeFigures, writePage } from "./webhooks/figures.mjs";
import { measureAll } from "./webhooks/rates.mjs";

async function main() {
  const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "60" }, "only-page": { type: "boolean", default: false } } });
  const rounds = Number(options.rounds);
  if (!Number.isInteger(rounds) || rounds < 10) throw new BuildError("--rounds must be a whole number of at least 10.");
  if (!options["only-page"]) {
    const machine = `${cpus()[0]?.model.replace(/\s+@.*/, "") ?? process.arch}, ${process.platform} ${process.arch}, Node.js ${process.versions.node}`;
    writeFigures(await measureAll(rounds), machine);
  }
  const figures = readFigures();
  console.log(section(figures));
  writePage(figures);
}

await runMain(import.meta.url, main);
