// The deployment's HTTP API: what ConvexHttpClient and the CLI call.
import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "./deployment.mjs";

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */
/** @typedef {import("node:http").ServerResponse} ServerResponse */
/** @typedef {import("./deployment.mjs").Caller} Caller */
/** @typedef {import("./deployment.mjs").Result} Result */

const MAX_BODY = 16 * 1024 * 1024 + 2000;
/** Convex's own status for "the function threw"; its client reads the body of such an answer. */
const FUNCTION_FAILED = 560;

/** @param {IncomingMessage} request @returns {Promise<Buffer>} */
export async function readBody(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new RequestError(413, "RequestBodyTooLarge", `The request's body is larger than ${MAX_BODY} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param {IncomingMessage} request */
async function readJson(request) {
  const body = await readBody(request);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new RequestError(400, "BadJsonBody", `The request's body is not JSON: ${/** @type {Error} */ (cause).message}`);
  }
}

const digest = (/** @type {string} */ text) => createHash("sha256").update(text).digest();

/** @param {string} given @param {string} adminKey */
export const isAdminKey = (given, adminKey) => timingSafeEqual(digest(given), digest(adminKey));

export const badAdminKey = () =>
  new RequestError(
    403,
    "BadDeployKey",
    "The provided deploy key was invalid for this deployment. Double check that the environment this key was generated for matches the desired deployment.",
  );

export const noAuthProvider = () =>
  new RequestError(401, "NoAuthProvider", "No auth provider is configured in the embedded Convex, so it accepts no user's token.");

export const notOfComponents = () => new RequestError(400, "BadConvexFunctionIdentifier", "The embedded Convex runs no component's functions from outside: the app's own functions call them.");

/** @param {IncomingMessage} request @param {string} adminKey @returns {Caller} */
function identify(request, adminKey) {
  const [scheme, credential = ""] = (request.headers.authorization ?? "").split(/ (.*)/s);
  const caller = { admin: false, ip: request.socket.remoteAddress ?? null, userAgent: request.headers["user-agent"] ?? null };
  if (scheme === "Bearer") throw noAuthProvider();
  if (scheme !== "Convex") return caller;
  if (!isAdminKey(credential, adminKey)) throw badAdminKey();
  return { ...caller, admin: true };
}

/** Arguments come as an object, or as an array of one object. */
function argumentsOf(/** @type {unknown} */ args) {
  const value = Array.isArray(args) && args.length === 1 ? args[0] : args;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RequestError(400, "BadJsonBody", "`args` must be an object, or an array of one object.");
  }
  return value;
}

/** The function a request names. The CLI may send a component's path along, and no client else does. */
function pathOf(/** @type {{ path?: unknown, componentPath?: unknown } | null} */ request) {
  const path = request?.path;
  if (request?.componentPath) throw notOfComponents();
  if (typeof path !== "string" || !/^[^:]+(:[^:]+)?$/.test(path)) {
    throw new RequestError(400, "BadConvexFunctionIdentifier", `${path} is not a valid path to a Convex function.`);
  }
  return path;
}

/** @param {Result} result */
const respond = (result) =>
  result.ok
    ? { status: 200, body: { status: "success", value: result.value, logLines: [] } }
    : { status: FUNCTION_FAILED, body: { status: "error", errorMessage: result.errorMessage, errorData: result.errorData, logLines: [] } };

/** A timestamp as the protocol has it: eight bytes, little-endian, in base64. */
export function encodeTs(/** @type {bigint} */ ts) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(ts);
  return bytes.toString("base64");
}

/**
 * @param {import("./deployment.mjs").Deployment} deployment
 * @param {string} adminKey
 */
