// The peers of the cold rows are the guard that they stand beside: they accept and refuse what it does, and say the same about it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { createKeyring, generateSecret, signCall } from "countersign";
import { root } from "../../pkg-template/build/process.mjs";
import { createIsolate } from "../support/isolate/index.mjs";
import { answer, argumentsFor, bundleApps, candidates, env, holdingWasm, varyApp } from "./cold/apps.mjs";
import { writePackage } from "./cold/packages.mjs";
import { comparison, floors } from "./cold/figures.mjs";
import { folder } from "./write.mjs";

const admitIn = async (/** @type {string} */ installed) => (await import(pathToFileURL(join(installed, "esm/core/admit.js")).href)).admitCall;
const real = await admitIn(join(root, "node_modules/countersign"));
const guarded = /** @type {const} */ (["guard", "noble", "subtle"]);
const now = 1_800_000_000_000;
const [secret, other] = [generateSecret(), generateSecret()];
const call = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "m:f", args: { a: 1.5, b: ["x", null, 7n], c: "ü".repeat(40) }, now };
const keyring = createKeyring(secret);
const token = signCall(keyring, call);
const once = { ...call, idempotencyKey: "evt_1" };
const tokenOnce = signCall(keyring, once);
const only = [{ caller: "default", secret }];
/** Another character of base64url at a place. @param {string} text @param {number} at */
const changed = (text, at) => text.slice(0, at) + (text[at] === "B" ? "C" : "B") + text.slice(at + 1);

/** @type {Record<string, [code: string, accepted: object[], token: unknown, call: object]>} */
const cases = {
  "a good call": ["", only, token, call],
  "with an idempotency key": ["", only, tokenOnce, once],
  "with the second secret": ["", [{ caller: "a", secret: other }, { caller: "b", secret }], token, call],
  "at the window's edge": ["", only, token, { ...call, now: now + 60_000 }],
  "a secret of the user's own": ["key_unknown", [{ caller: "default", secret: "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab" }], token, call],
  "no token": ["signature_missing", only, undefined, call],
  "half a token": ["signature_malformed", only, token.slice(0, 50), call],
  "another version": ["version_unsupported", only, token.replace("cs1", "cs2"), call],
  "a changed MAC": ["signature_invalid", only, changed(token, token.length - 20), call],
  "a changed nonce": ["signature_invalid", only, changed(token, token.length - 60), call],
  "other arguments": ["signature_invalid", only, token, { ...call, args: { ...call.args, a: 2 } }],
  "another function": ["signature_invalid", only, token, { ...call, name: "m:g" }],
  "another type": ["signature_invalid", only, token, { ...call, type: "action" }],
  "another deployment": ["signature_invalid", only, token, { ...call, audience: "https://other.convex.cloud" }],
  "an idempotency key that was not signed": ["signature_invalid", only, token, once],
  "another idempotency key": ["signature_invalid", only, tokenOnce, { ...once, idempotencyKey: "evt_2" }],
  "too late": ["expired", only, token, { ...call, now: now + 60_001 }],
  "too early": ["not_yet_valid", only, token, { ...call, now: now - 60_001 }],
  "a window that is too wide": ["type_invalid", only, token, { ...call, toleranceMs: 900_001 }],
  "another secret": ["key_unknown", [{ caller: "default", secret: other }], token, call],
  "a weak secret": ["secret_weak", [{ caller: "default", secret: "changeme".repeat(5) }], token, call],
  "a short secret": ["secret_weak", [{ caller: "default", secret: "abcdefghijklmn" }], token, call],
  "a damaged secret": ["secret_malformed", [...only, { caller: "default", secret: changed(secret, 10) }], token, call],
  "a quoted secret": ["secret_malformed", [{ caller: "default", secret: `"${secret}"` }], token, call],
  "an empty secret": ["secret_missing", [{ caller: "default", secret: " " }], token, call],
  "one secret for two callers": ["key_conflict", [...only, { caller: "b", secret }], token, call],
};

/** @param {(...given: unknown[]) => unknown} admit @param {unknown[]} given */
async function outcome(admit, given) {
  const attempt = { keyIds: [], secret: 0 };
  try {
    return { admitted: await admit(...given, attempt), attempt };
  } catch (error) {
    return { code: /** @type {{ code?: string }} */ (error).code, attempt };
  }
}

for (const peer of /** @type {const} */ (["noble", "subtle"])) {
  test(`the guard over ${peer} accepts and refuses what the guard does`, async (t) => {
    const installed = join(folder, "test", peer, "node_modules/countersign");
    await writePackage(peer, installed);
    const admit = await admitIn(installed);
    for (const [name, [code, ...given]] of Object.entries(cases)) {
      await t.test(name, async () => {
        const ours = await outcome(real, given);
        assert.equal(ours.code ?? "", code);
        assert.deepEqual(await outcome(admit, given), ours);
      });
    }
  });
}

test("as Convex deploys them, they answer a signed call and refuse a changed one, with texts and WebAssembly of each round", async () => {
  const apps = await bundleApps();
  assert.deepEqual(candidates.filter((candidate) => apps[candidate]["main.js"] && holdingWasm({ main: apps[candidate]["main.js"] }) > 0), ["guard"], "only the guard loads WebAssembly");
  const rounds = [1, 2];
  const modules = rounds.flatMap((round) => candidates.flatMap((candidate) => Object.entries(varyApp(apps[candidate], round)).map(([path, source]) => [`${candidate}${round}/${path}`, source])));
  for (const candidate of candidates) {
    const [one, other] = rounds.map((round) => varyApp(apps[candidate], round));
    for (const path of Object.keys(apps[candidate])) assert.notEqual(one?.[path], other?.[path], `${candidate}'s ${path} is the same text twice`);
  }
  const isolate = createIsolate({ modules: Object.fromEntries(modules), env });
  try {
    for (const round of rounds) {
      for (const candidate of candidates) {
        const name = `${candidate}${round}/main:run`;
        const result = await isolate.call(name, argumentsFor(candidate, name), { type: "query" });
        assert.ok(result.ok, `${candidate}: ${JSON.stringify(result)}`);
        assert.equal(result.value, answer);
      }
      for (const candidate of guarded) {
        const name = `${candidate}${round}/main:run`;
        const refused = await isolate.call(name, argumentsFor(candidate, name, { provider: "other" }), { type: "query" });
        assert.ok(!refused.ok && /code=signature_invalid/.test(JSON.stringify(refused.logs)), JSON.stringify(refused));
      }
    }
  } finally {
    await isolate.close();
  }
});

test("a ratio is of what is left when the query without a guard is taken off", () => {
  const times = { empty: [1], plain: [3], guard: [5, 6, 5], noble: [7], subtle: [4] };
  const processes = [times, { ...times, noble: [9] }, times].map((cpu) => ({ cpu, wall: times }));
  const { ours, theirs, ratio, wall, whole, rounds } = comparison(processes, "noble");
  assert.deepEqual({ ours, theirs, ratio, rounds }, { ours: 2, theirs: 4, ratio: { median: 2, low: 2, high: 3 }, rounds: 9 });
  assert.deepEqual([wall.ratio, whole.ratio.median], [{ median: 2, low: 2, high: 2 }, 1.5]);
  assert.equal(comparison(processes, "subtle").ratio.median, 0.5);
  assert.deepEqual(floors(processes), { plain: 2, empty: 1 });
  assert.throws(() => comparison([{ cpu: { ...times, guard: [] }, wall: times }], "noble"), /guard had no run/);
});
