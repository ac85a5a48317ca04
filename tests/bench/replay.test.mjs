// What a signed mutation reads and writes is what tests/figures/replay.json says, and the page about replay protection says the same.
// How long it takes is not looked at here: `npm run bench:replay` measures it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { countAll } from "./replay/counts.mjs";
import { countFigures, readFigures, readPage, section, split } from "./replay/figures.mjs";

const again = "npm run bench:replay writes it";

test("reads and writes are those of the figures", async () => {
  const measured = countFigures(await countAll());
  const figures = Object.entries(readFigures()).filter(([name]) => name.startsWith("reads and writes: "));
  assert.equal(figures.length, 6);
  assert.deepEqual(measured, Object.fromEntries(figures), again);
});

test("the page says what the figures say", () => {
  const [, between] = split(readPage());
  assert.equal(between.trim(), section(readFigures()), again);
});
