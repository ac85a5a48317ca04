// signCall, and verifyCall of what came of it, with five arguments.

import { createKeyring, generateSecret, signCall, verifyCall } from "countersign";
import { openCanonical, openJose } from "../../peers/warm/calls.mjs";
import { at, randomBytes, randomTexts } from "./inputs.mjs";

/** @typedef {import("../measure.mjs").Pair} Pair */

const audience = "https://happy-animal-123.convex.cloud";
const type = /** @type {const} */ ("mutation");
const name = "webhooks:markEventProcessed";
const keyId = "0123456789abcdef";

export async function createPairs() {
  const made = randomTexts().map((text, index) => ({ eventId: `evt_${text.slice(0, 24)}`, provider: "polar", test: false, amount: 4900 + index, note: `${text.slice(24)} ${"x".repeat(40)}`.slice(0, 40) }));
  // What arrives is equal, and another object.
  /** @type {typeof made} */
  const received = JSON.parse(JSON.stringify(made));
  const keyring = createKeyring(generateSecret());
  const [canonical, jose] = [openCanonical(randomBytes(32), keyId), await openJose(randomBytes(32), keyId)];
  const changed = { ...at(received, 0), amount: 1 };

  /** @param {object} args @param {object} others */
  const ours = (args, others) => verifyCall(keyring, signCall(keyring, { audience, type, name, args }), { audience, type, name, args: others, now: Date.now() });
  /** @param {object} args @param {object} others */
  const withCanonicalize = (args, others) => canonical.verify(canonical.sign({ audience, type, name, args }), { audience, type, name, args: others }, Date.now());
  /** @param {object} args @param {string} expected */
  const withJose = async (args, expected) => jose.verify(await jose.sign({ audience, type, name, args }), { audience, type, name: expected });
  const changeMac = (/** @type {string} */ token) => `${token.slice(0, -3)}${token.at(-3) === "A" ? "B" : "A"}${token.slice(-2)}`;

  const isRight = (/** @type {{ caller: string, issuedAt: number, nonce: Uint8Array }} */ { caller, issuedAt, nonce }) => caller === "default" && Math.abs(Date.now() - issuedAt) < 10_000 && nonce.length === 16;
  const refusedByOurs = [
    () => ours(at(made, 0), changed),
    () => verifyCall(keyring, changeMac(signCall(keyring, { audience, type, name, args: changed })), { audience, type, name, args: changed, now: Date.now() }),
    () => verifyCall(keyring, signCall(keyring, { audience, type, name, args: changed }), { audience, type, name, args: changed, now: Date.now() + 61_000 }),
  ];
  /** @type {Pair[]} */
  const pairs = [
    {
      name: "signCall + verifyCall, canonicalize + createHmac",
      ours: (index) => ours(at(made, index), at(received, index)),
      theirs: (index) => withCanonicalize(at(made, index), at(received, index)),
      isRight,
      refused: [
        ...refusedByOurs,
        () => withCanonicalize(at(made, 0), changed),
        () => canonical.verify(changeMac(canonical.sign({ audience, type, name, args: changed })), { audience, type, name, args: changed }, Date.now()),
        () => canonical.verify(canonical.sign({ audience, type, name, args: changed }), { audience, type, name, args: changed }, Date.now() + 61_000),
      ],
    },
    {
      name: "signCall + verifyCall, jose",
      ours: (index) => ours(at(made, index), at(received, index)),
      theirs: (index) => withJose(at(made, index), name),
      theirsIsAsync: true,
      isRight,
      isTheirsRight: (result, index) => isRight(result) && JSON.stringify(result.args) === JSON.stringify(at(made, index)),
      refused: [...refusedByOurs, () => withJose(at(made, 0), "another:function"), async () => jose.verify(changeMac(await jose.sign({ audience, type, name, args: changed })), { audience, type, name })],
    },
  ];
  return pairs;
}
