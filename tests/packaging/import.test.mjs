// Nothing happens at import: each entry is imported in a fresh process in which everything it might touch is watched.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { attempt } from "../../pkg-template/build/process.mjs";
import { entries } from "../support/entries.mjs";

const watch = join(import.meta.dirname, "import-watch.mjs");
/** An entry that holds a type and nothing else. */
const typesOnly = "./_generated/component.js";

/**
 * @param {"import" | "require"} how @param {string} specifier
 * @returns {Promise<{ touched: string[], names: string[] }>}
 */
async function load(how, specifier) {
  const result = await attempt(process.execPath, [watch, how, specifier]);
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return JSON.parse(result.stdout);
}

for (const how of /** @type {const} */ (["import", "require"])) {
  for (const entry of entries) {
    test(`${how} of ${entry} touches nothing`, async () => {
      const { touched, names } = await load(how, entry.replace(/^\./, "countersign"));
      assert.deepEqual(touched, []);
      assert.equal(names.length > 0, entry !== typesOnly, "it exports something");
    });
  }
}

test("the watch sees a module that touches things", async () => {
  for (const [how, file] of /** @type {const} */ ([["import", "import-touching.mjs"], ["require", "import-touching.cjs"]])) {
    const { touched } = await load(how, join(import.meta.dirname, file));
    const names = touched.map((line) => line.split(" at ")[0]).sort();
    assert.deepEqual(names, ["Date.now", "WebAssembly", "crypto", "env.COUNTERSIGN_SECRET", "setTimeout"], how);
  }
});
