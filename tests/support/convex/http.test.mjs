// The real ConvexHttpClient, and raw requests, against the fixture's functions.
import { ConvexError } from "convex/values";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf, httpClient, startFixture } from "./testing.mjs";

/** @type {Awaited<ReturnType<typeof startFixture>>} */
let convex;
/** @type {any} functions are named by strings here, which the client's types do not know */
let client;

beforeAll(async () => {
  convex = await startFixture();
  client = httpClient(convex.url);
});
afterAll(() => convex.close());

const REDACTED = /^\[Request ID: [0-9a-f]{16}\] Server Error$/;
const loggedFailure = (/** @type {string} */ name) => convex.logs.findLast((entry) => entry.level === "failure" && entry.function === name)?.message;

/** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
const post = (path, body, headers = {}) =>
  fetch(convex.url + path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });

describe("calls", () => {
  test("a mutation's write is there for a query, a consistent query and an action", async () => {
    const id = await client.mutation("messages:send", { body: "hello", author: "ann" });
    const expected = [expect.objectContaining({ _id: id, body: "hello", author: "ann" })];
    expect(await client.query("messages:list", { author: "ann" })).toEqual(expected);
    expect(await client.consistentQuery("messages:list", { author: "ann" })).toEqual(expected);
    expect(await client.action("nested/deep", { body: "counted" })).toBeGreaterThanOrEqual(2);
  });

  test("values keep their types both ways", async () => {
    const value = { big: 2n ** 62n, minusZero: -0, nan: NaN, bytes: new Uint8Array([1, 2, 255]).buffer, deep: [{ a: null, b: true, c: "ü" }] };
    const echoed = await client.query("values:echo", { value });
    expect(echoed).toEqual(value);
    expect(Object.is(echoed.minusZero, -0)).toBe(true);
    expect(await client.mutation("values:inspect", { bytes: new ArrayBuffer(1), list: [1] })).toEqual({ plain: true, bytes: true, list: true, inherited: null, keys: ["bytes", "list"] });
  });

  test("arguments reach the handler as they were sent, `__proto__` included", async () => {
    const response = await post("/api/mutation", '{"path":"values:inspect","format":"convex_encoded_json","args":[{"__proto__":{"isAdmin":true}}]}');
    // Convex's own decoder makes this a prototype; a guard under test must be able to meet it.
    expect((await response.json()).value).toMatchObject({ inherited: true, keys: [], plain: false });
  });

  test("a name has several spellings, as on Convex", async () => {
    expect(await client.query("values.js:echo", { value: 1 })).toBe(1);
    expect(await client.action("nested/deep:default", { body: "x" })).toBeTypeOf("number");
  });
});

describe("what outsiders may call", () => {
  test("an internal function is as good as missing, for each type", async () => {
    for (const call of [client.query("messages:countInternal", {}), client.mutation("messages:sendInternal", { body: "x" })]) {
      expect((await errorOf(call)).message).toMatch(REDACTED);
    }
    expect(loggedFailure("messages:countInternal")).toContain("Could not find public function for 'messages:countInternal'.");
    expect(loggedFailure("messages:sendInternal")).toContain("Could not find public function for 'messages:sendInternal'.");
  });

  test("an unknown function gets the same answer", async () => {
    expect((await errorOf(client.query("nowhere:nothing", {}))).message).toMatch(REDACTED);
    expect(loggedFailure("nowhere:nothing")).toContain("Could not find public function for 'nowhere:nothing'.");
  });

  test("a function of another type is refused", async () => {
    expect((await errorOf(client.query("messages:send", { body: "x", author: "wrong type" }))).message).toMatch(REDACTED);
    expect(loggedFailure("messages:send")).toContain("Trying to execute messages:send as Query, but it is defined as Mutation.");
    expect(await client.query("messages:list", { author: "wrong type" })).toEqual([]);
  });

  test("the admin key opens internal functions, another key nothing", async () => {
    const admin = /** @type {any} */ (httpClient(convex.url));
    admin.setAdminAuth(convex.adminKey);
    expect(await admin.query("messages:countInternal", {})).toBeTypeOf("number");
    admin.setAdminAuth("embedded|0000");
    expect((await errorOf(admin.query("messages:countInternal", {}))).message).toContain("BadDeployKey");
    expect((await errorOf(admin.query("values:echo", { value: 1 }))).message).toContain("BadDeployKey");
  });

  test("a user's token is refused, not ignored", async () => {
    const user = /** @type {any} */ (httpClient(convex.url));
    user.setAuth("a.b.c");
    expect((await errorOf(user.query("values:echo", { value: 1 }))).message).toContain("NoAuthProvider");
  });
});

