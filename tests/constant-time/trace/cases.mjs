// What is traced. All runs of a case must leave one trace; they differ in what is secret, or in what an attacker tries, and not in lengths.

/** @typedef {{ label: string, use: () => unknown, answer: unknown }} Run */
/** @typedef {{ name: string, of: string, module: "lean" | "messages" | "rich", length: string, runs: Run[] }} Case `of` and `length`: cases of the same thing with different public lengths */
/** @typedef {typeof import("countersign")} Api */
/** @typedef {typeof import("countersign/inspect")} Inspect */
/** @typedef {typeof import("countersign/http")} Http */
/** @typedef {typeof import("countersign/webhooks")} Webhooks */

import { LETTERS, NOW, STREAMED, bytesOf, orCode, text, textOf, variants } from "./material.mjs";
import { messageCases, webhookCases } from "./messages.mjs";

/** Up to both ends of a hash block, and beyond: 55 bytes fit into one, 56 take two. */
const secretLengths = [32, 33, 54, 55, 56, 63, 64, 65, 119, 120, 200];
const keyLengths = [1, 31, 32, 64, 65, 131];
const messageLengths = [0, 1, 55, 56, 64, 200];
/** Candidates that have another length than the secret, and as much in common with it as they can, or nothing. @param {string} secret @param {number} length @returns {[string, string][]} */
function ofAnotherLength(secret, length) {
  const other = text(length, 99);
  return [["beginning as the secret does", (secret + other).slice(0, length)], ["ending as the secret does", (other + secret).slice(-length)], ["with nothing of the secret", textOf(bytesOf((secret + secret + other).slice(0, length)).map((byte) => byte ^ 3))]];
}

/** @param {Api} api @returns {Case[]} */
function secretCases(api) {
  const cases = [];
  for (const length of secretLengths) {
    const secrets = [text(length, 1), text(length, 2)];
    /** @type {Run[]} */
    const direct = [];
    for (const [i, secret] of secrets.entries()) {
      for (const [wrong, bytes] of variants(bytesOf(secret))) direct.push({ label: `secret ${i}, ${wrong}`, use: () => api.verifySecret(bytes, secret), answer: wrong === "equal" });
      direct.push({ label: `secret ${i}, equal, as a text`, use: () => api.verifySecret(secret, bytesOf(secret)), answer: true });
    }
    cases.push({ name: `verifySecret, ${length} bytes`, of: "verifySecret", length: `${length}`, runs: direct });
    const imported = api.importSecret(secrets[0]);
    cases.push({ name: `matches, ${length} bytes`, of: "matches", length: `${length}`, runs: variants(bytesOf(secrets[0])).map(([label, bytes]) => ({ label, use: () => imported.matches(textOf(bytes)), answer: label === "equal" })) });
    cases.push({ name: `fingerprint, ${length} bytes`, of: "fingerprint", length: `${length}`, runs: secrets.map((secret, i) => ({ label: `secret ${i}`, use: () => api.fingerprint(secret).length, answer: 16 })) });
    cases.push({ name: `createKeyring, ${length} bytes`, of: "createKeyring", length: `${length}`, runs: secrets.map((secret, i) => ({ label: `secret ${i}`, use: () => api.createKeyring(secret).keyIds.length, answer: 1 })) });
  }
  const generated = [api.generateSecret(), api.generateSecret()];
  cases.push({ name: "verifySecret, generated", of: "verifySecret", length: "54, generated", runs: generated.flatMap((secret, i) => variants(bytesOf(secret)).map(([label, bytes]) => ({ label: `secret ${i}, ${label}`, use: () => api.verifySecret(bytes, secret), answer: label === "equal" }))) });
  const secret = text(32, 1);
  const imported = api.importSecret(secret);
  for (const length of [1, 31, 34, 57, 130]) {
    const candidates = ofAnotherLength(secret, length);
    cases.push({ name: `verifySecret, ${length} bytes for 32`, of: "verifySecret, another length", length: `${length}`, runs: candidates.map(([label, candidate]) => ({ label, use: () => api.verifySecret(candidate, secret), answer: false })) });
    cases.push({ name: `matches, ${length} bytes for 32`, of: "matches, another length", length: `${length}`, runs: candidates.map(([label, candidate]) => ({ label, use: () => imported.matches(candidate), answer: false })) });
  }
  return cases.map((entry) => ({ ...entry, module: "lean" }));
}

