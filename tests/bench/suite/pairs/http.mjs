// signRequest, and verifyRequest of what came of it, with a body of 300 bytes: Requests on both sides, which are made off the clock; and the same
// without the host's objects: signMessage and verifyMessage, with the peer's plain messages.

import { createKeyring, generateSecret } from "countersign";
import { signMessage, signRequest, verifyMessage, verifyRequest } from "countersign/http";
import { openAws4fetch, openHttpMessageSignatures } from "../../peers/warm/http.mjs";
import { at, randomBytes, randomTexts } from "./inputs.mjs";

/** @typedef {import("../measure.mjs").Pair} Pair */

const audience = "https://app.example";
const BODY_BYTES = 300;

/** @param {string} text */
function bodyOf(text) {
  const body = JSON.stringify({ id: text, note: "" });
  return `${body.slice(0, -2)}${"x".repeat(BODY_BYTES - body.length)}"}`;
}

/** A Request with another body. @param {Request} request @param {string} body */
const withBody = ({ url, method, headers }, body) => new Request(url, { method, headers, body });

export async function createPairs() {
  const bodies = randomTexts().map(bodyOf);
  const changed = at(bodies, 0).replace("xx", "xy");
  const fresh = (/** @type {number} */ index) => new Request(`${audience}/api/orders?page=${index}`, { method: "POST", headers: { "content-type": "application/json" }, body: at(bodies, index) });
  const keyring = createKeyring(generateSecret());
  const signatures = openHttpMessageSignatures(randomBytes(32), "0123456789abcdef");
  const aws = openAws4fetch();
  const same = (/** @type {Uint8Array} */ body, /** @type {number} */ index) => Buffer.from(body).toString() === at(bodies, index);
  const bytes = bodies.map((body) => new TextEncoder().encode(body));
  const json = /** @type {[string, string]} */ (["content-type", "application/json"]);
  const targets = bodies.map((_, index) => `/api/orders?page=${index}`);
  /** @param {number} index @param {string} [origin] */
  const plain = (index, origin = audience) => ({ method: "POST", target: at(targets, index), headers: [json], body: at(bytes, index), audience: origin });
  /** What was signed as it arrives. @param {number} index @param {string} [origin] */
  const signed = (index, origin) => ({ ...plain(index, origin), headers: [json, ...signMessage(keyring, plain(index), { now: Date.now() })] });
  /** @param {number} index */
  const theirPlain = (index) => ({ method: "POST", url: `${audience}${at(targets, index)}`, headers: { "content-type": "application/json" } });
  const changedBytes = new TextEncoder().encode(changed);
  /** @type {Pair[]} */
  const pairs = [
    {
      name: "signMessage + verifyMessage, http-message-signatures",
      ours: (index) => verifyMessage(keyring, signed(index), { now: Date.now() }).caller,
      theirs: async (index) => {
        await signatures.verifyMessage(await signatures.signMessage(theirPlain(index), at(bytes, index)), at(bytes, index));
        return true;
      },
      theirsIsAsync: true,
      isRight: (caller) => caller === "default",
      isTheirsRight: (verified) => verified === true,
      refused: [
        () => verifyMessage(keyring, { ...signed(0), body: changedBytes }, { now: Date.now() }),
        async () => signatures.verifyMessage(await signatures.signMessage(theirPlain(0), at(bytes, 0)), changedBytes),
        () => verifyMessage(keyring, signed(0, "https://other.example"), { now: Date.now() }),
        async () => signatures.verifyMessage({ ...(await signatures.signMessage(theirPlain(0), at(bytes, 0))), url: `https://other.example${at(targets, 0)}` }, at(bytes, 0)),
        () => verifyMessage(keyring, plain(0), { now: Date.now() }),
        async () => signatures.verifyMessage(theirPlain(0), at(bytes, 0)),
      ],
    },
    {
      name: "signRequest + verifyRequest, http-message-signatures",
      fresh,
      ours: async (_, request) => verifyRequest(keyring, await signRequest(keyring, request), { audience }),
      theirs: async (_, request) => signatures.verify(await signatures.sign(request), audience),
      oursIsAsync: true,
      theirsIsAsync: true,
      isRight: ({ body, caller }, index) => caller === "default" && same(body, index),
      isTheirsRight: same,
      refused: [
        async () => verifyRequest(keyring, withBody(await signRequest(keyring, fresh(0)), changed), { audience }),
        async () => signatures.verify(withBody(await signatures.sign(fresh(0)), changed), audience),
        async () => verifyRequest(keyring, await signRequest(keyring, fresh(0)), { audience: "https://other.example" }),
        async () => signatures.verify(await signatures.sign(fresh(0)), "https://other.example"),
        async () => verifyRequest(keyring, fresh(0), { audience }),
        async () => signatures.verify(fresh(0), audience),
      ],
    },
    {
      name: "signRequest, aws4fetch",
      fresh,
      ours: (_, request) => signRequest(keyring, request),
      theirs: (_, request) => aws.sign(request),
      oursIsAsync: true,
      theirsIsAsync: true,
      isRight: (request) => request instanceof Request && request.headers.has("signature"),
      isTheirsRight: (request) => request instanceof Request && request.headers.has("authorization"),
      refused: [],
    },
  ];
  return pairs;
}
