import { forgets } from "./plan.js";
import type { Change, Position, Step, Which } from "./plan.js";
import { slots } from "./plan.js";
import type { Sides } from "./sides.js";
import type { Found } from "./state.js";

/** What people read of each step. */
export const titles: Readonly<Record<Step, string>> = {
  next: "next: both sides accept the new secret, and sign with the old one",
  switch: "switch: both sides sign with the new secret, and accept the old one",
  drop: "drop: the old secret is accepted no longer",
};

export type Prints = Readonly<Record<Which, string | undefined>>;

/** One change as a sentence without its end: "set COUNTERSIGN_SECRET_NEXT in Convex (dev) to the new secret (0123...)". */
export function describe(change: Change, sides: Sides, prints: Prints): string {
  const { side, set } = change;
  const parts = slots
    .filter((slot) => slot in set)
    .map((slot) => {
      const which = set[slot];
      const name = sides.variable(side, slot);
      if (which === undefined) return { verb: "remove", text: name };
      return { verb: "set", text: `${name} to the ${which} secret${prints[which] === undefined ? "" : ` (${prints[which]})`}` };
    });
  const by = (verb: string) => parts.filter((part) => part.verb === verb).map(({ text }) => text);
  const phrases = ["set", "remove"].flatMap((verb) => (by(verb).length === 0 ? [] : [`${verb} ${by(verb).join(" and ")}`]));
  return `${sides.place(side)}: ${phrases.join(", ")}`;
}

/** What both sides have, a line for each variable that is set. */
export function inventory(found: Found, sides: Sides, show: (value: string) => string): string[] {
  return (["server", "convex"] as const).flatMap((side) => {
    const values = found[side];
    return values === undefined ? [] : slots.flatMap((slot) => (values[slot] === undefined ? [] : [`${sides.name(side, slot)}: ${show(values[slot])}`]));
  });
}

/** What a person does at a host, whose settings are theirs. The new secret is read from Convex, where this command has put it. */
export function atTheHost(sides: Sides, { old, new: fresh }: Prints, readNew: string): string[] {
  return [
    `set ${sides.variable("server", "previous")} to what ${sides.variable("server", "current")} is now (${old})`,
    `set ${sides.variable("server", "current")} to the new secret (${fresh}); \`${readNew}\` prints it: pipe it, so that it stays out of the terminal's history`,
    "deploy, and wait until no old instance is left",
  ];
}

/** Whether the old secret ends with this change. */
export function endsTheOld(position: Position, change: Change): boolean {
  return position.convex.previous === "old" && forgets(position, change);
}