describe("errors", () => {
  test("a plain Error says nothing to its caller, everything to the log, and is rolled back", async () => {
    const error = await errorOf(client.mutation("messages:sendThenFail", { body: "lost", author: "plain" }));
    expect(error.message).toMatch(REDACTED);
    expect(error.data).toBeUndefined();
    const logged = loggedFailure("messages:sendThenFail");
    expect(logged).toContain("Error: the reason nobody outside should see");
    expect(logged).toMatch(/at handler \(messages\.ts:\d+:\d+\)/);
    // The caller's request id finds the line in the log.
    expect(logged?.slice(0, 30)).toBe(error.message.slice(0, 30));
    expect(await client.query("messages:list", { author: "plain" })).toEqual([]);
  });

  test("a ConvexError's data gets through, with status 560, and is rolled back", async () => {
    const error = await errorOf(client.mutation("messages:sendThenRefuse", { body: "lost", author: "refused" }));
    expect(error).toBeInstanceOf(ConvexError);
    expect(error.data).toEqual({ code: "refused", count: 3n });
    expect(await client.query("messages:list", { author: "refused" })).toEqual([]);
    const response = await post("/api/query", { path: "values:refuse", args: [{}] });
    expect(response.status).toBe(560);
    expect(await response.json()).toMatchObject({ status: "error", errorMessage: expect.stringMatching(REDACTED), errorData: { code: "refused" } });
  });

  test("a deployment without redaction gives the reason", async () => {
    const open = await startFixture({ redact: false });
    try {
      const error = await errorOf(/** @type {any} */ (httpClient(open.url)).mutation("messages:sendThenFail", { body: "x", author: "y" }));
      expect(error.message).toMatch(/^\[Request ID: [0-9a-f]{16}\] Server Error\nUncaught Error: the reason/);
    } finally {
      await open.close();
    }
  });
});

describe("validators", () => {
  test.for([
    ["a missing field", { name: "x" }, "Object is missing the required field `tags`."],
    ["an extra field", { name: "x", tags: {}, more: 1 }, "Object contains extra field `more`"],
    ["a wrong type", { name: 1, tags: {} }, "Path: .name\nValue: 1\nValidator: v.string()"],
    ["a number for an int64", { name: "x", count: 1, tags: {} }, "Path: .count"],
    ["a value of a record", { name: "x", tags: { k: "b" } }, 'Path: .tags.k\nValue: "b"'],
  ])("%s is refused before the handler runs", async ([, args, reason]) => {
    const error = await errorOf(client.query("values:strict", args));
    expect(error.message).toMatch(REDACTED);
    expect(loggedFailure("values:strict")).toContain("ArgumentValidationError");
    expect(loggedFailure("values:strict")).toContain(reason);
  });

  test("fitting arguments pass", async () => {
    expect(await client.query("values:strict", { name: "x", count: 1n, tags: { a: "a", b: null } })).toEqual({ name: "x" });
  });

  test("`__proto__` is an extra field like any other", async () => {
    const response = await post("/api/query", '{"path":"values:strict","args":[{"name":"x","tags":{},"__proto__":{}}]}');
    expect(response.status).toBe(560);
    expect(loggedFailure("values:strict")).toContain("Object contains extra field `__proto__`");
  });

  test("a return value that does not fit fails the call, and undoes its writes", async () => {
    expect((await errorOf(client.query("values:strict", { name: "bad return", tags: {} }))).message).toMatch(REDACTED);
    expect(loggedFailure("values:strict")).toContain("ReturnsValidationError");
    await errorOf(client.mutation("messages:sendAndReturnRubbish", { body: "x", author: "rubbish" }));
    expect(await client.query("messages:list", { author: "rubbish" })).toEqual([]);
  });

  test("the schema of schema.ts is enforced", async () => {
    // `author` is a string in the schema; the mutation's own validator is not what stops this.
    expect((await errorOf(client.mutation("values:insertUnchecked", { author: 1 }))).message).toMatch(REDACTED);
    expect(loggedFailure("values:insertUnchecked")).toContain("Validator error");
  });
});

