// One row for each export of "countersign/convex": guards with every refusal and every mistake of a set-up, and the handler's way in.

import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { damaged, misplaced, odd } from "../odd.mjs";

/** @typedef {import("./primitives.mjs").Given} Given @typedef {import("./primitives.mjs").Rows} Rows */

const url = "https://happy-animal-123.convex.cloud";
const args = { eventId: "evt_1" };
const builders = { query, mutation, action, replay: false };
const meta = (name = "webhooks:mark", componentPath = "") => ({ meta: { getFunctionMetadata: async () => ({ name, componentPath }) } });
const variables = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_PREVIOUS", "COUNTERSIGN_SECRET_NEXT", "CONVEX_CLOUD_URL", "NEXT_PUBLIC_CONVEX_URL"];

/** @param {Record<string, string>} values */
export function environment(values) {
  for (const name of variables) {
    if (values[name] === undefined) delete process.env[name];
    else process.env[name] = values[name];
  }
}

/** Environments in which nothing can be verified, and one in which it can. @param {string} secret @param {string} other @returns {Record<string, string>[]} */
export function environments(secret, other) {
  const good = { COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: url };
  // What no environment can hold: a zero byte.
  const texts = damaged(secret).filter((text) => !text.includes("\0"));
  return [
    good, { CONVEX_CLOUD_URL: url }, { COUNTERSIGN_SECRET: secret }, { COUNTERSIGN_SECRET_NEXT: secret, CONVEX_CLOUD_URL: url },
    { ...good, CONVEX_CLOUD_URL: secret }, { ...good, CONVEX_CLOUD_URL: `ftp://${encodeURIComponent(secret)}@x` }, { ...good, COUNTERSIGN_SECRET_NEXT: secret, COUNTERSIGN_SECRET_PREVIOUS: other },
    ...texts.flatMap((text) => [{ ...good, COUNTERSIGN_SECRET: text }, { ...good, COUNTERSIGN_SECRET: other, COUNTERSIGN_SECRET_NEXT: text }, { ...good, COUNTERSIGN_SECRET: other, COUNTERSIGN_SECRET_PREVIOUS: text }]),
  ];
}

