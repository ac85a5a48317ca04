// Browsers have no crypto.randomUUID on plain http, nor have old hosts: nonces are made without it there.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { createKeyring, generateSecret, signCall, verifyCall } from "countersign";

const NOW = 1_800_000_000_000;
const CALL = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("query"), name: "m:f", args: { a: 1 }, now: NOW };

/** @param {unknown} value what is there instead of crypto.randomUUID */
const replaceRandomUUID = (value) => Object.defineProperty(crypto, "randomUUID", { value, configurable: true });
// What stood on the prototype is seen again.
afterEach(() => Reflect.deleteProperty(crypto, "randomUUID"));

for (const [what, value] of /** @type {const} */ ([["is not there", undefined], ["is no function", "x"], ["returns something else", () => "x"]])) {
  test(`where crypto.randomUUID ${what}, calls are signed, each with another nonce`, () => {
    replaceRandomUUID(value);
    const keyring = createKeyring(generateSecret());
    const nonces = Array.from({ length: 20 }, () => Buffer.from(verifyCall(keyring, signCall(keyring, CALL), CALL).nonce).toString("hex"));
    assert.equal(new Set(nonces).size, 20);
    // Nor are they partly the same: each place has had several values.
    for (let place = 0; place < 16; place++) assert.ok(new Set(nonces.map((nonce) => nonce.slice(2 * place, 2 * place + 2))).size > 5, `byte ${place}`);
  });
}

test("a nonce from crypto.randomUUID is the UUID's digits", () => {
  replaceRandomUUID(() => "00010203-0405-4607-8809-0a0b0c0d0eff");
  const keyring = createKeyring(generateSecret());
  assert.equal(Buffer.from(verifyCall(keyring, signCall(keyring, CALL), CALL).nonce).toString("hex"), "000102030405460788090a0b0c0d0eff");
});
