// www/docs/attacks.md names tests that exist, for every row.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testNames } from "./names.mjs";
import { root } from "./snippets.mjs";

const text = readFileSync(join(root, "www/docs/attacks.md"), "utf8");

/** @typedef {{ row: string, attack: string, tests: { file: string, name: string }[], waits: string[], removed: string }} Row */

/** @param {string} document @returns {Row[]} */
function rowsOf(document) {
  const lines = document.split("\n").filter((line) => /^\| (\d+|[a-k]) \|/.test(line));
  return lines.map((line) => {
    const [, row = "", attack = "", named = "", removed = "", ...more] = line.split(/ ?\| ?/);
    assert.deepEqual(more, [""], `row ${row} has four cells`);
    const parts = named.split("<br>");
    const waits = parts.filter((part) => part.startsWith("*with "));
    const tests = parts.filter((part) => !waits.includes(part)).map((part) => {
      const [, file, name] = /^`([^`]+)`: (.+)$/.exec(part) ?? [];
      assert.ok(file !== undefined && name !== undefined, `row ${row}: "${part}" is not a file and a name`);
      return { file, name };
    });
    return { row, attack, tests, waits, removed };
  });
}

/** The tests that are named and that there are not. @param {readonly Row[]} rows */
function missing(rows) {
  const named = rows.flatMap(({ row, tests }) => tests.map((one) => ({ row, ...one })));
  return named.filter(({ file, name }) => !existsSync(join(root, file)) || !testNames(file).includes(name)).map(({ row, file, name }) => `row ${row}: ${file}: ${name}`);
}

const rows = rowsOf(text);

test("every row of the list of attacks and every known mistake is there, once, in order", () => {
  assert.deepEqual(rows.map(({ row }) => row), [...Array.from({ length: 31 }, (_, index) => String(index + 1)), ..."abcdefghijk"]);
});

test("every row names its tests and what was taken out to see them fail, or the feature it waits for", () => {
  for (const { row, attack, tests, waits, removed } of rows) {
    assert.ok(attack.length > 10, `row ${row} says what is tried`);
    if (tests.length === 0) assert.ok(waits.length > 0 && removed === "", `row ${row} waits for a feature`);
    else assert.ok(removed.length > 10, `row ${row} says what was taken out`);
  }
});

test("every test that is named exists, under that name", () => {
  assert.deepEqual(missing(rows), []);
});

test("a name or a file that there is not is seen", () => {
  const [one] = rowsOf("| 1 | x | `tests/rfc.rs`: hmac_sha256_is_that_of_rfc_4231<br>`tests/rfc.rs`: hmac_sha256_is_that<br>`tests/none.rs`: a<br>`tests/docs/attacks.test.mjs`: rows | y |");
  assert.ok(one !== undefined);
  assert.deepEqual(missing([one]), ["row 1: tests/rfc.rs: hmac_sha256_is_that", "row 1: tests/none.rs: a", "row 1: tests/docs/attacks.test.mjs: rows"]);
});