/** @type {Rows} */
export const guards = {
  async countersign({ watch, api, entries, secret, other, forbid }) {
    const { createKeyring, signCall } = entries["."];
    const handler = async (/** @type {any} */ ctx, /** @type {any} */ rest) => ({ caller: ctx.caller, rest });
    const nonce = new Uint8Array(16).fill(9);
    const [keyring, stranger] = [createKeyring(secret), createKeyring("Stranger-5f8c0b7e2a9d4613-of-nobody-here")];
    const sign = (/** @type {object} */ options = {}, ring = keyring) => signCall(ring, { audience: url, type: "mutation", name: "webhooks:mark", args, nonce, now: Date.now(), ...options });
    const tokens = () => [
      sign(), sign({ name: "webhooks:other" }), sign({ now: 1 }), sign({ now: Date.now() + 1e6 }), sign({}, stranger), sign().replace("cs1", "cs2"), sign().slice(0, -1), `${sign().slice(0, -43)}${"A".repeat(43)}`,
      `cs1.${secret}`, `${sign()}, ${secret}`, ...odd(secret),
    ];

    const options = [
      {}, { explain: true }, { keys: secret }, { keys: [other, secret], explain: true }, { keys: () => secret }, { keys: () => undefined, explain: true }, { keys: { web: secret, worker: other } }, { keys: { web: secret, worker: secret }, explain: true },
      { audience: url, toleranceMs: 1000 }, { audience: secret, explain: true }, ...odd(secret).flatMap((thing) => [{ keys: thing, explain: true }, { keys: () => thing }]),
    ];
    /** @param {any} signed @param {object} ctx @param {unknown} given */
    const invoke = (signed, ctx, given) => watch.settled(() => signed._handler(ctx, given));
    for (const chosen of options) {
      environment({ COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: url });
      const made = watch.run(() => api.countersign({ ...builders, ...chosen }));
      if (made === undefined) continue;
      watch.result(made);
      const signed = made.signedMutation({ args: {}, handler });
      watch.result(signed);
      const short = Object.keys(chosen).length > 1 ? [sign(), secret] : tokens();
      for (const countersign of Object.keys(chosen).length === 0 || "explain" in chosen && Object.keys(chosen).length === 1 ? tokens() : short.slice(0, 8)) {
        if (typeof countersign === "string" && countersign.startsWith("cs1.") && countersign !== `cs1.${secret}`) forbid("a token that came in", countersign);
        await invoke(signed, meta(), { ...args, countersign });
      }
      for (const thing of misplaced(secret)) {
        await invoke(signed, meta(), thing);
        await invoke(signed, meta(), { ...args, thing, countersign: sign() });
      }
      await invoke(signed, meta("webhooks:mark", "child"), { ...args, countersign: sign() });
      await invoke(signed, {}, { ...args, countersign: sign() });
      for (const type of ["signedQuery", "signedAction"]) await invoke(made[type]({ handler }), meta(), { ...args, countersign: sign() });
    }
    for (const values of environments(secret, other)) {
      environment(values);
      await invoke(api.countersign({ ...builders, explain: true }).signedMutation({ args: {}, handler }), meta(), { ...args, countersign: sign() });
    }
    environment({});
    for (const thing of odd(secret)) {
      for (const name of ["query", "mutation", "replay", "keys", "audience", "toleranceMs", "explain"]) watch.run(() => api.countersign({ ...builders, [name]: thing }).signedMutation({ handler }));
      watch.run(() => api.countersign(thing));
      watch.run(() => api.countersign(builders).signedMutation(thing));
      watch.run(() => api.countersign(builders).signedMutation({ args: thing, handler }));
      watch.run(() => api.countersign(builders).signedMutation({ args: {}, callers: thing, handler }));
    }
    for (const ring of [keyring, stranger]) ring.free();
  },
  async gateway({ watch, api, entries, secret }) {
    environment({ COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: url });
    const { createKeyring, signCall } = entries["."];
    const keyring = createKeyring(secret);
    const sign = (/** @type {object} */ options = {}) => signCall(keyring, { audience: url, type: "mutation", name: "orders:create", args, now: Date.now(), ...options });
    const run = async (/** @type {unknown} */ _, /** @type {unknown} */ given) => given;
    /** What the replay component can answer. */
    const claims = [{ status: "fresh" }, { status: "replayed" }, { status: "conflict" }, { status: "recorded", result: "null" }, undefined];
    const replay = { replay: { consume: {}, record: {} } };
    for (const explain of [true, false]) {
      for (const allow of [["orders:*"], ["other:one"], { default: [], worker: ["orders:create"] }]) {
        const made = watch.run(() => api.gateway({ ...builders, allow, explain }));
        watch.result(made);
        for (const kind of ["query", "mutation", "action"]) {
          const invoke = (/** @type {unknown} */ request) => watch.settled(() => made[kind]._handler({ ...meta("gateway:x"), runQuery: run, runMutation: run, runAction: run }, request));
          await invoke({ name: "orders:create", args, countersign: sign({ type: kind }) });
          for (const thing of odd(secret)) {
            for (const request of [thing, { name: "orders:create", args: thing, countersign: sign({ type: kind }) }, { name: "orders:create", args, countersign: thing }, { name: "orders:create", args, countersign: { token: thing, idempotencyKey: thing } }]) await invoke(request);
          }
          // The log names the function that was asked for, whatever it is, if it looks like one.
          for (const thing of misplaced(secret)) await invoke({ name: thing, args, countersign: sign({ type: kind }) });
        }
      }
      for (const claim of claims) {
        const made = watch.run(() => api.gateway({ ...builders, ...replay, allow: ["orders:*"], explain }));
        if (made === undefined) continue;
        for (const idempotencyKey of [undefined, "evt_1", secret]) {
          const token = sign({ idempotencyKey });
          const runMutation = async (/** @type {unknown} */ reference, /** @type {unknown} */ given) => (reference === replay.replay.consume ? claim : reference === replay.replay.record ? null : given);
          await watch.settled(() => made.mutation._handler({ ...meta("gateway:x"), runMutation }, { name: "orders:create", args, countersign: idempotencyKey === undefined ? token : { token, idempotencyKey } }));
        }
      }
    }
    for (const thing of odd(secret)) {
      for (const allow of [thing, [thing], { [secret]: [thing] }, { web: thing }]) watch.run(() => api.gateway({ ...builders, allow }));
      for (const name of ["query", "replay", "keys", "audience", "toleranceMs"]) watch.run(() => api.gateway({ ...builders, allow: ["orders:*"], [name]: thing }));
      watch.run(() => api.gateway(thing));
    }
    keyring.free();
    environment({});
  },
  requireSecret({ watch, api, secret, other }) {
    for (const values of environments(secret, other)) {
      environment(values);
      for (const candidate of [secret, other, undefined]) for (const explain of [true, false]) watch.run(() => api.requireSecret(candidate, { explain }));
    }
    environment({ COUNTERSIGN_SECRET: other });
    for (const thing of odd(secret)) {
      for (const explain of [true, false]) watch.run(() => api.requireSecret(thing, { explain }));
      watch.run(() => api.requireSecret(other, { secret: thing, explain: true }));
      watch.run(() => api.requireSecret(thing, { secret: thing, explain: true }));
      watch.run(() => api.requireSecret(thing, { secret: () => thing }));
      watch.run(() => api.requireSecret(secret, thing));
    }
    environment({});
  },
};
