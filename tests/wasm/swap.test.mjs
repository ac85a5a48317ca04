// The guard module and the lean one in one process: one instance at a time, whichever is needed, and keys that outlive both.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeyring, hmacSha256, importKey, importSecret, signCall, verifyCall, verifyHmacSha256, verifySecret } from "countersign";
import { AUDIENCE, NOW } from "../conformance/outside/material.mjs";
import { capture, indexOf, search } from "../conformance/outside/memory.mjs";
import { dropInstance, hooks, instances, watchWebAssembly } from "../conformance/outside/webassembly.mjs";
import * as api from "countersign";

watchWebAssembly();
const { checkScope } = await import(new URL("./core/scope.js", import.meta.resolve("countersign")).href);
const { admitCall } = await import(new URL("./core/admit.js", import.meta.resolve("countersign")).href);

const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const OTHER = "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5";
const call = { audience: AUDIENCE, type: /** @type {const} */ ("mutation"), name: "webhooks:mark", args: { id: "evt_1" }, now: NOW };

/** Into which instances calls have gone since the last time, each once. */
function used() {
  const kinds = instances.map(({ kind }) => kind).filter((kind) => kind !== "unpacker");
  instances.length = 0;
  return kinds;
}

/** The latest instance, whichever it is of. */
const latest = () => /** @type {import("../conformance/outside/webassembly.mjs").Watched} */ (instances.findLast(({ kind }) => kind !== "unpacker"));

/** @param {string} token @param {string} [secret] @returns {{ caller: string }} */
const admitted = (token, secret = SECRET) => admitCall([{ caller: "web", secret }], token, { ...call, toleranceMs: undefined }, { keyIds: [], secret: 0 });

/** A token, made where nothing else is. @param {object} [args] */
function tokenOf(args = call.args) {
  const keyring = createKeyring({ web: SECRET });
  const token = signCall(keyring, { ...call, args });
  keyring.free();
  return token;
}

test("a guard's call, what needs the lean module, and a guard's call again", () => {
  const token = tokenOf();
  dropInstance(api);
  used();
  assert.equal(admitted(token).caller, "web");
  checkScope("caller", "web", ["web"]);
  assert.deepEqual(used(), ["guard"]);

  assert.equal(verifySecret(SECRET, SECRET), true);
  assert.equal(verifySecret(OTHER, SECRET), false);
  const keyring = createKeyring({ web: SECRET });
  assert.equal(verifyCall(keyring, signCall(keyring, call), call).caller, "web");
  keyring.free();
  assert.deepEqual(used(), ["lean"], "one instance of the lean module takes the guard's place");

  assert.equal(admitted(token).caller, "web");
  assert.throws(() => admitted(token, OTHER), { code: "key_unknown" });
  assert.throws(() => checkScope("caller", "web", ["worker"]), { code: "caller_forbidden" });
  assert.equal(verifySecret(SECRET, SECRET), true);
  assert.deepEqual(used(), ["lean"], "a guard takes the instance that there is");
});

test("keys that were imported before a guard's call, between two, and after them", () => {
  const token = tokenOf();
  const mac = hmacSha256("key", "message");
  const [before, expected, keyring] = [importKey("key"), importSecret(SECRET), createKeyring({ web: SECRET })];
  const right = () => verifyHmacSha256(before, "message", mac) && expected.matches(SECRET) && !expected.matches(OTHER) && verifyCall(keyring, token, call).caller === "web";
  assert.equal(right(), true);
  // Whatever traps takes the keys' instance with it, and a guard is who comes first then.
  dropInstance(api);
  used();
  assert.equal(admitted(token).caller, "web");
  assert.deepEqual(used(), ["guard"]);
  assert.equal(right(), true);
  assert.deepEqual(used(), ["lean"]);
  const between = importKey("key");
  assert.deepEqual(hmacSha256(between, "message"), mac);
  assert.equal(admitted(token).caller, "web");
  assert.equal(right(), true);

  dropInstance(api);
  admitted(token);
  used();
  // Freed where they never were: another instance is there by now.
  before.free();
  assert.deepEqual(hmacSha256(between, "message"), mac);
  const after = importKey("key");
  assert.equal(verifyHmacSha256(after, "message", mac), true);
  assert.equal(admitted(token).caller, "web");
  assert.deepEqual(used(), ["lean"]);
  assert.throws(() => hmacSha256(before, "message"), { code: "type_invalid" });
  for (const handle of [between, after, expected, keyring]) handle.free();
});

test("what takes a guard's place leaves nothing in it, and it is not used again", () => {
  const token = tokenOf({ text: "x".repeat(100_000) });
  dropInstance(api);
  used();
  admitCall([{ caller: "web", secret: SECRET }], token, { ...call, args: { text: "x".repeat(100_000) } }, { keyIds: [], secret: 0 });
  const guard = latest();
  assert.equal(guard.kind, "guard");
  assert.ok(guard.memory.buffer.byteLength > 16 << 20, "large arguments have made it grow");
  const memory = new Uint8Array(guard.memory.buffer);
  assert.ok(memory.some((byte) => byte !== 0), "there is what the module begins with");
  verifySecret(SECRET, SECRET);
  assert.ok(memory.every((byte) => byte === 0), "something is left of a guard's instance");
  used();
  assert.equal(admitted(tokenOf()).caller, "web");
  assert.deepEqual(used(), ["lean"]);
});

test("nothing of a secret is left where a guard ran, whether the call was let in or not; a trap there is no yes, and the next call is right", () => {
  const token = tokenOf();
  const forged = token.slice(0, -9) + (token.at(-9) === "A" ? "B" : "A") + token.slice(-8);
  const texts = new Map([["secret", Buffer.from(SECRET)], ["MAC", Buffer.from(token.split(".")[4] ?? "")], ["forged MAC", Buffer.from(forged.split(".")[4] ?? "")]]);
  dropInstance(api);
  used();
  for (const sent of [token, forged, token]) {
    if (sent === token) assert.equal(admitted(sent).caller, "web");
    else assert.throws(() => admitted(sent), { code: "signature_invalid" });
    assert.deepEqual(search(capture(latest().memory), indexOf(texts)), []);
  }
  assert.deepEqual(used(), ["guard"]);
  hooks.enter = (_, name) => {
    if (name === "admit_call") throw new WebAssembly.RuntimeError("unreachable");
  };
  assert.throws(() => admitted(token), WebAssembly.RuntimeError);
  hooks.enter = undefined;
  const trapped = latest();
  assert.ok(new Uint8Array(trapped.memory.buffer).every((byte) => byte === 0));
  assert.equal(admitted(token).caller, "web");
  assert.notEqual(latest(), trapped);
  assert.deepEqual(used(), ["guard", "guard"]);
});
