// The breakdown's parts are what they are called: blocks are counted as SHA-256 has it, and the exports answer the same when they are called by themselves.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as core from "countersign";
import * as http from "countersign/http";
import * as webhooks from "countersign/webhooks";
import { ensurePeers } from "./peers/install.mjs";
import { hashBlocks, hmacBlocks, rawHmacBlocks, requestBlocks } from "./suite/breakdown/compressions.mjs";
import { recordUse, watchInstances } from "./suite/breakdown/replay.mjs";
import { timeAll } from "./suite/breakdown/time.mjs";
import { rows as all } from "./suite/rows.mjs";

await ensurePeers();
const { createRows } = await import("./suite/breakdown/rows.mjs");
const api = { core, http, webhooks };
const rows = await createRows(api);
for (const { open } of rows) await open(api)();
watchInstances();
const require = createRequire(import.meta.url);
const watched = { core: require("countersign"), http: require("countersign/http"), webhooks: require("countersign/webhooks") };

test("rows are rows of the benchmark", () => {
  const names = all.map(({ name }) => name);
  for (const { name } of rows) assert.ok(names.includes(name), name);
});

for (const row of rows) {
  test(`${row.name}: its exports, called by themselves, answer the same`, async () => {
    const { calls, replay, restore } = await recordUse(row.open(watched));
    assert.ok(calls >= 1);
    restore();
    replay();
    // The package itself still works afterwards.
    await row.open(watched)();
    await row.theirs();
  });
}

test("a use of a package that is not watched is an error, and not nothing", async () => {
  await assert.rejects(recordUse(() => core.generateSecret()), /called no export/);
});

test("blocks", async () => {
  assert.deepEqual([0, 55, 56, 64, 119, 120].map(hashBlocks), [1, 1, 2, 2, 2, 3]);
  assert.deepEqual([hmacBlocks(55), hmacBlocks(56), rawHmacBlocks(55)], [2, 3, 4]);
  // The example of RFC 9421, B.2.5.
  const headers = { date: "Tue, 20 Apr 2021 02:07:55 GMT", "content-type": "application/json", "signature-input": 'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"' };
  const base = `"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@authority": example.com\n"content-type": application/json\n"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`;
  assert.equal(requestBlocks(new Request("https://example.com/foo", { method: "POST", headers, body: "{}" })), hmacBlocks(base.length));
  assert.throws(() => requestBlocks(new Request("https://example.com/foo")), /not signed/);
});

test("what takes three times as long is found to", async () => {
  const work = (/** @type {number} */ times) => () => {
    let sum = 0;
    for (let i = 0; i < times * 2000; i++) sum = Math.imul(sum ^ i, 0x9e3779b1);
    return sum;
  };
  const { one = 0, three = 0 } = await timeAll({ one: work(1), three: work(3) }, { rounds: 15, batchMs: 2 });
  assert.ok(three / one > 2 && three / one < 4.5, `${three / one}`);
});
