// One way of sending a delivery for each thing that can happen to it.

import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import { ConvexError } from "convex/values";
import { createKeyring, generateSecret, signCall } from "countersign";
import { CountersignClient } from "countersign/client";

const signedName = "webhooks:markEventProcessed";
const minute = 60_000;
// Of many at once the last one waits for all others.
const postMs = 60_000;

/**
 * @typedef {"node" | "edge"} Route
 * @typedef {{ id: string, provider: string, type: string, amount: number }} Delivery
 * @typedef {{ from: "Next.js" | "Convex", ok: boolean, status: number | null, text: string }} Answer
 */

/**
 * @param {object} options
 * @param {string} options.nextUrl
 * @param {string} options.secret the secret both sides share: an attacker here holds real signatures, made for something else
 * @param {string | undefined} options.workerSecret the secret of another server, which may call what the app may not
 * @param {import("./backend.mjs").Backend} options.backend
 */
export function createSenders({ nextUrl, secret, workerSecret, backend }) {
  const keyring = createKeyring(secret);
  const strangers = createKeyring(generateSecret());
  const anybody = new ConvexHttpClient(backend.url, { logger: false });
  const web = new CountersignClient(backend.url, { secret, logger: false });
  // As a function: without a worker's secret it must not sign with one from the environment.
  const worker = new CountersignClient(backend.url, { secret: () => workerSecret, logger: false });
  const audience = new URL(backend.url).origin;

  /** Posts the delivery to the app's webhook route, as its provider does. @returns {Promise<Answer>} */
  async function post(route, delivery, url = nextUrl) {
    const response = await fetch(`${url}/api/${route === "edge" ? "webhooks-edge" : "webhooks"}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(delivery),
      signal: AbortSignal.timeout(postMs),
    });
    return { from: "Next.js", ok: response.ok, status: response.status, text: (await response.text()).trim() };
  }

  const argsOf = (route, { id, ...rest }) => ({ eventId: id, ...rest, route });
  const raised = (args) => ({ ...args, amount: args.amount === 0 ? 100 : args.amount * 100 });

  function sign(args, { ring = keyring, ...changed } = {}) {
    return signCall(ring, { audience, type: "mutation", name: signedName, args, ...changed });
  }

  /** Calls the signed mutation as anybody can: with the plain Convex client, past Next.js. */
  const call = (args, token) => answerOf(() => anybody.mutation(anyApi.webhooks.markEventProcessed, token === undefined ? args : { ...args, countersign: token }));

  /** An attacker's call, with a signature that was made for something else. */
  const forged = (changed) => (route, delivery) => call(argsOf(route, delivery), sign(argsOf(route, delivery), changed()));

  const byWorker = (reference, args) => answerOf(() => worker.gateway.mutation(reference, args));

  /** @type {Record<string, (route: Route, delivery: Delivery) => Promise<Answer>>} */
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
    secret: forged(() => ({ ring: strangers })),
    function: forged(() => ({ name: "webhooks:markEventFailed" })),
    deployment: forged(() => ({ audience: "https://other-animal-123.convex.cloud" })),
    old: forged(() => ({ now: Date.now() - 10 * minute })),
    unsigned: (route, delivery) => call(argsOf(route, delivery), undefined),
    async resent(route, delivery) {
      if (backend.proxy === undefined) {
        const args = argsOf(route, delivery);
        const token = sign(args);
        const first = await call(args, token);
        return first.ok ? call(args, token) : first;
      }
      const first = await post(route, delivery);
      return first.ok ? answerOfResponse(await backend.proxy.resend(delivery.id)) : first;
    },
    async repeated(route, delivery) {
      const first = await post(route, delivery);
      return first.ok ? post(route, delivery) : first;
    },
    async reused(route, delivery) {
      const first = await post(route, delivery);
      return first.ok ? post(route, raised(delivery)) : first;
    },
    internal: (_route, delivery) => byWorker(anyApi.orders.record, argsOf("worker", delivery)),
    async unlisted(_route, delivery) {
      const first = await byWorker(anyApi.orders.record, argsOf("worker", delivery));
      return first.ok ? byWorker(anyApi.orders.remove, { eventId: delivery.id }) : first;
    },
    worker: (_route, delivery) => answerOf(() => worker.mutation(anyApi.backfill.record, argsOf("worker", delivery))),
    caller: (_route, delivery) => answerOf(() => web.mutation(anyApi.backfill.record, argsOf("worker", delivery))),
  };

  /** Tries the function behind the gateway as anybody can. */
  const callInternal = (delivery) => answerOf(() => anybody.mutation(anyApi.orders.record, argsOf("worker", delivery)));

  return { senders, post, callInternal, keyId: keyring.keyIds[0], strangersKeyId: strangers.keyIds[0] };
}

/** Who made the call that Convex answered. */
export function signerOf(change, hasProxy) {
  if (["internal", "unlisted", "worker"].includes(change)) return "worker";
  if (change === "caller") return "web";
  return ["none", "repeated", "reused"].includes(change) || (hasProxy && change === "args") ? "Next.js" : "attacker";
}

/** What a Convex client's call came to. @returns {Promise<Answer>} */
async function answerOf(send) {
  try {
    return { from: "Convex", ok: true, status: null, text: JSON.stringify(await send()) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The signed client explains a refusal; what Convex itself said is behind that.
    const said = error instanceof ConvexError ? error : error.cause instanceof ConvexError ? error.cause : undefined;
    return { from: "Convex", ok: false, status: null, text: said === undefined ? error.message : JSON.stringify(said.data) };
  }
}

/** The same, of a response that no client has read. @returns {Answer} */
function answerOfResponse({ body }) {
  const { status, value, errorData, errorMessage } = JSON.parse(body);
  const ok = status === "success";
  return { from: "Convex", ok, status: null, text: ok ? JSON.stringify(value) : errorData === undefined ? errorMessage : JSON.stringify(errorData) };
}