describe("the protocol", () => {
  test("malformed requests are refused with 400", async () => {
    for (const body of ["{", "", '{"path":"values:echo","args":[1]}', '{"path":"values:echo","args":[{},{}]}', '{"path":"values:echo"}', '{"path":7,"args":{}}', "null"]) {
      const response = await post("/api/query", body);
      expect([body, response.status]).toEqual([body, 400]);
      expect((await response.json()).code).toMatch(/^Bad/);
    }
  });

  test("a body over the cap is refused with 413, one under it accepted", async () => {
    const request = (/** @type {number} */ size) => post("/api/query", { path: "values:echo", args: [{ value: "x".repeat(size) }] });
    expect((await request(15 * 1024 * 1024)).status).toBe(200);
    const refused = await request(17 * 1024 * 1024);
    expect(refused.status).toBe(413);
    expect((await refused.json()).code).toBe("RequestBodyTooLarge");
  });

  test("an unknown route is a 404", async () => {
    expect((await post("/api/nothing", {})).status).toBe(404);
    expect((await fetch(`${convex.url}/api/mutation`)).status).toBe(404);
  });

  test("browsers of any origin may call", async () => {
    const preflight = await fetch(`${convex.url}/api/query`, {
      method: "OPTIONS",
      headers: { origin: "http://localhost:3000", "access-control-request-method": "POST", "access-control-request-headers": "content-type,convex-client" },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type,convex-client");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
    const answer = await post("/api/query", { path: "values:echo", args: { value: 1 } }, { origin: "http://localhost:3000" });
    expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
  });

  test("a batch and a GET work too", async () => {
    const batch = await post("/api/query_batch", { queries: [{ path: "values:echo", args: [{ value: 1 }] }, { path: "values:refuse", args: [{}] }] });
    expect((await batch.json()).results).toMatchObject([{ status: "success", value: 1 }, { status: "error", errorData: { code: "refused" } }]);
    const get = await fetch(`${convex.url}/api/query?path=values:echo&args=${encodeURIComponent('{"value":2}')}`);
    expect(await get.json()).toMatchObject({ status: "success", value: 2 });
  });
});

describe("http actions", () => {
  test("are routed by http.ts, on the second port", async () => {
    const response = await fetch(`${convex.siteUrl}/webhook`, { method: "POST", body: "payload", headers: { "x-signature": "abc" } });
    expect([response.status, await response.text(), response.headers.get("x-signature-seen")]).toEqual([201, "stored 7", "abc"]);
    expect(await client.query("messages:list", { author: "internal" })).toContainEqual(expect.objectContaining({ body: "payload" }));
    expect(convex.logs).toContainEqual({ time: expect.any(Number), level: "info", function: "POST /webhook", message: "delivery payload" });
  });

  test("bodies are bytes", async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 256);
    const response = await fetch(`${convex.siteUrl}/bytes`, { method: "POST", body: bytes });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  test("the URL is the one asked for", async () => {
    const response = await fetch(`${convex.siteUrl}/url/a%20b?c=d`);
    expect(await response.json()).toEqual({ url: `${convex.siteUrl}/url/a%20b?c=d` });
  });

  test("errors are redacted, ConvexError data is not", async () => {
    const plain = await fetch(`${convex.siteUrl}/fail`);
    expect(plain.status).toBe(500);
    expect(await plain.json()).toEqual({ code: expect.stringMatching(REDACTED) });
    const refused = await fetch(`${convex.siteUrl}/fail?refuse`);
    expect(await refused.json()).toEqual({ code: expect.stringMatching(REDACTED), data: { code: "refused" } });
  });

  test("other paths and methods are a 404, and the API is not there", async () => {
    for (const { path, method } of [{ path: "/nothing", method: "GET" }, { path: "/webhook", method: "GET" }, { path: "/api/query", method: "POST" }]) {
      const response = await fetch(convex.siteUrl + path, { method });
      expect([path, response.status, await response.text()]).toEqual([path, 404, "No matching routes found"]);
    }
  });
});
