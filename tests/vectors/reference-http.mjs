// Signed HTTP messages, written a second time from RFC 9421 (signatures), RFC 9530 (digests) and RFC 8941 (structured fields), on Node's own
// crypto. It shares nothing with the crate. It signs whatever it is told to sign, also what must be refused.
import { createHash, createHmac } from "node:crypto";
import { derive, keyIdOf } from "./reference.mjs";

/**
 * @typedef {[name: string, value: string][]} Headers
 * @typedef {object} Request
 * @property {string} method @property {string} target @property {Headers} headers @property {string} audience
 * @property {string} [body] in hexadecimal
 * @typedef {object} Response
 * @property {number} status @property {Headers} headers @property {Request} request as it was signed
 * @property {string} [body] in hexadecimal
 *
 * @typedef {[name: string, value: number | string | true | { raw: string }][]} Parameters
 */

/** @param {string} text */
const quoted = (text) => `"${text.replace(/[\\"]/g, "\\$&")}"`;

/** RFC 8941, 4.1.1.2. @param {Parameters} parameters */
export const parametersText = (parameters) =>
  parameters.map(([name, value]) => {
    if (value === true) return `;${name}`;
    return `;${name}=${typeof value === "string" ? quoted(value) : typeof value === "number" ? value : value.raw}`;
  }).join("");

/** RFC 8941, 4.1.8. @param {Uint8Array} bytes */
export const bytesText = (bytes) => `:${Buffer.from(bytes).toString("base64")}:`;

/** RFC 9110, 5.2: lines of one name are one value. @param {Headers} headers @param {string} name in lower case */
export function fieldValue(headers, name) {
  const lines = headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value.replace(/^[ \t]+|[ \t]+$/g, ""));
  return lines.length === 0 ? undefined : lines.join(", ");
}

/** The members of a Dictionary of Byte Sequences, as they are written. @param {string} field @param {string} label */
function byteMember(field, label) {
  const member = field.split(/[ \t]*,[ \t]*/).findLast((text) => text.startsWith(`${label}=:`));
  return member?.slice(label.length + 1);
}

/** RFC 9421, 2.2. @param {string} name @param {Request} request */
function derivedOfRequest(name, { method, target, audience }) {
  const { host, protocol } = new URL(audience);
  const end = target.indexOf("?");
  const path = end < 0 ? target : target.slice(0, end);
  const query = end < 0 ? "?" : target.slice(end);
  /** @type {Record<string, string>} */
  const values = {
    "@method": method, "@authority": host, "@scheme": protocol.slice(0, -1), "@path": path, "@query": query,
    "@request-target": target, "@target-uri": `${protocol}//${host}${target}`,
  };
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/**
 * The value of a component, or undefined if the message has none.
 * @param {Request | Response} message @param {string} component as in a list of components: `"@method";req`
 */
function componentValue(message, component) {
  const [, name, rest] = /** @type {RegExpExecArray} */ (/^"([^"]*)"(.*)$/.exec(component));
  const ofRequest = /;req(?![a-z])/.test(rest);
  const source = ofRequest && "request" in message ? message.request : message;
  if (name === "@status") return "status" in source ? String(source.status) : undefined;
  if (name.startsWith("@")) return "method" in source ? derivedOfRequest(name, source) : undefined;
  const value = fieldValue(source.headers, name);
  const key = /;key="([^"]*)"/.exec(rest)?.[1];
  return key === undefined || value === undefined ? value : byteMember(value, key);
}

/**
 * RFC 9421, 2.5. What a message does not have is left empty, so that a signature over it can be made, and refused.
 * @param {Request | Response} message @param {readonly string[]} components as in a list of components @param {string} parameters the list with its parameters
 */
export const signatureBase = (message, components, parameters) =>
  [...components.map((component) => `${component}: ${componentValue(message, component) ?? ""}`), `"@signature-params": ${parameters}`].join("\n");

/** The names in a list of components, with their parameters. @param {string} parameters the list, and what follows it */
export function componentsOf(parameters) {
  const list = /^\(([^)]*)\)/.exec(parameters)?.[1] ?? "";
  return list.match(/"[^"]*"(?:;[a-z]+(?:="[^"]*")?)*/g) ?? [];
}

/** @param {string} secret */
export const httpKey = (secret) => derive(secret, "http", 32);

/** @param {Uint8Array} body @param {string} [algorithm] as Node calls it */
export const digestOf = (body, algorithm = "sha256") => bytesText(createHash(algorithm).update(body).digest());

