// Signed HTTP in Convex's default runtime, as far as the isolate harness stands for it: http actions whose requests are streams, and an action that
// calls a signed route of another server. App and component as the CLI bundles them, each function in a context of its own.
// Run with `node --test tests/conformance/isolate-http.test.mjs`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createKeyring, signCall } from "countersign";
import { signMessage, verifyMessage } from "countersign/http";
import { signedRoute } from "countersign/next";
import { OTHER, SECRET, logging, serve } from "../http/support.mjs";
import { bundleFunctions } from "../support/convex/bundle.mjs";
import { createDeployment } from "../support/isolate/deployment.mjs";

const audience = "https://happy-animal-123.convex.site";
const env = { CONVEX_CLOUD_URL: "https://happy-animal-123.convex.cloud", CONVEX_SITE_URL: audience, COUNTERSIGN_SECRET: SECRET };
// The other server has a clock that goes on.
const NOW = Date.now();
const keyring = createKeyring(SECRET);

/** @type {Awaited<ReturnType<typeof bundleFunctions>>} */
let bundled;
/** @type {Awaited<ReturnType<typeof createDeployment>>} */
let convex;
/** @param {Record<string, string>} variables */
const deploy = (variables) => createDeployment({ app: bundled, components: { countersign: bundled.components[0] }, env: variables, now: NOW });
before(async () => {
  bundled = await bundleFunctions(fileURLToPath(new URL("../http/convex", import.meta.url)), { sourceMaps: false });
  convex = await deploy(env);
});
after(() => convex.close());

/** @typedef {import("../support/isolate/index.mjs").HttpRequest} HttpRequest */
const base64 = (/** @type {string} */ text) => Buffer.from(text).toString("base64");
/** A signed request as Convex gets it. @param {{ method?: string, target?: string, body?: string, audience?: string, now?: number, secret?: string }} [changes] @returns {HttpRequest} */
function signed({ method = "POST", target = "/orders?a=1", body, audience: whose = audience, now = NOW, secret = SECRET } = {}) {
  const content = body ?? (method === "POST" ? "two books" : "");
  const fields = signMessage(createKeyring(secret), { method, target, headers: [], body: content, audience: whose }, { now });
  const parts = content === "" ? [] : [content.slice(0, 3), content.slice(3)].filter((part) => part !== "").map(base64);
  // The origin is whatever the client said.
  return { method, url: `https://whatever.example${target}`, headers: fields, ...(method === "GET" ? {} : { body: parts }) };
}
/** @param {Awaited<ReturnType<typeof convex.http>>} result */
function answerOf(result) {
  assert.ok(result.ok, JSON.stringify(result));
  const { body, ...answer } = result.value;
  return { ...answer, text: Buffer.from(body, "base64").toString(), logs: result.logs.map(({ message }) => message) };
}
/** @param {Awaited<ReturnType<typeof convex.http>>} result @param {number} status @param {string} code */
function assertRefused(result, status, code) {
  const answer = answerOf(result);
  assert.equal(answer.status, status, JSON.stringify(answer));
  assert.deepEqual(Object.keys(JSON.parse(answer.text)), ["type", "title", "status"]);
  assert.equal(answer.logs.length, 1);
  assert.match(answer.logs[0], new RegExp(`^countersign: (refused|misconfigured) code=${code} method=`));
  assert.ok(!JSON.stringify(result).includes(SECRET), "a secret shows");
}
const orders = () => convex.rows("", "orders").length;
const nonces = () => convex.rows("countersign", "nonces").length;

