// The vectors that are not made but written down from RFC 9421, 9530 and 8941: each must be what Node computes, what the second
// implementation builds, and what the package structured-headers makes of a field.
import { constants, createHmac, createPublicKey, verify } from "node:crypto";
import { parseDictionary, serializeDictionary } from "structured-headers";
import { componentsOf, contentDigest, signatureBase } from "./reference-http.mjs";

/** RFC 9421, 3.3. @type {Record<string, (key: Buffer, base: Buffer, signature: Buffer) => boolean>} */
const algorithms = {
  "hmac-sha256": (key, base, signature) => createHmac("sha256", key).update(base).digest().equals(signature),
  "ed25519": (key, base, signature) => verify(null, base, publicKey(key), signature),
  "ecdsa-p256-sha256": (key, base, signature) => verify("sha256", base, { key: publicKey(key), dsaEncoding: "ieee-p1363" }, signature),
  "rsa-pss-sha512": (key, base, signature) =>
    verify("sha512", base, { key: publicKey(key), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }, signature),
};

/** @param {Buffer} key */
const publicKey = (key) => createPublicKey({ key, format: "der", type: "spki" });

/** A Dictionary in its canonical form, or null if it is none. @param {string} field */
function reprint(field) {
  try {
    return serializeDictionary(parseDictionary(field));
  } catch {
    return null;
  }
}

/** @param {(name: string) => any[]} read @returns {string[]} */
export function wrongByNodeInHttp(read) {
  const wrong = [];
  for (const { section, name, request, response, params, base, alg, key, signature, valid } of read("rfc9421")) {
    const message = response === null ? request : { ...response, request };
    const built = signatureBase(message, componentsOf(params), params);
    if (valid !== false && built !== base) wrong.push(`rfc9421.json: ${section}, ${name}: the signature base is another`);
    if (alg === null) continue;
    const [keyBytes, signatureBytes] = [Buffer.from(key, "base64"), Buffer.from(signature, "base64")];
    if (algorithms[alg](keyBytes, Buffer.from(built), signatureBytes) !== valid) wrong.push(`rfc9421.json: ${section}, ${name}: the signature is not ${valid}`);
  }
  for (const { section, name, body, field } of read("rfc9530")) {
    if (contentDigest(Buffer.from(body, "hex")) !== field) wrong.push(`rfc9530.json: ${section}, ${name}`);
  }
  for (const { section, name, lines, canonical } of read("rfc8941")) {
    const parsed = reprint(lines.join(", "));
    // Two types came with RFC 9651, which the package knows and RFC 8941 does not.
    if (parsed !== canonical && !/^a=[@%]/.test(lines[0])) wrong.push(`rfc8941.json: ${section}, ${name}: ${parsed}`);
  }
  return wrong;
}
