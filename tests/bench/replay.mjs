// `npm run bench:replay`: what a signed mutation pays for replay protection and for an idempotency key.
//   node tests/bench/replay.mjs [--rounds <number>] [--only-page]
//
// Reads and writes are what convex-test counts, in the way of Convex's own limits. Times are taken twice: in convex-test, where
// everything runs in one context, and in bare contexts, one for each function that runs, nested ones too, as Convex does it, in Node 26
// with Convex's V8 flags (tests/support/isolate). Neither has a real database. Of the second only what the functions themselves take is
// counted, evaluating their modules included: the harness sets contexts up and fetches documents in its own way, not in Convex's.
// Writes tests/figures/replay.json, and what www/docs/replay.md says of it; --only-page writes the page from the figures there are.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { BuildError, runMain } from "../../pkg-template/build/process.mjs";
import { countAll } from "./replay/counts.mjs";
import { readFigures, section, writeFigures, writePage } from "./replay/figures.mjs";
import { measureAll } from "./replay/times.mjs";

async function main() {
  const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "200" }, "only-page": { type: "boolean", default: false } } });
  const rounds = Number(options.rounds);
  if (!Number.isInteger(rounds) || rounds < 10) throw new BuildError("--rounds must be a whole number of at least 10.");
  if (!options["only-page"]) {
    const counts = await countAll();
    const machine = `${cpus()[0]?.model.replace(/\s+@.*/, "") ?? process.arch}, ${process.platform} ${process.arch}, Node.js ${process.versions.node}`;
    writeFigures(counts, await measureAll(rounds), machine);
  }
  const figures = readFigures();
  console.log(section(figures));
  writePage(figures);
}

await runMain(import.meta.url, main);
