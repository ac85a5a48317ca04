// One row for each export of "countersign/inspect" that shows what was signed, and which check fails.

import { damaged, odd } from "../odd.mjs";
import { forbidMac } from "./http.mjs";
import { call, calls, now } from "./primitives.mjs";
import { forbidMacs } from "./webhooks.mjs";

/** @type {import("./primitives.mjs").Rows} */
export const explanations = {
  signedCallBytes({ watch, api, entries, secret }) {
    const keyring = entries["."].createKeyring(secret);
    const token = entries["."].signCall(keyring, call);
    // Its result is the bytes of the call.
    for (const options of calls(secret)) watch.run(() => api.signedCallBytes(token, options));
    for (const thing of odd(secret)) watch.run(() => api.signedCallBytes(thing, { ...call, now }));
    keyring.free();
  },
  explainMessage(given) {
    const { watch, api, entries, secret, other } = given;
    const [keyring, stranger] = [entries["."].createKeyring([secret, other]), entries["."].createKeyring(other)];
    const message = { method: "POST", target: "/api/jobs", headers: [["content-type", "text/plain"]], body: "hello", audience: "https://app.example" };
    const fields = entries["./http"].signMessage(keyring, message);
    forbidMac(given, fields);
    const good = { ...message, headers: [...message.headers, ...fields] };
    for (const ring of [keyring, stranger]) for (const late of [0, 300_001]) watch.shown(() => api.explainMessage(ring, good, { now: Date.now() + late }));
    watch.shown(() => api.explainMessage(keyring, { ...good, body: "other" }, { now: Date.now() }));
    for (const thing of odd(secret)) {
      // The report names the method, the target and the header fields, as it should.
      for (const changes of [{ method: thing }, { target: thing }, { audience: thing }, { headers: thing }, { headers: [...good.headers, ["signature", thing]] }]) watch.run(() => api.explainMessage(keyring, { ...good, ...changes }, { now: Date.now() }));
      // And the body's digest.
      watch.run(() => api.explainMessage(keyring, { ...good, body: thing }, { now: Date.now() }));
      for (const options of [{ now: thing }, { now, toleranceMs: thing }, thing]) watch.shown(() => api.explainMessage(keyring, good, options));
      watch.shown(() => api.explainMessage(thing, good, { now }));
    }
    for (const ring of [keyring, stranger]) ring.free();
  },
  explainWebhook(given) {
    const { watch, api, entries, secret, other } = given;
    const { signWebhook } = entries["./webhooks"];
    for (const provider of ["github", "slack", "linear"]) {
      const body = JSON.stringify({ webhookTimestamp: now });
      const headers = signWebhook(provider, { secret, body, timestamp: now });
      forbidMacs(given, headers);
      const explain = (/** @type {object} */ changes) => watch.shown(() => api.explainWebhook(provider, { secret, headers, body, now, ...changes }));
      for (const changes of [{}, { secret: other }, { secret: [other, secret] }, { body: `${body} ` }, { now: now + 300_001 }, { headers: [] }, { headers: [...headers, ...headers] }]) explain(changes);
      for (const thing of odd(secret)) for (const changes of [{ secret: thing }, { secret: [secret, thing] }, { headers: thing }, { now: thing }, { toleranceMs: thing }, { url: thing }]) explain(changes);
      for (const text of damaged(secret)) explain({ secret: text });
    }
    for (const thing of odd(secret)) {
      watch.shown(() => api.explainWebhook(thing, { secret, headers: [], body: "" }));
      watch.shown(() => api.explainWebhook("github", thing));
    }
  },
};
