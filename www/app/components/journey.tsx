import type { Change, Kind, Outcome } from "@/app/lib/outcome";

type Mark = "plain" | "good" | "warn" | "bad";

export interface Stop {
  readonly who: string;
  readonly does: string;
  readonly mark: Mark;
}

/** The stations of what was sent, from whoever starts it. */
export function Journey({ stops }: { readonly stops: readonly Stop[] }) {
  return (
    <ol className="journey" aria-label="Its way">
      {stops.map(({ who, does, mark }, index) => (
        <li key={index} className={mark}>
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

/** Before anything has been sent. */
export const noStops: Readonly<Record<Kind, readonly Stop[]>> = {
  call: [
    { who: "Provider", does: "posts an event", mark: "plain" },
    { who: "Next.js", does: "signs the call", mark: "plain" },
    { who: "Convex", does: "checks, then stores", mark: "plain" },
  ],
  webhook: [
    { who: "Provider", does: "signs an event", mark: "plain" },
    { who: "Next.js", does: "verifies it", mark: "plain" },
    { who: "Convex", does: "stores it once", mark: "plain" },
  ],
  request: [
    { who: "Convex", does: "asks, signed", mark: "plain" },
    { who: "Next.js", does: "verifies, answers", mark: "plain" },
    { who: "Convex", does: "verifies the answer", mark: "plain" },
  ],
};

/** The stations of a call, from whoever starts it to Convex. */
export function callStops(outcome: Outcome): readonly Stop[] {
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
