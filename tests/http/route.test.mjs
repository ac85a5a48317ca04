// signedRoute behind a real server: what it lets in, what it refuses and in which words, and what it gives back.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { signCall } from "countersign";
import { createKeyring, memoryReplayStore, signMessage, signRequest, signedFetch } from "countersign/http";
import { signedRoute } from "countersign/next";
import { AUDIENCE, OTHER, SECRET, head, keyring, logging, raw, serve } from "./support.mjs";

/** @typedef {import("./support.mjs").Server} Server */

const options = { audience: AUDIENCE, secret: SECRET };
/** How often the handler ran. */
let runs = 0;
/** @type {Parameters<typeof signedRoute>[0]} */
const handler = async (request, { caller, keyId, body, nonce, created, params }) => {
  runs++;
  const { method, url } = request;
  return Response.json({ caller, keyId, nonce, created, params: await params, method, url, text: await request.text(), bytes: [...body], header: request.headers.get("x-note") });
};

/** @type {Server[]} */
const servers = [];
/** @param {Parameters<typeof signedRoute>[0]} handler @param {import("countersign/next").SignedRouteOptions} [more] */
async function started(handler, more = {}) {
  const server = await serve(signedRoute(handler, { keys: SECRET, audience: AUDIENCE, ...more }));
  servers.push(server);
  return server;
}
/** @type {Server} */
let server;
before(async () => {
  server = await started(handler);
});
after(() => Promise.all(servers.map(({ close }) => close())));

/** A signed POST, as its parts. @param {{ target?: string, body?: string | Uint8Array, fields?: [string, string][], nonce?: Uint8Array, method?: string }} [changes] */
function signed({ target = "/api/orders?a=1", body = "hello", fields = [], nonce, method = "POST" } = {}) {
  const headers = [...fields, .../** @type {[string, string][]} */ (body.length === 0 ? [] : [["content-type", "text/plain"]])];
  const signature = signMessage(keyring, { method, target, headers, body, audience: AUDIENCE }, { nonce });
  return { target, body, headers: [...headers, ...signature] };
}
/** @param {Server} to @param {ReturnType<typeof signed>} request @param {RequestInit} [init] */
const send = (to, { target, body, headers }, init = {}) => fetch(`${to.url}${target}`, { method: "POST", headers, body: /** @type {any} */ (body), ...init });

/** @param {{ result: Response, lines: string[] }} outcome @param {number} status @param {string} code */
async function assertRefused({ result, lines }, status, code) {
  assert.equal(result.status, status);
  const titles = /** @type {Record<number, string>} */ ({ 401: "Unauthorized", 403: "Forbidden", 413: "Content Too Large", 500: "Internal Server Error" });
  assert.deepEqual(await result.json(), { type: "about:blank", title: titles[status], status }, "nothing but the status");
  assert.equal(result.headers.get("content-type"), "application/problem+json");
  assert.equal(result.headers.get("cache-control"), "no-store");
  assert.equal(result.headers.get("www-authenticate"), status === 401 ? "Signature" : null);
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(/** @type {string} */ (lines[0]), new RegExp(`^${status === 500 ? "error" : "warn"} countersign: ${status === 500 ? "misconfigured" : "refused"} code=${code} `));
  assert.ok(!lines.join().includes(SECRET) && !lines.join().includes(OTHER), "a secret is in the log");
}

