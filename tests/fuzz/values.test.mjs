// A short run of the differential fuzz of values: the same cases each time. `npm run fuzz` takes new ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeyring, encodeValue, signCall, verifyCall } from "countersign";
import { createCounts, runCase } from "./values/oracle.mjs";
import { bytesOf } from "./values/reference.mjs";

test("random values: the bytes of a second encoder, through Convex's JSON and back, and near them", () => {
  const counts = createCounts();
  const cases = 3000;
  for (let number = 0; number < cases; number++) runCase("gate", number, counts);
  console.log(JSON.stringify(counts));
  assert.equal(counts.encoded + counts.refused, cases);
  // Each way a case can go was gone.
  for (const [what, count] of Object.entries(counts)) assert.ok(count >= 50, `${what}: ${count}`);
});

// Values are written into an area of 64 KiB if they fit. Of texts with more bytes than characters that shows only at their end.
const lasts = [11, 12, 23, 127, 128, 255].map((length) => "\u00e9".repeat(length));

test("values that end where the area does, or a few bytes before or after", () => {
  let least = Infinity;
  let most = 0;
  for (const last of lasts) {
    for (let length = 65_510; length <= 65_545; length++) {
      const value = ["x".repeat(length - Buffer.byteLength(last)), last];
      const encoded = encodeValue(value);
      assert.ok(bytesOf(value).equals(encoded), `${length}, ${last.length}`);
      [least, most] = [Math.min(least, encoded.length), Math.max(most, encoded.length)];
    }
  }
  assert.ok(least < 65_536 - 8 && most > 65_536 + 8, `${least} to ${most}`);
});

test("arguments that end where the area does are signed and verified", () => {
  const keyring = createKeyring("q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab");
  const call = /** @type {const} */ ({ audience: "https://happy-animal-123.convex.cloud", type: "mutation", name: "a:b", now: 1_800_000_000_000 });
  for (const [last, idempotencyKey] of [...lasts.slice(1, 5).map((last) => [last]), [lasts[1], "k"], [lasts[2], "k".repeat(256)]]) {
    // What else is in the area takes about 100 bytes for signing and 200 for verifying.
    const others = Buffer.byteLength(last) + (idempotencyKey ?? "").length;
    for (let rest = 60; rest < 240; rest++) {
      const args = { a: "x".repeat(65_536 - rest - others), b: last };
      const described = { ...call, args, idempotencyKey };
      assert.equal(verifyCall(keyring, signCall(keyring, described), described).caller, "default");
    }
  }
});

test("values of exactly the largest size, and one byte more", () => {
  const cap = 16 * 1024 * 1024;
  /** @type {[string, (length: number) => any][]} */
  const makers = [
    ["a text", (length) => "x".repeat(length - 5)],
    ["a text of more bytes than characters", (length) => `${"\u00e9".repeat((length - 5) >> 1)}${length % 2 === 0 ? "x" : ""}`],
    ["bytes", (length) => new ArrayBuffer(length - 5)],
    ["fields", (length) => ({ b: "y".repeat(1000), a: new ArrayBuffer(length - 1 - 2 - 2 - 1003 - 5) })],
  ];
  for (const [name, make] of makers) {
    const value = make(cap);
    const encoded = encodeValue(value);
    assert.equal(encoded.length, cap, name);
    assert.ok(bytesOf(value).equals(encoded), name);
    assert.throws(() => encodeValue(make(cap + 1)), { code: "value_unsupported" }, name);
  }
});
