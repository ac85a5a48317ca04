// signedFetch: where it sends and where it does not, and which answers it takes.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createKeyring, signMessage, signRequest, signResponse, signedFetch, verifyRequest, verifyResponse } from "countersign/http";
import { signedRoute } from "countersign/next";
import { AUDIENCE, OTHER, SECRET, keyring, logging, serve } from "./support.mjs";

const options = { audience: AUDIENCE, secret: SECRET };
/** @type {Awaited<ReturnType<typeof serve>>[]} */
const servers = [];
/** @param {import("./support.mjs").Route} route */
async function started(route) {
  const server = await serve(route);
  servers.push(server);
  return server;
}
after(() => Promise.all(servers.map(({ close }) => close())));
/** @param {Parameters<typeof signedRoute>[0]} handler @param {object} [more] */
const route = (handler, more = {}) => signedRoute(handler, { keys: SECRET, audience: AUDIENCE, ...more });
const hello = route(() => new Response("hello"));

/** A `fetch` that answers by itself. @param {(request: Request) => Response | Promise<Response>} answer */
function fake(answer) {
  /** @type {Request[]} */
  const sent = [];
  const fetch = /** @type {typeof globalThis.fetch} */ (async (input, init) => {
    const request = /** @type {Request} */ (input);
    assert.equal(init?.redirect, "manual");
    sent.push(request);
    return await answer(request);
  });
  return { fetch, sent };
}