describe("what is let in", () => {
  test("a signed request: the handler gets who signed it, its bytes, and the request once more", async () => {
    const response = await signedFetch(`${server.url}/api/orders?a=1&a=2`, { method: "POST", body: "h\u00e9llo", headers: { "x-note": "kept" } }, options);
    const { created, nonce, ...seen } = await response.json();
    assert.deepEqual(seen, {
      ...{ caller: "default", keyId: keyring.keyIds[0], params: { id: "seven" }, method: "POST", text: "h\u00e9llo", header: "kept" },
      ...{ url: "http://internal.invalid/api/orders?a=1&a=2", bytes: [...Buffer.from("h\u00e9llo")] },
    });
    assert.ok(Math.abs(created - Date.now()) < 60_000 && created % 1000 === 0);
    assert.match(nonce, /^[\w-]{22}$/);
    assert.equal(response.url, `${server.url}/api/orders?a=1&a=2`);
  });

  for (const method of ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "PUT"]) {
    test(`${method} without a body`, async () => {
      const response = await signedFetch(`${server.url}/api/orders`, { method }, options);
      assert.equal(response.status, 200);
      if (method === "HEAD") assert.equal(await response.text(), "");
      else assert.deepEqual((({ method, text }) => ({ method, text }))(await response.json()), { method, text: "" });
    });
  }

  test("a body of no bytes, and one of the largest size", async () => {
    assert.equal((await (await signedFetch(`${server.url}/a`, { method: "POST", body: "" }, options)).json()).text, "");
    const large = await started(async (_request, { body }) => Response.json(body.length), { maxBodyBytes: 100_000 });
    assert.equal(await (await signedFetch(`${large.url}/a`, { method: "POST", body: "x".repeat(100_000) }, options)).json(), 100_000);
  });

  test("callers by name", async () => {
    const web = "web-secret-Zr2vXw5tNc7Lm1Pd9Kf3Hj6Gs";
    const named = await started(handler, { keys: { web, worker: SECRET }, callers: ["worker"] });
    assert.equal((await (await signedFetch(`${named.url}/a`, {}, options)).json()).caller, "worker");
    await assertRefused(await logging(async () => fetch(await signRequest(createKeyring(web), new Request(`${named.url}/a`), options))), 403, "caller_forbidden");
  });

  test("a rotated secret, from the environment", async () => {
    const variables = { COUNTERSIGN_SECRET: OTHER, COUNTERSIGN_SECRET_PREVIOUS: SECRET, SITE_URL: `${AUDIENCE}/` };
    Object.assign(process.env, variables);
    try {
      const route = await serve(signedRoute(handler));
      servers.push(route);
      for (const secret of [OTHER, SECRET]) assert.equal((await signedFetch(`${route.url}/a`, {}, { ...options, secret })).status, 200);
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
    }
  });
});