test("a signed request runs the action once, and its response is signed for it", async () => {
  const request = signed();
  const answer = answerOf(await convex.http(request));
  assert.equal(answer.status, 201, answer.text);
  const { keyId, created, ...rest } = JSON.parse(answer.text);
  assert.deepEqual([rest.rows, rest.bytes, rest.path, keyId], [1, 9, "/orders", keyring.keyIds[0]]);
  assert.equal(created, Math.floor(NOW / 1000) * 1000);
  assert.deepEqual(answer.headers.filter(([name]) => name === "set-cookie"), [["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
  const verified = verifyMessage(keyring, { status: 201, headers: answer.headers, body: answer.text, request: { method: "POST", target: "/orders?a=1", headers: request.headers, audience } }, { now: Date.now() });
  assert.equal(verified.caller, "default");
  assert.deepEqual([orders(), nonces()], [1, 1]);
  assertRefused(await convex.http(request), 401, "replayed");
  assert.deepEqual([orders(), nonces()], [1, 1]);
});

test("what is not signed for this is refused, and uses nothing up", async () => {
  const before = [orders(), nonces()];
  const good = signed();
  const headers = good.headers.filter(([name]) => name !== "content-digest");
  assertRefused(await convex.http({ ...good, headers: [] }), 401, "signature_missing");
  assertRefused(await convex.http({ ...good, headers: [["authorization", `Bearer ${SECRET}`]] }), 401, "signature_missing");
  assertRefused(await convex.http({ ...good, body: [base64("two bookS")] }), 401, "signature_invalid");
  assertRefused(await convex.http({ ...good, url: "https://whatever.example/orders?a=2" }), 401, "signature_invalid");
  assertRefused(await convex.http({ ...good, headers }), 401, "signature_malformed");
  assertRefused(await convex.http(signed({ secret: OTHER })), 401, "key_unknown");
  assertRefused(await convex.http(signed({ audience: "https://whatever.example" })), 401, "signature_invalid");
  assertRefused(await convex.http(signed({ audience: env.CONVEX_CLOUD_URL })), 401, "signature_invalid");
  assertRefused(await convex.http(signed({ now: NOW - 305_000 })), 401, "expired");
  assertRefused(await convex.http(signed({ now: NOW + 305_000 })), 401, "not_yet_valid");
  const token = signCall(keyring, { audience: env.CONVEX_CLOUD_URL, type: "action", name: "http:default", args: {}, now: NOW });
  assertRefused(await convex.http({ ...good, headers: [["signature-input", token], ["signature", token]] }), 401, "signature_malformed");
  assert.deepEqual([orders(), nonces()], before);
  assert.equal(answerOf(await convex.http(good)).status, 201);
});

test("header lines that were sent twice are two lines here", async () => {
  const good = signed({ method: "GET", target: "/hello" });
  for (const name of ["signature", "signature-input"]) {
    assertRefused(await convex.http({ ...good, headers: good.headers.flatMap((field) => (field[0] === name ? [field, field] : [field])) }), 401, "signature_malformed");
  }
  assert.equal(answerOf(await convex.http(good)).text, "hello to GET");
});

test("a body over the limit is given up, however long it goes on and whatever its length is said to be", async () => {
  const endless = { ...signed(), body: [base64("x".repeat(1000))], repeat: 1_000_000 };
  const result = await convex.http(endless);
  assertRefused(result, 413, "body_too_large");
  assert.ok(result.ok && result.value.partsRead < 20, `${result.ok && result.value.partsRead} parts were read`);
  assertRefused(await convex.http({ ...endless, headers: [...endless.headers, ["content-length", "5"]] }), 413, "body_too_large");
  const declared = await convex.http({ ...signed(), headers: [...signed().headers, ["content-length", "10001"]] });
  assertRefused(declared, 413, "body_too_large");
  assert.ok(declared.ok && declared.value.partsRead <= 1);
});

test("other methods, callers, an unsigned response, and an error of the handler's own", async () => {
  for (const method of ["HEAD", "DELETE"]) {
    const request = signed({ method, target: "/hello" });
    if (method === "HEAD") delete request.body;
    const answer = answerOf(await convex.http(request));
    assert.deepEqual([answer.status, answer.text], [200, method === "HEAD" ? "" : "hello to DELETE"]);
  }
  const worker = answerOf(await convex.http(signed({ method: "GET", target: "/worker" })));
  assert.deepEqual([worker.status, JSON.parse(worker.text).code], [403, "caller_forbidden"]);
  const unsigned = answerOf(await convex.http(signed({ method: "GET", target: "/unsigned" })));
  assert.deepEqual([unsigned.text, unsigned.headers.some(([name]) => name === "signature")], ["streamed", false]);
  const failed = await convex.http(signed({ method: "GET", target: "/fails" }));
  assert.equal(failed.ok ? "" : failed.error.message, "the handler's own");
  const wrong = await convex.http(signed({ method: "GET", target: "/wrong" }));
  assert.match(wrong.ok ? "" : wrong.error.message, /`callers` must be a list/);
});

test("a deployment that is not set up: 500, and the command in the log", async () => {
  for (const [variables, code, message] of /** @type {[Record<string, string>, string, RegExp][]} */ ([
    [{ CONVEX_SITE_URL: audience, CONVEX_CLOUD_URL: env.CONVEX_CLOUD_URL }, "secret_missing", /npx convex env set COUNTERSIGN_SECRET/],
    [{ ...env, COUNTERSIGN_SECRET: "too short" }, "secret_weak", /COUNTERSIGN_SECRET cannot be used/],
    [{ CONVEX_CLOUD_URL: env.CONVEX_CLOUD_URL, COUNTERSIGN_SECRET: SECRET }, "misconfigured", /CONVEX_SITE_URL/],
  ])) {
    const unset = await deploy(variables);
    try {
      const result = await unset.http(signed({ method: "GET", target: "/hello" }));
      assertRefused(result, 500, code);
      assert.match(result.logs[0].message, message);
    } finally {
      await unset.close();
    }
  }
});

test("only http actions load what they need", async () => {
  const usesOf = (/** @type {string} */ name) => convex.ran.findLast((ran) => ran.name === name)?.uses ?? [];
  const countersign = signCall(keyring, { audience: env.CONVEX_CLOUD_URL, type: "mutation", name: "orders:mark", args: { orderId: "1" }, now: NOW });
  const marked = await convex.call("mutation", "orders:mark", { orderId: "1", countersign });
  assert.ok(marked.ok, JSON.stringify(marked));
  assert.ok(!usesOf("orders:mark").includes("executing: import()"));
  assert.ok(usesOf("/hello").includes("executing: import()"));
  assert.deepEqual(usesOf("/hello").filter((use) => use.startsWith("importing: ")), [], "nothing happens at import");
});

test("an action calls a signed route of another server, and takes only its answer", async () => {
  const site = "https://app.example";
  /** @type {string[]} */
  const took = [];
  const route = signedRoute(async (request, { caller }) => (took.push(await request.text()), new Response(`to ${caller}`)), { keys: SECRET, audience: site });
  const moved = signedRoute(() => new Response(null, { status: 307, headers: { location: "/api" } }), { keys: SECRET, audience: site });
  const server = await serve((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/moved") return moved(request);
    if (pathname === "/detour") return new Response(null, { status: 307, headers: { location: "/api" } });
    if (pathname === "/away") return new Response(null, { status: 307, headers: { location: "https://evil.example/" } });
    return pathname === "/unsigned" ? new Response("anything") : route(request);
  });
  /** @param {object} args */
  const send = async (args) => {
    const result = await convex.call("action", "calls:send", { method: "POST", body: "from Convex", audience: site, ...args });
    assert.ok(result.ok, JSON.stringify(result));
    return result.value;
  };
  try {
    assert.deepEqual(await send({ url: `${server.url}/api` }), { status: 200, text: "to default", url: `${server.url}/api` });
    assert.equal((await send({ url: `${server.url}/api`, asRequest: true })).text, "to default");
    assert.equal((await send({ url: `${server.url}/moved` })).text, "to default");
    assert.deepEqual(took, ["from Convex", "from Convex", "from Convex"]);
    assert.equal((await send({ url: `${server.url}/unsigned` })).code, "signature_missing");
    assert.equal((await send({ url: `${server.url}/detour` })).code, "signature_missing");
    assert.equal((await send({ url: `${server.url}/away` })).code, "misconfigured");
    assert.equal((await send({ url: "http://app.example/" })).code, "misconfigured");
    const { result } = await logging(() => send({ url: `${server.url}/api`, audience: "https://other.example" }));
    assert.equal(result.code, "unauthorized");
    assert.match(result.message, /npx countersign doctor/);
  } finally {
    await server.close();
  }
});
