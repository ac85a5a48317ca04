// One way of delivering a webhook for each thing that can happen to it.

import { randomUUID } from "node:crypto";
import { generateSecret } from "countersign";
import { exchange } from "../relay.mjs";
import { createDeliveries, keyOfGitHub } from "./deliveries.mjs";
import { alter, header, withBody, withHeader, withoutHeader } from "./messages.mjs";

const minute = 60_000;
const lowered = withBody((text) => text.replace('"amount_total": 4900', '"amount_total": 1'));

/**
 * @param {{ nextUrl: string, backend: import("../backend.mjs").Backend, webhookSecrets: ReturnType<typeof import("./deliveries.mjs").newWebhookSecrets> }} options
 * @returns {Record<string, () => Promise<import("./index.mjs").Course>>}
 */
export function createWebhookCourses({ nextUrl, backend, webhookSecrets }) {
  const { stripe, polar, github } = createDeliveries(webhookSecrets);
  const other = generateSecret();

  /** Posts what somebody made of a delivery: the delivery itself, if nothing was done to it. */
  async function deliver({ provider, message, key }, { arrives = message, from = provider, keys = [key], to = "Next.js" } = {}) {
    const answer = await exchange(to === "Convex" ? backend.siteUrl : nextUrl, arrives);
    return { from, to, sent: message, arrived: arrives, answer, returned: answer, came: String(answer.status), eventIds: keys };
  }

  const changed = (delivery, change, keys = []) => deliver(delivery, { arrives: alter(delivery.message, change), from: delivery.provider, keys: [delivery.key, ...keys] });
  const forged = (delivery, keys = [delivery.key]) => deliver(delivery, { from: "Attacker", keys });

  /** To the http action, which has another path. */
  const toConvex = (delivery, change = (message) => message) => {
    const message = { ...delivery.message, path: delivery.message.path.replace("/api", "") };
    return deliver({ ...delivery, message }, { arrives: change(message), to: "Convex" });
  };

  /** The second of two deliveries, of which the first must have been taken. */
  async function after(first, second) {
    const course = await deliver(first);
    return course.came === "200" ? second() : course;
  }

  return {
    stripe: async () => deliver(await stripe()),
    polar: async () => deliver(await polar()),
    "polar-before": async () => deliver(await polar({ secret: webhookSecrets.polarBefore, before: true })),
    github: async () => deliver(await github()),
    "stripe-rolled": async () => deliver(await stripe({ secret: `whsec_${other}`, alsoSecret: webhookSecrets.stripe })),

    async "stripe-again"() {
      const id = `evt_1S${randomUUID().replaceAll("-", "").slice(0, 22)}`;
      // Stripe signs anew for each attempt.
      const [first, second] = [await stripe({ id, at: Date.now() - minute }), await stripe({ id })];
      return after(first, () => deliver(second));
    },
    async "polar-twice"() {
      const delivery = await polar();
      const courses = await Promise.all([deliver(delivery), deliver(delivery)]);
      return courses.find(({ came }) => came !== "200") ?? courses[1];
    },
    async "github-renamed"() {
      const delivery = await github();
      const arrives = alter(delivery.message, withHeader("x-github-delivery", randomUUID()));
      return after(delivery, () => deliver(delivery, { arrives, from: "Attacker" }));
    },

    convex: async () => toConvex(await stripe()),
    async "convex-again"() {
      const delivery = await stripe();
      const first = await toConvex(delivery);
      return first.came === "200" ? toConvex(delivery) : first;
    },
    "convex-body": async () => toConvex(await stripe(), (message) => alter(message, lowered)),

    "stripe-body": async () => changed(await stripe(), lowered),
    async "github-body"() {
      const delivery = await github();
      const rewritten = JSON.stringify(JSON.parse(delivery.message.body.toString("utf8")), null, 2);
      return changed(delivery, withBody(() => rewritten), [keyOfGitHub(rewritten)]);
    },
    async "polar-header"() {
      const id = randomUUID();
      return changed(await polar(), withHeader("webhook-id", id), [`polar:${id}`]);
    },
    async "stripe-time"() {
      const delivery = await stripe({ at: Date.now() - 60 * minute });
      const now = `t=${Math.floor(Date.now() / 1000)}`;
      return changed(delivery, withHeader("stripe-signature", header(delivery.message, "stripe-signature").replace(/^t=\d+/, now)));
    },

    "stripe-old": async () => forged(await stripe({ at: Date.now() - 10 * minute })),
    "polar-future": async () => forged(await polar({ at: Date.now() + 10 * minute })),
    "github-secret": async () => forged(await github({ secret: other })),
    "stripe-unsigned": async () => changed(await stripe(), withoutHeader("stripe-signature")),
    "github-sha1": async () => changed(await github(), withoutHeader("x-hub-signature-256")),
    async "polar-elsewhere"() {
      const delivery = await polar();
      return changed(delivery, (message) => ({ ...message, path: "/api/webhooks/stripe" }), [delivery.key.replace("polar:", "stripe:")]);
    },
    async "stripe-bearer"() {
      const delivery = await stripe();
      const unsigned = withoutHeader("stripe-signature")(delivery.message);
      const message = { ...unsigned, headers: [...unsigned.headers, ["authorization", `Bearer ${webhookSecrets.stripe}`]] };
      return forged({ ...delivery, message });
    },
    "github-large": async () => forged(await github({ description: "x".repeat(1024 * 1024) })),
  };
}
