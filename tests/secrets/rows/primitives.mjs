// One row for each export of "countersign" and "countersign/inspect". A row calls its function with each secret in each place, whole, damaged and of the wrong type. What is
// public by its meaning (an audience, a function's or a caller's name) may be shown; what was asked for (a MAC, an encoding, a new secret) is not an output either.

import { damaged, misplaced, odd } from "../odd.mjs";

/**
 * @typedef {typeof import("countersign")} Api
 * @typedef {import("../watch.mjs").Watch} Watch
 * @typedef {{ watch: Watch, secret: string, other: string, api: any, entries: any, forbid: (name: string, token: unknown) => void }} Given
 * @typedef {Readonly<Record<string, (given: Given) => unknown>>} Rows
 */

export const now = 1_800_000_000_000;
export const call = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "webhooks:mark", args: { eventId: "evt_1" } };

/** Calls with a handle of what a row makes, which is shown alive and freed. @param {Given} given @param {() => any} make @param {(handle: any) => void} use */
function withHandle({ watch }, make, use) {
  const handle = watch.run(make);
  if (handle === undefined) return;
  watch.handle(handle);
  use(handle);
  watch.result(handle);
  handle.free();
  watch.result(handle);
  use(handle); // which a freed handle refuses
  handle[Symbol.dispose]();
}

/** A right token, and those that are nearly right. @param {Given} given @param {any} keyring */
function tokens({ api, secret, forbid }, keyring) {
  const token = api.signCall(keyring, { ...call, now, nonce: new Uint8Array(16).fill(7) });
  const [version, keyId, time, nonce, mac] = token.split(".");
  // Nobody may learn the MAC that would have been right: not of this call, nor of the one that was received.
  for (const name of ["webhooks:mark", "webhooks:other"]) forbid(`the MAC for ${name}`, api.signCall(keyring, { ...call, name, now, nonce: new Uint8Array(16).fill(7) }));
  const once = { ...call, now, nonce: new Uint8Array(16).fill(7), idempotencyKey: "evt_1" };
  forbid("the MAC for a call with an idempotency key", api.signCall(keyring, once));
  const forged = [version, keyId, time, nonce, Buffer.alloc(32, 3).toString("base64url")].join(".");
  return [
    token, forged, token.replace("cs1", "cs2"), token.replace(keyId, "0123456789abcdef"), token.slice(0, -1), `${token}=`, `${token}.x`, [version, keyId, "1", nonce, mac].join("."), [version, keyId, "x", nonce, mac].join("."),
    `cs1.${secret}`, `cs1.${keyId}.${secret}`, `cs1.${keyId}.${time}.${nonce}.${secret}`, `${token},${token}`, "", undefined, ...odd(secret),
  ];
}

/** Calls and options that do not fit. @param {string} secret @returns {any[]} */
export function calls(secret) {
  return [
    call, { ...call, name: "webhooks:other" }, { ...call, now: now + 60_001 }, { ...call, now: now - 60_001 }, { ...call, toleranceMs: 900_001 }, { ...call, audience: "" }, { ...call, args: { secret, when: new Date(0) } },
    { ...call, args: { deep: [secret, new Map([[secret, secret]])] } }, { ...call, args: { text: `${secret}\ud800` } }, { ...call, args: { secret, $integer: 1 } },
    { ...call, idempotencyKey: "evt_1" }, { ...call, idempotencyKey: "evt_2" }, { ...call, type: "action", idempotencyKey: "evt_1" }, { ...call, idempotencyKey: "k".repeat(257) },
    ...odd(secret).flatMap((thing) => [
      thing, { ...call, args: thing }, { ...call, args: { eventId: thing } }, { ...call, args: { list: [{ deep: thing }] } }, { ...call, type: thing }, { ...call, now: thing }, { ...call, nonce: thing },
      { ...call, toleranceMs: thing }, { ...call, audience: thing }, { ...call, name: thing }, { ...call, caller: thing }, { ...call, idempotencyKey: thing }, { ...call, type: "query", idempotencyKey: thing },
    ]),
  ].map((options) => (typeof options === "object" && options !== null && !("now" in options) && "audience" in options ? { now, ...options } : options));
}

