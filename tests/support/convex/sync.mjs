// The sync protocol: the WebSocket of Convex's reactive clients (convex/react, convex/browser, and the CLI's own reads).
// A client declares a set of queries; each time a table that one of them read is written, they run again on one
// snapshot, and what changed goes out as a Transition from one version of the client's state to the next.
import { WebSocketServer } from "ws";
import { RequestError } from "./deployment.mjs";
import { canonicalName } from "./functions.mjs";
import { badAdminKey, encodeTs, isAdminKey, noAuthProvider, notOfComponents } from "./http.mjs";

/** @typedef {import("./deployment.mjs").Deployment} Deployment */
/** @typedef {import("./deployment.mjs").Result} Result */

const SYNC_PATH = /^\/api\/[^/]+\/sync$/;
/** Clients reconnect after half a minute of silence. */
const PING_INTERVAL = 15_000;
const MAX_MESSAGE = 20 * 1024 * 1024;

/** Reads of the CLI that Convex answers with functions of its own. */
const SYSTEM_QUERIES = new Map(
  /** @type {[string, (deployment: Deployment, args: any) => unknown][]} */ ([
    ["_system/cli/queryEnvironmentVariables", (deployment) => deployment.listEnv()],
    ["_system/cli/queryEnvironmentVariables:get", (deployment, { name }) => deployment.listEnv().find((variable) => variable.name === name) ?? null],
  ]),
);

/**
 * @typedef {object} Subscription
 * @property {string} path
 * @property {unknown} args
 * @property {Set<string>} reads tables its last run depended on
 * @property {boolean} stale
 * @property {string} [sent] what the client has, for comparing
 */

class Session {
  /** What the client was last told, and what it has asked for since. */
  #version = { querySet: 0, identity: 0, ts: 0n };
  #querySet = 0;
  #identity = 0;
  /** @type {Map<number, Subscription>} */
  #subscriptions = new Map();
  /** @type {number[]} */
  #removed = [];
  #updating = false;
  #updateAgain = false;
  /** Tables written while queries were running. @type {Set<string | null>} */
  #writtenMeanwhile = new Set();
  #sessionId = "";
  /** A client's mutations run in the order it sent them. @type {Promise<void>} */
  #mutations = Promise.resolve();

  /**
   * @param {object} options
   * @param {import("ws").WebSocket} options.socket
   * @param {Deployment} options.deployment
   * @param {string} options.adminKey
   * @param {import("./deployment.mjs").Caller} options.caller
   * @param {Map<string, Promise<{ result: Result, ts?: bigint }>>} options.mutationsSeen by session and request: a client that reconnects sends unanswered mutations again
   */
  constructor({ socket, deployment, adminKey, caller, mutationsSeen }) {
    this.socket = socket;
    this.deployment = deployment;
    this.adminKey = adminKey;
    this.caller = caller;
    this.mutationsSeen = mutationsSeen;
    const invalidate = (/** @type {string | null} */ table) => this.#invalidate(table);
    deployment.on("invalidate", invalidate);
    const ping = setInterval(() => this.#send({ type: "Ping" }), PING_INTERVAL).unref();
    socket.on("message", (data) => this.#guard(() => this.#receive(data.toString())));
    socket.on("close", () => {
      deployment.off("invalidate", invalidate);
      clearInterval(ping);
    });
    // A broken connection is followed by `close`; the client connects again by itself.
    socket.on("error", () => socket.terminate());
  }

  #send(/** @type {object} */ message) {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Ends the connection on an error: for good if the client is at fault, else the client tries again. */
  async #guard(/** @type {() => void | Promise<void>} */ step) {
    try {
      await step();
    } catch (error) {
      if (error instanceof RequestError) {
        const text = `${error.code}: ${error.message}`;
        this.#send(error.status === 401 || error.status === 403 ? { type: "AuthError", error: text, baseVersion: this.#identity, authUpdateAttempted: true } : { type: "FatalError", error: text });
        this.socket.close(1008);
      } else {
        this.socket.close(1011, "InternalServerError");
      }
    }
  }

  #receive(/** @type {string} */ text) {
    const message = parse(text);
    if ([message, ...(message.modifications ?? [])].some(({ componentPath }) => componentPath)) throw notOfComponents();
    switch (message.type) {
      case "Connect":
        this.#sessionId = message.sessionId;
        return;
      case "ModifyQuerySet":
        this.#modify(message);
        return this.#update();
      case "Authenticate":
        this.#authenticate(message);
        return this.#update();
      case "Mutation":
        this.#mutations = this.#mutations.then(() => this.#guard(() => this.#mutate(message)));
        return;
      case "Action":
        return this.#act(message);
      case "Event":
        return;
      default:
        throw new RequestError(400, "WSMessageInvalidJson", `Unknown message type "${message.type}".`);
    }
  }

  #modify(/** @type {any} */ { baseVersion, newVersion, modifications }) {
    if (baseVersion !== this.#querySet || newVersion <= baseVersion) throw new RequestError(400, "WSMessageBadVersion", `The query set is at version ${this.#querySet}, not ${baseVersion}.`);
    this.#querySet = newVersion;
    for (const { type, queryId, udfPath, args } of modifications) {
      if (type === "Add") {
        this.#subscriptions.set(queryId, { path: canonicalName(udfPath), args: args?.[0] ?? {}, reads: new Set(), stale: true });
      } else {
        this.#subscriptions.delete(queryId);
        this.#removed.push(queryId);
      }
    }
  }

