// What www/docs/http.md and http-format.md say, tried with their own code: in the embedded Convex, behind a server of node:http, and with openssl.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { ConvexHttpClient } from "convex/browser";
import { createKeyring, generateSecret } from "countersign";
import { signMessage, signRequest, signedFetch, verifyMessage, verifyResponse } from "countersign/http";
import { signedRoute } from "countersign/next";
import { startRedis } from "../support/redis.mjs";
import { patternOf, startApp } from "./app.mjs";
import { root, snippet, writeApp } from "./snippets.mjs";

const page = "www/docs/http.md";
const format = "www/docs/http-format.md";
const text = readFileSync(join(root, page), "utf8");
const secret = generateSecret();
const keyring = createKeyring(secret);

/** @type {import("./app.mjs").App} */
let app;
/** @type {import("../support/redis.mjs").Redis} */
let redis;
/** The origin of the Next.js app: its routes behind a server, as they are loaded. @type {string} */
let site;
/** @type {Record<string, (request: Request) => Promise<Response>>} */
const routes = {};
/** The requests that came there. @type {Request[]} */
const received = [];

const server = createServer(async (incoming, answer) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { method = "", url = "", headers } = incoming;
  const request = new Request(`http://localhost${url}`, { method, headers: /** @type {any} */ (headers), body: method === "GET" ? null : Buffer.concat(chunks) });
  received.push(request.clone());
  const response = (await routes[url]?.(request)) ?? new Response(null, { status: 404 });
  answer.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()));
});

before(async () => {
  app = await startApp("http", page);
  redis = await startRedis();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  site = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  Object.assign(process.env, {
    COUNTERSIGN_SECRET: secret, SITE_URL: site, REDIS_SOCKET: redis.socket, NEXT_PUBLIC_CONVEX_URL: app.convex.url, NEXT_PUBLIC_CONVEX_SITE_URL: app.convex.siteUrl,
  });
  await app.convex.setEnv("COUNTERSIGN_SECRET", secret);
});
after(async () => {
  server.close();
  server.closeAllConnections();
  await redis.stop();
  await app.convex.close();
});

/** What is warned of or reported while something runs. @param {() => Promise<unknown>} run */
async function logged(run) {
  /** @type {string[]} */
  const lines = [];
  const mocks = [mock.method(console, "warn", (/** @type {string} */ line) => void lines.push(line)), mock.method(console, "error", (/** @type {string} */ line) => void lines.push(line))];
  try {
    await run();
  } finally {
    for (const one of mocks) one.mock.restore();
  }
  return lines;
}

/** A request of the page's example, signed. @param {string} url @param {object} [init] */
const post = (url, init) => signRequest(keyring, new Request(url, { method: "POST", headers: { "content-type": "application/json" }, body: '{"item":"book"}', ...init }));

test("Convex calls the app's route, and takes its signed answer", async () => {
  writeFileSync(join(app.folder, ".env.local"), "");
  await app.run(snippet(page, "where the app is"));
  assert.equal(readFileSync(join(app.folder, ".env.local"), "utf8"), "SITE_URL=https://app.example\n");
  const admin = /** @type {any} */ (new ConvexHttpClient(app.convex.url, { skipConvexDeploymentUrlCheck: true, logger: false }));
  admin.setAdminAuth(app.convex.adminKey);
  assert.equal(await app.run("npx convex env get SITE_URL"), "https://app.example\n");
  await app.convex.setEnv("SITE_URL", site);

  routes["/api/orders"] = (await app.load("app/api/orders/route.ts")).POST;
  assert.deepEqual(JSON.parse(await admin.action("orders:order", { item: "book" })), { accepted: "book", caller: "default" });

  // The same request again, by whoever saw it.
  const seen = /** @type {Request} */ (received.at(-1));
  const lines = await logged(async () => {
    const answer = await fetch(`${site}/api/orders`, { method: "POST", headers: seen.headers, body: await seen.text() });
    assert.equal(answer.status, 401);
    assert.equal(`${await answer.text()}\n`, snippet(page, "401"));
  });
  assert.equal(lines.length, 1);
  assert.match(String(lines[0]), patternOf(snippet(page, "refusal")));
});

