// Guards with the replay component, and the gateway, in Convex's default runtime as far as the isolate harness stands for it: app and
// component as the CLI bundles them, each function in a context of its own.
// Run with `node --test tests/conformance/isolate-replay.test.mjs`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createKeyring, signCall } from "countersign";
import { bundleFunctions } from "../support/convex/bundle.mjs";
import { createDeployment } from "../support/isolate/deployment.mjs";

const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const NOW = 1_800_000_000_000;
const audience = "https://happy-animal-123.convex.cloud";
const env = { CONVEX_CLOUD_URL: audience, COUNTERSIGN_SECRET: SECRET };

/** @typedef {"query" | "mutation" | "action"} Type */
/** @type {Awaited<ReturnType<typeof bundleFunctions>>} */
let bundled;
/** @type {Awaited<ReturnType<typeof createDeployment>>} */
let convex;

before(async () => {
  bundled = await bundleFunctions(fileURLToPath(new URL("./isolate-replay", import.meta.url)), { sourceMaps: false });
  assert.equal(bundled.components.length, 1);
  convex = await createDeployment({ app: bundled, components: { countersign: bundled.components[0] }, env, now: NOW });
});
after(() => convex.close());

/** @param {Type} type @param {string} name @param {object} args @param {{ idempotencyKey?: string, now?: number }} [options] */
function sign(type, name, args, { idempotencyKey, now = NOW } = {}) {
  const keyring = createKeyring(SECRET);
  const token = signCall(keyring, { audience, type, name, args, now, idempotencyKey });
  keyring.free();
  return idempotencyKey === undefined ? token : { token, idempotencyKey };
}
/** A call that is signed now. @param {Type} type @param {string} name @param {object} args @param {string} [idempotencyKey] */
const signed = (type, name, args, idempotencyKey) => convex.call(type, name, { ...args, countersign: sign(type, name, args, { idempotencyKey }) });
/** A call through the gateway. @param {Type} type @param {string} name @param {object} [args] @param {string} [idempotencyKey] */
const through = (type, name, args = {}, idempotencyKey) => convex.call(type, `gateway:${type}`, { name, args, countersign: sign(type, name, args, { idempotencyKey }) });

/** @param {import("../support/isolate/index.mjs").CallResult} result */
function valueOf(result) {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}
/** @param {import("../support/isolate/index.mjs").CallResult} result @param {string} code */
function assertRefused(result, code) {
  assert.ok(!result.ok, JSON.stringify(result));
  assert.deepEqual(result.error.data, { code: "unauthorized" });
  assert.match(result.logs.map(({ message }) => message).join("\n"), new RegExp(`^countersign: refused code=${code} function=`));
}
const events = () => convex.rows("", "events").map(({ eventId }) => eventId);
const nonces = () => convex.rows("countersign", "nonces");

test("a signed mutation runs once, and the same call again is refused", async () => {
  const call = { eventId: "evt_1", countersign: sign("mutation", "events:mark", { eventId: "evt_1" }) };
  assert.deepEqual(valueOf(await convex.call("mutation", "events:mark", call)), { rows: 1, by: "default" });
  assertRefused(await convex.call("mutation", "events:mark", call), "replayed");
  assertRefused(await convex.call("mutation", "events:mark", call), "replayed");
  assert.deepEqual(events(), ["evt_1"]);
  assert.deepEqual(nonces().map(({ expiresAt, shard, key }) => [expiresAt, key.startsWith(shard), key.length]), [[NOW + 960_000, true, 43]]);
});

test("a mutation that throws takes its nonce back, with all that it wrote", async () => {
  const [rows, used] = [events(), nonces().length];
  const call = { eventId: "fails", countersign: sign("mutation", "events:mark", { eventId: "fails" }) };
  for (let i = 0; i < 2; i++) {
    const result = await convex.call("mutation", "events:mark", call);
    assert.match(result.ok ? "" : result.error.message, /after the write/);
  }
  assert.deepEqual([events(), nonces().length], [rows, used]);
});

test("a signed action runs once; a query is answered again", async () => {
  const args = { eventId: "evt_2" };
  const action = { ...args, countersign: sign("action", "events:deliver", args) };
  assert.equal(valueOf(await convex.call("action", "events:deliver", action)), "delivered evt_2");
  assertRefused(await convex.call("action", "events:deliver", action), "replayed");
  const query = { ...args, countersign: sign("query", "events:count", args) };
  for (let i = 0; i < 2; i++) assert.equal(valueOf(await convex.call("query", "events:count", query)), 1);
});

