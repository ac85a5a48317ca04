// The figures of tests/figures/trace.json: written with --accept, otherwise compared with what was just measured.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const path = new URL("../../figures/trace.json", import.meta.url);
/** How far a count of events may be off: the compiler does not make the very same module on every machine. */
const TOLERANCE = 0.1;

/**
 * @param {Record<string, number>} exact what must be as it was
 * @param {Record<string, number>} about what may be off by a tenth
 */
export function holdFigures(exact, about) {
  const measured = { ...exact, ...about };
  for (const [name, value] of Object.entries(measured)) console.log(`${name}: ${value}`);
  if (process.argv.includes("--accept")) return writeFileSync(path, `${JSON.stringify(measured, null, 2)}\n`);
  const how = "If the change is meant: node tests/constant-time/trace.test.mjs --accept";
  assert.ok(existsSync(path), `tests/figures/trace.json is missing. ${how}`);
  /** @type {Record<string, number>} */
  const kept = JSON.parse(readFileSync(path, "utf8"));
  assert.deepEqual(Object.keys(kept), Object.keys(measured), `Other figures than in tests/figures/trace.json. ${how}`);
  for (const [name, value] of Object.entries(measured)) {
    const allowed = name in exact ? 0 : kept[name] * TOLERANCE;
    assert.ok(Math.abs(value - kept[name]) <= allowed, `${name}: ${value}, and ${kept[name]} in tests/figures/trace.json. ${how}`);
  }
}