test("the app calls Convex's http action, and takes its signed answer", async () => {
  const { report } = await app.load("server/reports.ts");
  assert.deepEqual(await report(new Uint8Array(1000)), { bytes: 1000, caller: "default" });
  const unsigned = await fetch(`${app.convex.siteUrl}/reports`, { method: "POST", body: "x" });
  assert.deepEqual([unsigned.status, `${await unsigned.text()}\n`], [401, snippet(page, "401")]);
  const once = await post(`${app.convex.siteUrl}/reports`);
  const copy = once.clone();
  assert.equal((await fetch(once)).status, 200);
  assert.equal((await fetch(copy)).status, 401);
  assert.ok(app.messages().some((message) => message.startsWith("countersign: refused code=replayed method=POST path=/reports ")), app.messages().at(-1));
});

test("a status for each kind of refusal, and what signedFetch makes of it", async () => {
  const handler = () => new Response("yes");
  /** @type {[status: number, code: string, route: (request: any) => Promise<Response>][]} */
  const rows = [
    [401, "unauthorized", signedRoute(handler, { audience: "https://other.example" })],
    [403, "caller_forbidden", signedRoute(handler, { keys: { web: secret }, callers: ["worker"] })],
    [413, "body_too_large", signedRoute(handler, { maxBodyBytes: 14 })],
    [500, "misconfigured", signedRoute(handler, { keys: () => undefined })],
  ];
  const table = [...text.matchAll(/^\| (\d{3}) \| /gm)].map(([, status]) => Number(status));
  assert.deepEqual(table, rows.map(([status]) => status));
  for (const [status, code, route] of rows) {
    routes["/refuses"] = route;
    const lines = await logged(async () => {
      const answer = await fetch(await post(`${site}/refuses`));
      assert.equal(answer.status, status);
      const problem = await answer.json();
      assert.deepEqual(Object.keys(problem), ["type", "title", "status"], "no detail");
      await assert.rejects(signedFetch(`${site}/refuses`, { method: "POST", body: '{"item":"book"}' }), { name: "CountersignError", code });
    });
    assert.equal(lines.length, 2);
  }
  routes["/unsigned"] = signedRoute(handler, { signedResponse: false });
  await assert.rejects(signedFetch(`${site}/unsigned`), { code: "signature_missing" });
  assert.equal(await (await signedFetch(`${site}/unsigned`, {}, { signedResponse: false })).text(), "yes");
});

test("in the clear, and to another origin, nothing is sent", async () => {
  await assert.rejects(signedFetch("http://app.example/api/orders"), { code: "misconfigured" });
  routes["/moved"] = async () => Response.redirect("https://other.example/");
  await assert.rejects(signedFetch(`${site}/moved`), { code: "misconfigured" });
});

for (const [name, file] of [["Redis", "refunds"], ["Convex", "invoices"]]) {
  test(`a request is taken once, as ${name} remembers it`, async () => {
    const { POST } = await app.load(`app/api/${file}/route.ts`);
    const request = await post(`${site}/api/${file}`);
    const copies = Array.from({ length: 5 }, () => request.clone());
    const lines = await logged(async () => {
      const statuses = await Promise.all(copies.map(async (copy) => (await POST(copy)).status));
      assert.deepEqual(statuses.sort(), [200, 401, 401, 401, 401]);
      assert.equal((await POST(request)).status, 401);
    });
    assert.deepEqual(lines.map((line) => /code=\w+/.exec(line)?.[0]), Array(5).fill("code=replayed"));
  });
}

test("a server with verifyRequest and signResponse", async () => {
  const { handle } = await app.load("server/worker.ts");
  const request = await post("https://worker.example/orders");
  const sent = request.clone();
  const answer = await verifyResponse(keyring, sent, await handle(request), {});
  assert.equal(await answer.response.text(), 'default: {"item":"book"}');
  await assert.rejects(handle(sent), { code: "replayed" });
});

