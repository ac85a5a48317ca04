// How many blocks SHA-256 must compress for each use: there is no way to need fewer with these formats.

import { message, parse } from "../../peers/format.mjs";

/** Of a hash, or of an HMAC's inner hash behind the key's block: the padding takes nine bytes at least. @param {number} bytes */
export const hashBlocks = (bytes) => Math.ceil((bytes + 9) / 64);
/** Of an HMAC whose key's two blocks are compressed already. @param {number} bytes */
export const hmacBlocks = (bytes) => hashBlocks(bytes) + 1;
/** With the key's two. @param {number} bytes */
export const rawHmacBlocks = (bytes) => hmacBlocks(bytes) + 2;

/** Of what is under the MAC of a call. @param {string} token @param {Omit<import("../../peers/format.mjs").Expected, "now">} call */
export const callBlocks = (token, call) => hmacBlocks(message(parse(token), { ...call, now: 0 }).length);

/** The signature base of a signed request, RFC 9421, section 2.5. @param {Request} request */
export function requestBlocks(request) {
  const { pathname, search, host } = new URL(request.url);
  const [, input = ""] = /^[\w-]+=(.*)$/.exec(request.headers.get("signature-input") ?? "") ?? [];
  /** @type {Record<string, string>} */
  const derived = { "@method": request.method, "@authority": host, "@path": pathname, "@query": search };
  const names = [.../** @type {string} */ (input.slice(1, input.indexOf(")"))).matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
  if (names.length === 0) throw new Error("The request is not signed.");
  const lines = names.map((name) => `"${name}": ${derived[name] ?? request.headers.get(name)}`);
  return hmacBlocks([...lines, `"@signature-params": ${input}`].join("\n").length);
}