/** @param {Api} api @returns {Case[]} */
function macCases(api) {
  const cases = [];
  for (const keyLength of keyLengths) {
    const keys = [text(keyLength, 3), text(keyLength, 4)];
    const imported = api.importKey(keys[0]);
    for (const messageLength of keyLength === 32 ? [...messageLengths, STREAMED] : messageLengths) {
      const length = `key of ${keyLength}, message of ${messageLength} bytes`;
      const messages = [text(messageLength, 5), text(messageLength, 6)];
      const given = keys.flatMap((key, k) => messages.map((message, m) => ({ key, message, label: `key ${k}, message ${m}`, macs: variants(api.hmacSha256(key, message)) })));
      const withKey = given.filter(({ key }) => key === keys[0]);
      cases.push({ name: `verifyHmacSha256, raw ${length}`, of: "verifyHmacSha256, raw", length, runs: given.flatMap(({ key, message, label, macs }) => macs.map(([wrong, mac]) => ({ label: `${label}, ${wrong}`, use: () => api.verifyHmacSha256(key, message, mac), answer: wrong === "equal" }))) });
      cases.push({ name: `verifyHmacSha256, imported ${length}`, of: "verifyHmacSha256, imported", length, runs: withKey.flatMap(({ message, label, macs }) => macs.map(([wrong, mac]) => ({ label: `${label}, ${wrong}`, use: () => api.verifyHmacSha256(imported, message, mac), answer: wrong === "equal" }))) });
      cases.push({ name: `hmacSha256, ${length}`, of: "hmacSha256", length, runs: given.map(({ key, message, label }) => ({ label, use: () => api.hmacSha256(key, message).length, answer: 32 })) });
    }
  }
  const key = api.importKey(text(32, 3));
  const mac = api.hmacSha256(key, "message");
  for (const length of [0, 1, 16, 31, 33]) {
    const macs = [["beginning as the MAC does", Uint8Array.from({ length }, (_, i) => mac[i] ?? 0)], ["with nothing of the MAC", Uint8Array.from({ length }, (_, i) => (mac[i] ?? 0) ^ 0xff)]];
    cases.push({ name: `verifyHmacSha256, MAC of ${length} bytes`, of: "verifyHmacSha256, another length", length: `${length}`, runs: macs.map(([label, bytes]) => ({ label: String(label), use: () => api.verifyHmacSha256(key, "message", /** @type {Uint8Array} */ (bytes)), answer: false })) });
  }
  return cases.map((entry) => ({ ...entry, module: "lean" }));
}

/** A token with another MAC. @param {string} token @param {Uint8Array} mac */
const withMac = (token, mac) => [...token.split(".").slice(0, 4), Buffer.from(mac).toString("base64url")].join(".");
/** A token with another key id. @param {string} token @param {string} keyId */
const withKeyId = (token, keyId) => token.split(".").with(1, keyId).join(".");
const macOf = (/** @type {string} */ token) => new Uint8Array(Buffer.from(token.split(".")[4] ?? "", "base64url"));

/** @param {Api} api @param {number} keys @param {number} argsLength @param {string} [idempotencyKey] */
function signed(api, keys, argsLength, idempotencyKey) {
  const keyring = api.createKeyring(Array.from({ length: keys }, (_, i) => text(32, 10 + i)));
  const call = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "webhooks:mark", args: { id: "evt_1", text: text(argsLength, 7) }, idempotencyKey, now: NOW };
  const token = api.signCall(keyring, { ...call, nonce: new Uint8Array(16).fill(7) });
  return { keyring, call, token, verify: (/** @type {string} */ given) => orCode(() => api.verifyCall(keyring, given, call).caller) };
}

