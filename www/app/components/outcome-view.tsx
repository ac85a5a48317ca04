import { euros, type Change, type Outcome, reasons, type Signer } from "@/app/lib/outcome";
import { CallView } from "./call-view";
import { Log } from "./log";

/** One delivery's way: what travelled, what came back, what the log says, what was stored. */
export function OutcomeView({ outcome }: { readonly outcome: Outcome }) {
  const { change, answer, signedBy, sent, passedOn, code, stored, log, delivery } = outcome;
  const { verdict, mark } = verdictOf(outcome);
  return (
    <>
      <p className={`verdict ${mark}`}>
        <strong>{verdict}</strong>
        <span>
          {delivery.type}, {euros(delivery.amount)}, <span className="code">{delivery.id}</span>
        </span>
      </p>
      <ol className="steps">
        <li>
          <h3>What travelled to Convex</h3>
          <p className="hint">{whoSent(outcome)}</p>
          {sent === null || passedOn === null ? <p className="hint">This deployment is not behind the demo’s proxy, so it was not seen.</p> : <CallView sent={sent} passedOn={passedOn} />}
        </li>
        <li>
          <h3>{told[signedBy]}</h3>
          <pre>{answer.status === null ? answer.text : `${answer.status} ${answer.text}`}</pre>
          {answer.ok ? null : <p className="hint">{refusalHints[change] ?? "The same for each refusal: from outside there is nothing to learn."}</p>}
        </li>
        <li>
          <h3>What the deployment’s log says</h3>
          {log.length === 0 ? <p className="hint">Nothing. An accepted call needs no line.</p> : <Log lines={log} />}
          {code === null ? null : <p>{reasons[code] ?? `The code is ${code}.`}</p>}
        </li>
        <li>
          <h3>What was stored</h3>
          <p>{storedText(outcome)}</p>
        </li>
      </ol>
    </>
  );
}

function verdictOf({ change, answer, stored }: Outcome): { verdict: string; mark: "good" | "bad" | "warn" } {
  if (stored > 1) return { verdict: "Stored twice", mark: "warn" };
  if (answer.ok) return { verdict: change === "repeated" ? "Stored once" : "Accepted", mark: "good" };
  return { verdict: change === "resent" || change === "reused" ? "The second is refused" : "Refused", mark: "bad" };
}

const told: Readonly<Record<Signer, string>> = {
  "Next.js": "What Next.js told the provider",
  worker: "What Convex told the worker",
  web: "What Convex told the web server",
  attacker: "What Convex told the attacker",
};

const refusalHints: Partial<Record<Change, string>> = {
  reused: "Convex tells its caller this reason, and this one only: posting the event again would not help.",
};

function storedText({ change, answer, stored }: Outcome): string {
  if (stored === 0) return "Nothing.";
  if (stored > 1) return `${stored} events from one delivery, which must not be.`;
  if (change === "repeated") return "One event. The second call was signed anew and got the recorded result of the first.";
  if (change === "resent") return "One event, that of the first call.";
  if (change === "reused") return "One event, with the first amount.";
  if (change === "unlisted") return "One event, and it is still there.";
  if (change === "internal") return "One event. An internal function stored it, after its own validators.";
  return answer.ok ? "One event, with the key id of whoever signed it." : "One event.";
}

function whoSent({ change, route, signedBy }: Outcome): string {
  const path = route === "edge" ? "/api/webhooks-edge" : "/api/webhooks";
  if (change === "args") return `The route ${path} signed it; the proxy changed it.`;
  if (change === "resent") return `The route ${path} signed it; the proxy sent it twice.`;
  if (change === "repeated") return `The second call. The route ${path} signed it anew, with the same idempotency key.`;
  if (change === "reused") return `The second call. The route ${path} signed it, with the same idempotency key and another amount.`;
  if (change === "unlisted") return "The worker’s second call, which is to remove what its first one stored.";
  if (signedBy === "worker") return "A worker sent it, with the signed client and a secret of its own.";
  if (signedBy === "web") return "It was signed with the secret of Next.js.";
  return signedBy === "Next.js" ? `The route ${path} signed it.` : "An attacker sent it, with the plain Convex client.";
}