describe("what is refused", () => {
  const before = () => runs;

  test("no signature; the plain secret in place of one, wherever it is put", async () => {
    const count = before();
    const basic = Buffer.from(`default:${SECRET}`).toString("base64");
    /** @type {Record<string, string>[]} */
    const attempts = [
      {}, { authorization: `Bearer ${SECRET}` }, { authorization: SECRET }, { authorization: `Signature ${SECRET}` }, { authorization: `Basic ${basic}` },
      { "x-countersign-secret": SECRET }, { countersign: SECRET }, { cookie: `COUNTERSIGN_SECRET=${SECRET}` }, { signature: SECRET },
    ];
    for (const headers of attempts) {
      await assertRefused(await logging(() => fetch(`${server.url}/api/orders?secret=${SECRET}`, { method: "POST", headers, body: SECRET })), 401, "signature_missing");
    }
    for (const input of [SECRET, `countersign=${SECRET}`, `countersign=();keyid="${keyring.keyIds[0]}"`]) {
      const headers = { "signature-input": input, signature: `countersign=:${Buffer.from(SECRET).toString("base64")}:` };
      const { result } = await logging(() => fetch(`${server.url}/api/orders`, { headers }));
      assert.equal(result.status, 401);
    }
    assert.equal(runs, count, "the handler ran");
  });

  test("a signature of another purpose: of a call, of a response, of the key that signs calls", async () => {
    const request = signed();
    const token = signCall(keyring, { audience: AUDIENCE, type: "mutation", name: "a:b", args: {} });
    const response = signMessage(keyring, { status: 200, headers: [["content-type", "text/plain"]], body: "hello", request: { method: "POST", target: request.target, headers: request.headers, audience: AUDIENCE } });
    for (const fields of [[["signature-input", token], ["signature", token]], response]) {
      const { result } = await logging(() => send(server, { ...request, headers: [["content-type", "text/plain"], .../** @type {[string, string][]} */ (fields)] }));
      assert.equal(result.status, 401);
    }
  });

  test("each change to a signed request", async () => {
    const count = before();
    const good = signed();
    const without = (/** @type {string} */ name) => good.headers.filter(([other]) => other !== name);
    /** @type {[change: string, request: ReturnType<typeof signed>, code: string, init?: RequestInit][]} */
    const changes = [
      ["the body", { ...good, body: "hellO" }, "signature_invalid"],
      ["a body more", { ...signed({ body: "" }), body: "more" }, "signature_malformed"],
      ["no body", { ...good, body: "" }, "signature_invalid"],
      ["the path", { ...good, target: "/api/order?a=1" }, "signature_invalid"],
      ["the query", { ...good, target: "/api/orders?a=2" }, "signature_invalid"],
      ["the method", good, "signature_invalid", { method: "PUT" }],
      ["content-type", { ...good, headers: [...without("content-type"), ["content-type", "application/json"]] }, "signature_invalid"],
      ["content-digest", { ...good, headers: without("content-digest") }, "signature_malformed"],
      ["signature", { ...good, headers: without("signature") }, "signature_missing"],
      ["signature-input", { ...good, headers: without("signature-input") }, "signature_missing"],
    ];
    for (const [change, request, code, init] of changes) {
      const outcome = await logging(() => send(server, request, init));
      assert.equal(outcome.result.status, 401, change);
      assert.match(outcome.lines.join(), new RegExp(`code=${code} `), change);
    }
    assert.equal(runs, count, "the handler ran");
    assert.equal((await send(server, good)).status, 200, "the request itself is right, and nothing has used it up");
  });

  test("another audience, another key, another time", async () => {
    /** @param {object} changes @param {string} [secret] */
    const of = async (changes, secret = SECRET) => {
      const request = await signRequest(createKeyring(secret), new Request(`${server.url}/a`), { ...options, ...changes });
      return await logging(() => fetch(request));
    };
    await assertRefused(await of({ audience: "https://other.example" }), 401, "signature_invalid");
    await assertRefused(await of({ audience: undefined }), 401, "signature_invalid");
    await assertRefused(await of({}, OTHER), 401, "key_unknown");
    await assertRefused(await of({ now: Date.now() - 310_000 }), 401, "expired");
    await assertRefused(await of({ now: Date.now() + 310_000 }), 401, "not_yet_valid");
  });

  test("the audience is not what Host, Forwarded or the URL say", async () => {
    const evil = signMessage(keyring, { method: "GET", target: "/a", headers: [], audience: "https://evil.example" });
    const says = [["host", "evil.example"], ["forwarded", "host=evil.example;proto=https"], ["x-forwarded-host", "evil.example"], ["x-forwarded-proto", "https"]];
    const { result } = await logging(() => raw(server.port, [`GET /a HTTP/1.1\r\n${[...says, ...evil].map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`]));
    assert.equal(result.status, 401);
  });

  test("the same request again, twice in a row and many at once", async () => {
    const one = signed();
    assert.equal((await send(server, one)).status, 200);
    await assertRefused(await logging(() => send(server, one)), 401, "replayed");
    const other = signed();
    const { result, lines } = await logging(() => Promise.all(Array.from({ length: 50 }, () => send(server, other))));
    assert.deepEqual(result.map(({ status }) => status).sort(), [200, ...Array(49).fill(401)]);
    assert.equal(lines.length, 49);
  });

  test("a forged request with the nonce of another does not use it up; nor does one of a caller who may not come here", async () => {
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    const good = signed({ nonce });
    await assertRefused(await logging(() => send(server, { ...good, body: "forged" })), 401, "signature_invalid");
    assert.equal((await send(server, good)).status, 200);

    const replay = memoryReplayStore();
    const [closed, open] = [await started(handler, { replay, keys: { web: SECRET }, callers: ["worker"] }), await started(handler, { replay })];
    const late = signed();
    await assertRefused(await logging(() => send(closed, late)), 403, "caller_forbidden");
    assert.equal((await send(open, late)).status, 200);
  });

  test("a store that says anything but yes; one that fails lets nobody in either", async () => {
    for (const answer of [false, undefined, 1, "true", {}]) {
      const route = await started(handler, { replay: { consume: async () => /** @type {any} */ (answer) } });
      await assertRefused(await logging(() => send(route, signed())), 401, "replayed");
    }
    const count = before();
    const broken = await started(handler, { replay: { consume: async () => Promise.reject(new Error("connection lost")) } });
    assert.equal((await send(broken, signed())).status, 500);
    assert.match(String(broken.faults), /connection lost/);
    assert.equal(runs, count);
    const unprotected = await started(handler, { replay: false });
    const again = signed();
    assert.deepEqual([(await send(unprotected, again)).status, (await send(unprotected, again)).status], [200, 200]);
  });

  test("`explain` sends the code and the message out", async () => {
    const route = await started(handler, { explain: true });
    const { result } = await logging(() => fetch(`${route.url}/a`));
    assert.equal(result.status, 401);
    const { code, detail } = await result.json();
    assert.equal(code, "signature_missing");
    assert.match(detail, /signedFetch/);
  });

  test("the log's line holds the path without the query, and one line whatever is sent", async () => {
    const { lines } = await logging(() => fetch(`${server.url}/api/%0Aorders?token=very-private`, { headers: { "signature-input": 'a;keyid="0123456789abcdef"' } }));
    assert.deepEqual(lines, [`warn countersign: refused code=signature_missing method=GET path=/api/%0Aorders key=0123456789abcdef accepted=${keyring.keyIds[0]}`]);
  });
});

