// webhookRoute, behind a real server: what gets through to the handler, what it gets, and what everybody else gets.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { generateSecret } from "countersign";
import { firstDelivery, signWebhook, webhookHttpAction, webhookRoute } from "countersign/webhooks";
import { serve } from "./server.mjs";

/** @typedef {import("countersign/webhooks").WebhookDelivery} WebhookDelivery */

const secret = "whsec_QpIbDhAoq5n7yqKVYwBxHh1tNjM0sQcL";
const event = JSON.stringify({ id: "evt_1", type: "invoice.paid", note: "caf\u00e9" });

/** @param {string | Uint8Array} body @param {string} [key] */
const signed = (body, key = secret) => signWebhook("stripe", { secret: key, body });

/** What the log says while `run` runs. @template T @param {() => Promise<T>} run */
async function logged(run) {
  /** @type {string[]} */
  const lines = [];
  const mocks = /** @type {const} */ (["warn", "error"]).map((name) => mock.method(console, name, (/** @type {unknown[]} */ ...args) => lines.push(args.join(" "))));
  try {
    return { result: await run(), lines };
  } finally {
    for (const one of mocks) one.mock.restore();
  }
}

/** A route that keeps what its handler got. @param {Partial<import("countersign/webhooks").WebhookRouteOptions>} [options] */
function recorder(options = {}) {
  /** @type {WebhookDelivery[]} */
  const deliveries = [];
  const route = webhookRoute("stripe", (delivery) => { deliveries.push(delivery); }, { secret, ...options });
  return { deliveries, route };
}

/** @param {string} url @param {string | Uint8Array<ArrayBuffer>} body @param {[string, string][]} headers */
const post = (url, body, headers) => fetch(url, { method: "POST", body, headers: [["content-type", "application/json"], ...headers] });

/** @param {Response} response @param {number} status @param {string} title */
async function isProblem(response, status, title) {
  assert.equal(response.status, status);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(await response.json(), { type: "about:blank", title, status });
}

test("the handler gets the bytes, their JSON, a fresh request and the key; nothing returned is 200", async (t) => {
  const { deliveries, route } = recorder();
  const server = await serve(route);
  t.after(server.close);
  const before = Date.now();
  const response = await post(server.url, event, signed(event));
  assert.deepEqual([response.status, await response.text()], [200, ""]);
  const [delivery] = deliveries;
  assert.ok(delivery);
  assert.equal(Buffer.from(delivery.body).toString(), event);
  assert.deepEqual(delivery.json(), JSON.parse(event));
  assert.equal(await delivery.request.text(), event, "its body is unread");
  assert.deepEqual([delivery.request.method, delivery.request.headers.get("content-type")], ["POST", "application/json"]);
  assert.deepEqual([delivery.id, delivery.event, delivery.idempotencyKey], ["evt_1", "invoice.paid", "stripe:evt_1"]);
  assert.ok(Math.abs((delivery.timestamp ?? 0) - before) < 5000, String(delivery.timestamp));
});

test("the same event has the same key each time it comes, another one has another", async (t) => {
  const { deliveries, route } = recorder();
  const server = await serve(route);
  t.after(server.close);
  for (const body of [event, `${event} `, event.replace("evt_1", "evt_2")]) assert.equal((await post(server.url, body, signed(body))).status, 200);
  const keys = deliveries.map(({ idempotencyKey }) => idempotencyKey);
  assert.deepEqual(keys, ["stripe:evt_1", "stripe:evt_1", "stripe:evt_2"]);
});

test("what a handler returns is the answer, and what it throws goes on to the host", async () => {
  const request = () => new Request("https://app.example/api", { method: "POST", body: event, headers: signed(event) });
  const answers = webhookRoute("stripe", () => Response.json({ challenge: "x" }, { status: 202 }), { secret });
  assert.deepEqual(await answers(request()).then(async (response) => [response.status, await response.json()]), [202, { challenge: "x" }]);
  const fault = new Error("the database is down");
  const { lines } = await logged(() => assert.rejects(webhookRoute("stripe", () => { throw fault; }, { secret })(request()), fault));
  assert.deepEqual(lines, [], "it is not ours to log");
  // An error of ours that the handler throws is no refusal of the delivery either.
  const refusal = await import("countersign").then(({ CountersignError }) => new CountersignError("signature_invalid"));
  await assert.rejects(webhookRoute("stripe", async () => { throw refusal; }, { secret })(request()), refusal);
});

