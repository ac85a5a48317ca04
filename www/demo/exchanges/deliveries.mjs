// Deliveries as Stripe, Polar and GitHub make them: bodies of their shape, their headers, and signatures by their own libraries.

import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { sign as signGitHub } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";

const hex = (bytes) => randomBytes(bytes).toString("hex");
const seconds = (at) => Math.floor(at / 1000);
const iso = (at) => new Date(at).toISOString();

/** Secrets in the form that each provider gives out. */
export function newWebhookSecrets() {
  return {
    stripe: `whsec_${hex(16)}`,
    polar: `whsec_${randomBytes(32).toString("base64")}`,
    // As Polar made them before 2026-09-08: the whole text is the key.
    polarBefore: `polar_whs_${hex(20)}`,
    github: hex(20),
  };
}

/**
 * @typedef {object} Delivery
 * @property {string} provider
 * @property {import("../relay.mjs").Message} message
 * @property {string} key under which the app should record the event
 */

/** @param {ReturnType<typeof newWebhookSecrets>} secrets */
export function createDeliveries(secrets) {
  /** `id`: the event's own, the same whenever Stripe sends it again. @returns {Promise<Delivery>} */
  async function stripe({ id = `evt_1S${hex(11)}`, at = Date.now(), secret = secrets.stripe, alsoSecret, amount = 4900 } = {}) {
    const body = JSON.stringify(checkoutCompleted({ id, amount }), null, 2);
    const header = (key) => Stripe.webhooks.generateTestHeaderString({ payload: body, secret: key, timestamp: seconds(at) });
    const more = alsoSecret === undefined ? "" : header(alsoSecret).replace(/^t=\d+/, "");
    const headers = [
      ["user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"],
      ["accept", "*/*; q=0.5, application/xml"],
      ["cache-control", "no-cache"],
      ["content-type", "application/json; charset=utf-8"],
      ["stripe-signature", `${header(secret)}${more}`],
    ];
    return { provider: "Stripe", message: post("/api/webhooks/stripe", headers, body), key: `stripe:${id}` };
  }

  /** @returns {Promise<Delivery>} */
  async function polar({ id = randomUUID(), at = Date.now(), secret = secrets.polar, before = false, amount = 4900 } = {}) {
    const body = JSON.stringify(orderPaid({ at, amount }));
    const webhook = before ? new Webhook(secret, { format: "raw" }) : new Webhook(secret);
    const headers = [
      ["user-agent", "polar.sh webhooks"],
      ["accept", "*/*"],
      ["content-type", "application/json"],
      ["webhook-id", id],
      ["webhook-timestamp", String(seconds(at))],
      ["webhook-signature", webhook.sign(id, new Date(at), body)],
    ];
    return { provider: "Polar", message: post("/api/webhooks/polar", headers, body), key: `polar:${id}` };
  }

  /** @returns {Promise<Delivery>} */
  async function github({ id = randomUUID(), secret = secrets.github, amount = 4900, description = "Thank you! Your name in the README." } = {}) {
    const body = JSON.stringify(sponsorshipCreated({ amount, description }));
    const headers = [
      ["user-agent", `GitHub-Hookshot/${hex(4).slice(1)}`],
      ["accept", "*/*"],
      ["content-type", "application/json"],
      ["x-github-delivery", id],
      ["x-github-event", "sponsorship"],
      ["x-github-hook-id", "528417093"],
      // The older of the two, over SHA-1, comes along to this day.
      ["x-hub-signature", `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`],
      ["x-hub-signature-256", await signGitHub(secret, body)],
    ];
    return { provider: "GitHub", message: post("/api/webhooks/github", headers, body), key: keyOfGitHub(body) };
  }

  return { stripe, polar, github };
}

/** GitHub signs no id, so the body itself is what tells one event from another. */
export const keyOfGitHub = (body) => `github:sha256:${createHash("sha256").update(body).digest("hex")}`;

/** @returns {import("../relay.mjs").Message} */
function post(path, headers, body) {
  return { method: "POST", path, headers, body: Buffer.from(body) };
}

function checkoutCompleted({ id, amount }) {
  const created = seconds(Date.now());
  return {
    id,
    object: "event",
    api_version: "2026-10-28.clover",
    created,
    data: {
      object: {
        id: `cs_live_a1${hex(24)}`,
        object: "checkout.session",
        amount_subtotal: amount,
        amount_total: amount,
        automatic_tax: { enabled: false, liability: null, status: null },
        client_reference_id: null,
        created: created - 94,
        currency: "eur",
        customer: `cus_T${hex(7)}`,
        customer_details: { address: { city: "Kraków", country: "PL", line1: "ul. Długa 7", line2: null, postal_code: "31-147", state: null }, email: "zoë@example.com", name: "Zoë Król", phone: null, tax_exempt: "none", tax_ids: [] },
        expires_at: created + 86_306,
        livemode: true,
        metadata: { plan: "team" },
        mode: "payment",
        payment_intent: `pi_3S${hex(11)}`,
        payment_method_types: ["card", "link"],
        payment_status: "paid",
        status: "complete",
        success_url: "https://app.example/thanks?session_id={CHECKOUT_SESSION_ID}",
        total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
        url: null,
      },
    },
    livemode: true,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: "checkout.session.completed",
  };
}

function orderPaid({ at, amount }) {
  const [customer, product] = [randomUUID(), randomUUID()];
  return {
    type: "order.paid",
    timestamp: iso(at),
    data: {
      id: randomUUID(),
      created_at: iso(at - 2100),
      modified_at: iso(at - 300),
      status: "paid",
      paid: true,
      subtotal_amount: amount,
      discount_amount: 0,
      net_amount: amount,
      tax_amount: 0,
      total_amount: amount,
      refunded_amount: 0,
      refunded_tax_amount: 0,
      currency: "eur",
      billing_reason: "purchase",
      billing_name: "Zoë Król",
      billing_address: { line1: "ul. Długa 7", line2: null, postal_code: "31-147", city: "Kraków", state: null, country: "PL" },
      invoice_number: "APP-2026-0117",
      customer_id: customer,
      product_id: product,
      discount_id: null,
      subscription_id: null,
      checkout_id: randomUUID(),
      metadata: {},
      custom_field_data: {},
      customer: { id: customer, created_at: iso(at - 86_400_000), modified_at: null, metadata: {}, external_id: "user_2041", email: "zoë@example.com", email_verified: true, name: "Zoë Król", tax_id: null },
      product: { id: product, name: "Team, lifetime", description: "One payment 🎉", is_recurring: false, is_archived: false, metadata: {} },
    },
  };
}

function sponsorshipCreated({ amount, description }) {
  const user = (login, id) => ({ login, id, node_id: `U_kgDO${hex(3)}`, avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`, html_url: `https://github.com/${login}`, type: "User", site_admin: false });
  const sponsor = user("zoe-krol", 48_201_377);
  const at = iso(Date.now()).replace(/\.\d+/, "");
  return {
    action: "created",
    sponsorship: {
      node_id: `S_kwHOA${hex(8)}`,
      created_at: at,
      sponsorable: user("app-example", 10_442_006),
      sponsor,
      privacy_level: "public",
      tier: {
        node_id: `ST_kwDOA${hex(6)}`,
        created_at: "2026-02-11T09:12:44Z",
        description,
        monthly_price_in_cents: amount,
        monthly_price_in_dollars: Math.floor(amount / 100),
        name: `$${Math.floor(amount / 100)} a month`,
        is_one_time: false,
        is_custom_amount: false,
      },
    },
    sender: sponsor,
  };
}
