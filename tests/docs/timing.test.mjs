// www/docs/timing.md and its picture show exactly what tests/figures/timing.json says, and that comes from a run whose controls were right.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { section, split } from "../bench/timing/document.mjs";
import { doubts, readFigures } from "../bench/timing/figures.mjs";
import { LIMIT } from "../bench/timing/measure.mjs";

const document = readFileSync(new URL("../../www/docs/timing.md", import.meta.url), "utf8");
const picture = readFileSync(new URL("../../www/docs/timing.svg", import.meta.url), "utf8");
const figures = readFigures();
const again = "npm run bench:timing writes it";

test("the page says what the figures say", () => {
  const [before, between, after] = split(document);
  assert.equal(between.trim(), section(figures), again);
  assert.ok(figures.rows.length >= 10 && figures.steps.length >= 1, "too little was measured");
  // What people wrote around it names the limit, which is the command's.
  assert.ok(before.includes(`Over ${LIMIT} they`), `the page does not name the limit ${LIMIT}`);
  assert.doesNotMatch(before + after, /\d ns\b/, "a measured figure stands outside of what the command writes");
});

test("the picture shows the |t| of every comparison and the steps of every Node.js", () => {
  const texts = [...picture.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text.replaceAll("&amp;", "&"));
  for (const { name, t } of figures.rows) {
    const label = texts.indexOf(name.replaceAll("`", ""));
    assert.ok(label >= 0, `${name} is not in the picture: ${again}`);
    assert.equal(texts[label + 1], t, `${name}: ${again}`);
  }
  for (const { version } of figures.steps) assert.ok(texts.includes(`Node.js ${version}`), `Node.js ${version} is not in the picture: ${again}`);
  assert.equal(picture.match(/<polyline /g)?.length, figures.steps.length);
});

test("the controls were right: the leak was found, and no difference was not", () => {
  assert.deepEqual(doubts(figures), []);
});
