// What the demo's own process tells about one delivery (see demo/lab.mjs).

export type Route = "node" | "edge";

export type Change = "none" | "args" | "secret" | "function" | "deployment" | "old" | "unsigned" | "resent";

export interface Call {
  readonly path: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Outcome {
  readonly change: Change;
  readonly route: Route;
  readonly delivery: { readonly id: string; readonly type: string; readonly amount: number };
  readonly signedBy: "Next.js" | "attacker";
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
  /** Whether the call comes through one of the app's routes, or straight from an attacker. */
  readonly throughNext: boolean;
  readonly notYet?: boolean;
}

export const choices: readonly Choice[] = [
  { id: "none", title: "Nothing", text: "It arrives as it was sent.", throughNext: true },
  { id: "args", title: "The amount is changed", text: "A proxy between Next.js and Convex rewrites it.", throughNext: true },
  { id: "secret", title: "Signed with another secret", text: "By somebody who does not know yours.", throughNext: false },
  { id: "function", title: "Signed for another function", text: "A signature for markEventFailed, used on markEventProcessed.", throughNext: false },
  { id: "deployment", title: "Signed for another deployment", text: "The same secret and function, but somebody else’s Convex.", throughNext: false },
  { id: "old", title: "Ten minutes old", text: "A signature is good for one minute.", throughNext: false },
  { id: "unsigned", title: "Not signed at all", text: "The function is public, so anybody may try.", throughNext: false },
  {
    id: "resent",
    title: "Captured and sent again",
    text: "Not refused yet: within its minute, a captured call works again. Replay protection comes next.",
    throughNext: true,
    notYet: true,
  },
];

/** What each code in the log means, in plain words. */
export const reasons: Readonly<Record<string, string>> = {
  signature_invalid: "The signature does not fit this call: something in it is not what was signed.",
  key_unknown: "The signature was made with a secret that this deployment does not accept. The log names both key ids, so you can compare them by eye.",
  expired: "The signature is older than the minute it is good for.",
  signature_missing: "The call came without a signature.",
  misconfigured: "The deployment has no usable secret. Its log names the command that sets one.",
};

export const typeNames = ["order.paid", "order.refunded", "subscription.active"] as const;

export function euros(cents: number): string {
  return new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(cents / 100);
}
