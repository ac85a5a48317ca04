// What comes next in a rotation, from what both sides have now. Nothing is remembered between two runs: that is why a rotation can be stopped anywhere.
// It knows no secret, only which of the two each variable holds.

/** The three variables of a side: NAME, NAME_NEXT and NAME_PREVIOUS. */
export type Slot = "current" | "next" | "previous";
export const slots = ["current", "next", "previous"] as const;

export const steps = ["next", "switch", "drop"] as const;
export type Step = (typeof steps)[number];

export type Which = "old" | "new";
export type Holds = Readonly<Record<Slot, Which | undefined>>;

export const sides = ["server", "convex"] as const;
export type Side = (typeof sides)[number];
/** Who holds what. A side signs with its current secret and accepts all three. */
export type Position = Readonly<Record<Side, Holds>>;

/** One write. That of the server's file changes several variables at once; Convex's are written one by one. */
export interface Change {
  step: Step;
  side: Side;
  /** `undefined` takes the variable away. */
  set: Readonly<Partial<Record<Slot, Which | undefined>>>;
}

/**
 * The next change, or none if the rotation is over. After each of them Convex accepts what the server signed with before it and what it signs with after it; and so
 * does the server what Convex signs with, once it was started again.
 *
 * Both sides must have a current secret, `next` is only ever the new one and `previous` only ever the old one, except for what is left over where all are the same.
 */
export function nextChange({ server, convex }: Position): Change | undefined {
  if (server.current === "new" && convex.current === "new") return finish(server, convex);
  const accepted = slots.map((slot) => convex[slot]);
  if (!accepted.includes("new")) return { step: "next", side: "convex", set: { next: "new" } };
  // Somebody was too early with the last step: the server still signs with the old one.
  if (!accepted.includes("old")) return { step: "next", side: "convex", set: { previous: "old" } };
  if (server.current === "old") {
    if (server.next === undefined && convex.current === "old") return { step: "next", side: "server", set: { next: "new" } };
    return { step: "switch", side: "server", set: { current: "new", next: undefined, previous: "old" } };
  }
  // What Convex signed is accepted by the server too, whichever secret it was.
  if (server.previous === undefined) return { step: "switch", side: "server", set: { next: undefined, previous: "old" } };
  if (convex.previous === undefined) return { step: "switch", side: "convex", set: { previous: "old" } };
  return { step: "switch", side: "convex", set: { current: "new" } };
}

/** Both sign with the new one. What is left goes: first what is the current one anyway, and last the old one, which Convex must be the first to forget. */
function finish(server: Holds, convex: Holds): Change | undefined {
  for (const [side, holds] of [["convex", convex], ["server", server]] as const) {
    if (holds.next !== undefined) return { step: "switch", side, set: { next: undefined } };
  }
  for (const [side, holds] of [["convex", convex], ["server", server]] as const) {
    if (holds.previous !== undefined) return { step: "drop", side, set: { previous: undefined } };
  }
  return undefined;
}

/** What both sides hold after a change. */
export function after(position: Position, { side, set }: Change): Position {
  return { ...position, [side]: { ...position[side], ...set } };
}

/** Whether Convex forgets a secret with this change: from then on nothing that it signed is accepted. */
export function forgets(position: Position, change: Change): boolean {
  const left = after(position, change).convex;
  return change.side === "convex" && slots.some((slot) => position.convex[slot] !== undefined && slots.every((other) => left[other] !== position.convex[slot]));
}
