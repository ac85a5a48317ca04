// The figures of these tests, in tests/figures/memory.json. A test compares what it has just measured; run by itself with `--accept`
// (`node tests/conformance/traps.test.mjs --accept`) it writes them.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const file = new URL("../../figures/memory.json", import.meta.url);

/** @returns {Record<string, number>} */
const read = () => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});

/**
 * @param {Readonly<Record<string, number>>} measured
 * @param {{ slack?: number }} [options] `slack`: how far a figure may be off, as a part of it: where the compiler has a say
 */
export function compareFigures(measured, { slack = 0 } = {}) {
  for (const [name, value] of Object.entries(measured)) console.log(`${name}: ${value.toLocaleString("en-US")}`);
  if (process.argv.includes("--accept")) {
    const sorted = Object.entries({ ...read(), ...measured }).sort(([one], [other]) => (one < other ? -1 : 1));
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  }
  const known = read();
  for (const [name, value] of Object.entries(measured)) {
    assert.ok(Math.abs(value - known[name]) <= slack * value, `tests/figures/memory.json has ${known[name]} for "${name}", measured were ${value}; run this file with --accept if that is right`);
  }
}
