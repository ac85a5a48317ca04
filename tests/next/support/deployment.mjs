// A deployment's HTTP endpoint, as far as signed calls need it: it verifies the signature as a guard or a gateway would, answers with how many
// calls it has run, and with the same again to a call with the same idempotency key.
import { createServer } from "node:http";
import { convexToJson, jsonToConvex } from "convex/values";
import { CountersignError, createKeyring, verifyCall } from "countersign";

/**
 * @typedef {object} Deployment
 * @property {string} url
 * @property {() => Promise<void>} close
 */

/** @param {string} secret @returns {Promise<Deployment>} */
export async function startDeployment(secret) {
  const keyring = createKeyring({ web: secret });
  /** @type {Map<string, Record<string, import("convex/values").Value>>} */
  const results = new Map();
  let runs = 0;
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const type = /** @type {"query" | "mutation"} */ ((request.url ?? "").replace("/api/", ""));
    const { path, args: [json] } = JSON.parse(text);
    const { countersign, ...given } = /** @type {Record<string, any>} */ (jsonToConvex(json));
    const { name, args } = path === `gateway:${type}` ? given : { name: path, args: given };
    const { token, idempotencyKey } = typeof countersign === "object" ? countersign : { token: countersign };
    try {
      const { caller } = verifyCall(keyring, token, { audience: url, type, name, args, now: Date.now(), idempotencyKey });
      const recorded = idempotencyKey === undefined ? undefined : results.get(`${name} ${idempotencyKey}`);
      const result = recorded ?? { caller, amount: args.amount, runs: ++runs };
      if (idempotencyKey !== undefined) results.set(`${name} ${idempotencyKey}`, result);
      send(200, { status: "success", value: convexToJson(result), logLines: [] });
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      send(560, { status: "error", errorMessage: "Uncaught ConvexError", errorData: { code: "unauthorized" }, logLines: [] });
    }
    function send(/** @type {number} */ status, /** @type {unknown} */ body) {
      // Closed at once: the suite keeps an app busy for longer than a connection is kept, and the app would find it closed.
      response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(body));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  return {
    url,
    close: () => new Promise((resolve) => {
      keyring.free();
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