describe("where it sends", () => {
  for (const url of ["http://app.example/a", "http://127.0.0.1.example/a", "http://localhost.example/a", "http://10.0.0.1/a", "http://[::2]/a", "http://0.0.0.0/a", "http://2886729729/a", "ftp://127.0.0.1/a", "data:,x"]) {
    test(`not to ${url}`, async () => {
      const { fetch, sent } = fake(() => new Response());
      await assert.rejects(signedFetch(url, {}, { ...options, fetch }), (/** @type {any} */ error) => error.code === "misconfigured" || error instanceof TypeError);
      assert.equal(sent.length, 0);
    });
  }
  for (const url of ["https://app.example/a", "http://localhost:3000/a", "http://127.1.2.3/a", "http://[::1]/a", "http://2130706433/a"]) {
    test(`to ${url}`, async () => {
      const { fetch, sent } = fake((request) => signResponse(keyring, request, new Response("x"), { audience: AUDIENCE }));
      assert.equal(await (await signedFetch(url, {}, { ...options, fetch })).text(), "x");
      assert.equal(sent.length, 1);
    });
  }

  for (const status of [301, 302, 303, 307, 308]) {
    test(`a redirect (${status}) to another origin is not followed`, async () => {
      const elsewhere = await started(() => new Response("stolen"));
      /** @type {Headers[]} */
      const got = [];
      const trap = await started((request) => (got.push(request.headers), new Response("stolen")));
      const from = await started(() => new Response(null, { status, headers: { location: `${trap.url}/a` } }));
      await assert.rejects(signedFetch(`${from.url}/a?private=1`, { method: "POST", body: "x" }, options), (/** @type {any} */ error) => {
        assert.equal(error.code, "misconfigured");
        assert.match(error.message, new RegExp(`redirect to ${trap.url},.*not sent on to another origin`));
        assert.ok(!error.message.includes("private"));
        return true;
      });
      assert.equal(got.length, 0);
      // Another scheme, another port and another spelling of this machine are other origins too.
      for (const location of [from.url.replace("http:", "https:"), elsewhere.url, from.url.replace("127.0.0.1", "localhost"), `//127.0.0.1:${elsewhere.port}/`, "http://[", "mailto:a@b.example"]) {
        const there = await started((request) => (request.url.endsWith("/x") ? new Response("x") : new Response(null, { status, headers: { location } })));
        await assert.rejects(signedFetch(`${there.url}/a`, {}, options), { code: "misconfigured" });
      }
    });

    test(`a redirect (${status}) within the origin is followed, each request with a signature of its own`, async () => {
      /** @type {[string, string, string][]} */
      const took = [];
      const moved = route(() => new Response(null, { status, headers: { location: "/to?a=1" } }));
      const target = route(async (request, { nonce }) => (took.push([request.method, await request.text(), nonce]), new Response("there")));
      /** @type {(string | null)[]} */
      const inputs = [];
      const there = await started((request) => {
        inputs.push(request.headers.get("signature-input"));
        return request.url.endsWith("/from") ? moved(request) : target(request);
      });
      const response = await signedFetch(`${there.url}/from`, { method: "POST", body: "x", headers: { "content-type": "text/plain" } }, options);
      assert.deepEqual([await response.text(), response.url], ["there", `${there.url}/to?a=1`]);
      assert.deepEqual(took.map(([method, body]) => [method, body]), [status < 307 ? ["GET", ""] : ["POST", "x"]]);
      assert.equal(new Set(inputs).size, 2);
    });
  }

  test("a redirect that is not signed is not followed: somebody on the way would choose the route", async () => {
    /** @type {string[]} */
    const took = [];
    const refunds = route(async (request) => (took.push(await request.text()), new Response("refunded")));
    const there = await started((request) => (request.url.endsWith("/receipts") ? new Response(null, { status: 307, headers: { location: "/refunds" } }) : refunds(request)));
    await assert.rejects(signedFetch(`${there.url}/receipts`, { method: "POST", body: "x" }, options), { code: "signature_missing", message: /status 307.*If the redirect is right, call the URL that it leads to/ });
    assert.deepEqual(took, []);
    // Whoever says that answers need not be signed has said it of redirects too.
    assert.equal(await (await signedFetch(`${there.url}/receipts`, { method: "POST", body: "x" }, { ...options, signedResponse: false })).text(), "refunded");
  });

  test("`redirect` says otherwise: manual gives the answer, error fails; and there is an end to it", async () => {
    const signed = await started(route(() => new Response(null, { status: 307, headers: { location: "/b" } })));
    const response = await signedFetch(`${signed.url}/a`, { redirect: "manual" }, options);
    assert.deepEqual([response.status, response.headers.get("location")], [307, "/b"]);
    assert.equal((await signedFetch(new Request(`${signed.url}/a`, { redirect: "manual" }), undefined, options)).status, 307);
    await assert.rejects(signedFetch(`${signed.url}/a`, { redirect: "error" }, options), TypeError);
    await assert.rejects(signedFetch(`${signed.url}/a`, {}, options), /redirected too often/);
  });

  test("a redirect that does not say where to is an error, or an answer", async () => {
    const opaque = Object.defineProperties(new Response(null), { type: { value: "opaqueredirect" }, status: { value: 0 } });
    await assert.rejects(signedFetch("https://app.example/a", {}, { ...options, fetch: fake(() => opaque).fetch }), { code: "misconfigured" });
    const bare = await started(route(() => new Response("x", { status: 300 })));
    assert.equal((await signedFetch(`${bare.url}/a`, {}, options)).status, 300);
  });

  test("a signed request does not follow redirects by itself either", async () => {
    const there = await started(() => new Response(null, { status: 307, headers: { location: "/b" } }));
    assert.equal((await fetch(await signRequest(keyring, new Request(`${there.url}/a`), options))).status, 307);
  });
});

describe("the secret", () => {
  test("from the option, a function or the environment, read at each call", async () => {
    const server = await started(hello);
    assert.equal((await signedFetch(`${server.url}/a`, {}, { audience: AUDIENCE, secret: () => SECRET })).status, 200);
    await assert.rejects(signedFetch(`${server.url}/a`, {}, { audience: AUDIENCE }), { code: "secret_missing", message: /COUNTERSIGN_SECRET is not set/ });
    process.env["COUNTERSIGN_SECRET"] = SECRET;
    try {
      assert.equal((await signedFetch(`${server.url}/a`, undefined, { audience: AUDIENCE })).status, 200);
      for (const secret of [undefined, ""]) await assert.rejects(signedFetch(`${server.url}/a`, {}, { audience: AUDIENCE, secret }), { code: "secret_missing" }, "an option that is not set is not replaced");
    } finally {
      delete process.env["COUNTERSIGN_SECRET"];
    }
    await assert.rejects(signedFetch(`${server.url}/a`, {}, { audience: AUDIENCE, secret: "short" }), { code: "secret_weak" });
  });

  test("is not sent, nor anything that it is made of", async () => {
    const { fetch, sent } = fake((request) => signResponse(keyring, request, new Response(), { audience: AUDIENCE }));
    await signedFetch("https://app.example/a", { method: "POST", body: "x" }, { ...options, fetch });
    const text = JSON.stringify([sent[0]?.url, ...(sent[0]?.headers ?? [])]);
    for (const form of [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString("base64"), Buffer.from(SECRET).toString("hex")]) assert.ok(!text.includes(form));
  });
});

