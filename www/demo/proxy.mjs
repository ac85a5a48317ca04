// The man in the middle: a forwarding HTTP proxy that stands where the network is, between Next.js and Convex.
// It reads each function call, keeps a copy, and changes the calls it was told to change. It holds no secret.

import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";

const maxKept = 100;
const maxTexts = 5000;
const maxCallBytes = 1024 * 1024;

/**
 * A function call as it travelled.
 * @typedef {object} Call
 * @property {string} path the function's name, e.g. "webhooks:markEventProcessed"
 * @property {Record<string, unknown>} args with the signature under `countersign`
 */

/**
 * @typedef {object} Captured
 * @property {Call} sent the call as its sender sent it
 * @property {Call} passedOn the call as Convex got it
 * @property {Buffer} body the bytes Convex got
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {string} url
 */

/**
 * Starts the proxy on 127.0.0.1.
 * @param {{ port: number, target: string }} options `target`: where Convex really listens
 */
export async function startProxy({ port, target }) {
  const upstream = new URL(target);
  /** @type {Map<string, Captured>} by event id, oldest first */
  const captured = new Map();
  /** @type {Map<string, (args: Record<string, unknown>) => Record<string, unknown>>} */
  const changes = new Map();
  const sockets = new Set();
  /** @type {string[]} each call with its headers, oldest first */
  const texts = [];

  const server = createServer((request, response) => {
    const pass = request.method === "POST" && request.url === "/api/mutation" ? passCall(request, response) : passStream(request, response);
    pass.catch((error) => {
      console.error(`man in the middle: ${error.message}`);
      if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain" });
      response.end("Convex cannot be reached.");
    });
  });

  async function passStream(request, response) {
    const answer = await forward(request.method, request.url, request.headers, request);
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  }

  async function passCall(request, response) {
    const body = await readAll(request);
    const { url, headers } = request;
    const { body: passedOn, call } = change(body);
    texts.push(JSON.stringify([headers, body.toString("utf8"), passedOn.toString("utf8")]));
    if (texts.length > maxTexts) texts.shift();
    if (call !== undefined) keep({ ...call, body: passedOn, headers, url });
    const answer = await forward("POST", url, sized(headers, passedOn), passedOn);
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  }

  /** Changes a call's body if it is one of those waited for. */
  function change(body) {
    const sent = parseCall(body);
    const eventId = sent === undefined ? undefined : eventIdOf(sent);
    if (sent === undefined || eventId === undefined) return { body, call: undefined };
    const changeArgs = changes.get(eventId);
    if (changeArgs === undefined) return { body, call: { sent, passedOn: sent } };
    changes.delete(eventId);
    const passedOn = { ...sent, args: changeArgs(sent.args) };
    const json = { ...JSON.parse(body.toString("utf8")), args: [passedOn.args] };
    return { body: Buffer.from(JSON.stringify(json)), call: { sent, passedOn } };
  }

  function keep(capture) {
    captured.set(eventIdOf(capture.sent), capture);
    const [oldest] = captured.keys();
    if (captured.size > maxKept) captured.delete(oldest);
  }

  function forward(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      // The Host header stays what the client wrote, as behind any reverse proxy.
      const outgoing = httpRequest({ host: upstream.hostname, port: upstream.port, method, path, headers }, resolve);
      outgoing.on("error", reject);
      if (Buffer.isBuffer(body)) outgoing.end(body);
      else body.pipe(outgoing);
    });
  }

  // WebSockets (the page's live list) go through untouched.
  server.on("upgrade", (request, client, head) => {
    const convex = connect(Number(upstream.port), upstream.hostname, () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let i = 0; i < request.rawHeaders.length; i += 2) lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
      convex.write(`${lines.join("\r\n")}\r\n\r\n`);
      convex.write(head);
      convex.pipe(client).pipe(convex);
    });
    // When one side ends, for whatever reason, so does the other.
    convex.on("error", () => client.destroy());
    client.on("error", () => convex.destroy());
    client.on("close", () => convex.destroy());
    convex.on("close", () => client.destroy());
    sockets.add(client);
    client.on("close", () => sockets.delete(client));
  });

  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Changes the next call about this event; all others pass as they are. */
    changeNext: (eventId, changeArgs) => changes.set(eventId, changeArgs),
    /** The last call seen about this event. */
    capturedCall: (eventId) => captured.get(eventId),
    /** Sends a captured call once more, byte for byte. */
    async resend(eventId) {
      const call = captured.get(eventId);
      if (call === undefined) throw new Error(`No call about ${eventId} was captured.`);
      const answer = await forward("POST", call.url, sized(call.headers, call.body), call.body);
      return { status: answer.statusCode, body: (await readAll(answer)).toString("utf8") };
    },
    /** How many calls have passed. */
    callCount: () => texts.length,
    /** Whether a text was in any call that passed. */
    search: (text) => texts.some((call) => call.includes(text)),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same headers for a body that is sent whole. */
function sized({ "transfer-encoding": _, ...headers }, body) {
  return { ...headers, "content-length": String(body.length) };
}

/** The event a call is about: the function's argument, or within those of the function behind the gateway. */
function eventIdOf({ args }) {
  const { eventId } = typeof args.args === "object" && args.args !== null ? args.args : args;
  return typeof eventId === "string" ? eventId : undefined;
}

/** @returns {Call | undefined} */
function parseCall(body) {
  try {
    const { path, args } = Object(JSON.parse(body.toString("utf8")));
    if (typeof path !== "string" || !Array.isArray(args) || typeof args[0] !== "object" || args[0] === null) return undefined;
    return { path, args: args[0] };
  } catch (error) {
    // Not a call at all: Convex says so itself.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function readAll(stream) {
  const chunks = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxCallBytes) throw new Error(`a call larger than ${maxCallBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
