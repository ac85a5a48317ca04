import type { Change, Outcome } from "@/app/lib/outcome";

type Mark = "plain" | "good" | "warn" | "bad";

interface Stop {
  readonly who: string;
  readonly does: string;
  readonly mark: Mark;
}

/** The stations of a call, from whoever starts it to Convex. */
export function Journey({ outcome }: { readonly outcome: Outcome | undefined }) {
  return (
    <ol className="journey" aria-label="The call’s way">
      {stopsOf(outcome).map(({ who, does, mark }) => (
        <li key={who} className={mark}>
          <strong>{who}</strong> <span>{does}</span>
        </li>
      ))}
    </ol>
  );
}

const attackers: Partial<Record<Change, string>> = {
  secret: "signs with its own secret",
  function: "holds another signature",
  deployment: "holds another signature",
  old: "holds an old signature",
  unsigned: "does not sign",
};

function stopsOf(outcome: Outcome | undefined): Stop[] {
  if (outcome === undefined) {
    return [
      { who: "Provider", does: "posts an event", mark: "plain" },
      { who: "Next.js", does: "signs the call", mark: "plain" },
      { who: "Convex", does: "checks, then stores", mark: "plain" },
    ];
  }
  const { change, stored } = outcome;
  const convex: Stop =
    stored > 1
      ? { who: "Convex", does: "stores it twice", mark: "warn" }
      : stored === 1
        ? { who: "Convex", does: "checks, then stores", mark: "good" }
        : { who: "Convex", does: "refuses", mark: "bad" };
  const attacker = attackers[change];
  if (attacker !== undefined) return [{ who: "Attacker", does: attacker, mark: "warn" }, convex];
  const proxy: Stop[] =
    change === "args" ? [{ who: "Proxy", does: "changes it", mark: "warn" }] : change === "resent" ? [{ who: "Proxy", does: "sends it twice", mark: "warn" }] : [];
  return [{ who: "Provider", does: "posts an event", mark: "good" }, { who: "Next.js", does: "signs the call", mark: "good" }, ...proxy, convex];
}
