// The page about webhooks says what tests/figures/webhooks.json says, and the benchmark still runs. How fast it is is not looked at here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFigures, readPage, section, split } from "./webhooks/figures.mjs";
import { measureAll } from "./webhooks/rates.mjs";

test("the page says what the figures say", () => {
  const [, between] = split(readPage());
  assert.equal(between.trim(), section(readFigures()), "npm run bench:webhooks writes it");
});

test("every library of the figures can still be measured", async () => {
  const rates = await measureAll(1);
  const listed = Object.keys(readFigures()).filter((key) => key.endsWith(" bytes"));
  assert.deepEqual(rates.map(({ library, bytes }) => `${library}, ${bytes} bytes`), listed, "npm run bench:webhooks writes them");
  for (const { library, ours, theirs } of rates) assert.ok(ours.median > 0 && theirs.median > 0, library);
});
