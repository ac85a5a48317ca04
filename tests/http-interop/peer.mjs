// The other side: npm http-message-signatures, with a key that it derives itself, as the documents say.
import { createHash, hkdfSync } from "node:crypto";
import { createSigner, createVerifier, httpbis } from "http-message-signatures";

/** @typedef {{ method: string, target: string, headers: readonly (readonly [string, string])[], audience: string, body?: any }} Request */
/** @typedef {{ status: number, headers: readonly (readonly [string, string])[], body?: any, request: Request }} Response */
/** @typedef {{ label?: string, fields: string[], params?: string[], values?: Record<string, any> }} Signing */

/** @param {string} secret @param {string} purpose @param {number} length */
const derive = (secret, purpose, length) => Buffer.from(hkdfSync("sha256", secret, "countersign.v1", purpose, length));
/** @param {string} secret */
export const keyIdOf = (secret) => derive(secret, "key-id", 8).toString("hex");

/** @param {Uint8Array} body */
export const contentDigest = (body) => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;

/** Several lines of a name are a list here. @param {readonly (readonly [string, string])[]} headers */
function recordOf(headers) {
  /** @type {Record<string, string[]>} */
  const record = {};
  for (const [name, value] of headers) (record[name.toLowerCase()] ??= []).push(value);
  return record;
}

/** @param {Request} request */
const requestFor = ({ method, target, headers, audience }) => ({ method, url: `${audience}${target}`, headers: recordOf(headers) });
/** @param {Response} response */
const responseFor = ({ status, headers }) => ({ status, headers: recordOf(headers) });

/** What the package adds to the header fields. @param {{ headers: Record<string, any> }} signed @returns {[string, string][]} */
const signatureFields = ({ headers }) =>
  Object.entries(headers).map(([name, value]) => /** @type {[string, string]} */ ([name.toLowerCase(), value])).filter(([name]) => name.startsWith("signature"));

/** @param {string} secret @param {Signing} signing @param {string} tag */
const configOf = (secret, { label = "peer", fields, params, values }, tag) => ({
  key: createSigner(derive(secret, "http", 32), "hmac-sha256", keyIdOf(secret)),
  name: label, fields, params: params ?? ["created", "nonce", "keyid", "alg", "tag"], paramValues: { tag, ...values },
});

/** @param {string} secret @param {Request} request @param {Signing} signing */
export const signRequest = async (secret, request, signing) => signatureFields(await httpbis.signMessage(configOf(secret, signing, "countersign"), requestFor(request)));

/** @param {string} secret @param {Response} response @param {Signing} signing */
export const signResponse = async (secret, response, signing) =>
  signatureFields(await httpbis.signMessage(configOf(secret, signing, "countersign-response"), responseFor(response), requestFor(response.request)));

/** @param {string} secret @param {string} tag */
const verification = (secret, tag) => ({
  /** @param {any} parameters */
  keyLookup: async ({ keyid, tag: other }) => (keyid === keyIdOf(secret) && other === tag
    ? { id: keyid, algs: ["hmac-sha256"], verify: createVerifier(derive(secret, "http", 32), "hmac-sha256") } : null),
  requiredParams: ["created", "keyid", "alg", "tag"], tolerance: 5,
});

/** @param {string} secret @param {Request} request */
export const verifyRequest = (secret, request) =>
  httpbis.verifyMessage({ ...verification(secret, "countersign"), requiredFields: ["@method", "@authority", "@path", "@query"] }, requestFor(request));

/** @param {string} secret @param {Response} response */
export const verifyResponse = (secret, response) =>
  httpbis.verifyMessage({ ...verification(secret, "countersign-response"), requiredFields: ["@status", "signature"] }, responseFor(response), requestFor(response.request));
