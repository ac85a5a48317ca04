import { inspectSecret } from "../../inspect/index.js";
import type { Fingerprints } from "../fingerprints.js";
import { sides, slots } from "./plan.js";
import type { Holds, Position, Side, Slot, Which } from "./plan.js";

/** The values of a side's three variables. An empty one counts as unset, as everywhere in countersign. */
export type Values = Readonly<Record<Slot, string | undefined>>;

/** What both sides have. The server is `undefined` if it cannot be read: a host's settings. */
export interface Found {
  server: Values | undefined;
  convex: Values;
}

export type State =
  /** Both sides have one secret, and nothing is left of a rotation. */
  | { kind: "idle"; current: string }
  /** Between two secrets. `old` is `undefined` where only copies of the new one are left. */
  | { kind: "under way"; old: string | undefined; new: string; position: Position }
  /** None of the states that a rotation goes through. The reasons hold no value. */
  | { kind: "unknown"; reasons: string[] };

/** How the variables are called, for reasons: `COUNTERSIGN_SECRET_NEXT in .env.local`. */
export type Naming = (side: Side, slot: Slot) => string;

/**
 * Which state of a rotation this is.
 *
 * @param deployed - For a server that cannot be read: whether its owner says that it signs with the new secret by now.
 */
export function recognise(found: Found, fingerprints: Fingerprints, name: Naming, deployed = false): State {
  const reasons: string[] = [];
  const held: { side: Side; slot: Slot; value: string }[] = [];
  for (const side of sides) {
    const values = found[side];
    if (values === undefined) continue;
    if (values.current === undefined) reasons.push(`${name(side, "current")} is not set.`);
    for (const slot of slots) {
      const value = values[slot];
      if (value === undefined) continue;
      held.push({ side, slot, value });
      for (const { message } of inspectSecret(value).problems) reasons.push(`${name(side, slot)} cannot be used. ${message}`);
    }
  }
  if (reasons.length > 0) return { kind: "unknown", reasons };

  const values: string[] = [];
  for (const { value } of held) if (!values.some((known) => fingerprints.same(known, value))) values.push(value);
  const [first, second] = values as [string, string?];
  if (values.length > 2) return unknown(`There are ${values.length} different secrets, and a rotation has two.`);
  const isFirst = (value: string) => fingerprints.same(value, first);

  if (second === undefined) {
    if (held.every(({ slot }) => slot === "current")) return { kind: "idle", current: first };
    const all = (given: Values): Holds => map(given, () => "new");
    // A server that cannot be read has nothing else than what Convex accepts, or it would be refused already.
    return { kind: "under way", old: undefined, new: first, position: { server: all(found.server ?? onlyCurrent(first)), convex: all(found.convex) } };
  }

  // Which of the two is the new one: nobody calls the old one next, or the new one previous.
  const newer = new Set(held.flatMap(({ slot, value }) => (slot === "current" ? [] : [(slot === "next") === isFirst(value) ? first : second])));
  if (newer.size === 0) return unknown(`${name("server", "current")} and ${name("convex", "current")} differ, and nothing says which of the two is the new one. Every call is refused now.`);
  if (newer.size === 2) return unknown("The same secret is called next in one place and previous in another.");
  const [fresh = first] = newer;
  const label = (value: string): Which => (fingerprints.same(value, fresh) ? "new" : "old");
  const convex = map(found.convex, label);
  const server: Holds = found.server !== undefined ? map(found.server, label) : deployed ? { current: "new", next: undefined, previous: "old" } : { current: "old", next: "new", previous: undefined };
  return { kind: "under way", old: fresh === first ? second : first, new: fresh, position: { server, convex } };
}

function unknown(reason: string): State {
  return { kind: "unknown", reasons: [reason] };
}

function onlyCurrent(value: string): Values {
  return { current: value, next: undefined, previous: undefined };
}

function map(values: Values, label: (value: string) => Which): Holds {
  const of = (slot: Slot) => (values[slot] === undefined ? undefined : label(values[slot]));
  return { current: of("current"), next: of("next"), previous: of("previous") };
}
