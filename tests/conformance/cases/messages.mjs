// Signed HTTP messages: the vectors, through the functions on plain values; and a few through Request and Response, where bodies come as streams.
import { SECRETS, hex, unhex, withPollution } from "./checks.mjs";

const NOW = 1_800_000_000_000;
const ORIGIN = "https://app.example";
const POST = { method: "POST", target: "/api/events?a=1", headers: [["content-type", "application/json"]], body: "{}", audience: ORIGIN };

/** @param {any} message of a vector @returns {any} */
function described({ body, request, ...message }) {
  return { ...message, ...(body === undefined ? {} : { body: unhex(body) }), ...(request === undefined ? {} : { request: described(request) }) };
}

/** @param {any} vector @returns {any} the message as it was before it was signed */
const messageOf = ({ request, response }) => described(request === undefined ? response : request);

/** @param {import("../suite.mjs").Suite} suite */
export function messages({ api, http, inspect, vectors, check, test, testLater }) {
  if (http === undefined) return;
  const { signMessage, verifyMessage } = http;

  for (const vector of vectors.messages) {
    const kind = vector.request === undefined ? "response" : "request";
    test(`${kind} vector: ${vector.name}`, () => {
      const keyring = api.createKeyring(vector.secret);
      const message = messageOf(vector);
      if (vector.fields !== undefined) {
        const options = kind === "response" ? { now: vector.now } : { now: vector.now, nonce: unhex(vector.nonceBytes), ...(vector.components === undefined ? {} : { components: vector.components }) };
        check.equal(signMessage(keyring, message, options), vector.fields, "signMessage");
      }
      const expected = { now: vector.now, ...(vector.toleranceMs === undefined ? {} : { toleranceMs: vector.toleranceMs }) };
      const verified = verifyMessage(keyring, { ...message, headers: vector.signed }, expected);
      check.equal([verified.caller, verified.keyId, verified.created], ["default", vector.keyId, vector.created], "verifyMessage");
      if (kind === "request") {
        check.equal(verified.nonce, vector.nonce, "nonce");
        check.equal(verified.claim, vector.claim, "claim");
      }
      check.explains(() => inspect?.explainMessage(keyring, { ...message, headers: vector.signed }, expected), undefined, "explainMessage");
      keyring.free();
    });
  }

  for (const vector of vectors["messages-refused"]) {
    test(`refused ${vector.request === undefined ? "response" : "request"} vector: ${vector.name}`, () => {
      const keyring = api.createKeyring(vector.secret);
      const expected = { now: vector.now, ...(vector.toleranceMs === undefined ? {} : { toleranceMs: vector.toleranceMs }) };
      check.refuses(() => verifyMessage(keyring, messageOf(vector), expected), vector.code, "verifyMessage");
      check.explains(() => inspect?.explainMessage(keyring, messageOf(vector), expected), vector.code, "explainMessage");
      keyring.free();
    });
  }

  test("what a replay store remembers differs by nonce and by key, and lasts as long as the message is good", () => {
    const keyring = api.createKeyring({ web: SECRETS.a, worker: SECRETS.b });
    /** @param {object} options @param {number} [toleranceMs] */
    const claimOf = (options, toleranceMs = 300_000) => {
      const fields = signMessage(keyring, POST, { now: NOW, nonce: new Uint8Array(16), ...options });
      return verifyMessage(keyring, { ...POST, headers: [...POST.headers, ...fields] }, { now: NOW, toleranceMs }).claim;
    };
    const [one, same, otherNonce, otherKey] = [claimOf({}), claimOf({}), claimOf({ nonce: new Uint8Array(16).fill(1) }), claimOf({ caller: "worker" })];
    check.equal(one, same, "the same message");
    check.ok(new Set([one.key, otherNonce.key, otherKey.key]).size === 3, "other nonces and keys");
    check.ok(one.expiresAt > NOW + 300_000, "until after the window");
    check.ok(claimOf({}, 900_000).expiresAt > NOW + 900_000, "until after a wider window");
    keyring.free();
  });

  test("callers: the one that is named signs, the first one if none is, and the verifier knows who it was", () => {
    const [both, worker] = [api.createKeyring({ web: SECRETS.a, worker: SECRETS.b }), api.createKeyring({ worker: SECRETS.b })];
    /** @param {any} keyring @param {any} fields */
    const callerOf = (keyring, fields) => verifyMessage(keyring, { ...POST, headers: [...POST.headers, ...fields] }, { now: NOW }).caller;
    check.equal(callerOf(both, signMessage(both, POST, { now: NOW })), "web", "the first one");
    check.equal(callerOf(both, signMessage(both, POST, { now: NOW, caller: "worker" })), "worker", "the one that was named");
    check.refuses(() => callerOf(worker, signMessage(both, POST, { now: NOW })), "key_unknown", "another keyring");
    check.ok(["misconfigured", "type_invalid", "key_unknown"].includes(check.thrown(() => signMessage(both, POST, { now: NOW, caller: "nobody" }), "a caller that there is not").code), "its code");
    both.free();
    worker.free();
  });

  test("a response counts only by the key that the request named", () => {
    const [both, web, worker] = [api.createKeyring({ web: SECRETS.a, worker: SECRETS.b }), api.createKeyring(SECRETS.a), api.createKeyring(SECRETS.b)];
    const request = { ...POST, headers: [...POST.headers, ...signMessage(web, POST, { now: NOW })] };
    const response = { status: 200, headers: [["content-type", "text/plain"]], body: "fine", request };
    const answered = { ...response, headers: [...response.headers, ...signMessage(both, response, { now: NOW })] };
    check.equal(verifyMessage(both, answered, { now: NOW }).caller, "web", "the request's key");
    check.refuses(() => signMessage(worker, response, { now: NOW }), "key_unknown", "a server without the key");
    // The other secret's holder sees the request and answers it in its own name.
    const forged = signMessage(both, { ...response, request: { ...POST, headers: [...POST.headers, ...signMessage(worker, POST, { now: NOW })] } }, { now: NOW });
    check.refuses(() => verifyMessage(both, { ...response, headers: [...response.headers, ...forged] }, { now: NOW }), "signature_invalid", "another key");
    for (const keyring of [both, web, worker]) keyring.free();
  });

  test("two messages signed at once have two nonces, and the time is now", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const before = Date.now();
    const [one, other] = [signMessage(keyring, POST), signMessage(keyring, POST)].map((fields) => verifyMessage(keyring, { ...POST, headers: [...POST.headers, ...fields] }, { now: Date.now() }));
    check.ok(one.nonce !== other.nonce, "nonces");
    check.ok(one.created <= Date.now() && one.created > before - 1001, "the time");
    keyring.free();
  });

  test("options of the wrong type, and messages of the wrong form, are refused", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const signed = { ...POST, headers: [...POST.headers, ...signMessage(keyring, POST, { now: NOW })] };
    /** @type {[string, any][]} */
    const messages = [
      ["no message", undefined], ["null", null], ["a text", "GET /"], ["no method", { ...POST, method: undefined }], ["a method that is a number", { ...POST, method: 1 }],
      ["no target", { ...POST, target: undefined }], ["a target that is a URL", { ...POST, target: { href: "/" } }], ["no audience", { ...POST, audience: undefined }],
      ["header fields as an object", { ...POST, headers: { a: "b" } }], ["a header field of one text", { ...POST, headers: [["a"]] }], ["a value that is a number", { ...POST, headers: [["a", 1]] }],
      ["no header fields", { ...POST, headers: undefined }], ["a body that is a number", { ...POST, body: 1 }], ["a status that is a text", { status: "200", headers: [], request: signed }],
      ["a status of four digits", { status: 1000, headers: [], request: signed }], ["a status below 100", { status: 99, headers: [], request: signed }],
    ];
    for (const [name, message] of messages) {
      check.refuses(() => signMessage(keyring, message, { now: NOW }), "type_invalid", `sign: ${name}`);
      check.refuses(() => verifyMessage(keyring, message, { now: NOW }), "type_invalid", `verify: ${name}`);
    }
    for (const now of [undefined, "1", 1.5, -1, NaN, 2 ** 53, new Date(NOW)]) check.refuses(() => verifyMessage(keyring, signed, { now }), "type_invalid", `now ${String(now)}`);
    for (const toleranceMs of ["1", 1.5, -1, NaN, Infinity, 900_001]) check.refuses(() => verifyMessage(keyring, signed, { now: NOW, toleranceMs }), "type_invalid", `toleranceMs ${String(toleranceMs)}`);
    for (const nonce of ["abc", new Uint8Array(15), new Uint8Array(17), [1]]) check.refuses(() => signMessage(keyring, POST, { now: NOW, nonce }), "type_invalid", "nonce");
    for (const components of ["date", [1], [""], ["@status"], ["@unknown"], ["Content Type"]]) check.ok(check.thrown(() => signMessage(keyring, POST, { now: NOW, components }), "components") instanceof api.CountersignError, "its class");
    check.refuses(() => signMessage(keyring, { ...POST, body: "\ud800" }, { now: NOW }), "text_malformed", "half a surrogate pair");
    keyring.free();
  });

  test("options come from the object itself, whatever is on Object.prototype", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const fields = signMessage(keyring, POST, { now: NOW, nonce: new Uint8Array(16) });
    const signed = { ...POST, headers: [...POST.headers, ...fields] };
    withPollution({ now: 1, toleranceMs: 900_000, components: ["@scheme"], caller: "nobody", tag: "x", alg: "none", status: 200, body: "x", nonce: new Uint8Array(16).fill(9) }, () => {
      check.equal(signMessage(keyring, POST, { now: NOW, nonce: new Uint8Array(16) }), fields, "signMessage");
      check.equal(verifyMessage(keyring, signed, { now: NOW }).caller, "default", "verifyMessage");
      check.refuses(() => verifyMessage(keyring, signed, { now: NOW + 400_000 }), "expired", "the window is the default one");
      const bodyless = { method: "GET", target: "/", headers: [], audience: ORIGIN };
      check.equal(signMessage(keyring, bodyless, { now: NOW }).map((/** @type {[string, string]} */ [name]) => name), ["signature-input", "signature"], "no body");
    });
    keyring.free();
  });

  test("bodies in every form are the same bytes", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const options = { now: NOW, nonce: new Uint8Array(16) };
    const wide = new Uint8Array([9, 123, 125, 9]);
    const forms = ["{}", wide.subarray(1, 3), wide.slice(1, 3).buffer, new DataView(wide.buffer, 1, 2)];
    const all = forms.map((body) => JSON.stringify(signMessage(keyring, { ...POST, body }, options)));
    check.ok(new Set(all).size === 1, "one result");
    check.equal(signMessage(keyring, { ...POST, body: "" }, options), signMessage(keyring, { method: "POST", target: POST.target, headers: POST.headers, audience: ORIGIN }, options), "no body and an empty one");
    keyring.free();
  });

  test("a body of 200 kB, which is larger than one piece of memory", () => {
    const keyring = api.createKeyring(SECRETS.a);
    const body = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) & 255);
    const fields = signMessage(keyring, { ...POST, body }, { now: NOW });
    const signed = { ...POST, body, headers: [...POST.headers, ...fields] };
    check.equal(verifyMessage(keyring, signed, { now: NOW }).caller, "default", "verifyMessage");
    check.refuses(() => verifyMessage(keyring, { ...signed, body: body.map((byte, i) => (i === 199_999 ? byte ^ 1 : byte)) }, { now: NOW }), "signature_invalid", "its last byte");
    keyring.free();
  });

  // Jest's jsdom has neither of the two.
  if (typeof Request === "undefined") return;

  testLater("a request there and a response back, as Request and Response", async () => {
    const { signRequest, verifyRequest, signResponse, verifyResponse } = http;
    const keyring = api.createKeyring({ web: SECRETS.a });
    const body = new Uint8Array([0xef, 0xbb, 0xbf, 0xff, 13, 10, 0]);
    const plain = new Request(`${ORIGIN}/api/events?a=%2F&b=+`, { method: "POST", headers: { "content-type": "application/x-any", "x-trace": "1" }, body });
    const sent = await signRequest(keyring, plain, { components: ["x-trace"] });
    const copy = sent.clone();
    const received = await verifyRequest(keyring, sent, { audience: ORIGIN });
    check.equal([received.caller, received.keyId, hex(received.body)], ["web", keyring.keyIds[0], hex(body)], "verifyRequest");
    check.equal(hex(new Uint8Array(await received.request.arrayBuffer())), hex(body), "the body, unread");
    const answer = await signResponse(keyring, copy, new Response("fine", { status: 201, headers: { "content-type": "text/plain" } }), { audience: ORIGIN });
    check.equal(answer.status, 201, "the status");
    const verified = await verifyResponse(keyring, copy, answer, {});
    check.equal([verified.caller, hex(verified.body)], ["web", hex(new Uint8Array([102, 105, 110, 101]))], "verifyResponse");
    keyring.free();
  });

  // What this runtime's URL makes of a target is what was signed, or the request is refused.
  testLater("every target of the vectors has the same verdict as a Request of this runtime", async () => {
    /** @param {any} vector @returns {Promise<string>} */
    const verdictOf = async ({ secret, now, request: { target, headers }, signed }) => {
      const keyring = api.createKeyring(secret);
      try {
        const fields = (signed ?? headers).filter((/** @type {[string, string]} */ [name]) => name.startsWith("signature"));
        await http.verifyRequest(keyring, new Request(`${ORIGIN}${target}`, { headers: fields }), { audience: ORIGIN, now });
        return "accepted";
      } catch (error) {
        return error instanceof api.CountersignError ? /** @type {any} */ (error).code : "no Request";
      } finally {
        keyring.free();
      }
    };
    const named = (/** @type {any} */ { name }) => name.startsWith("the target ");
    const [good, bad] = [vectors.messages.filter(named), vectors["messages-refused"].filter(named)];
    check.ok(good.length > 30 && bad.length > 30, "there are targets");
    for (const vector of good) check.equal(await verdictOf(vector), "accepted", vector.name);
    // What is normalised is another target than the one that was signed.
    for (const vector of bad) check.ok(["header_invalid", "signature_invalid", "no Request"].includes(await verdictOf(vector)), vector.name);
  });

  testLater("a Request of another origin, an altered one and one used before are refused", async () => {
    const { signRequest, verifyRequest, memoryReplayStore } = http;
    const keyring = api.createKeyring(SECRETS.a);
    /** @param {() => Promise<unknown>} body @param {string} code @param {string} what */
    const refuses = async (body, code, what) => {
      /** @type {unknown} */
      let caught;
      try {
        await body();
      } catch (error) {
        caught = error;
      }
      check.refuses(() => {
        if (caught !== undefined) throw caught;
      }, code, what);
    };
    const signed = await signRequest(keyring, new Request(`${ORIGIN}/a?b=c`, { headers: { "x-a": "1" } }), { components: ["x-a"] });
    const replay = memoryReplayStore();
    const again = () => verifyRequest(keyring, signed.clone(), { audience: ORIGIN, replay });
    // A forged one first: it does not use the nonce up.
    await refuses(() => verifyRequest(keyring, new Request(signed.clone(), { method: "DELETE" }), { audience: ORIGIN, replay }), "signature_invalid", "another method");
    check.equal((await again()).caller, "default", "the first time");
    await refuses(again, "replayed", "the second time");
    await refuses(() => verifyRequest(keyring, signed.clone(), { audience: "https://other.example" }), "signature_invalid", "another audience");
    const headers = new Headers(signed.headers);
    headers.set("x-a", "2");
    await refuses(() => verifyRequest(keyring, new Request(signed.url, { headers }), { audience: ORIGIN }), "signature_invalid", "a covered header field");
    await refuses(() => verifyRequest(keyring, new Request(`${ORIGIN}/a?b=d`, { headers: signed.headers }), { audience: ORIGIN }), "signature_invalid", "another query");
    await refuses(() => verifyRequest(keyring, new Request(`${ORIGIN}/a?b=c`), { audience: ORIGIN }), "signature_missing", "no signature");
    // The host in the URL is the client's word, and counts for nothing.
    check.equal((await verifyRequest(keyring, new Request("https://evil.example/a?b=c", { headers: signed.headers }), { audience: ORIGIN })).caller, "default", "another host in the URL");
    keyring.free();
  });
}
