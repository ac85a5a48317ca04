// What the demo's own process tells about a webhook or a signed request (see demo/exchanges/).

import described from "./exchanges.json";

/** A request, or a response. */
export interface Message {
  /** `POST /path`, or a status. */
  readonly start: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly bytes: number;
}

export interface Exchange {
  readonly kind: "webhook" | "request";
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly sent: Message;
  /** What got to its receiver, if anything did. */
  readonly arrived: Message | null;
  readonly answer: Message | null;
  /** What its sender got. */
  readonly returned: Message;
  /** The status of the answer; or what an action in Convex made of it. */
  readonly came: string;
  readonly code: string | null;
  readonly stored: number;
  readonly log: readonly string[];
  /** What did not come out as it should. */
  readonly problems: readonly string[];
}

export interface ExchangeChoice {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** The same list that `npm run demo` goes through, row by row. */
export const exchangeGroups = (kind: Exchange["kind"]) => described.find((one) => one.kind === kind)?.groups ?? [];

export const choiceOf = ({ kind, id }: Exchange) => exchangeGroups(kind).flatMap(({ choices }) => choices).find((choice) => choice.id === id);

/** What providers, and others, may post twice: it is taken each time, and recorded once. */
const repeated = ["stripe-again", "polar-twice", "github-renamed", "convex-again"];

/** Whether the receiver took it, and whether its sender could believe the answer. */
export function resultOf({ came, answer, sent, arrived, id }: Exchange) {
  const isTaken = answer?.start === "200";
  const isBelieved = came === "200" || came === "receipt";
  const isAnswerChanged = isTaken && !isBelieved;
  return { isTaken, isBelieved, isAnswerChanged, isChanged: arrived !== null && !isSame(sent, arrived), isAgain: ["replayed", "upload-again"].includes(id), isRepeated: repeated.includes(id) };
}

export function isSame(one: Message, other: Message): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What each code in the log means, in plain words. */
export const exchangeReasons: Readonly<Record<string, string>> = {
  signature_invalid: "The signature does not fit: something is not what was signed, or the secret is another one.",
  signature_missing: "There is no signature of the kind that is asked for here. Nothing else counts as one.",
  signature_malformed: "What is signed is less than all that must be.",
  key_unknown: "It was signed with a secret that is not accepted here. The log names both key ids.",
  expired: "It was signed too long ago.",
  not_yet_valid: "The time of its signature is yet to come.",
  replayed: "This very request has been taken already. Each is good for one time.",
  body_too_large: "The route stopped reading at one mebibyte, before it verified anything.",
};
