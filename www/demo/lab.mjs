// Sends deliveries, honest ones and altered ones, and tells what became of each.

import { randomBytes } from "node:crypto";
import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import { ConvexError } from "convex/values";
import { createKeyring, generateSecret, signCall } from "countersign";

const signedName = "webhooks:markEventProcessed";
const minute = 60_000;

/** What can happen to a delivery on its way. */
export const changes = ["none", "args", "secret", "function", "deployment", "old", "unsigned", "resent"];

/**
 * @typedef {"node" | "edge"} Route
 * @typedef {{ id: string, provider: string, type: string, amount: number }} Delivery
 * @typedef {{ from: "Next.js" | "Convex", ok: boolean, status: number | null, text: string }} Answer
 */

/**
 * @typedef {object} Outcome
 * @property {string} change
 * @property {Route} route
 * @property {Delivery} delivery
 * @property {"Next.js" | "attacker"} signedBy who made the call that Convex answered
 * @property {import("./proxy.mjs").Call | null} sent the call as its sender sent it, if the man in the middle saw it
 * @property {import("./proxy.mjs").Call | null} passedOn the call as Convex got it
 * @property {Answer} answer
 * @property {string[]} log what the deployment logged meanwhile
 * @property {string | null} code the precise code in that log
 * @property {number | null} stored how many events are stored under this id
 */

/**
 * @param {object} options
 * @param {string} options.nextUrl
 * @param {string} options.secret the secret both sides share: an attacker here holds real signatures, made for something else
 * @param {import("./backend.mjs").Backend} options.backend
 */
export function createLab({ nextUrl, secret, backend }) {
  const keyring = createKeyring(secret);
  const strangers = createKeyring(generateSecret());
  const convex = new ConvexHttpClient(backend.url, { logger: false });
  const audience = new URL(backend.url).origin;

  /** Posts the delivery to the app's webhook route, as its provider does. */
  async function post(route, delivery, url = nextUrl) {
    const response = await fetch(`${url}/api/${route === "edge" ? "webhooks-edge" : "webhooks"}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(delivery),
      signal: AbortSignal.timeout(20_000),
    });
    return { from: "Next.js", ok: response.ok, status: response.status, text: (await response.text()).trim() };
  }

  function argsOf(route, { id, ...rest }) {
    return { eventId: id, ...rest, route };
  }

  function sign(args, { ring = keyring, ...changed } = {}) {
    return signCall(ring, { audience, type: "mutation", name: signedName, args, ...changed });
  }

  /** Calls the signed mutation as anybody can: with the plain Convex client, past Next.js. */
  async function call(args, token) {
    try {
      const id = await convex.mutation(anyApi.webhooks.markEventProcessed, token === undefined ? args : { ...args, countersign: token });
      return { from: "Convex", ok: true, status: null, text: JSON.stringify(id) };
    } catch (error) {
      if (error instanceof ConvexError) return { from: "Convex", ok: false, status: null, text: JSON.stringify(error.data) };
      if (error instanceof Error) return { from: "Convex", ok: false, status: null, text: error.message };
      throw error;
    }
  }

  const raised = (args) => ({ ...args, amount: args.amount === 0 ? 100 : args.amount * 100 });

  /** One way of sending for each change; resolves to what came back. */
  const senders = {
    none: (route, delivery) => post(route, delivery),
    args(route, delivery) {
      if (backend.proxy === undefined) {
        const args = argsOf(route, delivery);
        return call(raised(args), sign(args));
      }
      backend.proxy.changeNext(delivery.id, raised);
      return post(route, delivery);
    },
    secret: (route, delivery) => call(argsOf(route, delivery), sign(argsOf(route, delivery), { ring: strangers })),
    function: (route, delivery) => call(argsOf(route, delivery), sign(argsOf(route, delivery), { name: "webhooks:markEventFailed" })),
    deployment: (route, delivery) => call(argsOf(route, delivery), sign(argsOf(route, delivery), { audience: "https://other-animal-123.convex.cloud" })),
    old: (route, delivery) => call(argsOf(route, delivery), sign(argsOf(route, delivery), { now: Date.now() - 10 * minute })),
    unsigned: (route, delivery) => call(argsOf(route, delivery), undefined),
    async resent(route, delivery) {
      if (backend.proxy === undefined) {
        const args = argsOf(route, delivery);
        const token = sign(args);
        await call(args, token);
        return call(args, token);
      }
      const first = await post(route, delivery);
      if (!first.ok) return first;
      const { status, body } = await backend.proxy.resend(delivery.id);
      return { from: "Convex", ok: status === 200 && JSON.parse(body).status === "success", status, text: body };
    },
  };
  const fromNext = new Set(backend.proxy === undefined ? ["none"] : ["none", "args"]);

  // One delivery at a time: so the log lines that appear meanwhile belong to it.
  let last = Promise.resolve();
  const inTurn = (task) => {
    const result = last.then(task);
    // A failure is told to who asked for it; those behind it in the queue go on.
    last = result.then(() => undefined, () => undefined);
    return result;
  };

  return {
    keyId: keyring.keyIds[0],
    strangersKeyId: strangers.keyIds[0],
    newDelivery: (fields = {}) => ({ id: `evt_${randomBytes(6).toString("hex")}`, provider: "polar", type: "order.paid", amount: 4900, ...fields }),
    storedEvents: (id) => convex.query(anyApi.events.countStored, { eventId: id }),
    /**
     * @param {string} change one of `changes`
     * @param {{ route: Route, delivery: Delivery, url?: string }} options `url`: another Next.js server than the demo's own
     * @returns {Promise<Outcome>}
     */
    send: (change, { route, delivery, url }) =>
      inTurn(async () => {
        const before = backend.log().length;
        const answer = url === undefined ? await senders[change](route, delivery) : await post(route, delivery, url);
        const log = backend.log().slice(before);
        const captured = backend.proxy?.capturedCall(delivery.id);
        return {
          change,
          route,
          delivery,
          signedBy: fromNext.has(change) ? "Next.js" : "attacker",
          sent: captured?.sent ?? null,
          passedOn: captured?.passedOn ?? null,
          answer,
          log,
          code: codeIn(log),
          stored: await convex.query(anyApi.events.countStored, { eventId: delivery.id }),
        };
      }),
  };
}

/** What the guard's last log line says: a refusal's code, or that the deployment is misconfigured. */
export function codeIn(log) {
  const codes = log.flatMap((line) => {
    const found = /\bcountersign: (refused|misconfigured) code=([a-z_]+)/.exec(line);
    return found === null ? [] : [found[1] === "refused" ? found[2] : "misconfigured"];
  });
  return codes.at(-1) ?? null;
}
