// The deployment's second port: http actions, routed by the functions' own http.ts.
import { RequestError } from "./deployment.mjs";
import { readBody } from "./http.mjs";

/** Headers that belong to the connection, which Node's server writes by itself. */
const CONNECTION = new Set(["connection", "content-length", "keep-alive", "transfer-encoding"]);

/** @param {import("./deployment.mjs").Deployment} deployment */
export function createSite(deployment) {
  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  return async (request, response) => {
    const { status, headers, body } = await answer(request);
    response.statusCode = status;
    for (const [name, value] of headers) if (!CONNECTION.has(name)) response.appendHeader(name, value);
    response.end(body);
  };

  /**
   * @param {import("node:http").IncomingMessage} request
   * @returns {Promise<{ status: number, headers: [string, string][], body: Uint8Array | string }>}
   */
  async function answer(request) {
    try {
      const body = await readBody(request);
      const headers = Object.entries(request.headersDistinct).flatMap(([name, values]) => (values ?? []).map((value) => /** @type {[string, string]} */ ([name, value])));
      // As on Convex, the URL is what the client claims it to be.
      const origin = `${request.headers["x-forwarded-proto"] ?? "http"}://${request.headers.host}`;
      if (!URL.canParse(request.url ?? "/", origin)) throw new RequestError(400, "BadUrl", "The request's URL or Host header is malformed.");
      const caller = { admin: false, ip: request.socket.remoteAddress ?? null, userAgent: request.headers["user-agent"] ?? null };
      return await deployment.http({ method: request.method ?? "GET", url: new URL(request.url ?? "/", origin).href, headers, body: body.length === 0 ? null : body }, caller);
    } catch (error) {
      const { status, code } = error instanceof RequestError ? error : { status: 500, code: "InternalServerError" };
      return { status, headers: [["content-type", "application/json"]], body: JSON.stringify({ code, message: /** @type {Error} */ (error).message }) };
    }
  }
}