/** @param {Api} api @returns {Case[]} */
function callCases(api) {
  const cases = [];
  for (const [keys, argsLength, onceLength] of [[1, 0, 0], [1, 300, 0], [1, STREAMED, 0], [5, 300, 0], [1, 300, 1], [1, 300, 36], [1, 300, 256], [5, STREAMED, 36]]) {
    const { keyring, token, call, verify } = signed(api, keys, argsLength, onceLength === 0 ? undefined : text(onceLength, 11));
    const length = `${keys} keys, arguments of ${argsLength} bytes${onceLength === 0 ? "" : `, an idempotency key of ${onceLength}`}`;
    const runs = variants(macOf(token)).map(([label, mac]) => ({ label, use: verify(withMac(token, mac)), answer: label === "equal" ? "default" : "signature_invalid" }));
    // The token names the first key, whose work an unknown id is refused with.
    const unknown = ["0".repeat(16), "f".repeat(16), `${keyring.keyIds[0]?.slice(0, 15)}${keyring.keyIds[0]?.endsWith("0") ? 1 : 0}`].map((id) => ({ label: `key id ${id}, unknown`, use: verify(withKeyId(token, id)), answer: "key_unknown" }));
    cases.push({ name: `verifyCall, ${length}`, of: "verifyCall", length, runs });
    cases.push({ name: `verifyCall, unknown key id, ${length}`, of: "verifyCall, unknown key id", length, runs: [...runs.slice(1), ...unknown] });
    const messages = [text(argsLength, 8), text(argsLength, 9)];
    cases.push({ name: `signCall, ${length}`, of: "signCall", length, runs: messages.map((value, i) => ({ label: `arguments ${i}`, use: () => api.signCall(keyring, { ...call, args: { id: "evt_1", text: value } }).length, answer: token.length })) });
  }
  const { token, verify } = signed(api, 1, 0);
  for (const length of [0, 1, 42, 44, 86]) {
    const start = token.slice(0, token.lastIndexOf(".") + 1);
    const mac = token.slice(start.length);
    const texts = [["beginning as the MAC does", mac.repeat(2).slice(0, length)], ["with nothing of the MAC", [...mac.repeat(2).slice(0, length)].map((char) => LETTERS[(LETTERS.indexOf(char) + 8) % 64]).join("")]];
    cases.push({ name: `verifyCall, MAC of ${length} characters`, of: "verifyCall, another length", length: `${length}`, runs: texts.map(([label, text]) => ({ label, use: verify(start + text), answer: "signature_malformed" })) });
  }
  return cases.map((entry) => ({ ...entry, module: "lean" }));
}

/**
 * The rich module's two functions that the package uses, and those that it holds to the lean one's.
 * @param {Api} api @param {Inspect} inspect @param {(use: (rich: any) => unknown) => unknown} withRich
 * @returns {Case[]}
 */
function richCases(api, inspect, withRich) {
  const cases = [];
  for (const length of [32, 64, 200]) {
    const secrets = [text(length, 1), text(length, 2)].map(bytesOf);
    cases.push({ name: `rich: inspectSecret, ${length} bytes`, of: "rich: inspectSecret", length: `${length}`, runs: secrets.map((secret, i) => ({ label: `secret ${i}`, use: () => inspect.inspectSecret(textOf(secret)).ok, answer: true })) });
    cases.push({ name: `rich: verify_secret, ${length} bytes`, of: "rich: verify_secret", length: `${length}`, runs: secrets.flatMap((secret, i) => variants(secret).map(([label, bytes]) => ({ label: `secret ${i}, ${label}`, use: () => withRich((rich) => rich.verify_secret(bytes, secret)) === 0, answer: label === "equal" }))) });
    const macs = variants(api.hmacSha256(secrets[0], "message"));
    cases.push({ name: `rich: verify_hmac_sha256, ${length} bytes`, of: "rich: verify_hmac_sha256", length: `${length}`, runs: macs.map(([label, mac]) => ({ label, use: () => withRich((rich) => rich.verify_hmac_sha256(secrets[0], bytesOf("message"), mac)), answer: label === "equal" })) });
  }
  for (const argsLength of [0, 300]) {
    const { keyring, token, call } = signed(api, 3, argsLength);
    const steps = (/** @type {string} */ given) => () => inspect.explainCall(keyring, given, call).filter(({ ok }) => !ok).map(({ step }) => step).join();
    const wrong = variants(macOf(token)).slice(1);
    cases.push({ name: `rich: explainCall, arguments of ${argsLength} bytes`, of: "rich: explainCall", length: `${argsLength}`, runs: wrong.map(([label, mac]) => ({ label, use: steps(withMac(token, mac)), answer: "mac" })) });
  }
  return cases.map((entry) => ({ ...entry, module: "rich" }));
}

/**
 * @param {Api} api @param {Inspect} inspect @param {Http} http @param {Webhooks} webhooks @param {any} messages the exports of an instance
 * @param {(use: (rich: any) => unknown) => unknown} withRich
 */
export function allCases(api, inspect, http, webhooks, messages, withRich) {
  return [...secretCases(api), ...macCases(api), ...callCases(api), ...messageCases(api, http, messages), ...webhookCases(webhooks), ...richCases(api, inspect, withRich)];
}
