// SECURITY.md says exactly what the files of tests/figures say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commands, filled, problems, shown, table, withTable } from "../figures/table.mjs";
import { steps } from "../steps.mjs";
import { root } from "./snippets.mjs";

const security = readFileSync(join(root, "SECURITY.md"), "utf8");

test("every file of figures is there, and no other", () => {
  assert.deepEqual(problems(), []);
});

test("SECURITY.md has the figures of the files, each as it is", () => {
  assert.equal(security, withTable(security), "run node tests/figures/write.mjs");
});

test("each file is shown, and a figure that is changed, or gone, is seen", () => {
  // These have pages of their own, and tests that hold the pages to them: timing.test.mjs, tests/bench/replay.test.mjs, webhooks.test.mjs and page.test.mjs.
  const elsewhere = ["timing", "replay", "webhooks", "bench"];
  assert.deepEqual([...new Set(shown.map(([file]) => file))].sort(), Object.keys(commands).filter((name) => !elsewhere.includes(name)).sort());
  for (const row of table().split("\n").slice(2)) {
    const places = [...row.matchAll(/\d/g)].map(({ index }) => index);
    assert.ok(places.length > 0, row);
    for (const at of places) {
      const changed = `${row.slice(0, at)}${row[at] === "7" ? "8" : "7"}${row.slice(at + 1)}`;
      assert.notEqual(security.replace(row, changed), security, row);
      assert.equal(withTable(security.replace(row, changed)), security, row);
    }
    assert.equal(withTable(security.replace(`${row}\n`, "")), security, row);
  }
  assert.throws(() => filled("{no such figure}", "fuzz"), /no figure/);
});

test("each figure has a command that there is", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const command of Object.values(commands)) {
    const [, script = "", only] = /^npm (?:run )?(\S+)(?: -- --only "?([^"]+)"?)?$/.exec(command) ?? [];
    assert.ok(Object.hasOwn(scripts, script), command);
    if (only !== undefined) assert.equal(steps.filter(({ name }) => name.includes(only)).length, 1, command);
  }
});