describe("which answers it takes", () => {
  /** @param {(request: Request) => Response | Promise<Response>} answer @param {object} [more] */
  const answered = (answer, more = {}) => signedFetch("https://app.example/api?private=1", { method: "POST", body: "x" }, { ...options, fetch: fake(answer).fetch, ...more });
  const sign = (/** @type {Request} */ request, response = new Response("answer"), by = keyring) => signResponse(by, request, response, { audience: AUDIENCE });

  /** An answer by another key, to the request as if that key had signed it. @param {Request} request */
  function byAnother({ headers }) {
    const other = createKeyring(OTHER);
    const renamed = [...headers].map(([name, value]) => /** @type {[string, string]} */ ([name, value.replaceAll(keyring.keyIds[0], other.keyIds[0])]));
    const request = { method: "POST", target: "/api?private=1", headers: renamed, audience: AUDIENCE };
    return signMessage(other, { status: 200, headers: [["content-type", "text/plain;charset=UTF-8"]], body: "answer", request });
  }
  /** @param {Promise<unknown>} answer @param {string} code @param {RegExp} [message] */
  async function assertRefused(answer, code, message = /./) {
    await assert.rejects(answer, (/** @type {any} */ error) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, /^countersign: .*POST https:\/\/app\.example\/api/);
      assert.match(error.message, message);
      assert.ok(error.message.includes(keyring.keyIds[0]) && error.message.includes(AUDIENCE) && error.message.includes("npx countersign doctor"), error.message);
      assert.ok(!error.message.includes("private") && !error.message.includes(SECRET));
      return true;
    });
  }

  test("an unsigned one is refused, whatever it says", async () => {
    for (const response of [new Response("hello"), Response.json({ ok: true }), new Response(null, { status: 204 }), new Response("oh", { status: 500 }), new Response("no", { status: 401 })]) {
      await assertRefused(answered(() => response), "signature_missing", new RegExp(`status ${response.status}\\) is not signed`));
    }
    assert.equal(await (await answered(() => new Response("hello"), { signedResponse: false })).text(), "hello");
  });

  test("a refusal of ours has its code, also where the other side explains itself", async () => {
    const problem = (/** @type {number} */ status, /** @type {object} */ more = {}) => new Response(JSON.stringify({ type: "about:blank", status, ...more }), { status, headers: { "content-type": "application/problem+json" } });
    for (const [status, code] of /** @type {[number, string][]} */ ([[401, "unauthorized"], [403, "caller_forbidden"], [413, "body_too_large"], [500, "misconfigured"]])) {
      await assertRefused(answered(() => problem(status)), code, /was refused .*other side's log/);
    }
    await assertRefused(answered(() => problem(401, { code: "expired" })), "expired");
    for (const odd of [{ code: "toString" }, { code: "" }, { code: 7 }, { code: "ok", message: SECRET }]) await assertRefused(answered(() => problem(401, odd)), "unauthorized");
    await assertRefused(answered(() => problem(400)), "signature_missing");
    const large = new Response("x".repeat(20_000), { status: 401, headers: { "content-type": "application/problem+json" } });
    await assertRefused(answered(() => large), "unauthorized");
  });

  test("a signed one that is not the other side's answer to this request", async () => {
    const other = await signRequest(keyring, new Request("https://app.example/api?private=1", { method: "POST", body: "x" }), options);
    const late = (/** @type {Request} */ request, /** @type {number} */ now) => signResponse(keyring, request, new Response("answer"), { audience: AUDIENCE, now });
    /** @type {[what: string, answer: (request: Request) => Response | Promise<Response>, code: string][]} */
    const wrong = [
      ["an answer to another request", () => sign(other), "signature_invalid"],
      ["another key's", (request) => new Response("answer", { headers: byAnother(request) }), "signature_invalid"],
      ["the request itself, sent back", (request) => new Response("x", { headers: request.headers }), "signature_missing"],
      ["the request as the answer's signature", (request) => new Response("x", { headers: [...request.headers].filter(([name]) => /signature|content-/.test(name)) }), "signature_missing"],
      ["for another audience", (request) => signResponse(keyring, request, new Response("answer"), { audience: "https://other.example" }), "signature_invalid"],
      ["too old", (request) => late(request, Date.now() - 310_000), "expired"],
      ["too early", (request) => late(request, Date.now() + 310_000), "not_yet_valid"],
      ["another body", async (request) => new Response("Answer", { headers: (await sign(request)).headers }), "signature_invalid"],
      ["no body", async (request) => new Response(null, { headers: (await sign(request)).headers }), "signature_invalid"],
      ["another status", async (request) => new Response("answer", { status: 201, headers: (await sign(request)).headers }), "signature_invalid"],
      ["another content type", async (request) => new Response("answer", { headers: { ...Object.fromEntries((await sign(request)).headers), "content-type": "text/html" } }), "signature_invalid"],
    ];
    for (const [what, answer, code] of wrong) await assertRefused(answered(answer), code, new RegExp(`not signed|is not accepted \\(${code}\\)`)).catch((error) => assert.fail(`${what}: ${error.message}`));
    assert.equal(await (await answered(sign)).text(), "answer");
  });

  test("what goes wrong on the way is fetch's own error", async () => {
    const lost = new TypeError("fetch failed");
    await assert.rejects(answered(() => Promise.reject(lost)), (error) => error === lost);
    await assert.rejects(signedFetch("https://app.example/a", { signal: AbortSignal.abort() }, { ...options, fetch }), { name: "AbortError" });
  });
});

