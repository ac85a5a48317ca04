// Each option counts where it is given, and nothing counts that is not: a verifier whose option was never passed on looks like one that works.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReplayStore, signRequest, signResponse, signedFetch, verifyRequest, verifyResponse } from "countersign/http";
import { signedRoute } from "countersign/next";
import { AUDIENCE, OTHER, SECRET, keyring, logging } from "./support.mjs";

/** A signed POST with 5 bytes, made that many seconds ago. @param {number} [age] @param {string} [audience] */
const post = (age = 0, audience = AUDIENCE) => signRequest(keyring, new Request(`${AUDIENCE}/a`, { method: "POST", body: "12345" }), { now: Date.now() - age * 1000, audience });
const handler = () => new Response("yes");

/** The status that a route with these options answers. @param {import("countersign/next").SignedRouteOptions} options @param {Promise<Request>} request */
const status = async (options, request) => (await logging(async () => (await signedRoute(handler, { keys: SECRET, audience: AUDIENCE, replay: false, ...options })(await request)).status)).result;

test("signedRoute: toleranceMs, maxBodyBytes, audience", async () => {
  assert.deepEqual([await status({}, post(290)), await status({}, post(310)), await status({}, post(-310))], [200, 401, 401], "five minutes");
  assert.deepEqual([await status({ toleranceMs: 600_000 }, post(590)), await status({ toleranceMs: 600_000 }, post(610))], [200, 401]);
  assert.deepEqual([await status({ toleranceMs: 10_000 }, post(5)), await status({ toleranceMs: 10_000 }, post(15))], [200, 401]);
  assert.deepEqual([await status({ maxBodyBytes: 5 }, post()), await status({ maxBodyBytes: 4 }, post())], [200, 413]);
  const other = "https://other.example";
  assert.deepEqual([await status({ audience: other }, post(0, other)), await status({ audience: other }, post())], [200, 401]);
});

test("verifyRequest: toleranceMs, now, maxBodyBytes, audience, replay", async () => {
  const options = { audience: AUDIENCE };
  await assert.rejects(verifyRequest(keyring, await post(310), options), { code: "expired" });
  assert.equal((await verifyRequest(keyring, await post(310), { ...options, toleranceMs: 600_000 })).caller, "default");
  assert.equal((await verifyRequest(keyring, await post(310), { ...options, now: Date.now() - 310_000 })).caller, "default");
  await assert.rejects(verifyRequest(keyring, await post(), { ...options, now: Date.now() - 310_000 }), { code: "not_yet_valid" });
  await assert.rejects(verifyRequest(keyring, await post(15), { ...options, toleranceMs: 10_000 }), { code: "expired" });
  await assert.rejects(verifyRequest(keyring, await post(1), { ...options, toleranceMs: 0 }), { code: "expired" }, "no tolerance is not no check");
  await assert.rejects(verifyRequest(keyring, await post(), { ...options, maxBodyBytes: 4 }), { code: "body_too_large" });
  await assert.rejects(verifyRequest(keyring, await post(), { audience: "https://other.example" }), { code: "signature_invalid" });
  const [replay, once] = [memoryReplayStore(), await post()];
  const copies = [once.clone(), once.clone(), once.clone()];
  await verifyRequest(keyring, /** @type {Request} */ (copies[0]), options);
  await verifyRequest(keyring, /** @type {Request} */ (copies[1]), { ...options, replay });
  await assert.rejects(verifyRequest(keyring, /** @type {Request} */ (copies[2]), { ...options, replay }), { code: "replayed" });
});

test("verifyResponse and signedFetch: toleranceMs, now, maxBodyBytes, audience", async () => {
  const request = await post();
  const late = () => signResponse(keyring, request, new Response("12345"), { audience: AUDIENCE, now: Date.now() - 310_000 });
  await assert.rejects(verifyResponse(keyring, request, await late(), {}), { code: "expired" });
  assert.equal((await verifyResponse(keyring, request, await late(), { toleranceMs: 600_000 })).caller, "default");
  assert.equal((await verifyResponse(keyring, request, await late(), { now: Date.now() - 310_000 })).caller, "default");
  await assert.rejects(verifyResponse(keyring, request, await late(), { toleranceMs: 600_000, maxBodyBytes: 4 }), { code: "body_too_large" });
  await assert.rejects(verifyResponse(keyring, request, await late(), { toleranceMs: 600_000, audience: "https://other.example" }), { code: "signature_invalid" });

  /** @param {import("countersign/http").SignedFetchOptions} options @param {number} [age] of the answer, in seconds */
  const fetched = (options, age = 0) => signedFetch(`${AUDIENCE}/a`, {}, {
    secret: SECRET,
    fetch: async (sent) => signResponse(keyring, /** @type {Request} */ (sent), new Response("12345"), { audience: options.audience ?? AUDIENCE, now: Date.now() - age * 1000 }),
    ...options,
  });
  await assert.rejects(fetched({}, 310), { code: "expired" });
  assert.equal(await (await fetched({ toleranceMs: 600_000 }, 310)).text(), "12345");
  await assert.rejects(fetched({ toleranceMs: 10_000 }, 15), { code: "expired" });
  await assert.rejects(fetched({ maxBodyBytes: 4 }), { code: "body_too_large" });
  assert.equal(await (await fetched({ audience: "https://other.example" })).text(), "12345");
});

test("options are the object's own: a polluted Object.prototype gives none, and takes none away", async () => {
  /** @type {Record<string, unknown>} */
  const pollution = {
    keys: OTHER, audience: "https://evil.example", replay: { consume: async () => true }, callers: ["nobody"], toleranceMs: 900_000, maxBodyBytes: 1, signedResponse: false,
    explain: true, now: Date.now() - 310_000, secret: OTHER, components: ["x-none"], caller: "nobody", fetch: handler,
  };
  const [fresh, old] = [await post(), await post(310)];
  const [again, twice] = [fresh.clone(), fresh.clone()];
  Object.assign(Object.prototype, pollution);
  try {
    const route = signedRoute(handler, { keys: SECRET, audience: AUDIENCE });
    const { result } = await logging(async () => [await route(fresh), await route(again), await route(old.clone())]);
    assert.deepEqual(result.map(({ status, headers }) => [status, headers.has("signature")]), [[200, true], [401, false], [401, false]]);
    assert.deepEqual(Object.keys(await /** @type {Response} */ (result[1]).json()), ["type", "title", "status"]);
    assert.equal((await verifyRequest(keyring, twice, { audience: AUDIENCE })).body.length, 5);
    await assert.rejects(verifyRequest(keyring, old, { audience: AUDIENCE }), { code: "expired" });
    await assert.rejects(verifyRequest(keyring, await signRequest(keyring, new Request(`${AUDIENCE}/a`), {}), /** @type {any} */ ({})), { code: "type_invalid" }, "an inherited audience is none");
  } finally {
    for (const name of Object.keys(pollution)) delete /** @type {any} */ (Object.prototype)[name];
  }
});
