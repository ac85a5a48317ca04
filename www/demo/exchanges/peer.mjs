// Another program that signs HTTP requests: npm http-message-signatures, with a key derived by node:crypto as the documents say.

import { createHash, hkdfSync, randomBytes } from "node:crypto";
import { createSigner, httpbis } from "http-message-signatures";

const derive = (secret, purpose, length) => Buffer.from(hkdfSync("sha256", secret, "countersign.v1", purpose, length));

export const digestOf = (body) => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;

/**
 * @param {string} secret
 * @param {import("../relay.mjs").Message} message its headers in lower case
 * @param {{ audience: string, fields: string[] }} options
 * @returns {Promise<import("../relay.mjs").Message>}
 */
export async function signByPeer(secret, message, { audience, fields }) {
  const headers = Object.fromEntries([...message.headers, ["content-digest", digestOf(message.body)]]);
  const keyId = derive(secret, "key-id", 8).toString("hex");
  const signed = await httpbis.signMessage(
    {
      key: createSigner(derive(secret, "http", 32), "hmac-sha256", keyId),
      name: "peer",
      fields,
      params: ["created", "nonce", "keyid", "alg", "tag"],
      paramValues: { nonce: randomBytes(16).toString("base64url"), tag: "countersign" },
    },
    { method: message.method, url: `${audience}${message.path}`, headers },
  );
  return { ...message, headers: Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), String(value)]) };
}
