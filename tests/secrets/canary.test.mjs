// Two secrets that would be recognised anywhere go through everything that the package exports, in every place and with every mistake. Nothing that comes out, but for
// what was asked for, may hold a part of them or of what follows from them.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { componentEntries, entries as allEntries } from "../support/entries.mjs";
import { Forbidden } from "./forms.mjs";
import { clients, next } from "./rows/clients.mjs";
import { guards } from "./rows/convex.mjs";
import { http, signedRoute } from "./rows/http.mjs";
import { explanations } from "./rows/explanations.mjs";
import { inspection, primitives } from "./rows/primitives.mjs";
import { webhooks } from "./rows/webhooks.mjs";
import { Watch } from "./watch.mjs";

const installed = fileURLToPath(new URL("../../node_modules/countersign/", import.meta.url));
/** @type {Record<string, any>} */
const entries = {};
// No secret comes to the component.
for (const entry of allEntries.filter((name) => !componentEntries.includes(name))) entries[entry] = await import(entry.replace(/^\./, "countersign"));
const { errorCodes } = await import(pathToFileURL(join(installed, "esm/core/errors.js")).href);
/** @type {string[]} */
const codes = errorCodes.filter((/** @type {string} */ code) => code !== "");

/** @type {Record<string, import("./rows/primitives.mjs").Rows>} */
const rows = { ".": primitives, "./inspect": { ...inspection, ...explanations }, "./convex": guards, "./client": clients, "./next": { ...next, signedRoute }, "./http": http, "./webhooks": webhooks };
// Functions that another entry exports again are in the row of that one.
const primary = new Set(Object.values(entries["."]));

const forbidden = new Forbidden();
const watch = new Watch(forbidden);
const generated = entries["."].generateSecret();
// What each way of quoting writes in its own way.
const awkward = "Canary/7Q\"2Vw\\9Lm&4Rt%8K+3Zs'6H=1Yd\u00e95\u{1f511}Bg0";
forbidden.secret("the generated secret", generated);
forbidden.secret("the awkward secret", awkward);
/** What follows the name's last dot: a MAC, or a token's. @param {string} name @param {unknown} token */
const forbid = (name, token) => {
  const mac = String(token).split(".").slice(3).at(-1) ?? "";
  forbidden.text(name, mac);
  if (/^[\w-]{43}$/.test(mac)) forbidden.bytes(name, Buffer.from(mac, "base64url"));
};

test("every export has a row, and no other", () => {
  for (const [entry, api] of Object.entries(entries)) {
    const names = Object.keys(api).filter((name) => entry === "." || !primary.has(api[name]));
    assert.deepEqual(Object.keys(rows[entry] ?? {}).sort(), names.sort(), entry);
  }
});

for (const [entry, functions] of Object.entries(rows)) {
  for (const [name, row] of Object.entries(functions)) {
    test(`countersign${entry.slice(1)}: ${name} shows no secret`, { timeout: 120_000 }, async () => {
      const before = { ...watch.counts };
      let used = false;
      const api = Object.defineProperties({}, Object.fromEntries(Object.keys(entries[entry]).map((each) => [each, { enumerable: true, get: () => ((used ||= each === name), entries[entry][each]) }])));
      const restore = watch.console();
      // Without chance and time the same call ends the same, and need not be looked at again.
      const [{ now }, { getRandomValues, randomUUID }] = [Date, crypto];
      Date.now = () => 1_800_000_000_000;
      Reflect.set(crypto, "getRandomValues", (/** @type {Uint8Array} */ bytes) => bytes.fill(7));
      Reflect.set(crypto, "randomUUID", () => "07070707-0707-0707-0707-070707070707");
      try {
        for (const [secret, other] of [[generated, awkward], [awkward, generated]]) {
          watch.place = name;
          await row({ watch, api, entries: { ...entries, codes }, secret: String(secret), other: String(other), forbid });
        }
      } finally {
        restore();
        Date.now = now;
        Reflect.set(crypto, "getRandomValues", getRandomValues);
        Reflect.set(crypto, "randomUUID", randomUUID);
      }
      assert.deepEqual([...watch.found].filter((line) => line.startsWith(`${name}: `)), []);
      assert.ok(used, "the row calls its function");
      assert.ok(watch.counts.refusals > before.refusals, "and sees it fail");
    });
  }
}

test("every error code came out of something", () => {
  assert.deepEqual(codes.filter((code) => !watch.codes.has(code)), []);
});

test("every method of every handle was called", () => {
  assert.deepEqual([...watch.methods].filter(([, calls]) => calls === 0).map(([name]) => name), []);
  assert.ok(watch.methods.size > 15, `${watch.methods.size} methods`);
});

test("log lines were seen", () => {
  assert.ok(watch.counts.lines > 100, `${watch.counts.lines} lines`);
});