test("a server of node:http with verifyMessage and signMessage", async () => {
  const { server: worker } = await app.load("server/node.ts");
  await new Promise((resolve) => worker.listen(0, "127.0.0.1", () => resolve(undefined)));
  try {
    const url = `http://127.0.0.1:${worker.address().port}/orders?a=1`;
    const response = await signedFetch(url, { method: "POST", body: "12345" }, { audience: "https://worker.example" });
    assert.equal(await response.text(), "default: 5 bytes");
    const request = await signRequest(keyring, new Request(url), { audience: "https://worker.example" });
    const copy = request.clone();
    const lines = await logged(async () => {
      assert.deepEqual([(await fetch(request)).status, (await fetch(copy)).status], [200, 401]);
      assert.equal((await fetch(url)).status, 401);
      assert.equal((await fetch(url, { method: "POST", body: new Uint8Array(1024 * 1024 + 1) })).status, 401);
    });
    assert.deepEqual(lines, ["replayed", "signature_missing", "body_too_large"]);
  } finally {
    worker.close();
    worker.closeAllConnections();
  }
});

/** The page's example, and what signs it. */
function example() {
  const [head = "", body = ""] = snippet(format, "request").replace(/\n$/, "").split("\n\n");
  const [line = "", host = "", type = ""] = head.split("\n");
  const [method = "", target = ""] = line.split(" ");
  const audience = `https://${host.replace("Host: ", "")}`;
  const request = { method, target, headers: /** @type {[string, string][]} */ ([["Content-Type", type.replace("Content-Type: ", "")]]), body, audience };
  const fields = fieldsOf(snippet(format, "header fields"));
  return { keyring: createKeyring("an-example-secret-of-32-bytes-01"), request, fields, signed: { ...request, headers: [...request.headers, ...fields] } };
}

/** @param {string} lines @returns {[string, string][]} */
const fieldsOf = (lines) => lines.trim().split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]);
/** @param {string} name without the line end, which is the block's */
const base = (name) => snippet(format, name).replace(/\n$/, "");

test("openssl comes to the signature that signMessage makes", async () => {
  const { keyring: ours, request, fields, signed } = example();
  const folder = writeApp("http-format", format);
  const outfile = join(folder, "example.mjs");
  await build({ entryPoints: [join(folder, "server/example.ts")], outfile, bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "silent" });
  assert.deepEqual((await import(pathToFileURL(outfile).href)).fields, fields);
  assert.deepEqual(signMessage(ours, request, { now: 1_800_000_000_000, nonce: Uint8Array.from({ length: 16 }, (_, i) => i) }), fields, "the request is the one that the code has");
  assert.equal(verifyMessage(ours, signed, { now: 1_800_000_000_000 }).keyId, ours.keyIds[0]);

  /** The page's commands, in one shell. @param {string} file what is in base.txt */
  async function byHand(file) {
    writeFileSync(join(app.folder, "base.txt"), file);
    const titles = ["the key", "the key, as two HMACs", "the digest", "the signature"];
    return (await app.run(titles.map((title) => snippet(format, title)).join(""))).trim().split("\n");
  }
  const [keys = "", asHmacs, digest, signature, ...more] = await byHand(snippet(format, "base.txt"));
  assert.deepEqual(more, []);
  assert.equal(`${keys}\n`, snippet(format, "the key is"));
  const [key, keyId] = keys.split(" ");
  assert.equal(asHmacs, key);
  assert.equal(keyId, ours.keyIds[0]);
  assert.equal(`sha-256=:${digest}:`, fields[0]?.[1]);
  assert.equal(`countersign=:${signature}:`, fields[2]?.[1]);

  const response = { status: 201, headers: /** @type {[string, string][]} */ ([["content-type", "application/json"]]), body: '{"accepted":"book"}', request: signed };
  const answered = signMessage(ours, response, { now: 1_800_000_001_000 });
  const last = (await byHand(snippet(format, "base.txt of the answer"))).at(-1);
  assert.equal(`countersign=:${last}:`, answered[2]?.[1]);
  ours.free();
});

