// A route handler behind a real HTTP server: its requests are streams, as those of Next.js are.

import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";

/** @typedef {(request: Request) => Promise<Response>} Route */

/**
 * @param {Route} route
 */
export async function serve(route) {
  /** How much of each request's body was taken from its stream. @type {number[]} */
  const taken = [];
  const server = createServer(async (incoming, outgoing) => {
    const index = taken.push(0) - 1;
    // Not Readable.toWeb: in Node 20 it goes on writing into a stream that was cancelled.
    const chunks = incoming[Symbol.asyncIterator]();
    const stream = new ReadableStream({
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) return controller.close();
        taken[index] = (taken[index] ?? 0) + value.length;
        controller.enqueue(new Uint8Array(value));
      },
    }, { highWaterMark: 0 });
    const body = incoming.method === "GET" ? null : stream;
    const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) => values.map((value) => /** @type {[string, string]} */ ([name, value])));
    const request = new Request(`http://localhost${incoming.url}`, /** @type {RequestInit} */ ({ method: incoming.method, headers, body, duplex: "half" }));
    try {
      const response = await route(request);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(Buffer.from(await response.arrayBuffer()));
    } catch (error) {
      outgoing.writeHead(500, { "x-thrown": String(error).slice(0, 200).replace(/[^ -~]/g, "?") });
      outgoing.end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/api/webhooks`,
    taken,

    /**
     * Speaks HTTP by hand, for what a client library would not send.
     * @param {string} head the header fields
     * @param {(socket: import("node:net").Socket) => void} send the body, if any
     * @returns {Promise<{ status: number, answer: string, sent: number }>} once the server has answered
     */
    async raw(head, send) {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      socket.on("error", () => "the server need not read to the end");
      socket.write(`POST /api/webhooks HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n`);
      send(socket);
      let answer = "";
      for await (const chunk of socket) {
        answer += chunk;
        if (answer.includes("\r\n\r\n")) break;
      }
      socket.destroy();
      return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), answer, sent: socket.bytesWritten };
    },

    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