/** @param {Uint8Array} body */
export const contentDigest = (body) => `sha-256=${digestOf(body)}`;

/** @param {{ body?: string }} message */
export const bodyOf = ({ body }) => Buffer.from(body ?? "", "hex");

/** The message with these header fields in place of its own of those names. @template {Request | Response} Message @param {Message} message @param {Headers} fields @returns {Message} */
export function withFields(message, fields) {
  const names = new Set(fields.map(([name]) => name));
  return { ...message, headers: [...message.headers.filter(([name]) => !names.has(name.toLowerCase())), ...fields] };
}

/** What goes with a body that is not empty. @param {Request | Response} message @returns {Headers} */
export function bodyFields(message) {
  const body = bodyOf(message);
  if (body.length === 0) return [];
  const type = /** @type {Headers} */ (fieldValue(message.headers, "content-type") === undefined ? [["content-type", "application/octet-stream"]] : []);
  return [...type, ["content-digest", contentDigest(body)]];
}

/**
 * The two header fields of a signature, and what it is over.
 * @param {Request | Response} message with its body's fields
 * @param {{ parameters: string, key: Uint8Array, label?: string, components?: readonly string[] }} signature
 */
export function signatureOver(message, { parameters, key, label = "countersign", components = componentsOf(parameters) }) {
  const base = signatureBase(message, components, parameters);
  const mac = createHmac("sha256", key).update(base, "latin1").digest();
  /** @type {Headers} */
  const fields = [["signature-input", `${label}=${parameters}`], ["signature", `${label}=${bytesText(mac)}`]];
  return { base, mac, fields };
}

const REQUEST = ['"@method"', '"@authority"', '"@path"', '"@query"'];
const BODY = ['"content-digest"', '"content-type"'];

/** @param {Request} request @param {readonly string[]} [extra] names of further components */
export const requestComponents = (request, extra = []) => [...REQUEST, ...(bodyOf(request).length > 0 ? BODY : []), ...extra.map(quoted)];

/** @param {Response} response @param {string} label of the request's signature */
export const responseComponents = (response, label) => [
  '"@status"', ...(bodyOf(response).length > 0 ? BODY : []), ...REQUEST.map((component) => `${component};req`), `"signature";req;key=${quoted(label)}`,
];

/** @param {number} now in milliseconds */
export const seconds = (now) => Math.floor(now / 1000);

/** @param {string} secret @param {number} now @param {string} nonce @returns {Parameters} */
export const requestParameters = (secret, now, nonce) =>
  [["created", seconds(now)], ["nonce", nonce], ["keyid", keyIdOf(secret)], ["alg", "hmac-sha256"], ["tag", "countersign"]];

/** @param {string} secret @param {number} now @returns {Parameters} */
export const responseParameters = (secret, now) =>
  [["created", seconds(now)], ["keyid", keyIdOf(secret)], ["alg", "hmac-sha256"], ["tag", "countersign-response"]];

/** @param {readonly string[]} components @param {Parameters} parameters */
export const listText = (components, parameters) => `(${components.join(" ")})${parametersText(parameters)}`;

/**
 * A request as countersign signs it: the header fields to set, and the signature base.
 * @param {{ secret: string, request: Request, now: number, nonce: string, components?: readonly string[] }} given
 */
export function signRequest({ secret, request, now, nonce, components }) {
  const before = bodyFields(request);
  const parameters = listText(requestComponents(request, components), requestParameters(secret, now, nonce));
  const { base, fields } = signatureOver(withFields(request, before), { parameters, key: httpKey(secret) });
  return { fields: /** @type {Headers} */ ([...before, ...fields]), base };
}

/**
 * A response as countersign signs it.
 * @param {{ secret: string, response: Response, now: number, label?: string }} given `label`: that of the request's signature
 */
export function signResponse({ secret, response, now, label = "countersign" }) {
  const before = bodyFields(response);
  const parameters = listText(responseComponents(response, label), responseParameters(secret, now));
  const { base, fields } = signatureOver(withFields(response, before), { parameters, key: httpKey(secret) });
  return { fields: /** @type {Headers} */ ([...before, ...fields]), base };
}

/** Under which name a database remembers a request's nonce, and until when. @param {string} keyId @param {string} nonce @param {number} created in milliseconds */
export const claimOf = (keyId, nonce, created) => ({
  key: createHash("sha256").update(`countersign.http-nonce.v1${keyId}${nonce}`).digest("base64url"),
  // Over the end of the widest window by a minute.
  expiresAt: created + 900_000 + 60_000,
});