test("a call with the same idempotency key gets the recorded result; with other arguments it is a conflict", async () => {
  const first = valueOf(await signed("mutation", "events:mark", { eventId: "evt_3" }, "delivery 3"));
  assert.deepEqual(first, { rows: 2, by: "default" });
  assert.deepEqual(valueOf(await signed("mutation", "events:mark", { eventId: "evt_3" }, "delivery 3")), first);
  const conflict = await signed("mutation", "events:mark", { eventId: "evt_4" }, "delivery 3");
  assert.deepEqual(!conflict.ok && Object.keys(conflict.error.data), ["code", "message"]);
  assert.equal(!conflict.ok && conflict.error.data.code, "idempotency_conflict");
  assert.deepEqual(events(), ["evt_1", "evt_3"]);
  assert.equal(convex.rows("countersign", "results").length, 1);
});

test("the gateway runs what is on its list, in each type of function, and once", async () => {
  assert.equal(valueOf(await through("mutation", "orders:create", { orderId: "o1" })), 1);
  assert.equal(valueOf(await through("query", "orders:count")), 1);
  assert.equal(valueOf(await through("action", "orders:ship")), "shipped 1");
  const call = { name: "orders:create", args: { orderId: "o2" }, countersign: sign("mutation", "orders:create", { orderId: "o2" }) };
  assert.equal(valueOf(await convex.call("mutation", "gateway:mutation", call)), 2);
  assertRefused(await convex.call("mutation", "gateway:mutation", call), "replayed");
  for (let i = 0; i < 2; i++) assert.equal(valueOf(await through("mutation", "orders:create", { orderId: "o3" }, "order 3")), 3);
  assert.equal(convex.rows("", "orders").length, 3);
});

test("an internal function's error comes through the gateway, and its validators hold there", async () => {
  const soldOut = await through("mutation", "orders:create", { orderId: "sold out" });
  assert.deepEqual(!soldOut.ok && soldOut.error.data, { code: "sold_out" });
  const wrong = await through("mutation", "orders:create", { orderId: 7 });
  assert.match(wrong.ok ? "" : wrong.error.message, /ArgumentValidationError/);
});

test("what is not on the list is refused, whatever it is, and uses up no nonce", async () => {
  const before = nonces().length;
  /** @type {[Type, string][]} */
  const others = [
    ["query", "secrets:list"], ["mutation", "events:mark"], ["mutation", "gateway:mutation"], ["query", "_system/cli/tables:default"], ["query", "orders.js:count"],
    ["query", "orders"], ["mutation", "function://;orders:create"], ["mutation", "countersign/replay:consume"], ["mutation", "_reference/childComponent/countersign/replay/consume"],
  ];
  for (const [type, name] of others) {
    const result = await through(type, name);
    assertRefused(result, "function_forbidden");
  }
  const unsigned = await convex.call("mutation", "gateway:mutation", { name: "orders:create", args: { orderId: "o9" } });
  assertRefused(unsigned, "signature_missing");
  assert.equal(nonces().length, before);
});

test("nobody calls an internal function or a component's from outside", async () => {
  for (const name of ["orders:create", "replay:consume", "countersign/replay:consume", "_reference/childComponent/countersign/replay/consume", "sweep:run"]) {
    await assert.rejects(convex.call("mutation", name, {}), /Could not find public function/, name);
  }
});

test("what runs uses nothing that Convex forbids, and a module nothing at all while it is evaluated", async () => {
  const functions = new Set(convex.ran.map(({ componentPath, name }) => `${componentPath}/${name}`));
  for (const name of ["/events:mark", "/events:deliver", "/events:count", "/gateway:mutation", "/gateway:query", "/gateway:action", "/orders:create", "countersign/replay:consume", "countersign/replay:record"]) {
    assert.ok(functions.has(name), `${name} has not run`);
  }
  for (const { componentPath, name, uses } of convex.ran) {
    assert.deepEqual(uses.filter((use) => use.startsWith("importing: ")), [], name);
    // Nothing is computed with the component's rows, and it sees no variables; `Date.now()` is all it needs.
    const needed = componentPath === "" ? /^executing: (clock|env (CONVEX_CLOUD_URL|COUNTERSIGN_SECRET(_NEXT|_PREVIOUS)?)|WebAssembly\.(Module|Instance))$/ : /^executing: clock$/;
    assert.deepEqual(uses.filter((use) => !needed.test(use)), [], name);
  }
  const guarded = convex.ran.filter(({ name }) => name.startsWith("gateway:"));
  for (const { name, uses } of guarded) assert.ok(uses.includes("executing: env COUNTERSIGN_SECRET") && uses.includes("executing: WebAssembly.Instance"), `${name} used ${uses.join(", ")}`);
});