  #authenticate(/** @type {any} */ { tokenType, value, baseVersion }) {
    if (baseVersion !== this.#identity) throw new RequestError(400, "WSMessageBadVersion", `The identity is at version ${this.#identity}, not ${baseVersion}.`);
    if (tokenType === "User") throw noAuthProvider();
    if (tokenType === "Admin" && !isAdminKey(String(value), this.adminKey)) throw badAdminKey();
    this.#identity = baseVersion + 1;
    this.caller = { ...this.caller, admin: tokenType === "Admin" };
    for (const subscription of this.#subscriptions.values()) subscription.stale = true;
  }

  async #mutate(/** @type {any} */ { requestId, udfPath, args }) {
    const key = `${this.#sessionId}:${requestId}`;
    const call = this.mutationsSeen.get(key) ?? this.deployment.run("mutation", udfPath, args?.[0] ?? {}, this.caller);
    this.mutationsSeen.set(key, call);
    const { result, ts } = await call;
    this.#send({ type: "MutationResponse", requestId, logLines: [], ...outcome(result), ...(result.ok ? { ts: encodeTs(ts ?? 0n) } : {}) });
    // The client keeps its optimistic update until it is told of a state not before `ts`.
    await this.#update();
  }

  async #act(/** @type {any} */ { requestId, udfPath, args }) {
    const { result } = await this.deployment.run("action", udfPath, args?.[0] ?? {}, this.caller);
    this.#send({ type: "ActionResponse", requestId, logLines: [], ...outcome(result) });
  }

  #invalidate(/** @type {string | null} */ table) {
    if (this.#updating) this.#writtenMeanwhile.add(table);
    const depending = [...this.#subscriptions.values()].filter(({ reads }) => table === null || reads.has(table));
    for (const subscription of depending) subscription.stale = true;
    if (depending.length > 0) void this.#guard(() => this.#update());
  }

  /** Brings the client to the present state. One at a time; what comes meanwhile is done after. */
  async #update() {
    this.#updateAgain = true;
    if (this.#updating) return;
    this.#updating = true;
    try {
      while (this.#updateAgain && this.socket.readyState === this.socket.OPEN) {
        this.#updateAgain = false;
        await this.#transition();
      }
    } finally {
      this.#updating = false;
    }
  }

  async #transition() {
    const version = { querySet: this.#querySet, identity: this.#identity };
    const modifications = /** @type {object[]} */ (this.#removed.splice(0).map((queryId) => ({ type: "QueryRemoved", queryId })));
    const stale = [...this.#subscriptions].filter(([, subscription]) => subscription.stale);
    for (const [, subscription] of stale) subscription.stale = false;
    this.#writtenMeanwhile.clear();
    const { admin } = this.caller;
    const systemQuery = (/** @type {Subscription} */ { path }) => (admin ? SYSTEM_QUERIES.get(path) : undefined);
    const own = stale.filter(([, subscription]) => systemQuery(subscription) === undefined);
    const { ts, results } = await this.deployment.queries(own.map(([, { path, args }]) => ({ path, args })), this.caller);
    for (const [index, [queryId, subscription]] of own.entries()) {
      const { result, reads } = /** @type {{ result: Result, reads: string[] }} */ (results[index]);
      subscription.reads = new Set(reads);
      // It may have read those tables before they were written, and only now is it known to depend on them.
      if (this.#writtenMeanwhile.has(null) || reads.some((table) => this.#writtenMeanwhile.has(table))) {
        subscription.stale = true;
        this.#updateAgain = true;
      }
      modifications.push(...changed(queryId, subscription, result));
    }
    for (const [queryId, subscription] of stale) {
      const answer = systemQuery(subscription);
      if (answer === undefined) continue;
      const value = answer(this.deployment, subscription.args);
      modifications.push(...changed(queryId, subscription, { ok: true, value }));
    }
    const start = this.#version;
    if (modifications.length === 0 && start.querySet === version.querySet && start.identity === version.identity && start.ts === ts) return;
    this.#version = { ...version, ts };
    this.#send({ type: "Transition", startVersion: { ...start, ts: encodeTs(start.ts) }, endVersion: { ...version, ts: encodeTs(ts) }, modifications });
  }
}

/** @param {string} text @returns {any} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestError(400, "WSMessageInvalidJson", `Received invalid JSON: ${/** @type {Error} */ (cause).message}`);
  }
}

/** @param {Result} result */
const outcome = (result) => (result.ok ? { success: true, result: result.value } : { success: false, result: result.errorMessage, errorData: result.errorData });

/** @param {number} queryId @param {Subscription} subscription @param {Result} result */
function changed(queryId, subscription, result) {
  // The request's id alone is no news.
  const content = result.ok ? result : { ...result, errorMessage: result.errorMessage.replace(/^\[Request ID: \w+\] /, "") };
  const text = JSON.stringify(content);
  if (text === subscription.sent) return [];
  subscription.sent = text;
  const details = result.ok ? { type: "QueryUpdated", value: result.value } : { type: "QueryFailed", errorMessage: result.errorMessage, errorData: result.errorData };
  return [{ ...details, queryId, logLines: [], journal: null }];
}

/**
 * @param {Deployment} deployment
 * @param {string} adminKey
 */
export function createSync(deployment, adminKey) {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE });
  /** @type {Map<string, Promise<{ result: Result, ts?: bigint }>>} */
  const mutationsSeen = new Map();
  return {
    /** @param {import("node:http").IncomingMessage} request @param {import("node:stream").Duplex} stream @param {Buffer} head */
    upgrade(request, stream, head) {
      if (!SYNC_PATH.test(new URL(request.url ?? "/", "http://deployment.invalid").pathname)) {
        stream.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      server.handleUpgrade(request, stream, head, (socket) => {
        const caller = { admin: false, ip: request.socket.remoteAddress ?? null, userAgent: request.headers["user-agent"] ?? null };
        new Session({ socket, deployment, adminKey, caller, mutationsSeen });
      });
    },
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
