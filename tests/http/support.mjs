// What the tests of signed HTTP share: secrets, servers, sockets, and the log.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { createKeyring } from "countersign";

export const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
export const OTHER = "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5";
/** What the servers know themselves by. It is not where they are reached. */
export const AUDIENCE = "https://app.example";
export const keyring = createKeyring(SECRET);

/** @typedef {(request: Request, context?: any) => Response | Promise<Response>} Route */
/** @typedef {{ url: string, port: number, faults: unknown[], close: () => Promise<void> }} Server */

/**
 * A real server in front of a function of web requests, as Next.js is: it passes on what came, the body as a stream, under an origin of its own.
 * @param {Route} route @returns {Promise<Server>}
 */
export async function serve(route) {
  /** @type {unknown[]} */
  const faults = [];
  const server = createServer(async (incoming, outgoing) => {
    try {
      const response = await route(toRequest(incoming), { params: Promise.resolve({ id: "seven" }) });
      outgoing.statusCode = response.status;
      for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
      if (response.body === null) return void outgoing.end();
      for await (const chunk of /** @type {any} */ (response.body)) outgoing.write(chunk);
      outgoing.end();
    } catch (error) {
      faults.push(error);
      outgoing.statusCode = 500;
      outgoing.end("Internal Server Error");
    }
  });
  // Longer than any test: a connection that closes just as it is used again would look like a refusal.
  server.keepAliveTimeout = 120_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${port}`, port, faults, close };
}

/** @param {import("node:http").IncomingMessage} incoming */
function toRequest(incoming) {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(incoming.headersDistinct)) for (const value of values) headers.append(name, value);
  const hasBody = incoming.method !== "GET" && incoming.method !== "HEAD";
  const init = { method: incoming.method, headers, body: hasBody ? Readable.toWeb(incoming) : null, duplex: "half" };
  return new Request(`http://internal.invalid${incoming.url}`, /** @type {any} */ (init));
}

/**
 * Sends bytes as they are, and reads what comes back until the server is through or nothing comes any more.
 * @param {number} port @param {(string | Uint8Array)[] | AsyncIterable<string | Uint8Array>} parts
 */
export async function raw(port, parts) {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  // A server that has answered may read no further, or close while we still send.
  const answered = new Promise((resolve) => {
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")).includes("\r\n\r\n") && resolve(true));
    socket.on("error", resolve).on("close", resolve);
    setTimeout(resolve, 10_000).unref();
  });
  for await (const part of parts) {
    if (answer !== "" || socket.destroyed) break;
    await Promise.race([answered, new Promise((resolve) => socket.write(part, resolve))]);
  }
  await answered;
  // What is left of the body.
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), head, body };
}

/** The first line of a request and its header fields. @param {string} line @param {Iterable<readonly [string, string]>} fields */
export const head = (line, fields) => `${line} HTTP/1.1\r\nhost: app.example\r\n${[...fields].map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;

/** Runs something, and gives what it writes to the log. @template T @param {() => Promise<T>} run @returns {Promise<{ result: T, lines: string[] }>} */
export async function logging(run) {
  /** @type {string[]} */
  const lines = [];
  const { warn, error } = console;
  console.warn = (/** @type {unknown[]} */ ...parts) => void lines.push(`warn ${parts.join(" ")}`);
  console.error = (/** @type {unknown[]} */ ...parts) => void lines.push(`error ${parts.join(" ")}`);
  try {
    return { result: await run(), lines };
  } finally {
    Object.assign(console, { warn, error });
  }
}
