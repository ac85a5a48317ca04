// The calls that are compared, and how each is signed.
import { createKeyring, signCall } from "countersign";

export const secret = "bench-7Kq2Lw9Xz4Rt6Yp1Mn8Vb3Gh5Jd0";
export const audience = "https://happy-animal-123.convex.cloud";
const keyring = createKeyring(secret);

/**
 * One way to call the same mutation.
 * @typedef {object} Variant
 * @property {string} name as the table has it
 * @property {(round: number, now: number) => { path: string, args: Record<string, unknown> }} call with arguments of its own in each round
 * @property {Variant["call"]} [before] what must have been called, in the same round
 */

/** @param {string} name @param {object} args @param {number} now @param {string} [idempotencyKey] */
function sign(name, args, now, idempotencyKey) {
  const token = signCall(keyring, { audience, type: "mutation", name, args, now, idempotencyKey });
  return idempotencyKey === undefined ? token : { token, idempotencyKey };
}
const note = (/** @type {number} */ round) => ({ text: `note ${String(round).padStart(6, "0")}` });

/** @param {string} path @param {(round: number) => string} [idempotencyKey] @returns {Variant["call"]} */
const signed = (path, idempotencyKey) => (round, now) => ({ path, args: { ...note(round), countersign: sign(path, note(round), now, idempotencyKey?.(round)) } });
const keyed = (/** @type {string} */ series) => signed("notes:once", (round) => `${series}:${round}`);

/** The first one is what the others are compared with. @type {readonly Variant[]} */
export const variants = [
  { name: "not signed", call: (round) => ({ path: "notes:unguarded", args: note(round) }) },
  { name: "signed, `replay: false`", call: signed("notes:guarded") },
  { name: "signed, with the component", call: signed("notes:once") },
  { name: "... with an idempotency key, the first time", call: keyed("new") },
  { name: "... with an idempotency key that was used", call: keyed("used"), before: keyed("used") },
  { name: "... through the gateway", call: (round, now) => ({ path: "gateway:mutation", args: { name: "notes:insert", args: note(round), countersign: sign("notes:insert", note(round), now) } }) },
];