export function createApi(deployment, adminKey) {
  const runner = (/** @type {"query" | "mutation" | "action" | "any"} */ type) => async (/** @type {IncomingMessage} */ request, /** @type {Caller} */ caller) => {
    const body = await readJson(request);
    const { result } = await deployment.run(type, pathOf(body), argumentsOf(body?.args), caller);
    return respond(result);
  };

  /** @type {Record<string, (request: IncomingMessage, caller: Caller, url: URL) => Promise<{ status: number, body?: unknown }>>} */
  const routes = {
    "POST /api/query": runner("query"),
    // Nothing older than the latest state is kept, so a query at a timestamp runs at the latest one.
    "POST /api/query_at_ts": runner("query"),
    "POST /api/mutation": runner("mutation"),
    "POST /api/action": runner("action"),
    "POST /api/function": runner("any"),
    "POST /api/query_ts": async (_request, caller) => {
      const { ts } = await deployment.queries([], caller);
      return { status: 200, body: { ts: encodeTs(ts) } };
    },
    "GET /api/query": async (_request, caller, url) => {
      const args = url.searchParams.get("args") ?? "{}";
      const { result } = await deployment.run("query", pathOf(Object.fromEntries(url.searchParams)), argumentsOf(parseArgs(args)), caller);
      return respond(result);
    },
    "POST /api/query_batch": async (request, caller) => {
      const { queries } = await readJson(request);
      if (!Array.isArray(queries)) throw new RequestError(400, "BadJsonBody", "`queries` must be an array.");
      const { results } = await deployment.queries(
        queries.map((query) => ({ path: pathOf(query), args: argumentsOf(query?.args) })),
        caller,
      );
      return { status: 200, body: { results: results.map(({ result }) => respond(result).body) } };
    },
    "POST /api/update_environment_variables": async (request, { admin }) => {
      if (!admin) throw badAdminKey();
      const { changes } = await readJson(request);
      if (!Array.isArray(changes)) throw new RequestError(400, "BadJsonBody", "`changes` must be an array.");
      await deployment.setEnv(changes.map(({ name, value }) => ({ name: String(name), value: value ?? undefined })));
      return { status: 200 };
    },
    "GET /api/list_environment_variables": async (_request, { admin }) => {
      if (!admin) throw badAdminKey();
      return { status: 200, body: { environmentVariables: Object.fromEntries(deployment.listEnv().map(({ name, value }) => [name, value])) } };
    },
    "GET /api/check_admin_key": async (_request, { admin }) => {
      if (!admin) throw badAdminKey();
      return { status: 200, body: { success: true } };
    },
    "GET /version": async () => ({ status: 200, body: "embedded" }),
  };

  /** @param {IncomingMessage} request @param {ServerResponse} response */
  return async (request, response) => {
    const url = new URL(request.url ?? "/", "http://deployment.invalid");
    const cors = {
      "access-control-allow-origin": request.headers.origin ?? "*",
      "access-control-allow-credentials": "true",
      vary: "origin, access-control-request-headers",
    };
    if (request.method === "OPTIONS") {
      response.writeHead(200, {
        ...cors,
        "access-control-allow-methods": "GET,POST,OPTIONS,PATCH,DELETE,PUT",
        "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "content-type,convex-client,authorization",
        "access-control-max-age": "86400",
      });
      response.end();
      return;
    }
    const { status, body } = await answer(request, url);
    response.writeHead(status, { ...cors, "content-type": "application/json", ...(status === 413 ? { connection: "close" } : {}) });
    response.end(body === undefined ? "" : JSON.stringify(body));
  };

  /** @param {IncomingMessage} request @param {URL} url */
  async function answer(request, url) {
    try {
      const route = routes[`${request.method} ${url.pathname}`];
      if (route === undefined) throw new RequestError(404, "NotFound", `The embedded Convex has no ${request.method} ${url.pathname}.`);
      return await route(request, identify(request, adminKey), url);
    } catch (error) {
      if (error instanceof RequestError) return { status: error.status, body: { code: error.code, message: error.message } };
      return { status: 500, body: { code: "InternalServerError", message: String(error) } };
    }
  }
}

function parseArgs(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestError(400, "BadJsonBody", `\`args\` is not JSON: ${/** @type {Error} */ (cause).message}`);
  }
}