describe("reflection and other uses of a signature", () => {
  test("a response is no request, and a request no response", async () => {
    const request = await signRequest(keyring, new Request("https://app.example/a", { method: "POST", body: "x" }), options);
    const response = await signResponse(keyring, request, new Response("x", { headers: { "content-type": "text/plain;charset=UTF-8" } }), { audience: AUDIENCE });
    await assert.rejects(verifyRequest(keyring, new Request("https://app.example/a", { method: "POST", body: "x", headers: response.headers }), { audience: AUDIENCE }), { code: "signature_missing" });
    await assert.rejects(verifyResponse(keyring, request, new Response("x", { headers: request.headers })), { code: "signature_missing" });
  });

  test("a server's request to itself or to another one does not verify there", async () => {
    const request = await signRequest(keyring, new Request("https://a.example/a"));
    await assert.rejects(verifyRequest(keyring, request, { audience: "https://b.example" }), { code: "signature_invalid" });
  });

  test("the query is sent as URLSearchParams writes it, which is what Next.js makes of any other", async () => {
    const server = await started(route((request) => new Response(new URL(request.url).search)));
    const form = new URLSearchParams([["a", "1 2"], ["b", "~"], ["c", ""], ["a", "\u00e9&"]]);
    for (const query of ["?a=1%202&b=%7e&c&a=\u00e9%26", `?${form}`]) {
      assert.equal(await (await signedFetch(`${server.url}/a${query}`, {}, options)).text(), `?${form}`);
      assert.equal(await (await signedFetch(new Request(`${server.url}/a${query}`, { method: "POST", body: "x" }), undefined, options)).text(), `?${form}`);
    }
    for (const none of ["/a", "/a?", "/a?#b"]) assert.equal(await (await signedFetch(`${server.url}${none}`, {}, options)).text(), "");
  });

  test("a stream as the body, and a Request as the input", async () => {
    const server = await started(route(async (request) => new Response(await request.text())));
    const stream = () => new ReadableStream({ start: (controller) => (controller.enqueue(Buffer.from("in ")), controller.enqueue(Buffer.from("parts")), controller.close()) });
    assert.equal(await (await signedFetch(`${server.url}/a`, { method: "POST", body: stream() }, options)).text(), "in parts");
    assert.equal(await (await signedFetch(new Request(`${server.url}/a`, { method: "POST", body: "given" }), undefined, options)).text(), "given");
    assert.equal(await (await signedFetch(new URL(`${server.url}/a`), { method: "PUT", body: new URLSearchParams({ a: "1" }) }, options)).text(), "a=1");
    const { lines } = await logging(() => signedFetch(`${server.url}/a`, { headers: { "x-note": "n" } }, { ...options, components: ["x-note"] }));
    assert.deepEqual(lines, []);
  });
});
