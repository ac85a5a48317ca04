// The clients that redisReplayStore takes, connected to one Redis server.

import { createServer } from "node:http";
import { Redis as UpstashRedis } from "@upstash/redis";
import { Redis as IoRedis } from "ioredis";
import { createClient, createClientPool } from "redis";

/** @typedef {{ client: import("countersign/http").RedisClient, close: () => Promise<void> }} Connected */

/**
 * How each is made and connected, by its name.
 * @type {Readonly<Record<string, (socket: string) => Promise<Connected>>>}
 */
export const clients = {
  "node-redis": async (path) => {
    const client = createClient({ socket: { path, tls: false } }).on("error", ignore);
    await client.connect();
    return { client, close: async () => client.destroy() };
  },
  "a pool of node-redis": async (path) => {
    const client = createClientPool({ socket: { path, tls: false } }, { minimum: 2, maximum: 8 }).on("error", ignore);
    await client.connect();
    return { client, close: async () => client.destroy() };
  },
  ioredis: async (path) => {
    const client = new IoRedis(path).on("error", ignore);
    return { client, close: async () => client.disconnect() };
  },
  "@upstash/redis": async (path) => {
    const rest = await startRest(path);
    const client = new UpstashRedis({ url: rest.url, token: rest.token, retry: false, enableTelemetry: false });
    return { client, close: rest.close };
  },
  "a function": async (path) => {
    const client = createClient({ socket: { path, tls: false } }).on("error", ignore);
    await client.connect();
    return { client: (args) => client.sendCommand(args), close: async () => client.destroy() };
  },
};

/** Clients tell of a lost connection here as well; the tests look at what the command comes to. */
function ignore() {}

/**
 * Upstash's REST interface in front of a Redis server: a command as a JSON array, `{ result }` or `{ error }` back.
 * @param {string} socket
 */
async function startRest(socket) {
  const token = "a-token-of-the-test";
  const redis = createClient({ socket: { path: socket, tls: false, reconnectStrategy: false } }).on("error", ignore);
  await redis.connect();
  const server = createServer(async (request, response) => {
    /** @type {(status: number, body: object) => void} */
    const answer = (status, body) => void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.method !== "POST" || request.headers.authorization !== `Bearer ${token}`) return answer(401, { error: "Unauthorized" });
    let body = "";
    for await (const chunk of request) body += chunk;
    const isEncoded = request.headers["upstash-encoding"] === "base64";
    try {
      const result = await redis.sendCommand(JSON.parse(body).map(String));
      // Texts other than OK are base64, if the client asked for that.
      answer(200, { result: typeof result === "string" && result !== "OK" && isEncoded ? Buffer.from(result).toString("base64") : result });
    } catch (error) {
      answer(400, { error: /** @type {Error} */ (error).message });
    }
  });
  const url = await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`)));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    redis.destroy();
  };
  return { url, token, close };
}
