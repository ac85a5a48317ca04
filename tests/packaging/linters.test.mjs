// publint and attw: what the tools that package authors trust say about the tarball.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { attempt, root } from "../../pkg-template/build/process.mjs";
import { tarball } from "../../pkg-template/build/pack.mjs";
import { componentEntries } from "../support/entries.mjs";

test("publint has nothing to say", async () => {
  const { publint } = await import("publint");
  const { messages } = await publint({ strict: true, pack: { tarball: toArrayBuffer(readFileSync(tarball)) } });
  assert.deepEqual(messages, []);
});

test("attw finds no problem where exports are understood", async () => {
  // Not node10, which TypeScript 7 has dropped and which knows no exports map.
  assert.deepEqual(await attw("node16", "--exclude-entrypoints", ...componentEntries.map(named)), [".", "./client", "./convex", "./http", "./inspect", "./next", "./package.json", "./webhooks"]);
});

test("attw finds no problem in the component, for an import", async () => {
  // There is no CommonJS form of it: what reads it are the Convex CLI's bundler, TypeScript and vitest.
  assert.deepEqual(await attw("esm-only", "--entrypoints", ...componentEntries.map(named)), ["./_generated/component.js", "./convex.config", "./convex.config.js", "./test"]);
});

/** @param {string} profile @param {readonly string[]} selection @returns {Promise<string[]>} the entries it has looked at */
async function attw(profile, ...selection) {
  const result = await attempt(process.execPath, [join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", profile, "--format", "json", ...selection]);
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return Object.keys(JSON.parse(result.stdout).analysis.entrypoints).sort();
}

/** As attw wants it. @param {string} entry */
function named(entry) {
  return entry.slice(2);
}

/** @param {Buffer} buffer @returns {ArrayBuffer} */
function toArrayBuffer(buffer) {
  return new Uint8Array(buffer).buffer;
}
