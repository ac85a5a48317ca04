// Run in a process of its own: how long calls take by the number of their arguments, and messages by the length of their bodies. Prints, as JSON, the
// microseconds of the processor for each size.
//   growth-process.mjs <the plan, as JSON>

import { createHmac } from "node:crypto";
import { createKeyring, generateSecret, importKey, signCall, verifyCall, verifyHmacSha256 } from "countersign";
import { signMessage, verifyMessage } from "countersign/http";
import { signWebhook, verifyWebhook } from "countersign/webhooks";
import { median } from "./statistics.mjs";
import { randomBytes } from "./pairs/inputs.mjs";

/** @type {{ rounds: number, batchMs: number, sizes: Record<string, number[]> }} */
const { rounds, batchMs, sizes } = JSON.parse(process.argv[2] ?? "{}");
const keyring = createKeyring(generateSecret());

/** @type {Record<string, (size: number) => () => unknown>} each verifies, and throws or says false if it does not */
const makers = {
  calls: (size) => {
    const args = Object.fromEntries(Array.from({ length: size }, (_, i) => [`field${i}`, i % 2 === 0 ? `a value of text ${i}` : i]));
    const call = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "orders:add", args };
    return () => verifyCall(keyring, signCall(keyring, call), { ...call, now: Date.now() });
  },
  hmac: (size) => {
    const bytes = randomBytes(32);
    const key = importKey(bytes);
    const message = randomBytes(size);
    const mac = new Uint8Array(createHmac("sha256", bytes).update(message).digest());
    return () => verifyHmacSha256(key, message, mac);
  },
  webhooks: (size) => {
    const secret = "It's a Secret to Everybody";
    const body = "x".repeat(size);
    const headers = Object.fromEntries(signWebhook("github", { secret, body }));
    return () => verifyWebhook("github", { secret, headers, body });
  },
  messages: (size) => {
    const message = { method: "POST", target: "/api/orders", headers: /** @type {[string, string][]} */ ([["content-type", "application/octet-stream"]]), body: randomBytes(size), audience: "https://app.example" };
    return () => {
      const now = Date.now();
      const headers = [...message.headers, ...signMessage(keyring, message, { now })];
      return verifyMessage(keyring, { ...message, headers }, { now });
    };
  },
};

const prepared = Object.entries(sizes).flatMap(([name, list]) =>
  list.map((size) => {
    const run = /** @type {(size: number) => () => unknown} */ (makers[name])(size);
    let count = 1;
    // Until V8 has optimised it; then as many as fill a batch.
    for (const until = performance.now() + 150; performance.now() < until; ) count = Math.max(1, Math.round((count * batchMs) / batch(run, count, wallMs)));
    return { name, size, run, count, times: /** @type {number[]} */ ([]) };
  }),
);

/** What so many calls take. @param {() => unknown} run @param {number} count @param {() => number} now */
function batch(run, count, now) {
  const start = now();
  for (let i = 0; i < count; i++) if (run() === false) throw new Error("what is right was refused");
  return now() - start;
}
function wallMs() {
  return performance.now();
}
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
for (let round = 0; round < rounds; round++) for (const { run, count, times } of prepared) times.push((1000 * batch(run, count, cpuMs)) / count);

/** @type {Record<string, { size: number, us: number }[]>} */
const points = {};
for (const { name, size, times } of prepared) (points[name] ??= []).push({ size, us: median(times) });
console.log(JSON.stringify(points));
