// The page about performance and its pictures say what tests/figures/bench.json says; and a picture is drawn of any figures, or refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pictures, readFigures, readPage, readPicture, section, split } from "./page/document.mjs";
import { growthOf, sizes } from "./suite/growth.mjs";
import { besidePlain } from "./cost/measure.mjs";
import { resultOf } from "./suite/result.mjs";
import { rows } from "./suite/rows.mjs";

/** @typedef {import("./suite/result.mjs").Figures} Figures */

/** Figures of every row, made up: ratios from a half to six, and times that grow in proportion. @returns {Figures} */
function planted() {
  const results = rows.map((row, i) => {
    const growing = /^growth of (\w+), slope$/.exec(row.name)?.[1];
    const points = growing === undefined ? {} : { points: (sizes[growing] ?? []).map((size) => ({ size, us: 5 + size / 200 })) };
    const median = 0.5 + (i % 12) / 2;
    const ratio = { ours: 2, theirs: 2 * median, ratio: { median, low: 0.9 * median, high: 1.1 * median } };
    return resultOf(row, { "20.0.0": row.kind === "ratio" ? ratio : { value: i, ...points }, "22.0.0": row.kind === "ratio" ? ratio : { value: i + 1, ...points } });
  });
  return { machine: "a machine", nodes: ["20.0.0", "22.0.0"], processes: 3, rows: results };
}

test("the page says what the figures say", () => {
  const [, between] = split(readPage());
  assert.equal(between.trim(), section(readFigures()), "npm run bench writes it");
});

for (const [name, draw] of Object.entries(pictures)) {
  test(`${name} shows the figures`, async () => {
    assert.equal(readPicture(name), await draw(readFigures()), "npm run bench writes it");
  });

  test(`${name} is drawn of figures that are made up, the same each time, and changes with them`, async () => {
    const svg = await draw(planted());
    assert.match(svg, /^<svg role="img" aria-label="[^"]{20,}"[^]*<\/svg>\n$/);
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
    assert.equal(await draw(planted()), svg);
    const changed = planted();
    for (const row of changed.rows) {
      row.figure *= 1.5;
      for (const each of Object.values(row.byNode)) {
        if ("ratio" in each) each.ours *= 1.5;
        else for (const point of each.points ?? []) point.us *= 1 + point.size / 500;
      }
    }
    assert.notEqual(await draw(changed), svg);
  });

  test(`${name} is refused where figures are missing or no numbers`, async () => {
    await assert.rejects(draw({ ...planted(), rows: [] }));
    const broken = planted();
    for (const row of broken.rows) {
      row.figure = Number.NaN;
      for (const each of Object.values(row.byNode)) {
        if ("ratio" in each) Object.assign(each, { ours: Number.NaN, theirs: Number.NaN });
        else for (const point of each.points ?? []) point.us = Number.NaN;
      }
    }
    await assert.rejects(draw(broken));
  });
}

test("the section names every row, and which goals are missed", () => {
  const figures = planted();
  const text = section(figures);
  for (const { name } of rows) assert.ok(text.includes(`| ${name} |`), name);
  assert.match(text, /\d+ of \d+ goals are missed/);
  assert.doesNotMatch(text, /NaN|undefined/);
  for (const row of figures.rows) row.figure = row.kind === "ratio" ? 100 : 0;
  assert.match(section(figures), /Every goal is reached/);
});

test("growth is read off the last two sizes", () => {
  assert.deepEqual(growthOf([{ size: 1, us: 50 }, { size: 100, us: 150 }, { size: 1000, us: 1050 }], 1), { slope: 1, times: 7 });
  assert.equal(growthOf([{ size: 1024, us: 5 }, { size: 4096, us: 20 }], 1024).slope, 5);
  assert.throws(() => growthOf([{ size: 1, us: 1 }], 1), /two sizes/);
});

test("a request is compared with the unguarded one of its round", () => {
  const times = { plain: [10, 20, 10], secret: [10, 20, 10], signed: [12.5, 25, 12.5], once: [20, 40, 20] };
  const { ours, theirs, ratio, rounds } = besidePlain(times, "signed");
  assert.deepEqual([ours, theirs, ratio.median, rounds], [12_500, 10_000, 0.8, 3]);
  assert.equal(besidePlain(times, "once").ratio.median, 0.5);
});
