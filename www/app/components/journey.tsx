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

const posts: Stop = { who: "Provider", does: "posts an event", mark: "good" };
const signs: Stop = { who: "Next.js", does: "signs the call", mark: "good" };
const signsBoth: Stop = { who: "Next.js", does: "signs both calls", mark: "good" };
const workerSigns: Stop = { who: "Worker", does: "signs the call", mark: "good" };

const attacker = (does: string): readonly Stop[] => [{ who: "Attacker", does, mark: "warn" }];

/** What happens before the call reaches Convex. */
const ways: Record<Change, readonly Stop[]> = {
  none: [posts, signs],
  args: [posts, signs, { who: "Proxy", does: "changes it", mark: "warn" }],
  resent: [posts, signs, { who: "Proxy", does: "sends it twice", mark: "warn" }],
  secret: attacker("signs with its own secret"),
  function: attacker("holds another signature"),
  deployment: attacker("holds another signature"),
  old: attacker("holds an old signature"),
  unsigned: attacker("does not sign"),
  repeated: [{ who: "Provider", does: "posts an event twice", mark: "good" }, signsBoth],
  reused: [{ who: "Provider", does: "posts two events as one", mark: "warn" }, signsBoth],
  internal: [workerSigns],
  unlisted: [workerSigns],
  worker: [workerSigns],
  caller: [{ who: "Web server", does: "signs what it may not call", mark: "warn" }],
};

function stopsOf(outcome: Outcome | undefined): readonly Stop[] {
  if (outcome === undefined) {
    return [
      { who: "Provider", does: "posts an event", mark: "plain" },
      { who: "Next.js", does: "signs the call", mark: "plain" },
      { who: "Convex", does: "checks, then stores", mark: "plain" },
    ];
  }
  return [...ways[outcome.change], ...arrival(outcome)];
}

function arrival({ change, answer, stored }: Outcome): readonly Stop[] {
  if (stored > 1) return [{ who: "Convex", does: "stores it twice", mark: "warn" }];
  if (change === "internal" || change === "unlisted") {
    return answer.ok
      ? [{ who: "Gateway", does: "checks, and finds it listed", mark: "good" }, { who: "Function", does: "stores", mark: "good" }]
      : [{ who: "Gateway", does: "refuses", mark: "bad" }];
  }
  if (change === "repeated" && answer.ok) return [{ who: "Convex", does: "stores it once", mark: "good" }];
  if (answer.ok) return [{ who: "Convex", does: "checks, then stores", mark: "good" }];
  return [{ who: "Convex", does: stored === 0 ? "refuses" : "refuses the second", mark: "bad" }];
}