test("every forgery gets the same answer, and only the log says why", async (t) => {
  const { deliveries, route } = recorder();
  const server = await serve(route);
  t.after(server.close);
  const old = signWebhook("stripe", { secret, body: event, timestamp: Date.now() - 3_600_000 });
  const forgeries = /** @type {const} */ ([
    ["signature_missing", event, []],
    ["signature_malformed", event, [["stripe-signature", "v1=00"]]],
    ["signature_invalid", `${event} `, signed(event)],
    ["signature_invalid", event, signed(event, "whsec_another_secret_of_enough_bytes")],
    ["signature_malformed", event, [["stripe-signature", secret]]],
    ["expired", event, old],
  ]);
  const answers = new Set();
  for (const [code, body, headers] of forgeries) {
    const { result, lines } = await logged(() => post(server.url, body, /** @type {any} */ (headers)));
    await isProblem(result.clone(), 401, "Unauthorized");
    answers.add(JSON.stringify([result.status, await result.text(), [...result.headers].filter(([name]) => name !== "date")]));
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0] ?? "", new RegExp(`^countersign: refused code=${code} .*path=/api/webhooks`));
    assert.ok(!lines.some((line) => line.includes(secret)), "no secret in the log");
  }
  assert.equal(answers.size, 1);
  assert.equal(deliveries.length, 0);
});

for (const [what, unset] of /** @type {[string, any][]} */ ([["undefined", undefined], ["an empty text", ""], ["an empty list", []], ["a list of nothing that is set", [undefined, ""]], ["a function of nothing", () => undefined], ["an async function of nothing", async () => ""]])) {
  test(`a secret that is ${what} is 500, the log names the variable, and nothing gets in`, async (t) => {
    const { deliveries, route } = recorder({ secret: unset });
    const server = await serve(route);
    t.after(server.close);
    // HMAC with an empty key is what a careless verifier would take.
    for (const headers of [signed(event), [["stripe-signature", `t=${Math.floor(Date.now() / 1000)},v1=${"0".repeat(64)}`]]]) {
      const { result, lines } = await logged(() => post(server.url, event, /** @type {any} */ (headers)));
      await isProblem(result, 500, "Internal Server Error");
      assert.match(lines.join("\n"), /^countersign: misconfigured code=secret_missing .*STRIPE_WEBHOOK_SECRET/);
    }
    assert.equal(deliveries.length, 0);
  });
}

test("in a list, a secret that is not set is passed over", async () => {
  const { deliveries, route } = recorder({ secret: [undefined, secret, ""] });
  const answer = await route(new Request("https://app.example/", { method: "POST", body: event, headers: signed(event) }));
  assert.deepEqual([answer.status, deliveries.length], [200, 1]);
  const forged = await logged(() => route(new Request("https://app.example/", { method: "POST", body: event, headers: signed(event).map(([name, value]) => [name, value.replace(/[0-9a-f]{64}/, "0".repeat(64))]) })));
  assert.deepEqual([forged.result.status, deliveries.length], [401, 1]);
});

test("a weak secret is 500 too", async () => {
  const { result, lines } = await logged(() => recorder({ secret: "changeme" }).route(new Request("https://app.example/", { method: "POST", body: event, headers: signed(event) })));
  assert.equal(result.status, 500);
  assert.match(lines.join("\n"), /code=secret_weak/);
  assert.ok(!lines.join("\n").includes("changeme"));
});

test("in Convex the log names Convex's command", async () => {
  const action = webhookHttpAction("github", () => undefined, { secret: undefined });
  const { result, lines } = await logged(() => action({}, new Request("https://happy-animal-123.convex.site/github", { method: "POST", body: event })));
  assert.equal(result.status, 500);
  assert.match(lines.join("\n"), /npx convex env set GITHUB_WEBHOOK_SECRET/);
});

test("the secret is asked for at each delivery, and a list is tried to its end", async () => {
  /** @type {string | string[]} */
  let current = `whsec_${generateSecret()}`;
  const { deliveries, route } = recorder({ secret: async () => current });
  const deliver = async () => (await logged(() => route(new Request("https://app.example/", { method: "POST", body: event, headers: signed(event) })))).result.status;
  assert.equal(await deliver(), 401);
  current = [current, secret];
  assert.equal(await deliver(), 200);
  assert.equal(deliveries.length, 1);
});

test("a body over the cap is 413: by its Content-Length before a byte of it, or where the cap is passed", async (t) => {
  const { deliveries, route } = recorder({ maxBodyBytes: 10_000 });
  const server = await serve(route);
  t.after(server.close);
  const fits = "x".repeat(10_000);
  assert.equal((await post(server.url, fits, signed(fits))).status, 200);

  const over = `${fits}x`;
  await logged(async () => isProblem(await post(server.url, over, signed(over)), 413, "Content Too Large"));

  const declared = await logged(() => server.raw(`content-length: ${10 ** 9}`, () => "nothing is sent"));
  assert.equal(declared.result.status, 413);
  assert.match(declared.lines.join("\n"), /code=body_too_large/);

  // An endless stream: whoever sends it is told to stop, and not much more than the cap was taken in.
  const chunk = Buffer.from(`3e8\r\n${"y".repeat(1000)}\r\n`);
  const endless = await logged(() => server.raw("transfer-encoding: chunked", (socket) => {
    const more = () => { while (!socket.destroyed && socket.write(chunk)); };
    socket.on("drain", more);
    more();
  }));
  assert.equal(endless.result.status, 413);
  assert.ok((server.taken.at(-1) ?? Infinity) < 200_000, `${server.taken.at(-1)} bytes were taken`);
  assert.equal(deliveries.length, 1);
});

