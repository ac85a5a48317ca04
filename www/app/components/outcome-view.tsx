import { euros, type Outcome, reasons } from "@/app/lib/outcome";
import { CallView } from "./call-view";

/** One delivery's way: what travelled, what came back, what the log says, what was stored. */
export function OutcomeView({ outcome }: { readonly outcome: Outcome }) {
  const { answer, signedBy, sent, passedOn, code, stored, log, delivery } = outcome;
  const twice = stored > 1;
  const verdict = twice ? "Stored twice" : stored === 1 ? "Accepted" : "Refused";
  return (
    <>
      <p className={`verdict ${twice ? "warn" : stored === 1 ? "good" : "bad"}`}>
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
          <h3>{signedBy === "Next.js" ? "What Next.js told the provider" : "What Convex told the attacker"}</h3>
          <pre>{answer.status === null ? answer.text : `${answer.status} ${answer.text}`}</pre>
          {answer.ok ? null : <p className="hint">The same for each refusal: from outside there is nothing to learn.</p>}
        </li>
        <li>
          <h3>What the deployment’s log says</h3>
          {log.length === 0 ? <p className="hint">Nothing. An accepted call needs no line.</p> : <Log lines={log} />}
          {code === null ? null : <p>{reasons[code] ?? `The code is ${code}.`}</p>}
        </li>
        <li>
          <h3>What was stored</h3>
          <p>
            {stored === 0 ? "Nothing." : null}
            {stored === 1 ? "One event, with the key id of whoever signed it." : null}
            {twice ? `Two events from one delivery. That is what replay protection will refuse; until then, look event ids up before you act on them.` : null}
          </p>
        </li>
      </ol>
    </>
  );
}

function Log({ lines }: { readonly lines: readonly string[] }) {
  return (
    <pre>
      {lines.map((line, index) => (
        <span key={index} className="log-line">
          {line.split(/(\bcode=\w+)/).map((part, at) => (at % 2 === 1 ? <mark key={at}>{part}</mark> : part))}
        </span>
      ))}
    </pre>
  );
}

function whoSent({ change, route, signedBy }: Outcome): string {
  const path = route === "edge" ? "/api/webhooks-edge" : "/api/webhooks";
  if (change === "args") return `The route ${path} signed it; the proxy changed it.`;
  if (change === "resent") return `The route ${path} signed it; the proxy sent it twice.`;
  return signedBy === "Next.js" ? `The route ${path} signed it.` : "An attacker sent it, with the plain Convex client.";
}
