// Where http-message-signatures accepts what is refused here. Each row is something a signer with the key can send, or somebody on the way can make of a
// genuine message; the document on signed HTTP has the list. A row fails if the package becomes as strict, or this one as lax.
import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import { test } from "node:test";
import { createKeyring, verifyMessage } from "countersign/http";
import * as peer from "./peer.mjs";
import { withFields } from "./random.mjs";

const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const keyring = createKeyring(SECRET);
const body = new TextEncoder().encode('{"a":1}');
const post = withFields({ method: "POST", target: "/a?b=c", audience: "https://app.example", headers: [["content-type", "application/json"]], body }, [["content-digest", peer.contentDigest(body)]]);
const now = Math.floor(Date.now() / 1000);
const components = ['"@method"', '"@authority"', '"@path"', '"@query"', '"content-digest"', '"content-type"'];
const parameters = `;created=${now};nonce="n";keyid="${peer.keyIdOf(SECRET)}";alg="hmac-sha256";tag="countersign"`;
/** @type {Record<string, string>} */
const values = {
  "@method": "POST", "@authority": "app.example", "@path": "/a", "@query": "?b=c", "content-digest": peer.contentDigest(body), "content-type": "application/json",
};

/** @typedef {{ method: string, target: string, audience: string, headers: [string, string][], body: Uint8Array }} Message */

/**
 * A message whose MAC is genuine, over the list of components as the package prints it when it verifies.
 * @param {{ names?: readonly string[], parameters?: string, lines?: Record<string, string> }} [signed]
 * @param {(fields: { input: string, signature: string }) => { input: string, signature: string }} [change]
 * @param {Partial<Message>} [received]
 * @returns {Message}
 */
function message({ names = components, parameters: given = parameters, lines = {} } = {}, change = (fields) => fields, received = {}) {
  const input = `(${names.join(" ")})${given}`;
  const base = [...names.map((name) => `${name}: ${{ ...values, ...lines }[name.slice(1, name.indexOf('"', 1))]}`), `"@signature-params": ${input}`].join("\n");
  const key = Buffer.from(hkdfSync("sha256", SECRET, "countersign.v1", "http", 32));
  const fields = change({ input: `sig=${input}`, signature: `sig=:${createHmac("sha256", key).update(base).digest("base64")}:` });
  return /** @type {Message} */ ({ ...withFields(post, [["signature-input", fields.input], ["signature", fields.signature]]), ...received });
}

/** @param {Message} sent */
async function verdicts(sent) {
  let theirs;
  try {
    theirs = await peer.verifyRequest(SECRET, sent);
  } catch (error) {
    theirs = /** @type {Error} */ (error).message;
  }
  try {
    verifyMessage(keyring, sent, { now: now * 1000 });
    return { theirs, ours: "accepted" };
  } catch (error) {
    return { theirs, ours: /** @type {{ code: string }} */ (error).code };
  }
}

test("the message that the rows change is good on both sides", async () => {
  assert.deepEqual(await verdicts(message()), { theirs: true, ours: "accepted" });
});

/** @param {string} text */
const lastStepped = (text) => text.replace(/(.)=:$/, (_, last) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=:`);
const old = `;created=${now - 301};nonce="n";keyid="${peer.keyIdOf(SECRET)}";alg="hmac-sha256";tag="countersign"`;

/** @type {[name: string, code: string, sent: Message][]} */
const rows = [
  ["spaces between the components", "signature_malformed", message({}, ({ input, signature }) => ({ input: input.replaceAll('" "', '"   "'), signature }))],
  ["spaces in front of the parameters", "signature_malformed", message({}, ({ input, signature }) => ({ input: input.replaceAll(";", "; "), signature }))],
  ["a tab between the members", "signature_malformed", message({}, ({ input, signature }) => ({ input: `a=1,\t${input}`.replace("a=1", "a=();tag=\"x\""), signature: `a=:AA==:,\t${signature}` }))],
  ["the label twice: the last one counts", "signature_malformed", message({}, ({ input, signature }) => ({ input: `${input.replace("@path", "@query")}, ${input}`, signature: `sig=:AA==:, ${signature}` }))],
  ["a parameter twice: the last one counts", "signature_malformed", message({}, ({ input, signature }) => ({ input: input.replace(";created=", ";created=1;created="), signature }))],
  ["base64 without its padding", "signature_malformed", message({}, ({ input, signature }) => ({ input, signature: signature.replace(/=:$/, ":") }))],
  ["base64 with bits left over: a second text for one signature", "signature_malformed", message({}, ({ input, signature }) => ({ input, signature: lastStepped(signature) }))],
  ["a parameter on the signature", "signature_malformed", message({}, ({ input, signature }) => ({ input, signature: `${signature};x` }))],
  ["17 signatures", "signature_malformed", message({}, ({ input, signature }) => ({
    input: [...Array.from({ length: 16 }, (_, i) => `p${i}=()`), input].join(", "), signature: [...Array.from({ length: 16 }, (_, i) => `p${i}=:AA==:`), signature].join(", "),
  }))],
  ["a component twice", "signature_malformed", message({ names: [...components, '"@method"'] })],
  ["a body that the signature says nothing of", "signature_malformed", message({ names: components.slice(0, 4) })],
  ["no nonce", "signature_malformed", message({ parameters: parameters.replace(';nonce="n"', "") })],
  ["an empty nonce", "signature_malformed", message({ parameters: parameters.replace('"n"', '""') })],
  ["a time that is a String", "signature_malformed", message({ parameters: parameters.replace(`${now}`, `"${now}"`) })],
  ["a time with a fraction", "signature_malformed", message({ parameters: parameters.replace(`${now}`, `${now - 1}.5`) })],
  ["a time before 1970", "signature_malformed", message({ parameters: parameters.replace(`${now}`, "-1") })],
  ["a body that is not the one of the digest", "signature_invalid", message({}, undefined, { body: new TextEncoder().encode('{"a":2}') })],
  ["the method in another case", "signature_invalid", message({}, undefined, { method: "post" })],
  ["a signature of any age", "expired", message({ parameters: old })],
  ["a path that is normalised before it is looked at", "header_invalid", message({}, undefined, { target: "/x/../a?b=c" })],
  ["a backslash as a slash", "header_invalid", message({}, undefined, { target: "\\a?b=c" })],
  ["a fragment", "header_invalid", message({}, undefined, { target: "/a?b=c#d" })],
  ["a line end in the target", "header_invalid", message({}, undefined, { target: "/a\n?b=c" })],
];

for (const [name, code, sent] of rows) {
  test(`accepted there, refused here: ${name}`, async () => assert.deepEqual(await verdicts(sent), { theirs: true, ours: code }));
}
