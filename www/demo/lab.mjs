// Sends deliveries, honest ones and altered ones, and tells what became of each.

import { randomBytes } from "node:crypto";
import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import { createSenders, signerOf } from "./senders.mjs";

/** What can happen to a delivery on its way, or instead of it. */
export const changes = [
  ...["none", "args", "secret", "function", "deployment", "old", "unsigned"],
  ...["resent", "repeated", "reused", "internal", "unlisted", "worker", "caller"],
];

/**
 * @typedef {object} Outcome
 * @property {string} change
 * @property {import("./senders.mjs").Route} route
 * @property {import("./senders.mjs").Delivery} delivery
 * @property {"Next.js" | "worker" | "web" | "attacker"} signedBy who made the call that Convex answered; `web` is not
 *   Next.js itself, but somebody with its secret
 * @property {import("./proxy.mjs").Call | null} sent the call as its sender sent it, if the man in the middle saw it
 * @property {import("./proxy.mjs").Call | null} passedOn the call as Convex got it
 * @property {import("./senders.mjs").Answer} answer
 * @property {string[]} log what the deployment logged meanwhile
 * @property {string | null} code the precise code in that log
 * @property {number} stored how many events are stored under this id
 */

/** @param {Parameters<typeof createSenders>[0]} options */
export function createLab(options) {
  const { backend } = options;
  const { senders, post, callInternal, keyId, strangersKeyId } = createSenders(options);
  const convex = new ConvexHttpClient(backend.url, { logger: false });
  const storedCounts = (eventIds) => convex.query(anyApi.events.countStored, { eventIds });
  const storedEvents = async (id) => (await storedCounts([id]))[0];

  // One delivery at a time: so the log lines that appear meanwhile belong to it.
  let last = Promise.resolve();
  const inTurn = (task) => {
    const result = last.then(task);
    // A failure is told to who asked for it; those behind it in the queue go on.
    last = result.then(() => undefined, () => undefined);
    return result;
  };

  return {
    keyId,
    strangersKeyId,
    newDelivery: (fields = {}) => ({ id: `evt_${randomBytes(6).toString("hex")}`, provider: "polar", type: "order.paid", amount: 4900, ...fields }),
    storedEvents,
    storedCounts,
    /** Posts a delivery to a webhook route at once, beside what is being sent otherwise. */
    post,
    callInternal: (delivery) => inTurn(() => callInternal(delivery)),
    /** Runs something while no delivery is under way. */
    inTurn,
    /**
     * @param {string} change one of `changes`
     * @param {{ route: import("./senders.mjs").Route, delivery: import("./senders.mjs").Delivery, url?: string }} options
     *   `url`: another Next.js server than the demo's own
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
          signedBy: signerOf(change, backend.proxy !== undefined),
          sent: captured?.sent ?? null,
          passedOn: captured?.passedOn ?? null,
          answer,
          log,
          code: codeIn(log),
          stored: await storedEvents(delivery.id),
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
