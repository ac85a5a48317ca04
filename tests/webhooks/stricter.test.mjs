// Where a maker's own library takes more than is safe, and we do not: every row of www/docs/webhooks.md's table.

import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyWebhook } from "countersign/webhooks";
import { rows, url } from "./stricter.mjs";

for (const { library, takes, provider, code, make, accept } of rows) {
  test(`${library} takes ${takes}; we do not`, async () => {
    const delivery = await make();
    assert.notEqual(await accept(delivery), false, "the library has become stricter: take the row out");
    assert.throws(() => verifyWebhook(/** @type {any} */ (provider), { ...delivery, ...(provider === "qstash" && { url }) }), { name: "CountersignError", code });
  });
}
