// Signed http actions of the embedded Convex over the wire, and a Convex action that calls a signed route.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { createKeyring, signRequest, signedFetch } from "countersign/http";
import { signedRoute } from "countersign/next";
import { startConvex } from "../support/convex/index.mjs";
import { AUDIENCE, OTHER, SECRET, keyring, logging, serve } from "./support.mjs";

/** @type {Awaited<ReturnType<typeof startConvex>>} */
let convex;
before(async () => {
  convex = await startConvex({ functionsDir: fileURLToPath(new URL("./convex", import.meta.url)), env: { COUNTERSIGN_SECRET: SECRET } });
});
after(() => convex.close());

const secret = SECRET;
const lastLine = () => convex.logs.at(-1)?.message ?? "";
const list = async () => new ConvexHttpClient(convex.url, { skipConvexDeploymentUrlCheck: true }).query(/** @type {any} */ (makeFunctionReference("orders:list")), {});

test("signedFetch and signedHttpAction understand each other", async () => {
  const response = await signedFetch(`${convex.siteUrl}/orders?a=1`, { method: "POST", body: "two books" }, { secret });
  assert.equal(response.status, 201);
  assert.equal((await response.json()).keyId, keyring.keyIds[0]);
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.deepEqual(await list(), ["two books by default"]);
  for (const method of ["GET", "DELETE"]) assert.equal(await (await signedFetch(`${convex.siteUrl}/hello`, { method }, { secret })).text(), `hello to ${method}`);
  assert.equal((await signedFetch(`${convex.siteUrl}/hello`, { method: "HEAD" }, { secret })).status, 200);
  assert.equal(await (await signedFetch(`${convex.siteUrl}/unsigned`, {}, { secret, signedResponse: false })).text(), "streamed");
});

test("the same request fifty times at once runs once", async () => {
  const before = (await list()).length;
  const { method, headers, url } = await signRequest(keyring, new Request(`${convex.siteUrl}/orders`, { method: "POST", body: "once" }));
  const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(url, { method, headers, body: "once" })).status));
  assert.deepEqual(statuses.sort(), [201, ...Array(49).fill(401)]);
  assert.equal((await list()).length, before + 1);
});

test("what is not signed for this deployment is refused, with the reason in its log only", async () => {
  const before = (await list()).length;
  for (const headers of /** @type {Record<string, string>[]} */ ([{}, { authorization: `Bearer ${SECRET}` }])) {
    const response = await fetch(`${convex.siteUrl}/orders`, { method: "POST", body: "x", headers });
    assert.deepEqual([response.status, await response.json()], [401, { type: "about:blank", title: "Unauthorized", status: 401 }]);
    assert.match(lastLine(), /countersign: refused code=signature_missing method=POST path=\/orders key=- accepted=/);
  }
  const post = { method: "POST", body: "x" };
  await assert.rejects(signedFetch(`${convex.siteUrl}/orders`, post, { secret: OTHER }), { code: "unauthorized" });
  assert.match(lastLine(), new RegExp(`code=key_unknown .*key=${createKeyring(OTHER).keyIds[0]} accepted=${keyring.keyIds[0]}`));
  await assert.rejects(signedFetch(`${convex.siteUrl}/orders`, post, { secret, audience: convex.url }), { code: "unauthorized" });
  await assert.rejects(signedFetch(`${convex.siteUrl}/worker`, {}, { secret }), { code: "caller_forbidden" });
  await assert.rejects(signedFetch(`${convex.siteUrl}/orders`, { ...post, body: "x".repeat(10_001) }, { secret }), { code: "body_too_large" });
  assert.equal((await list()).length, before);
});

test("the host that a client claims is not the audience", async () => {
  const signed = await signRequest(keyring, new Request(`${convex.siteUrl}/hello`), { audience: "https://evil.example" });
  // Not fetch, which sets the host itself: with these two the URL that the action gets is of the claimed origin.
  const claimed = { host: "evil.example", "x-forwarded-proto": "https" };
  for (const more of /** @type {Record<string, string>[]} */ ([{}, claimed, { ...claimed, forwarded: "host=evil.example;proto=https", "x-forwarded-host": "evil.example" }])) {
    const asked = request(signed.url, { headers: { ...Object.fromEntries(signed.headers), ...more } }).end();
    const [{ statusCode }] = await once(asked, "response");
    asked.destroy();
    assert.equal(statusCode, 401);
  }
});

test("an action of Convex calls a signed route, and takes only its answer", async () => {
  const route = signedRoute(async (request, { caller }) => new Response(`${await request.text()} of ${caller}`), { keys: SECRET, audience: AUDIENCE });
  const server = await serve((request) => (request.url.endsWith("/unsigned") ? new Response("anything") : route(request)));
  const client = new ConvexHttpClient(convex.url, { skipConvexDeploymentUrlCheck: true });
  const send = async (/** @type {object} */ args) => client.action(/** @type {any} */ (makeFunctionReference("calls:send")), { method: "POST", body: "the call", audience: AUDIENCE, ...args });
  try {
    assert.deepEqual(await send({ url: `${server.url}/a` }), { status: 200, text: "the call of default", url: `${server.url}/a` });
    assert.equal((await send({ url: `${server.url}/unsigned` })).code, "signature_missing");
    const { result } = await logging(() => send({ url: `${server.url}/a`, audience: "https://other.example" }));
    assert.equal(result.code, "unauthorized");
  } finally {
    await server.close();
  }
});