describe("header fields", () => {
  test("a field that was sent twice, in whatever form, gets one verdict", async () => {
    const { target, headers } = signed({ body: "", method: "GET" });
    const twice = (/** @type {string} */ name) => headers.flatMap((field) => (field[0] === name ? [field, field] : [field]));
    const split = headers.flatMap(([name, value]) => (name === "signature-input" ? [[name, value.slice(0, 40)], [name, value.slice(40)]] : [[name, value]]));
    for (const fields of [twice("signature"), twice("signature-input"), [...twice("signature"), ...twice("signature-input")], split]) {
      const { result, lines } = await logging(() => raw(server.port, [head(`GET ${target}`, /** @type {[string, string][]} */ (fields))]));
      assert.equal(result.status, 401, lines.join());
      assert.match(lines.join(), /code=signature_malformed /);
    }
    assert.equal((await raw(server.port, [head(`GET ${target}`, headers)])).status, 200);
  });

  test("a covered field that was sent twice is the joined one", async () => {
    const fields = /** @type {[string, string][]} */ ([["x-note", "a"], ["x-note", "b"]]);
    const request = { method: "GET", target: "/a", headers: fields, audience: AUDIENCE };
    const signature = signMessage(keyring, request, { components: ["x-note"] });
    assert.equal((await logging(() => raw(server.port, [head("GET /a", [["x-note", "b"], ["x-note", "a"], ...signature])]))).result.status, 401);
    assert.equal((await raw(server.port, [head("GET /a", [["x-note", "a, b"], ...signature])])).status, 200, "as an intermediary may have joined them");
  });

  test("a signature in a trailer, a parameter or the body is none", async () => {
    const { headers } = signed({ target: "/a", body: "" });
    const trailer = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const { result } = await logging(() => raw(server.port, [head("POST /a", [["transfer-encoding", "chunked"], ["trailer", "signature, signature-input"]]), `0\r\n${trailer}\r\n`]));
    assert.equal(result.status, 401);
    const query = headers.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    assert.equal((await logging(() => fetch(`${server.url}/a?${query}`, { method: "POST", body: query }))).result.status, 401);
  });
});

describe("what is given back", () => {
  test("Set-Cookie lines stay by themselves, and other fields stay", async () => {
    const route = await started(() => new Response("x", { status: 201, statusText: "Made", headers: [["set-cookie", "a=1; Path=/"], ["set-cookie", "b=2, c"], ["x-note", "kept"]] }));
    const response = await signedFetch(`${route.url}/a`, {}, options);
    assert.deepEqual(response.headers.getSetCookie(), ["a=1; Path=/", "b=2, c"]);
    assert.deepEqual([response.status, response.headers.get("x-note"), await response.text()], [201, "kept", "x"]);
  });

  for (const status of [204, 205, 304]) {
    test(`a response that has no body: ${status}`, async () => {
      const route = await started(() => new Response(null, { status }));
      const response = await signedFetch(`${route.url}/a`, { method: "POST", body: "x" }, options);
      assert.deepEqual([response.status, await response.text()], [status, ""]);
    });
  }

  test("an answer to HEAD has no body, whatever the handler gives", async () => {
    const route = await started(() => new Response("a body that GET would have"));
    const response = await signedFetch(`${route.url}/a`, { method: "HEAD" }, options);
    assert.deepEqual([response.status, await response.text()], [200, ""]);
  });

  test("`signedResponse: false` streams", async () => {
    /** @type {(value?: unknown) => void} */
    let finish = () => undefined;
    const finished = new Promise((resolve) => (finish = resolve));
    const stream = () => new ReadableStream({ async start(controller) {
      controller.enqueue(Buffer.from("first"));
      await finished;
      controller.close();
    } });
    const route = await started(() => new Response(stream()), { signedResponse: false });
    const response = await signedFetch(`${route.url}/a`, {}, { ...options, signedResponse: false });
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "first", "it came before the handler had finished");
    finish();
    assert.equal((await reader.read()).done, true);
    assert.equal(response.headers.get("signature"), null);
  });

  test("a signed response has at most 16 MiB", async () => {
    const route = await started(() => new Response(new Uint8Array(16 * 1024 * 1024 + 1)));
    assert.equal((await send(route, signed())).status, 500);
    assert.match(String(route.faults), /larger than 16777216 bytes/);
  });

  test("what the handler throws is thrown on; what is no response is said so", async () => {
    const mistake = new Error("the handler's own");
    const [throwing, silent] = [await started(() => Promise.reject(mistake)), await started(() => /** @type {any} */ (undefined))];
    assert.equal((await send(throwing, signed())).status, 500);
    assert.deepEqual(throwing.faults, [mistake]);
    await send(silent, signed());
    assert.match(String(silent.faults), /what the handler returns must be a Response/);
  });
});

