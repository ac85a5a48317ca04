// Bodies: read once, as bytes, and no more of them than the cap. URLs: path and query as they were sent.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { signMessage, signRequest, signResponse, signedFetch, verifyRequest, verifyResponse } from "countersign/http";
import { signedRoute } from "countersign/next";
import { AUDIENCE, SECRET, head, keyring, logging, raw, serve } from "./support.mjs";

const options = { audience: AUDIENCE, secret: SECRET };
const CAP = 64 * 1024;
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** @type {number[][]} the bytes that the handler got */
const got = [];
let runs = 0;
before(async () => {
  const route = signedRoute(async (request, { body }) => {
    runs++;
    got.push([...body]);
    assert.deepEqual(new Uint8Array(await request.arrayBuffer()), body);
    return new Response(body);
  }, { keys: SECRET, audience: AUDIENCE, maxBodyBytes: CAP });
  server = await serve(route);
});
after(() => server.close());

/** Header fields of a request that is signed as if it had this body. @param {string | Uint8Array} [body] */
const fieldsOf = (body = "x") => signMessage(keyring, { method: "POST", target: "/a", headers: [], body, audience: AUDIENCE });

/** What gives a body out in parts, and counts what is taken. @param {Uint8Array} part @param {number} [times] */
function counted(part, times = Infinity) {
  const seen = { pulled: 0, cancelled: false };
  const stream = new ReadableStream({
    pull: (controller) => {
      if (seen.pulled++ < times) controller.enqueue(part.slice());
      else controller.close();
    },
    cancel: () => void (seen.cancelled = true),
  }, { highWaterMark: 0 });
  return { stream, seen };
}
/** @param {ReadableStream} body @param {[string, string][]} [fields] */
const post = (body, fields = []) => new Request(`${AUDIENCE}/a`, /** @type {any} */ ({ method: "POST", headers: [...fieldsOf(), ...fields], body, duplex: "half" }));

describe("bodies over the cap", () => {
  test("one byte more than the cap is answered with 413, and the handler does not run", async () => {
    const before = runs;
    for (const size of [CAP + 1, 10 * CAP]) {
      const { result, lines } = await logging(() => signedFetch(`${server.url}/a`, { method: "POST", body: "x".repeat(size) }, options).catch((error) => error));
      assert.equal(result.code, "body_too_large");
      assert.match(result.message, /status 413/);
      assert.match(lines.join(), /code=body_too_large /);
    }
    assert.equal(runs, before);
    assert.equal((await signedFetch(`${server.url}/a`, { method: "POST", body: "x".repeat(CAP) }, options)).status, 200);
  });

  test("a stream that never ends: 413 while it is still being sent", async () => {
    let sent = 0;
    async function* endless() {
      yield head("POST /a", [["transfer-encoding", "chunked"], ...fieldsOf()]);
      const chunk = `1000\r\n${"x".repeat(0x1000)}\r\n`;
      for (;;) {
        sent += chunk.length;
        yield chunk;
      }
    }
    const { result, lines } = await logging(() => raw(server.port, endless()));
    assert.equal(result.status, 413);
    assert.match(lines.join(), /code=body_too_large /);
    assert.ok(sent < 100 * CAP, `${sent} bytes were sent`);
  });

  test("a Content-Length over the cap: 413 before any of the body is there", async () => {
    for (const length of ["65537", "999999999999"]) {
      const { result } = await logging(() => raw(server.port, [head("POST /a", [["content-length", length], ...fieldsOf()])]));
      assert.equal(result.status, 413, length);
    }
  });

  test("a client that goes on is not held up by what was left of a body", async () => {
    const { result } = await logging(() => raw(server.port, [head("POST /a", [["content-length", String(CAP + 1)], ...fieldsOf()])]));
    assert.match(result.head, /^connection: close$/im);
    for (let i = 0; i < 3; i++) {
      const started = performance.now();
      const tooLarge = await logging(() => signedFetch(`${server.url}/a`, { method: "POST", body: "x".repeat(CAP + 1) }, options).catch((error) => error.code));
      assert.equal(tooLarge.result, "body_too_large");
      assert.equal((await signedFetch(`${server.url}/a`, { method: "POST", body: "x" }, options)).status, 200);
      assert.ok(performance.now() - started < 4000);
    }
  });

  test("at most the cap and one chunk are taken", async () => {
    for (const [size, maxBodyBytes, taken] of /** @type {[number, number, number][]} */ ([[1000, 10_000, 11], [1, 100, 101], [5000, 100, 1], [10, 0, 1]])) {
      const { stream, seen } = counted(new Uint8Array(size));
      await assert.rejects(verifyRequest(keyring, post(stream), { audience: AUDIENCE, maxBodyBytes }), { code: "body_too_large" });
      assert.deepEqual(seen, { pulled: taken, cancelled: false });
      const { stream: answered, seen: seenOfAnswer } = counted(new Uint8Array(size));
      const signed = await signRequest(keyring, new Request(`${AUDIENCE}/a`));
      await assert.rejects(verifyResponse(keyring, signed, new Response(answered), { maxBodyBytes }), { code: "body_too_large" });
      assert.deepEqual(seenOfAnswer, { pulled: taken, cancelled: true }, "whoever answers is told to stop");
    }
  });

  test("a Content-Length that lies is not believed: too small, no number, or too large", async () => {
    for (const length of ["1", "0", "-1", "1e9", "0x10", "65537, 1", "", " "]) {
      const { stream, seen } = counted(new Uint8Array(100));
      await assert.rejects(verifyRequest(keyring, post(stream, [["content-length", length]]), { audience: AUDIENCE, maxBodyBytes: 1000 }), { code: "body_too_large" });
      assert.deepEqual(seen, { pulled: 11, cancelled: false }, length);
    }
    const { stream, seen } = counted(new Uint8Array(1), 1);
    await assert.rejects(verifyRequest(keyring, post(stream, [["content-length", "1001"]]), { audience: AUDIENCE, maxBodyBytes: 1000 }), { code: "body_too_large" });
    assert.deepEqual(seen, { pulled: 0, cancelled: false });
  });

  test("a sender of single bytes costs no more than its bytes", async () => {
    const body = new Uint8Array(30_000).fill(120);
    const { stream } = counted(body.subarray(0, 1), body.length);
    const before = process.memoryUsage().arrayBuffers;
    const request = new Request(`${AUDIENCE}/a`, /** @type {any} */ ({ method: "POST", headers: fieldsOf(body), body: stream, duplex: "half" }));
    const { body: read } = await verifyRequest(keyring, request, { audience: AUDIENCE });
    assert.deepEqual(Buffer.compare(read, body), 0);
    assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
  });

  test("responses too: by signedFetch's and verifyResponse's own cap", async () => {
    const route = await serve(signedRoute(() => new Response("x".repeat(2000)), { keys: SECRET, audience: AUDIENCE }));
    try {
      await assert.rejects(signedFetch(`${route.url}/a`, {}, { ...options, maxBodyBytes: 1999 }), { code: "body_too_large" });
      assert.equal((await (await signedFetch(`${route.url}/a`, {}, { ...options, maxBodyBytes: 2000 })).text()).length, 2000);
    } finally {
      await route.close();
    }
  });

  test("a cap that is none is an error, and no cap at all", async () => {
    for (const maxBodyBytes of [-1, 1.5, NaN, Infinity, "1", null]) {
      await assert.rejects(verifyRequest(keyring, post(counted(new Uint8Array(1)).stream), { audience: AUDIENCE, maxBodyBytes: /** @type {any} */ (maxBodyBytes) }), { code: "type_invalid" });
    }
  });
});

