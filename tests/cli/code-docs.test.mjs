// www/docs/cli-code.md has each finding as the code has it, and no other; and each has a planted fault.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** @type {{ kinds: Record<string, { severity: string, what: string, why: string, fix: string }> }} */
const { kinds } = await import(String(new URL("../../node_modules/countersign/esm/cli/code/codes.js", import.meta.url)));
const page = readFileSync(new URL("../../www/docs/cli-code.md", import.meta.url), "utf8");
const planted = readFileSync(new URL("code-planted.test.mjs", import.meta.url), "utf8");

test("the page's table is the list in the source, both ways", () => {
  const rows = page.split("\n").flatMap((line) => (line.startsWith("| `code_") ? [line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""))] : []));
  const expected = Object.entries(kinds).map(([code, { severity, what, why, fix }]) => [`\`${code}\``, severity, what, why, fix]);
  assert.ok(expected.length > 20);
  assert.deepEqual(rows, expected);
});

test("no other code is named on the page", () => {
  for (const [code] of page.matchAll(/code_\w+/g)) assert.ok(Object.hasOwn(kinds, code), code);
});

test("each finding has a fault that is planted", () => {
  for (const code of Object.keys(kinds)) assert.match(planted, new RegExp(`//! ${code}\\b`), code);
});
