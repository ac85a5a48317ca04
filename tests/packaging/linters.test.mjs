// publint and attw: what the tools that package authors trust say about the tarball.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { attempt, root } from "../../pkg-template/build/process.mjs";
import { tarball } from "../../pkg-template/build/pack.mjs";

test("publint has nothing to say", async () => {
  const { publint } = await import("publint");
  const { messages } = await publint({ strict: true, pack: { tarball: toArrayBuffer(readFileSync(tarball)) } });
  assert.deepEqual(messages, []);
});

test("attw finds no problem where exports are understood", async () => {
  // Not node10, which TypeScript 7 has dropped and which knows no exports map.
  const result = await attempt(process.execPath, [join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "node16", "--format", "json"]);
  assert.equal(result.code, 0, result.stdout + result.stderr);
  const { analysis } = JSON.parse(result.stdout);
  assert.deepEqual(Object.keys(analysis.entrypoints).sort(), [".", "./client", "./convex", "./inspect", "./next", "./package.json"]);
});

/** @param {Buffer} buffer @returns {ArrayBuffer} */
function toArrayBuffer(buffer) {
  return new Uint8Array(buffer).buffer;
}
