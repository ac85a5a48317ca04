// A delivery as it was sent, and those whose signature does not fit.

import { judge, note } from "./judge.mjs";

const accepted = (name, route) => ({
  name,
  expected: "200, stored once",
  needs: [],
  async run({ lab }) {
    const outcome = await lab.send("none", { route, delivery: lab.newDelivery() });
    return judge(outcome, { status: 200, code: null, stored: 1 });
  },
});

// Through Next.js a refusal is its own 502 without detail; to a direct caller Convex says "unauthorized" and no more.
const refused = (name, change, code, { notes = () => [], throughNext = false } = {}) => ({
  name,
  expected: `refused, ${code}`,
  needs: ["log"],
  async run({ lab, backend }) {
    const outcome = await lab.send(change, { route: "node", delivery: lab.newDelivery() });
    const answer = throughNext && !backend.real ? { status: 502 } : { text: '{"code":"unauthorized"}' };
    const judged = judge(outcome, { ...answer, code, stored: 0 });
    for (const { text, ok } of notes(lab, outcome)) note(judged, text, ok);
    return judged;
  },
});

const bothKeyIds = (lab, { log }) => {
  const has = (id) => log.some((line) => line.includes(id));
  return [{ text: `the log names both key ids: ${lab.strangersKeyId} signed, ${lab.keyId} is accepted`, ok: has(lab.strangersKeyId) && has(lab.keyId) }];
};

/** The row means something only if the proxy really changed the call. */
function argsWereChanged(_lab, { sent, passedOn }) {
  const signature = (call) => JSON.stringify(call?.args.countersign);
  const ok = sent !== null && sent.args.amount !== passedOn?.args.amount && signature(sent) === signature(passedOn);
  return [{ text: `amount ${sent?.args.amount} became ${passedOn?.args.amount} between Next.js and Convex`, ok }];
}

export const signatureRows = [
  accepted("accepted on the Node route", "node"),
  accepted("accepted on the edge route", "edge"),
  refused("args changed on the way", "args", "signature_invalid", { throughNext: true, notes: argsWereChanged }),
  refused("signed with another secret", "secret", "key_unknown", { notes: bothKeyIds }),
  refused("signed for another function", "function", "signature_invalid"),
  refused("signed for another deployment", "deployment", "signature_invalid"),
  refused("too old", "old", "expired"),
  refused("no signature", "unsigned", "signature_missing"),
];
