// Signed requests with http-message-signatures, as its README says, and the work around it that ours does: reading the body, making and checking its
// content-digest, and from Request to Request. It covers the same components with the same parameters.

import { createHash, createSecretKey, timingSafeEqual } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { createSigner, createVerifier, httpbis } from "http-message-signatures";

const fields = ["@method", "@authority", "@path", "@query", "content-digest", "content-type"];
const params = ["created", "nonce", "keyid", "alg", "tag"];
const tag = "example";

const digestOf = (/** @type {Uint8Array} */ body) => createHash("sha256").update(body).digest();
/** @typedef {{ method: string, url: string, headers: Record<string, string> }} Message */
/** @param {Request} request @returns {Message} */
const messageOf = ({ method, url, headers }) => ({ method, url, headers: Object.fromEntries(headers) });

/** @param {Uint8Array} bytes @param {string} keyId */
export function openHttpMessageSignatures(bytes, keyId) {
  const key = createSecretKey(bytes);
  const signer = createSigner(key, "hmac-sha256", keyId);
  const known = { id: keyId, algs: ["hmac-sha256"], verify: createVerifier(key, "hmac-sha256") };
  const verification = {
    keyLookup: async (/** @type {import("http-message-signatures").SignatureParameters} */ given) => (given.keyid === keyId && given.tag === tag ? known : null),
    // 300 seconds to either side: the tolerance is taken off the age too.
    requiredFields: fields, requiredParams: params, maxAge: 600, tolerance: 300,
  };
  /** @param {Message} message @param {Uint8Array} body @returns {Promise<Message>} */
  const signMessage = async ({ method, url, headers }, body) => {
    const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
    const digest = `sha-256=:${digestOf(body).toString("base64")}:`;
    const signed = await httpbis.signMessage({ key: signer, name: "sig", fields, params, paramValues: { nonce, tag } }, { method, url, headers: { ...headers, "content-digest": digest } });
    return { method, url, headers: /** @type {Record<string, string>} */ (signed.headers) };
  };
  /** @param {Message} message @param {Uint8Array} body */
  const verifyMessage = async (message, body) => {
    if ((await httpbis.verifyMessage(verification, message)) !== true) throw new Error("the signature is wrong");
    const given = Buffer.from(/^sha-256=:([\w+/]{43}=):$/.exec(message.headers["content-digest"] ?? "")?.[1] ?? "", "base64");
    if (given.length !== 32 || !timingSafeEqual(given, digestOf(body))) throw new Error("the body is another one");
  };
  return {
    signMessage,
    verifyMessage,
    /** @param {Request} request */
    async sign(request) {
      const body = await request.arrayBuffer();
      const { headers } = await signMessage(messageOf(request), new Uint8Array(body));
      return new Request(request, { headers, body });
    },
    /** @param {Request} request @param {string} audience the origin that it must be signed for */
    async verify(request, audience) {
      const body = new Uint8Array(await request.arrayBuffer());
      const { pathname, search } = new URL(request.url);
      await verifyMessage({ ...messageOf(request), url: `${audience}${pathname}${search}` }, body);
      return body;
    },
  };
}

/** Signs as AWS wants it (SigV4), with WebCrypto. */
export function openAws4fetch() {
  const client = new AwsClient({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", service: "execute-api", region: "us-east-1" });
  return { sign: (/** @type {Request} */ request) => client.sign(request) };
}