describe("bodies are bytes", () => {
  const bodies = /** @type {Record<string, Uint8Array>} */ ({
    "a byte-order mark": Buffer.from("\ufeff{}"),
    "no UTF-8": Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80),
    "CRLF": Buffer.from("a\r\nb\r\n"),
    "spaced JSON": Buffer.from('{ "b": 1, "a": 2 }'),
    "NUL": new Uint8Array(3),
  });
  for (const [name, body] of Object.entries(bodies)) {
    test(`${name} arrives as it is`, async () => {
      const response = await signedFetch(`${server.url}/a`, { method: "POST", body: /** @type {any} */ (body) }, options);
      assert.deepEqual(got.at(-1), [...body]);
      assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [...body]);
    });
  }

  test("what decodes to the same text is not the same body", async () => {
    const before = runs;
    /** @type {[signed: string | Uint8Array, sent: string | Uint8Array][]} */
    const pairs = [["\ufeff{}", "{}"], [Uint8Array.of(0xff), Uint8Array.of(0xfe)], [Uint8Array.of(0xff), "\ufffd"], ["a\r\nb", "a\nb"], ['{"a":1}', '{ "a": 1 }'], ["\u00e9", "e\u0301"]];
    for (const [signed, sent] of pairs) {
      const { result } = await logging(() => fetch(`${server.url}/a`, { method: "POST", headers: fieldsOf(signed), body: /** @type {any} */ (sent) }));
      assert.equal(result.status, 401);
    }
    assert.equal(runs, before);
  });

  test("a body in many chunks is the same body", async () => {
    const parts = ["he", "", "l", "lo"].filter(Boolean).map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
    assert.equal((await raw(server.port, [head("POST /a", [["transfer-encoding", "chunked"], ...fieldsOf("hello")]), ...parts, "0\r\n\r\n"])).status, 200);
    assert.deepEqual(got.at(-1), [...Buffer.from("hello")]);
  });

  test("a body that was read already is said to be", async () => {
    const read = async () => {
      const request = new Request(`${AUDIENCE}/a`, { method: "POST", headers: fieldsOf(), body: "x" });
      await request.text();
      return request;
    };
    await assert.rejects(verifyRequest(keyring, await read(), { audience: AUDIENCE }), { code: "type_invalid", message: /the body was read before/ });
    await assert.rejects(signRequest(keyring, await read()), { code: "type_invalid" });
  });

  test("what was verified cannot be changed afterwards by whoever sent it", async () => {
    const part = Buffer.from("hello");
    const stream = new ReadableStream({ start: (controller) => (controller.enqueue(part), controller.close()) });
    const request = new Request(`${AUDIENCE}/a`, /** @type {any} */ ({ method: "POST", headers: fieldsOf("hello"), body: stream, duplex: "half" }));
    const { body, request: fresh } = await verifyRequest(keyring, request, { audience: AUDIENCE });
    part.fill(0);
    assert.equal(Buffer.from(body).toString(), "hello");
    body.fill(0);
    assert.equal(await fresh.text(), "hello", "each has a copy of its own");
  });

  test("a request and a response keep what they had", async () => {
    const { signal } = new AbortController();
    const request = await signRequest(keyring, new Request(`${AUDIENCE}/a?b#c`, { method: "PATCH", body: "x", headers: { "x-note": "n" }, signal }));
    const { request: fresh } = await verifyRequest(keyring, request, { audience: AUDIENCE });
    assert.deepEqual([fresh.method, fresh.url, fresh.headers.get("x-note"), fresh.bodyUsed], ["PATCH", `${AUDIENCE}/a?b#c`, "n", false]);
    const controller = new AbortController();
    const abortable = await verifyRequest(keyring, await signRequest(keyring, new Request(`${AUDIENCE}/a`, { signal: controller.signal })), { audience: AUDIENCE });
    controller.abort();
    assert.equal(abortable.request.signal.aborted, true);
    const response = await signResponse(keyring, request, new Response("y", { status: 207, statusText: "Several", headers: { "x-note": "m" } }), { audience: AUDIENCE });
    const verified = await verifyResponse(keyring, request, response);
    assert.deepEqual([verified.response.status, verified.response.statusText, verified.response.headers.get("x-note"), verified.response.bodyUsed], [207, "Several", "m", false]);
    assert.deepEqual([verified.caller, verified.keyId, Buffer.from(verified.body).toString()], ["default", keyring.keyIds[0], "y"]);
  });
});