test("a line end behind the base, or any change in it, gives another signature", async () => {
  const { fields } = example();
  const sign = async (/** @type {string} */ input) => {
    const [key = ""] = snippet(format, "the key is").split(" ");
    const running = promisify(execFile)("openssl", ["dgst", "-sha256", "-mac", "HMAC", "-macopt", `hexkey:${key}`, "-binary"], { encoding: "buffer" });
    running.child.stdin?.end(input);
    return `countersign=:${(await running).stdout.toString("base64")}:`;
  };
  assert.equal(await sign(base("base.txt")), fields[2]?.[1]);
  assert.notEqual(await sign(`${base("base.txt")}\n`), fields[2]?.[1]);
  assert.notEqual(await sign(base("base.txt").replace("POST", "PUT")), fields[2]?.[1]);
});

test("the table of what is signed is what signMessage covers", () => {
  const { keyring: ours, request, signed } = example();
  /** @param {string} row @returns {[string[], string[]]} the texts in backquotes of a row's two cells */
  function cells(row) {
    const line = new RegExp(`^\\| ${row} \\| (.*) \\| (.*) \\|$`, "m").exec(readFileSync(join(root, format), "utf8"));
    assert.ok(line !== null, row);
    const [one = [], two = []] = line.slice(1).map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replace("<the request's label>", "countersign")));
    return [one, two];
  }
  /** @param {[string, string][]} fields */
  function read(fields) {
    const input = fields.find(([name]) => name === "signature-input")?.[1] ?? "";
    const [, list = "", parameters = ""] = /^countersign=\((.*?)\)(.*)$/.exec(input) ?? [];
    const named = [...parameters.matchAll(/;([a-z]+)=("[^"]*"|\d+)/g)].map(([, name, value]) => (name === "alg" ? `${name}=${value}` : name));
    return { components: list.split(" ").sort(), parameters: named, tag: /tag="([^"]+)"/.exec(parameters)?.[1] };
  }
  const response = { status: 200, headers: [], request: signed };
  /** @type {[bare: any, full: any][]} */
  const columns = [[{ ...request, headers: [], body: "" }, request], [response, { ...response, body: "x" }]];
  for (const [column, [bare, full]] of columns.entries()) {
    const cell = (/** @type {string} */ row) => cells(row)[column] ?? [];
    const [without, with_] = [read(signMessage(ours, bare)), read(signMessage(ours, full))];
    assert.deepEqual(without.components, [...cell("always covered")].sort());
    assert.deepEqual(with_.components, [...cell("always covered"), ...cell("with a body")].sort());
    assert.deepEqual(with_.parameters, cell("parameters"));
    assert.deepEqual([with_.tag], cell("tag"));
  }
  ours.free();
});

test("the rule for URLs", () => {
  const { keyring: ours } = example();
  /** @param {string} target as it is signed @param {string} other as it is received */
  const received = (target, other) => {
    const request = { method: "GET", target, headers: /** @type {[string, string][]} */ ([]), audience: "https://app.example" };
    try {
      verifyMessage(ours, { ...request, target: other, headers: signMessage(ours, request) }, { now: Date.now() });
      return "accepted";
    } catch (error) {
      return /** @type {{ code: string }} */ (error).code;
    }
  };
  assert.equal(received("/a", "/a?"), "accepted");
  assert.equal(received("/a?b=1&c=2", "/a?c=2&b=1"), "signature_invalid");
  for (const target of ["/x/../a", "/./a", "/x/%2e%2E/a", "/a\\b", "/a#b", "/%", "/%zz", "/a b", "/\u00e9"]) assert.equal(received("/a", target), "header_invalid", target);
  ours.free();
});

test("the table of options has all there are", () => {
  /** @type {[file: string, name: string][]} */
  const types = [["http/serve", "ServeOptions"], ["next/signed-route", "SignedRouteOptions"], ["convex/signed-http-action", "SignedHttpActionOptions"]];
  const declared = new Set(types.flatMap(([file, name]) => {
    const source = readFileSync(join(root, `node_modules/countersign/esm/${file}.d.ts`), "utf8");
    const [declaration = ""] = new RegExp(`^export interface ${name} [\\s\\S]*?^}`, "m").exec(source) ?? [];
    return [...declaration.matchAll(/^ {4}readonly (\w+)\?:/gm)].map(([, option]) => option);
  }));
  const section = text.slice(text.indexOf("## What the handler gets"), text.indexOf("## The audience"));
  const documented = new Set([...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name));
  assert.deepEqual([...documented].sort(), [...declared].sort());
});
