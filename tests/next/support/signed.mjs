// The app's signed routes, called as another server would, and as somebody would who may not.
import assert from "node:assert/strict";
import { createKeyring, signRequest, signedFetch } from "countersign/http";

/** What the app has as SITE_URL: not where it is reached, as behind a proxy. */
export const SITE = "https://app.example";

/**
 * @param {string} server where the app is @param {string} secret @param {"node" | "edge"} runtime @param {() => string} log the server's
 * @returns {Promise<import("../../conformance/suite.mjs").Outcome>}
 */
export async function callSignedRoutes(server, secret, runtime, log) {
  const base = `${server}/${runtime === "edge" ? "signed-edge" : "signed"}`;
  const options = { secret, audience: SITE };
  /** @type {Record<string, () => Promise<void>>} */
  const cases = {
    "a signed POST": async () => {
      const response = await signedFetch(`${base}/se%2fven?a=1&a=2&b=%7e+%20`, { method: "POST", body: "h\u00e9llo", headers: { cookie: "session=mine" } }, options);
      const { id, ...seen } = await response.json();
      assert.match(id, /^se(%2f|\/)ven$/i);
      // As signedFetch writes it: Next.js would make that of it anyway.
      const target = `${new URL(base).pathname}/se%2fven?a=1&a=2&b=%7E++`;
      assert.deepEqual([response.status, seen], [201, { runtime, caller: "default", method: "POST", target, cookie: "mine", text: "h\u00e9llo", bytes: 6 }]);
      assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
    },
    "GET, HEAD and DELETE without a body": async () => {
      for (const method of ["GET", "DELETE"]) assert.equal((await (await signedFetch(`${base}/7`, { method }, options)).json()).method, method);
      assert.equal((await signedFetch(`${base}/7`, { method: "HEAD" }, options)).status, 201);
    },
    "a response that is not signed": async () => {
      assert.equal(await (await signedFetch(`${base}/7`, { method: "PUT" }, { ...options, signedResponse: false })).text(), "not signed");
      await assert.rejects(signedFetch(`${base}/7`, { method: "PUT" }, options), { code: "signature_missing" });
    },
    "an error of the handler's own": async () => {
      await assert.rejects(signedFetch(`${base}/7`, { method: "PATCH" }, options), { code: "signature_missing", message: /status 500/ });
      assert.match(log(), /the handler's own/);
    },
    "what is not signed, or for another audience, or by another key": async () => {
      for (const headers of [undefined, { authorization: `Bearer ${secret}` }]) {
        const response = await fetch(`${base}/7`, { method: "POST", body: "x", ...(headers && { headers }) });
        assert.deepEqual([response.status, await response.text()], [401, '{"type":"about:blank","title":"Unauthorized","status":401}']);
        assert.equal(response.headers.get("content-type"), "application/problem+json");
      }
      for (const given of [{ ...options, audience: undefined }, { ...options, secret: "another-secret-0123456789-abcdefghij" }]) {
        await assert.rejects(signedFetch(`${base}/7`, { method: "POST", body: "x" }, given), { code: "unauthorized" });
      }
      assert.match(log(), /countersign: refused code=signature_missing method=POST path=\/signed/);
    },
    "the same request again, and a change of it": async () => {
      const { headers } = await signRequest(createKeyring(secret), new Request(`${base}/7`, { method: "POST", body: "once" }), { audience: SITE });
      const send = async (/** @type {string} */ body, id = "7") => (await fetch(`${base}/${id}`, { method: "POST", headers, body })).status;
      assert.deepEqual([await send("twice"), await send("once", "8"), await send("once"), await send("once")], [401, 401, 201, 401]);
    },
    "a body over the limit": async () => {
      for (const length of [10_001, 300_000]) {
        await assert.rejects(signedFetch(`${base}/7`, { method: "POST", body: "x".repeat(length) }, options), { code: "body_too_large", message: /status 413/ });
        assert.equal((await signedFetch(`${base}/7`, { method: "POST", body: "x" }, options)).status, 201, "what follows is not held up");
      }
    },
  };
  /** @type {{ name: string, message: string }[]} */
  const failures = [];
  for (const [name, run] of Object.entries(cases)) await run().catch((error) => failures.push({ name, message: error.stack }));
  return { passed: Object.keys(cases).length - failures.length, failures };
}
