// signRequest, and verifyRequest of what came of it, with a body of 300 bytes: Requests on both sides, which are made off the clock.

import { createKeyring, generateSecret } from "countersign";
import { signRequest, verifyRequest } from "countersign/http";
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
  /** @type {Pair[]} */
  const pairs = [
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
