// Verifications a second: ours, and those of each maker's library in the way its documentation calls it.

import { webhooks as polar } from "@polar-sh/sdk/2026-10";
import bolt from "@slack/bolt";
import { Receiver } from "@upstash/qstash";
import { signWebhook, verifyWebhook } from "countersign/webhooks";
import { openOctokit, openStandard, openStripe, openSvix } from "../peers/warm/webhooks.mjs";
import { quantile } from "../timing/statistics.mjs";

/** @typedef {{ median: number, low: number, high: number }} Spread the median, and between what the middle half lies */
/** @typedef {{ library: string, bytes: number, ours: Spread, theirs: Spread, ratio: Spread, rounds: number }} Rate deliveries a second, and ours in theirs */
/** @typedef {(secret: string, headers: Record<string, string>, body: string) => () => unknown} Open what verifies, ready to go */

const url = "https://app.example/api/webhooks";
const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** As the benchmark of all rows opens it. @param {import("../peers/warm/webhooks.mjs").Open} open @returns {Open} */
function ready(open) {
  return (secret, headers, body) => {
    const verify = open(secret);
    return () => verify(headers, body);
  };
}

/** @type {readonly { library: string, provider: import("countersign/webhooks").WebhookProviderName, secret: string, open: Open }[]} */
const pairs = [
  { library: "standardwebhooks", provider: "standard", secret: whsec, open: ready(openStandard) },
  { library: "svix", provider: "svix", secret: whsec, open: ready(openSvix) },
  { library: "stripe", provider: "stripe", secret: whsec, open: ready(openStripe) },
  { library: "@octokit/webhooks-methods", provider: "github", secret: "It's a Secret to Everybody", open: ready((secret) => {
    const verify = openOctokit(secret);
    return async (headers, body) => {
      if (!(await verify(headers, body))) throw new Error("It does not verify.");
    };
  }) },
  { library: "@slack/bolt", provider: "slack", secret: "8f742231b10e8888abcd99edabcd85a5", open: (secret, headers, body) => () => bolt.verifySlackRequest({ signingSecret: secret, body, headers: /** @type {any} */ (headers) }) },
  { library: "@polar-sh/sdk", provider: "polar", secret: whsec, open: (secret, headers, body) => () => polar.validateEvent(body, headers, secret) },
  {
    library: "@upstash/qstash",
    provider: "qstash",
    secret: "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r",
    open: (secret, headers, body) => {
      const receiver = new Receiver({ currentSigningKey: secret, nextSigningKey: secret });
      return () => receiver.verify({ signature: headers["upstash-signature"] ?? "", body, url });
    },
  },
];

/** Bodies of about this many bytes, which every library takes: Polar's wants a type that it knows. */
const sizes = [1000, 100_000];
/** @param {number} bytes */
const bodyOf = (bytes) => JSON.stringify({ type: "order.paid", timestamp: "2026-11-01T00:00:00Z", data: { id: "b5d2a4d8", items: Array.from({ length: Math.ceil((bytes - 100) / 40) }, (_, index) => ({ id: `item_${String(index).padStart(6, "0")}`, amount: 100_000 })) } });

/** @param {readonly number[]} values @returns {Spread} */
const spread = (values) => ({ median: quantile([...values], 0.5), low: quantile([...values], 0.25), high: quantile([...values], 0.75) });

/**
 * The processor's time to verify so many times, in ms: what other programs do meanwhile does not count, and threads that work for a library do.
 * @param {() => unknown} verify @param {number} times
 */
async function timed(verify, times) {
  const started = process.cpuUsage();
  for (let time = 0; time < times; time++) {
    const answer = verify();
    if (answer instanceof Promise) await answer;
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** @param {typeof pairs[number]} pair @param {number} bytes @param {number} rounds @returns {Promise<Rate>} */
async function measure({ library, provider, secret, open }, bytes, rounds) {
  const body = bodyOf(bytes);
  const extra = provider === "qstash" ? { url } : {};
  const headers = Object.fromEntries(signWebhook(provider, { secret, body, ...extra }));
  const sides = [() => verifyWebhook(provider, { secret, headers, body, ...extra }), open(secret, headers, body)];
  // Warm, and how many of them take some milliseconds.
  const each = [];
  for (const side of sides) each.push(await timed(side, 20).then(() => timed(side, 20)) / 20);
  const times = Math.max(5, Math.ceil(10 / Math.max(...each)));
  /** @type {[number[], number[]]} */
  const rates = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) rates[which === 0 ? 0 : 1].push((1000 * times) / (await timed(sides[which] ?? (() => undefined), times)));
  }
  const [ours, theirs] = rates;
  return { library, bytes: body.length, ours: spread(ours), theirs: spread(theirs), ratio: spread(ours.map((rate, round) => rate / (theirs[round] ?? NaN))), rounds };
}

/** @param {number} rounds @returns {Promise<Rate[]>} */
export async function measureAll(rounds) {
  const measured = [];
  for (const pair of pairs) for (const bytes of sizes) measured.push(await measure(pair, bytes, rounds));
  return measured;
}
