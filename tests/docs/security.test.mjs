// SECURITY.md says exactly what the files of tests/figures say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cell, commands, problems, readFigures, table, withTable } from "../figures/table.mjs";
import { root } from "./snippets.mjs";

const security = readFileSync(join(root, "SECURITY.md"), "utf8");

test("every file of figures is there, and no other", () => {
  assert.deepEqual(problems(), []);
});

test("SECURITY.md has the figures of the files, each as it is", () => {
  assert.equal(security, withTable(security), "run node tests/figures/write.mjs");
});

test("each figure is in the table once, and a changed one is seen", () => {
  const rows = table().split("\n").slice(2);
  const keys = Object.keys(commands).flatMap((name) => Object.keys(readFigures(name)).map((key) => `| ${cell(name, key).replaceAll("|", "\\|")} |`));
  assert.equal(rows.length, keys.length);
  for (const key of keys) assert.equal(rows.filter((row) => row.startsWith(key)).length, 1, key);
  for (const row of rows) {
    const stale = security.replace(row, row.replace(/(?<=\) \| .*)\w(?= \| `npm [^`|]*` \|$)/, (last) => (last === "7" ? "8" : "7")));
    assert.notEqual(stale, security, row);
    for (const changed of [stale, security.replace(`${row}\n`, "")]) assert.equal(withTable(changed), security, row);
  }
});

test("each figure has a command that there is", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const command of Object.values(commands)) assert.ok(Object.hasOwn(scripts, /^npm (?:run )?(\S+)$/.exec(command)?.[1] ?? ""), command);
});
