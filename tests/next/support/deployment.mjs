// A deployment's HTTP endpoint, as far as one signed call needs it: it verifies the signature as a guard would and answers.
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
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const type = /** @type {"query" | "mutation"} */ ((request.url ?? "").replace("/api/", ""));
    const { path, args: [json] } = JSON.parse(text);
    const { countersign, ...args } = /** @type {Record<string, any>} */ (jsonToConvex(json));
    try {
      const { caller } = verifyCall(keyring, countersign, { audience: url, type, name: path, args, now: Date.now() });
      send(200, { status: "success", value: convexToJson({ caller, amount: args.amount }), logLines: [] });
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