test("a Content-Length that lies is not believed", async () => {
  const { deliveries, route } = recorder({ maxBodyBytes: 1000 });
  let pulled = 0;
  const endless = () => new ReadableStream({
    pull(controller) {
      if (++pulled > 5000) controller.close(); // or this test would not end either
      else controller.enqueue(new Uint8Array(100));
    },
  }, { highWaterMark: 0 });
  for (const length of ["5", "0", "-1", "", "1e1", "junk"]) {
    pulled = 0;
    const request = new Request("https://app.example/", /** @type {any} */ ({ method: "POST", body: endless(), duplex: "half", headers: [["content-length", length], ...signed("")] }));
    const { result } = await logged(() => route(request));
    assert.equal(result.status, 413, length);
    assert.ok(pulled <= 12, `${pulled} chunks of 100 bytes`);
  }
  assert.equal(deliveries.length, 0);
});

test("a body that ends early, and one that somebody has read, are no deliveries", async () => {
  const { deliveries, route } = recorder();
  const broken = new ReadableStream({ start(controller) { controller.enqueue(Buffer.from(event)); controller.error(new Error("the connection is gone")); } });
  await logged(() => assert.rejects(route(new Request("https://app.example/", /** @type {any} */ ({ method: "POST", body: broken, duplex: "half", headers: signed(event) })))));
  const read = new Request("https://app.example/", { method: "POST", body: event, headers: signed(event) });
  await read.text();
  await logged(() => assert.rejects(route(read), { code: "type_invalid" }));
  assert.equal(deliveries.length, 0);
});

test("the window is the one that is asked for", async () => {
  const old = () => new Request("https://app.example/", { method: "POST", body: event, headers: signWebhook("stripe", { secret, body: event, timestamp: Date.now() - 400_000 }) });
  const status = async (/** @type {number | undefined} */ toleranceMs) => (await logged(() => recorder({ toleranceMs }).route(old()))).result.status;
  assert.deepEqual([await status(undefined), await status(600_000), await status(1000)], [401, 200, 401]);
});

test("a token of QStash is for the address that the route names, and never for the one that a request names", async () => {
  const [key, url] = ["sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r", "https://app.example/api/webhooks"];
  const deliver = (/** @type {string} */ to, /** @type {string | undefined} */ named) =>
    logged(() => webhookRoute("qstash", () => undefined, { secret: key, url: named })(new Request(to, { method: "POST", body: event, headers: signWebhook("qstash", { secret: key, body: event, url: to }) })));
  assert.equal((await deliver(url, url)).result.status, 200);
  assert.equal((await deliver("https://evil.example/api/webhooks", url)).result.status, 401);
  await assert.rejects(deliver(url, undefined), { code: "type_invalid" });
});

test("firstDelivery is for mutations, and for a key", async () => {
  const component = { replay: { consume: "consume" } };
  /** @type {unknown[]} */
  const asked = [];
  const runMutation = async (/** @type {unknown} */ mutation, /** @type {unknown} */ args) => {
    asked.push([mutation, args]);
    return { status: asked.length === 1 ? "fresh" : "replayed" };
  };
  assert.equal(await firstDelivery({ db: {}, runMutation }, component, "stripe:evt_1"), true);
  assert.equal(await firstDelivery({ db: {}, runMutation }, component, "stripe:evt_1"), false);
  assert.deepEqual(asked.map((args) => /** @type {any} */ (args)[1].key), ["t_1:stripe:evt_1", "t_1:stripe:evt_1"]);
  await assert.rejects(firstDelivery(/** @type {any} */ ({ runMutation }), component, "stripe:evt_1"), { code: "type_invalid", message: /mutation/ });
  for (const key of ["", undefined, 1]) await assert.rejects(firstDelivery({ db: {}, runMutation }, component, /** @type {any} */ (key)), { code: "type_invalid" });
  assert.equal(asked.length, 2);
});

test("mistakes in a route are found when it is loaded, and Object.prototype is no option", () => {
  const wrong = /** @type {any} */ (webhookRoute);
  assert.throws(() => wrong("stripe", undefined, { secret }), { code: "type_invalid" });
  assert.throws(() => wrong("stripe", () => undefined), { code: "type_invalid" });
  assert.throws(() => wrong("stripe", () => undefined, {}), { code: "type_invalid" });
  assert.throws(() => wrong("stripe", () => undefined, { secret, maxBodyBytes: Infinity }), { code: "type_invalid" });
  const prototype = /** @type {any} */ (Object.prototype);
  try {
    prototype.secret = secret;
    assert.throws(() => wrong("stripe", () => undefined, {}), { code: "type_invalid" });
  } finally {
    delete prototype.secret;
  }
});
