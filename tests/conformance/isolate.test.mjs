// The guards in Convex's default runtime, as far as the isolate harness stands for it: bundled by the CLI's bundler, each call in a
// context of its own, with the clock frozen. Run with `node --test tests/conformance/isolate.test.mjs`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { convexToJson } from "convex/values";
import { createKeyring, signCall } from "countersign";
import { bundleFunctions } from "../support/convex/bundle.mjs";
import { createIsolate } from "../support/isolate/index.mjs";

const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const OTHER = "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5";
const NOW = 1_800_000_000_000;
const audience = "https://happy-animal-123.convex.cloud";
const args = { eventId: "evt_1", count: 3n };
const types = /** @type {const} */ (["query", "mutation", "action"]);
const nameOf = (/** @type {string} */ type) => `events:in${type[0].toUpperCase()}${type.slice(1)}`;

/** @type {ReturnType<typeof createIsolate>[]} */
const isolates = [];
/** @type {ReturnType<typeof createIsolate>} */
let isolate;
/** @type {(env: Record<string, string>) => ReturnType<typeof createIsolate>} */
let deploy;
before(async () => {
  const { modules } = await bundleFunctions(fileURLToPath(new URL("./isolate-app", import.meta.url)), { sourceMaps: false });
  deploy = (env) => {
    const deployed = createIsolate({ modules, env, now: NOW });
    isolates.push(deployed);
    return deployed;
  };
  isolate = deploy({ CONVEX_CLOUD_URL: audience, COUNTERSIGN_SECRET: SECRET });
});
after(() => Promise.all(isolates.map(({ close }) => close())));

/** @param {(typeof types)[number]} type @param {object} [changes] @param {string} [secret] */
function token(type, changes = {}, secret = SECRET) {
  return signCall(createKeyring(secret), { audience, type, name: nameOf(type), args, now: NOW, ...changes });
}
/** @param {(typeof types)[number]} type @param {string | undefined} countersign @param {Partial<{ on: typeof isolate, sent: object, name: string, now: number }>} [options] */
function call(type, countersign, { on = isolate, sent = args, name = nameOf(type), now } = {}) {
  const json = convexToJson(/** @type {any} */ ({ ...sent, ...(countersign === undefined ? {} : { countersign }) }));
  return on.call(name, json, { type, ...(now === undefined ? {} : { now }) });
}
/** @param {Awaited<ReturnType<typeof call>>} result @param {string} code */
function assertRefused(result, code) {
  assert.equal(result.ok, false, JSON.stringify(result));
  assert.deepEqual(!result.ok && result.error.data, { code: "unauthorized" });
  assert.equal(result.logs.length, 1);
  assert.match(result.logs[0].message, new RegExp(`^countersign: refused code=${code} function=`));
  assert.ok(!JSON.stringify(result).includes(SECRET), "a secret shows");
}

test("the functions are found at deploy time, with no secret set", async () => {
  const functions = await deploy({}).analyze();
  for (const type of types) assert.equal(functions[nameOf(type)].type, type);
});

test("a signed call is let in, in every type of function, and again in the next context", async () => {
  for (const type of types) {
    for (let i = 0; i < 2; i++) {
      const result = await call(type, token(type));
      assert.ok(result.ok, JSON.stringify(result));
      assert.deepEqual(result.value.args, { eventId: "evt_1", count: { $integer: "AwAAAAAAAAA=" } }, "the token is gone");
      assert.equal(result.value.caller.name, "default");
      assert.deepEqual(result.logs, []);
    }
  }
});

test("what is not signed for this call is refused, with the reason in the log only", async () => {
  assertRefused(await call("mutation", undefined), "signature_missing");
  assertRefused(await call("mutation", "nonsense"), "signature_malformed");
  assertRefused(await call("mutation", token("mutation", {}, OTHER)), "key_unknown");
  assertRefused(await call("mutation", token("mutation"), { sent: { ...args, eventId: "evt_2" } }), "signature_invalid");
  assertRefused(await call("mutation", token("query")), "signature_invalid");
  assertRefused(await call("mutation", token("mutation", { audience: "https://other-animal-1.convex.cloud" })), "signature_invalid");
  assertRefused(await call("mutation", token("mutation"), { now: NOW + 60_001 }), "expired");
  assertRefused(await call("mutation", token("mutation"), { now: NOW - 60_001 }), "not_yet_valid");
});

test("a secret that is missing is said so, with the command to run", async () => {
  const result = await call("mutation", token("mutation"), { on: deploy({ CONVEX_CLOUD_URL: audience }) });
  assert.equal(result.ok, false);
  assert.equal(!result.ok && result.error.data.code, "misconfigured");
  assert.match(result.ok ? "" : result.error.data.message, /npx convex env set COUNTERSIGN_SECRET/);
});

test("requireSecret lets the secret in and nothing else", async () => {
  const right = await isolate.call("events:withSecret", { secret: SECRET });
  assert.equal(right.ok && right.value, "in");
  for (const secret of [OTHER, "", SECRET.slice(1), `${SECRET}x`]) {
    const wrong = await isolate.call("events:withSecret", { secret });
    assert.deepEqual(!wrong.ok && wrong.error.data, { code: "unauthorized" });
  }
});

test("a secret generated in a function is a new one each time", async () => {
  const secrets = [await isolate.call("events:generate"), await isolate.call("events:generate")].map((result) => result.ok && result.value);
  assert.match(secrets[0], /^csk_/);
  assert.notEqual(secrets[0], secrets[1]);
});
