// One way of sending a signed request for each thing that can happen to it, or to its answer.

import { createServer } from "node:http";
import { anyApi } from "convex/server";
import { ConvexError } from "convex/values";
import { createKeyring, CountersignError, generateSecret } from "countersign";
import { CountersignClient } from "countersign/client";
import { signRequest, verifyResponse } from "countersign/http";
import { exchange, plain } from "../relay.mjs";
import { alter, header, withBody, withHeader, withoutHeader } from "./messages.mjs";
import { digestOf, signByPeer } from "./peer.mjs";

const minute = 60_000;
/** As anybody could make one. */
const receipt = '{"number":"R-000000000000","bytes":40,"askedWith":"-"}';
const amount = 4900;
const signatureFields = ["signature", "signature-input"];
const profile = ["@method", "@authority", "@path", "@query", "content-digest", "content-type"];

/**
 * @param {object} options
 * @param {string} options.nextUrl
 * @param {string} options.secret an attacker here holds real signatures, made for something else
 * @param {import("../backend.mjs").Backend} options.backend
 * @param {Awaited<ReturnType<typeof import("../relay.mjs").startRelay>>} options.relay
 * @param {() => string} options.newEventId
 * @returns {Record<string, () => Promise<import("./index.mjs").Course>>}
 */
export function createRequestCourses({ nextUrl, secret, backend, relay, newEventId }) {
  const keyring = createKeyring(secret);
  const strangers = createKeyring(generateSecret());
  const client = new CountersignClient(backend.url, { secret, logger: false });
  const raised = withBody((text) => text.replace(`"amount":${amount}`, `"amount":${amount * 100}`));

  /** Convex asks for a receipt, through the man in the middle, who changes the first thing that comes. */
  async function ask(changes = {}, eventId = newEventId()) {
    const { result, passages } = await relay.during(changes, () => receiptFor(eventId));
    const { sent, arrived, answered, returned } = passages.at(-1);
    const problems = result.receipt === undefined ? [] : problemsOf(result.receipt, eventId);
    return { from: "Convex", to: "Next.js", sent, arrived, answer: answered, returned, came: result.came, eventIds: [eventId], problems, passages };
  }

  async function receiptFor(eventId) {
    try {
      return { came: "receipt", receipt: await client.action(anyApi.receipts.send, { eventId, amount }) };
    } catch (error) {
      if (error instanceof ConvexError && error.data.code === "receipt_failed") return { came: error.data.why };
      // Whatever else it is, it is not what a row expects.
      return { came: error instanceof Error ? error.message.replace(/^\[Request ID: \w+\] /, "") : String(error) };
    }
  }

  function problemsOf({ number, bytes, askedWith }, eventId) {
    const wanted = [`R-${eventId.slice(-12)}`, receiptFile(eventId).length, keyring.keyIds[0]];
    return JSON.stringify([number, bytes, askedWith]) === JSON.stringify(wanted) ? [] : [`the receipt was ${JSON.stringify([number, bytes, askedWith])}`];
  }

  const receiptFile = (eventId, total = "49.00") => Buffer.from(`Receipt R-${eventId.slice(-12)}\nTotal: EUR ${total}\n`);
  const onTheWay = (change) => ask({ request: (message) => alter(message, change) });
  const answered = (change) => ask({ response: (message) => alter(message, change) });

  /** An attacker's request: an order, as it is signed by `sign`. Sent past the relay, which is to see no secret. */
  async function forge(sign, path = "/api/receipts") {
    const eventId = newEventId();
    const body = Buffer.from(JSON.stringify({ eventId, amount }));
    const message = await sign({ method: "POST", path, headers: [["content-type", "application/json"]], body });
    return sendDirectly(nextUrl, "Attacker", "Next.js", message, eventId);
  }

  async function sendDirectly(origin, from, to, message, eventId) {
    const answer = await exchange(origin, message);
    return { from, to, sent: message, arrived: message, answer, returned: answer, came: String(answer.status), eventIds: [eventId] };
  }

  const signed = (options, ring = keyring, site = relay.url) => async (message) => messageOf(await signRequest(ring, requestOf(site, message), options), message.body);
  const withBearer = async (message) => ({ ...message, headers: [...message.headers, ["authorization", `Bearer ${secret}`]] });

  /** The same, by a server that has the secret, and wants the answer signed. */
  async function request(path, sign) {
    const course = await forge(sign, path);
    return { ...course, from: "Server", problems: await unsignedAnswer(relay.url, course) };
  }

  async function unsignedAnswer(site, { sent, answer }) {
    try {
      const { keyId } = await verifyResponse(keyring, requestOf(site, sent), responseOf(plain(answer)));
      return keyId === keyring.keyIds[0] ? [] : [`the answer is signed by ${keyId}`];
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      return [`the answer is not signed as it should be: ${error.code}`];
    }
  }

  /** A server hands a file to the http action. */
  async function upload({ sign = signed({}, keyring, backend.siteUrl), change = (message) => message, times = 1, from = "Attacker" } = {}) {
    const eventId = newEventId();
    const message = await sign({ method: "POST", path: `/receipts?event=${eventId}`, headers: [["content-type", "text/plain; charset=utf-8"]], body: receiptFile(eventId) });
    let course;
    for (let time = 0; time < times; time += 1) course = await sendDirectly(backend.siteUrl, from, "Convex", change(message), eventId);
    return { ...course, sent: message };
  }

  return {
    asked: () => ask(),

    body: () => onTheWay(raised),
    digest: () => onTheWay((message) => withHeader("content-digest", digestOf(raised(message).body))(raised(message))),
    header: () => onTheWay(withHeader("content-type", "text/plain")),
    path: () => onTheWay((message) => ({ ...message, path: "/api/refunds" })),
    query: () => onTheWay((message) => ({ ...message, path: `${message.path}?copy=1` })),
    method: () => onTheWay((message) => ({ ...message, method: "PUT" })),
    created: () => onTheWay((message) => withHeader("signature-input", header(message, "signature-input").replace(/;created=(\d+)/, (_, at) => `;created=${Number(at) + 60}`))(message)),
    stripped: () => onTheWay(withoutHeader(...signatureFields)),
    async replayed() {
      const first = await ask();
      if (first.came !== "receipt") return first;
      return sendDirectly(nextUrl, "Attacker", "Next.js", first.sent, first.eventIds[0]);
    },

    stranger: () => forge(signed({}, strangers)),
    old: () => forge(signed({ now: Date.now() - 10 * minute })),
    early: () => forge(signed({ now: Date.now() + 10 * minute })),
    site: () => forge(signed({ audience: "https://other.example" })),
    peer: () => request("/api/receipts", (message) => signByPeer(secret, message, { audience: relay.url, fields: profile })),
    edge: () => request("/api/receipts-edge", signed({})),
    less: () => forge((message) => signByPeer(secret, message, { audience: relay.url, fields: profile.slice(0, 4) })),
    bearer: () => forge(withBearer),

    "answer-body": () => answered(withBody((text) => text.replace('"number":"R-', '"number":"X-'))),
    "answer-status": () => answered((message) => ({ ...message, status: 202 })),
    async "answer-other"() {
      const other = await ask();
      return other.came === "receipt" ? answered(() => plain(other.answer)) : other;
    },
    "answer-unsigned": () => answered(withoutHeader(...signatureFields)),
    "answer-forged": () => ask({ answer: () => ({ status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(receipt) }) }),
    async detour() {
      const course = await ask({ answer: () => redirectTo("/api/refunds") });
      if (course.passages.length !== 1) course.problems.push("the request was sent on");
      return course;
    },
    async redirect() {
      const elsewhere = await startElsewhere();
      try {
        const course = await ask({ answer: () => redirectTo(`${elsewhere.url}/api/receipts`) });
        if (elsewhere.visits() > 0) course.problems.push("the request was sent on to another origin");
        return course;
      } finally {
        await elsewhere.close();
      }
    },

    async upload() {
      const course = await upload({ from: "Server" });
      return { ...course, problems: await unsignedAnswer(backend.siteUrl, course) };
    },
    "upload-again": () => upload({ times: 2 }),
    "upload-body": () => upload({ change: (message) => alter(message, withBody((text) => text.replace("49.00", "0.01"))) }),
    "upload-bearer": () => upload({ sign: withBearer }),
  };
}

/** @returns {import("../relay.mjs").Message} */
const redirectTo = (location) => ({ status: 307, headers: [["location", location]], body: Buffer.alloc(0) });

/** @param {import("../relay.mjs").Message} message */
const requestOf = (origin, { method, path, headers, body }) => new Request(`${origin}${path}`, { method, headers, body });

/** @param {Request} request @param {Buffer} body @returns {import("../relay.mjs").Message} */
function messageOf({ method, url, headers }, body) {
  const { pathname, search } = new URL(url);
  return { method, path: `${pathname}${search}`, headers: [...headers], body };
}

/** @param {import("../relay.mjs").Message} message */
const responseOf = ({ status, headers, body }) => new Response(body.length === 0 ? null : body, { status, headers });

/** Another site, which would take whatever comes. */
async function startElsewhere() {
  let visits = 0;
  const server = createServer((_request, response) => {
    visits += 1;
    response.end("thank you");
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    visits: () => visits,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