describe("URLs", () => {
  const targets = ["/", "/a//b", "/a/", "/a?", "/?a=1&b=2", "/?b=2&a=1", "/?a=1&a=2", "/?a=+", "/?a=%20", "/%2F", "/%7e", "/%7E", "/~", "/a;b=c", "/?a=1?b=2", "/a%252e", "/%C3%BC", "/[a]"];
  test("each arrives as it was signed, and as no other", async () => {
    const passed = [];
    for (const signed of targets) {
      const fields = signMessage(keyring, { method: "GET", target: signed, headers: [], audience: AUDIENCE });
      for (const sent of targets) {
        const { result } = await logging(async () => verifyRequest(keyring, new Request(`http://elsewhere.invalid${sent}`, { headers: fields }), { audience: AUDIENCE }).then(() => true, (error) => error.code));
        if (result === true) passed.push([signed, sent]);
        else assert.equal(result, "signature_invalid");
      }
    }
    // RFC 9421, 2.2.7: an absent query and an empty one are both "?".
    assert.deepEqual(passed, targets.map((target) => [target, target]));
  });

  test("over a socket, and by signedFetch", async () => {
    for (const target of targets) {
      const fields = signMessage(keyring, { method: "GET", target, headers: [], audience: AUDIENCE });
      assert.equal((await raw(server.port, [head(`GET ${target}`, fields)])).status, 200, target);
      assert.equal((await signedFetch(`${server.url}${target}`, {}, options)).status, 200, target);
    }
  });

  test("another spelling of the same path is another path, or what a URL parser makes of it", async () => {
    const fields = signMessage(keyring, { method: "GET", target: "/b", headers: [], audience: AUDIENCE });
    const before = runs;
    for (const target of ["/%62", "/B", "/b/", "/b?", "//b", "/b;", "/b%00", "/b%2f", "/b#x"]) {
      const { result } = await logging(() => raw(server.port, [head(`GET ${target}`, fields)]));
      // The parser drops the fragment, and a trailing question mark has the same query.
      if (target === "/b?" || target === "/b#x") continue;
      assert.equal(result.status, 401, target);
    }
    assert.ok(runs - before <= 1, "one request, one run");
  });

  test("dots are resolved by the signer's own URL parser before they are signed", async () => {
    const response = await signedFetch(`${server.url}/x/../y/%2e%2e/z`, {}, options);
    assert.equal(response.url, `${server.url}/z`);
  });
});