describe("set-up", () => {
  const wrong = /** @type {[string, any][]} */ ([
    ["callers", { callers: [] }], ["callers", { callers: "web" }], ["audience", { audience: "app.example" }], ["audience", { audience: "ftp://app.example" }], ["maxBodyBytes", { maxBodyBytes: -1 }],
    ["maxBodyBytes", { maxBodyBytes: "1mb" }], ["toleranceMs", { toleranceMs: 900_001 }], ["toleranceMs", { toleranceMs: NaN }], ["signedResponse", { signedResponse: 0 }], ["explain", { explain: "yes" }],
    ["replay", { replay: true }], ["replay", { replay: null }], ["replay", { replay: {} }],
  ]);
  for (const [name, given] of wrong) {
    test(`${name}: ${JSON.stringify(Object.values(given)[0])} is refused when the module is loaded`, () => {
      assert.throws(() => signedRoute(handler, given), (/** @type {any} */ error) => error.code === "misconfigured" && error.message.includes(`\`${name}\` must be`));
    });
  }
  test("what is no handler is refused", () => assert.throws(() => signedRoute(/** @type {any} */ (undefined)), { code: "misconfigured" }));

  test("a secret that is missing, weak or no text; SITE_URL that is not set: 500, with the command in the log", async () => {
    /** @type {[given: any, code: string, message: RegExp][]} */
    const mistakes = [
      [{ keys: undefined }, "secret_missing", /The `keys` option is not set on this server\. Put the secret/],
      [{ keys: "" }, "secret_missing", /`keys`/],
      [{ keys: [undefined] }, "secret_missing", /`keys`/],
      [{ keys: {} }, "secret_missing", /`keys`/],
      [{ keys: { web: SECRET, worker: undefined } }, "secret_missing", /`keys\.worker`/],
      [{ keys: { web: SECRET, worker: SECRET } }, "key_conflict", /./],
      [{ keys: { web: SECRET, worker: "changeme-changeme-changeme-changeme" } }, "secret_weak", /`keys\.worker`/],
      [{ keys: 42 }, "misconfigured", /is not text/],
      [{ keys: () => undefined }, "secret_missing", /`keys`/],
      [{ audience: undefined }, "misconfigured", /SITE_URL is not set to a URL/],
    ];
    for (const [given, code, message] of mistakes) {
      const route = await started(handler, given);
      const outcome = await logging(() => send(route, signed()));
      await assertRefused(outcome, 500, code);
      assert.match(outcome.lines.join(), message);
    }
    const bare = await serve(signedRoute(handler, { audience: AUDIENCE }));
    servers.push(bare);
    const outcome = await logging(() => send(bare, signed()));
    await assertRefused(outcome, 500, "secret_missing");
    assert.match(outcome.lines.join(), /COUNTERSIGN_SECRET is not set on this server/);
  });

  test("a polluted Object.prototype changes nothing", async () => {
    const pollution = { keys: OTHER, audience: "https://evil.example", replay: false, callers: ["nobody"], toleranceMs: 1, maxBodyBytes: 1, signedResponse: false, explain: true, consume: async () => true, SITE_URL: "https://evil.example" };
    const request = signed();
    Object.assign(Object.prototype, pollution);
    let statuses;
    try {
      const route = await serve(signedRoute(handler, Object.assign(Object.create(null), { keys: SECRET, audience: AUDIENCE })));
      servers.push(route);
      const responses = (await logging(async () => [await send(route, request), await send(route, request)])).result;
      statuses = responses.map(({ status, headers }) => [status, headers.has("signature")]);
    } finally {
      for (const name of Object.keys(pollution)) delete /** @type {any} */ (Object.prototype)[name];
    }
    assert.deepEqual(statuses, [[200, true], [401, false]]);
  });
});
