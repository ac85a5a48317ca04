// The man in the middle between Convex and the Next.js server: it has the site's public address, passes whole HTTP
// messages on, and changes the one that it was told to change. It holds no secret.

import { createServer, request as httpRequest } from "node:http";
import { gunzipSync } from "node:zlib";

const maxTexts = 500;
const maxBytes = 4 * 1024 * 1024;
// These belong to one connection; each side writes its own.
const connection = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);

/**
 * @typedef {object} Message a request, or with `status` a response
 * @property {string} [method]
 * @property {string} [path] with the query
 * @property {number} [status]
 * @property {[name: string, value: string][]} headers
 * @property {Buffer} body
 *
 * @typedef {{ sent: Message, arrived: Message | null, answered: Message | null, returned: Message }} Passage one exchange, on either
 *   side of the relay: `arrived` and `answered` are null if the relay answered by itself
 *
 * @typedef {object} Changes
 * @property {(request: Message) => Message} [request] what the server gets instead
 * @property {(request: Message) => Message} [answer] what the client gets, without the server having been asked
 * @property {(response: Message) => Message} [response] what the client gets instead of the server's answer, which comes uncompressed here
 */

/**
 * Starts the relay on 127.0.0.1.
 * @param {{ target: string }} options `target`: where the server really listens
 */
export async function startRelay({ target }) {
  /** @type {Changes | undefined} */
  let changes;
  /** @type {Passage[]} */
  let passages = [];
  /** @type {string[]} */
  const texts = [];

  const server = createServer((incoming, outgoing) => {
    pass(incoming).then(
      (returned) => reply(outgoing, returned),
      (error) => {
        console.error(`man in the middle: ${error.message}`);
        reply(outgoing, { status: 502, headers: [["content-type", "text/plain"]], body: Buffer.from("The site cannot be reached.") });
      },
    );
  });

  async function pass(incoming) {
    const sent = { method: incoming.method, path: incoming.url, headers: pairs(incoming.rawHeaders), body: await readAll(incoming) };
    const change = changes;
    changes = undefined;
    const arrived = change?.answer === undefined ? (change?.request?.(sent) ?? sent) : null;
    const answered = arrived === null ? null : await exchange(target, arrived);
    const returned = answered === null ? change.answer(sent) : (change?.response?.(plain(answered)) ?? answered);
    passages.push({ sent, arrived, answered, returned });
    texts.push(...[sent, arrived, answered, returned].map((message) => (message === null ? "" : textOf(plain(message)))));
    texts.splice(0, texts.length - maxTexts);
    return returned;
  }

  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Runs something with these changes to the first request that comes meanwhile; resolves to what passed, too. */
    async during(change, run) {
      changes = change;
      passages = [];
      const result = await run();
      // A change that found nothing to change would make a row pass for the wrong reason.
      if (changes !== undefined) throw new Error("nothing came through the man in the middle");
      return { result, passages };
    },
    /** Whether a text was in any message that passed. */
    search: (text) => texts.some((message) => message.includes(text)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Sends a request as it is, and resolves to the response as it came.
 * @param {string} origin
 * @param {Message} message
 * @returns {Promise<Message>}
 */
export function exchange(origin, { method, path, headers, body }) {
  const { hostname, port, host } = new URL(origin);
  return new Promise((resolve, reject) => {
    const own = headers.filter(([name]) => !connection.has(name.toLowerCase()));
    const hosted = own.some(([name]) => name.toLowerCase() === "host") ? own : [["host", host], ...own];
    const outgoing = httpRequest({ hostname, port, method, path, headers: [...hosted, ["content-length", String(body.length)]].flat(), agent: false }, (response) => {
      readAll(response).then((bytes) => resolve({ status: response.statusCode, headers: pairs(response.rawHeaders), body: bytes }), reject);
    });
    outgoing.setTimeout(60_000, () => outgoing.destroy(new Error(`${method} ${path} was not answered within a minute`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The same message uncompressed: Next.js compresses what it answers. @param {Message} message @returns {Message} */
export function plain(message) {
  const isCompressed = message.headers.some(([name, value]) => name.toLowerCase() === "content-encoding" && value === "gzip");
  if (!isCompressed) return message;
  return { ...message, headers: message.headers.filter(([name]) => name.toLowerCase() !== "content-encoding"), body: gunzipSync(message.body) };
}

function reply(outgoing, { status, headers, body }) {
  const own = headers.filter(([name]) => !connection.has(name.toLowerCase()));
  outgoing.writeHead(status, [...own, ["content-length", String(body.length)]].flat());
  outgoing.end(body);
}

/** @param {string[]} raw @returns {[string, string][]} */
function pairs(raw) {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]]] : []));
}

function textOf({ method, path, headers, body }) {
  return [method, path, ...headers.flat(), body.toString("utf8")].join("\n");
}

async function readAll(stream) {
  const chunks = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`a message larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
