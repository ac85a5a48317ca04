// What the demo's own process tells about one delivery (see demo/lab.mjs).

/** What is sent. */
export type Kind = "call" | "webhook" | "request";

export type Route = "node" | "edge";

export type Change =
  | "none"
  | "args"
  | "secret"
  | "function"
  | "deployment"
  | "old"
  | "unsigned"
  | "resent"
  | "repeated"
  | "reused"
  | "internal"
  | "unlisted"
  | "worker"
  | "caller";

/** Who made the call that Convex answered. `web` is not Next.js itself, but somebody with its secret. */
export type Signer = "Next.js" | "worker" | "web" | "attacker";

export interface Call {
  readonly path: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Outcome {
  readonly change: Change;
  readonly route: Route;
  readonly delivery: { readonly id: string; readonly type: string; readonly amount: number };
  readonly signedBy: Signer;
  readonly sent: Call | null;
  readonly passedOn: Call | null;
  readonly answer: { readonly from: "Next.js" | "Convex"; readonly ok: boolean; readonly status: number | null; readonly text: string };
  readonly log: readonly string[];
  readonly code: string | null;
  readonly stored: number;
}

export interface Choice {
  readonly id: Change;
  readonly title: string;
  readonly text: string;
  /** Whether the call comes through one of the app's routes, or straight from somebody else. */
  readonly throughNext: boolean;
}

export interface ChoiceGroup {
  readonly title: string;
  readonly choices: readonly Choice[];
}

export const choiceGroups: readonly ChoiceGroup[] = [
  {
    title: "What happens on the way",
    choices: [
      { id: "none", title: "Nothing", text: "It arrives as it was sent.", throughNext: true },
      { id: "args", title: "The amount is changed", text: "A proxy between Next.js and Convex rewrites it.", throughNext: true },
      { id: "resent", title: "Captured and sent again", text: "The proxy sends the same call to Convex a second time.", throughNext: true },
    ],
  },
  {
    title: "Or somebody forges the call",
    choices: [
      { id: "secret", title: "Signed with another secret", text: "By somebody who does not know yours.", throughNext: false },
      { id: "function", title: "Signed for another function", text: "A signature for markEventFailed, used on markEventProcessed.", throughNext: false },
      { id: "deployment", title: "Signed for another deployment", text: "The same secret and function, but somebody else’s Convex.", throughNext: false },
      { id: "old", title: "Ten minutes old", text: "A signature is good for one minute.", throughNext: false },
      { id: "unsigned", title: "Not signed at all", text: "The function is public, so anybody may try.", throughNext: false },
    ],
  },
  {
    title: "Or its provider posts it again",
    choices: [
      { id: "repeated", title: "The same event twice", text: "As providers do when they are not sure. Its id is the idempotency key.", throughNext: true },
      { id: "reused", title: "Then with another amount", text: "One id for two different events cannot be right.", throughNext: true },
    ],
  },
  {
    title: "Or another server calls",
    choices: [
      { id: "internal", title: "A worker, through the gateway", text: "An internal function, which Convex lets nobody outside call.", throughNext: false },
      { id: "unlisted", title: "A function that is not listed", text: "The worker stores the event, then tries to remove it.", throughNext: false },
      { id: "worker", title: "A function for workers only", text: "A worker calls it, with a secret of its own.", throughNext: false },
      { id: "caller", title: "The same, by the web server", text: "Its signature is right, but it may not call that.", throughNext: false },
    ],
  },
];

/** What each code in the log means, in plain words. */
export const reasons: Readonly<Record<string, string>> = {
  signature_invalid: "The signature does not fit this call: something in it is not what was signed.",
  key_unknown: "The signature was made with a secret that this deployment does not accept. The log names both key ids, so you can compare them by eye.",
  expired: "The signature is older than the minute it is good for.",
  signature_missing: "The call came without a signature.",
  replayed: "This very call has been used already. Each is good for one time.",
  idempotency_conflict: "This event id was used for other arguments before. Nothing ran.",
  function_forbidden: "The gateway reaches the functions on its list, and this one is not there.",
  caller_forbidden: "The signature is right, but whoever holds this secret may not call this function.",
  misconfigured: "The deployment has no usable secret. Its log names the command that sets one.",
};

export const typeNames = ["order.paid", "order.refunded", "subscription.active"] as const;

export function euros(cents: number): string {
  return new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(cents / 100);
}