/** @type {Rows} */
export const primitives = {
  generateSecret({ watch, api }) {
    // Its result is a secret. What it throws without randomness is not.
    const { getRandomValues } = crypto;
    Reflect.set(crypto, "getRandomValues", () => { throw new Error("no randomness"); });
    watch.run(() => api.generateSecret());
    Reflect.set(crypto, "getRandomValues", getRandomValues);
    api.generateSecret();
  },
  verifySecret({ watch, api, secret, other }) {
    for (const thing of odd(secret)) {
      watch.shown(() => api.verifySecret(thing, other));
      watch.shown(() => api.verifySecret(other, thing));
      watch.shown(() => api.verifySecret(thing, thing));
    }
  },
  importSecret(given) {
    const { api, watch, secret } = given;
    for (const thing of odd(secret)) withHandle(given, () => api.importSecret(thing), (handle) => [secret, thing, [secret]].forEach((candidate) => watch.shown(() => handle.matches(candidate))));
  },
  fingerprint({ watch, api, secret }) {
    for (const thing of odd(secret)) watch.shown(() => api.fingerprint(thing));
  },
  hmacSha256({ watch, api, secret }) {
    // Its result is the MAC that was asked for.
    for (const thing of odd(secret)) {
      watch.run(() => api.hmacSha256(thing, "message"));
      watch.run(() => api.hmacSha256("key", thing));
    }
  },
  verifyHmacSha256({ watch, api, secret }) {
    const mac = api.hmacSha256(secret, "message");
    for (const thing of odd(secret)) {
      watch.shown(() => api.verifyHmacSha256(thing, "message", mac));
      watch.shown(() => api.verifyHmacSha256(secret, thing, mac));
      watch.shown(() => api.verifyHmacSha256(secret, "message", thing));
    }
  },
  importKey(given) {
    const { api, watch, secret } = given;
    for (const thing of odd(secret)) withHandle(given, () => api.importKey(thing), (handle) => {
      watch.run(() => api.hmacSha256(handle, secret));
      watch.shown(() => api.verifyHmacSha256(handle, secret, new Uint8Array(32)));
    });
  },
  createKeyring(given) {
    const { watch, api, secret, other } = given;
    const ids = (/** @type {any} */ keyring) => watch.shown(() => keyring.keyIds);
    for (const thing of odd(secret)) {
      for (const keys of [thing, [other, thing], { web: thing }, { web: other, worker: [thing] }, { web: [secret], worker: thing }]) withHandle(given, () => api.createKeyring(keys), ids);
    }
    watch.run(() => api.createKeyring(Array.from({ length: 65 }, (_, number) => `${secret}-${number}`)));
    // The two sides of a mapping in each other's place.
    for (const thing of ["web", "", undefined, secret, 1, [1], { web: secret }]) watch.run(() => api.createKeyring({ [secret]: thing }));
    watch.run(() => api.createKeyring({ [`${secret}\ud800`]: other }));
  },
  signCall(given) {
    const { watch, api, secret, other } = given;
    const keyring = api.createKeyring({ web: secret, worker: other });
    for (const options of calls(secret)) watch.shown(() => api.signCall(keyring, options));
    for (const thing of odd(secret)) watch.run(() => api.signCall(thing, call));
    keyring.free();
  },
  verifyCall(given) {
    const { watch, api, secret, other } = given;
    const [keyring, stranger] = [api.createKeyring({ web: secret, worker: other }), api.createKeyring(other)];
    const [right, ...wrong] = tokens(given, keyring);
    for (const token of [right, ...wrong]) {
      for (const ring of [keyring, stranger]) watch.shown(() => api.verifyCall(ring, token, { ...call, now }));
    }
    for (const options of calls(secret)) watch.shown(() => api.verifyCall(keyring, right, options));
    for (const thing of odd(secret)) watch.run(() => api.verifyCall(thing, right, { ...call, now }));
    for (const ring of [keyring, stranger]) ring.free();
  },
  encodeValue({ watch, api, secret }) {
    // Its result is the bytes of the value.
    for (const thing of odd(secret)) for (const value of [thing, [thing], { thing }, { secret, thing: [thing] }]) watch.run(() => api.encodeValue(value));
  },
  CountersignError({ watch, api, secret }) {
    // An error with a code only, as the package makes them; what somebody else puts into one is theirs.
    for (const code of ["secret_weak", "unknown_code"]) watch.result(new api.CountersignError(code));
    for (const thing of misplaced(secret)) watch.run(() => api.CountersignError(thing));
  },
};

/** @type {Rows} */
export const inspection = {
  inspectSecret({ watch, api, secret }) {
    for (const thing of odd(secret)) {
      const report = api.inspectSecret(thing);
      for (const { code } of report.problems) watch.codes.add(code);
      if (!report.ok) watch.counts.refusals++;
      watch.result(report);
    }
  },
  explainCall(given) {
    const { watch, api, entries, secret, other } = given;
    const { createKeyring, signCall } = entries["."];
    const [keyring, stranger] = [createKeyring({ web: secret, worker: other }), createKeyring(other)];
    const [right, ...wrong] = tokens({ ...given, api: { ...entries["."], signCall } }, keyring);
    for (const token of [right, ...wrong]) {
      for (const ring of [keyring, stranger]) {
        for (const name of ["webhooks:mark", "webhooks:other"]) watch.shown(() => api.explainCall(ring, token, { ...call, name, now }));
      }
    }
    for (const options of calls(secret)) {
      // The report names the deployment and the function, as it should.
      const isPlain = options?.audience === call.audience && options?.name === call.name;
      (isPlain ? watch.shown : watch.run).call(watch, () => api.explainCall(keyring, right, options));
    }
    for (const thing of damaged(secret)) watch.run(() => api.explainCall(thing, right, { ...call, now }));
    for (const ring of [keyring, stranger]) ring.free();
  },
};
