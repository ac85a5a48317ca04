// Odd request targets, sent over a socket as they are written: to a server of node:http, and what it received made into a web Request, as Next.js makes one,
// and as Convex makes one, whose host is what the client says. There is one verdict, and nobody acts on a target other than the one that was signed.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { createKeyring, signMessage, verifyMessage, verifyRequest } from "countersign/http";
import { badTargets } from "../vectors/cases/messages-refused.mjs";
import { targets } from "../vectors/cases/messages.mjs";
import { httpKey, listText, requestComponents, requestParameters, signatureOver } from "../vectors/reference-http.mjs";

const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const AUDIENCE = "https://app.example";
const keyring = createKeyring(SECRET);

/** @typedef {{ accepted: boolean, code?: string, target: string }} Verdict `target`: what a handler there sees */

/** @param {string} target @param {() => unknown} verify @returns {Promise<Verdict>} */
async function verdictOf(target, verify) {
  try {
    await verify();
    return { accepted: true, target };
  } catch (error) {
    const { code } = /** @type {{ code?: string }} */ (error);
    if (code === undefined) throw error;
    return { accepted: false, code, target };
  }
}

/** @param {string} url @param {[string, string][]} headers */
function verdictOfRequest(url, headers) {
  const request = new Request(url, { headers });
  const { pathname, search } = new URL(request.url);
  return verdictOf(pathname + search, () => verifyRequest(keyring, request, { audience: AUDIENCE }));
}

/** @param {string[]} raw @returns {[string, string][]} */
const pairs = (raw) => Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]]);

const server = createServer(async ({ method = "", url = "", rawHeaders }, answer) => {
  const headers = pairs(rawHeaders);
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1];
  const signature = headers.filter(([name]) => name.toLowerCase().startsWith("signature"));
  try {
    const verdicts = {
      node: await verdictOf(url, () => verifyMessage(keyring, { method, target: url, headers, audience: AUDIENCE }, { now: Date.now() })),
      next: await verdictOfRequest(new URL(`http://127.0.0.1:3000${url}`).href, signature),
      convex: await verdictOfRequest(`http://${host}${url}`, signature),
    };
    answer.end(JSON.stringify(verdicts));
  } catch (error) {
    // Not even a URL: no Request can be made of it, so no handler is reached.
    if (/** @type {{ code?: string }} */ (error).code !== "ERR_INVALID_URL" && !/Failed to parse URL/.test(String(error))) throw error;
    answer.writeHead(400).end(JSON.stringify({ unreadable: String(error) }));
  }
});
before(() => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined))));
after(() => new Promise((resolve) => server.close(resolve)));

/** @param {string} target @param {readonly (readonly [string, string])[]} headers @returns {Promise<Record<"node" | "next" | "convex", Verdict> | undefined>} nothing, if node:http did not take it */
async function send(target, headers) {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const lines = [`GET ${target} HTTP/1.1`, "Host: evil.example", "Connection: close", ...headers.map(([name, value]) => `${name}: ${value}`), "", ""];
  const socket = connect(port, "127.0.0.1");
  socket.end(Buffer.from(lines.join("\r\n"), "utf8"));
  const chunks = [];
  for await (const chunk of socket) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const status = Number(text.split(" ")[1]);
  assert.ok(status === 200 || status === 400, text);
  return status === 400 ? undefined : JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, ""));
}

/** Signed over exactly this target, whatever it is. @param {string} target */
function signedFor(target) {
  const request = { method: "GET", target, headers: [], audience: AUDIENCE };
  const parameters = listText(requestComponents(request), requestParameters(SECRET, Date.now(), "n"));
  return signatureOver(request, { parameters, key: httpKey(SECRET) }).fields;
}

test("what is sent as it was signed has one verdict everywhere", async (t) => {
  let notTaken = 0;
  for (const [list, isGood] of /** @type {const} */ ([[targets, true], [badTargets, false]])) {
    for (const target of list) {
      const verdicts = await send(target, signedFor(target));
      if (verdicts === undefined) {
        assert.equal(isGood, false, `node:http refuses ${JSON.stringify(target)}`);
        notTaken++;
        continue;
      }
      for (const [where, { accepted, code }] of Object.entries(verdicts)) assert.equal(accepted, isGood, `${JSON.stringify(target)} at ${where}: ${code}`);
    }
  }
  t.diagnostic(`${targets.length} accepted, ${badTargets.length} refused, ${notTaken} of them by node:http itself`);
  assert.ok(notTaken < badTargets.length / 2, String(notTaken));
});

test("signing refuses what verifying refuses, with the same code", () => {
  for (const target of targets) {
    const message = { method: "GET", target, headers: [], audience: AUDIENCE };
    const headers = signMessage(keyring, message);
    assert.equal(verifyMessage(keyring, { ...message, headers }, { now: Date.now() }).caller, "default", target);
  }
  for (const target of badTargets) {
    const message = { method: "GET", target, headers: [], audience: AUDIENCE };
    assert.throws(() => signMessage(keyring, message), { code: "header_invalid" }, JSON.stringify(target));
    assert.throws(() => verifyMessage(keyring, { ...message, headers: signedFor(target) }, { now: Date.now() }), { code: "header_invalid" }, JSON.stringify(target));
  }
});

test("whoever accepts a message acts on the target that was signed, whatever was sent", async () => {
  let normalised = 0;
  for (const sent of badTargets.filter((target) => target.startsWith("/") && !/[\r\n\0#]/.test(target))) {
    const { pathname, search } = new URL(`${AUDIENCE}${sent}`);
    const signed = pathname + search;
    const verdicts = await send(sent, signedFor(signed));
    for (const [where, { accepted, target }] of Object.entries(verdicts ?? {})) {
      if (accepted) assert.equal(target, signed, `${JSON.stringify(sent)} at ${where}`);
      normalised += Number(accepted && sent !== signed);
    }
  }
  // A Request has only the normalised form, so there is no other to refuse.
  assert.ok(normalised > 0, "no Request normalised anything: is this still what it tests?");
});

/** @type {[signed: string, sent: string][]} */
const pairsOfTargets = [
  ["/a%2Fb", "/a/b"], ["/%7e", "/%7E"], ["/%7E", "/~"], ["/a/b", "/a//b"], ["/a", "/a/"], ["/?a=1&b=2", "/?b=2&a=1"],
  ["/?a=1&a=2", "/?a=2&a=1"], ["/?a=+", "/?a=%20"], ["/?a=%2B", "/?a=+"], ["/?a", "/?a="], ["/a?b", "/a%3Fb"], ["/A", "/a"],
];
for (const [signed, sent] of pairsOfTargets) {
  test(`signed for ${signed}, sent to ${sent}: refused everywhere`, async () => {
    const verdicts = await send(sent, signedFor(signed));
    assert.deepEqual(Object.values(verdicts ?? {}).map(({ code }) => code), ["signature_invalid", "signature_invalid", "signature_invalid"]);
  });
}

test("signed for /a, sent to /a?, and the other way: accepted everywhere, because the query is ? for both", async () => {
  for (const [signed, sent] of [["/a", "/a?"], ["/a?", "/a"]]) {
    const verdicts = await send(sent, signedFor(signed));
    assert.deepEqual(Object.values(verdicts ?? {}).map(({ accepted }) => accepted), [true, true, true], sent);
  }
});
