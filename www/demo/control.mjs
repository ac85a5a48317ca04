// What the page's form talks to, through the Next.js server: the demo's own process, which holds the man in the middle.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { exchanges as all } from "./exchanges/index.mjs";
import { changes } from "./lab.mjs";

const maxWaiting = 8;
const maxBodyBytes = 4096;

/**
 * Serves `POST <url>`: sends the delivery that a visitor describes and answers with its outcome.
 * The URL has an unguessable path and listens on this machine only.
 * @param {() => { lab: ReturnType<typeof import("./lab.mjs").createLab>, exchanges: ReturnType<typeof import("./exchanges/index.mjs").createExchanges> }} demo
 */
export async function startControl(demo) {
  const path = `/${randomBytes(16).toString("hex")}`;
  let waiting = 0;
  const server = createServer(async (request, response) => {
    const reply = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.url !== path || request.method !== "POST") return reply(404, { title: "There is nothing here." });
    if (waiting >= maxWaiting) return reply(429, { title: "Too many deliveries are waiting. Try again in a moment." });
    waiting += 1;
    try {
      const wish = parseWish(await readText(request));
      if (wish === undefined) return reply(400, { title: "The form sent something the demo does not know." });
      const { lab, exchanges } = demo();
      if ("exchange" in wish) return reply(200, await exchanges.send(wish.exchange));
      const { change, route, type, amount } = wish;
      const delivery = lab.newDelivery({ type, amount });
      reply(200, await lab.send(change, { route, delivery }));
    } catch (error) {
      console.error("demo: a delivery could not be sent:", error);
      reply(500, { title: "The demo could not send this delivery. Its terminal says why." });
    } finally {
      waiting -= 1;
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}${path}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function parseWish(text) {
  let wish;
  try {
    wish = Object(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (Object.hasOwn(wish, "kind")) {
    const exchange = all.find(({ kind, id }) => kind === wish.kind && id === wish.id);
    return exchange && { exchange };
  }
  const { change, route, type, amount } = wish;
  const fine = changes.includes(change) && ["node", "edge"].includes(route) && typeof type === "string" && /^[a-z._]{1,40}$/.test(type);
  return fine && Number.isSafeInteger(amount) && amount >= 0 && amount <= 1e9 ? { change, route, type, amount } : undefined;
}

async function readText(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > maxBodyBytes) return "";
  }
  return text;
}
