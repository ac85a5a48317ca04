"use client";

import { type Exchange, exchangeGroups } from "@/app/lib/exchange";
import { choiceGroups, type Kind, type Outcome, type Route, typeNames } from "@/app/lib/outcome";
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Choices } from "./choices";
import { exchangeStops, ExchangeView } from "./exchange-view";
import { callStops, Journey, noStops } from "./journey";
import { OutcomeView } from "./outcome-view";

type Result = { outcome: Outcome } | { exchange: Exchange } | { problem: string };

const kinds: readonly { readonly kind: Kind; readonly title: string }[] = [
  { kind: "call", title: "Call" },
  { kind: "webhook", title: "Webhook" },
  { kind: "request", title: "Request" },
];

const groupsOf = (kind: Kind) => (kind === "call" ? choiceGroups : exchangeGroups(kind));
const first = { call: "none", webhook: "stripe", request: "asked" };

/** The form that sends a call, a webhook or a request; what became of it; and below that the `children`. */
export function Workbench({ children }: { readonly children: ReactNode }) {
  const [kind, setKind] = useState<Kind>("call");
  const [chosen, setChosen] = useState<Readonly<Record<Kind, string>>>(first);
  const [sending, setSending] = useState(false);
  const [result, setResult] = useState<Result>();
  const ids = useId();
  const results = useRef<HTMLElement>(null);
  const choice = chosen[kind];
  const outcome = result !== undefined && "outcome" in result ? result.outcome : undefined;
  const exchange = result !== undefined && "exchange" in result ? result.exchange : undefined;
  const throughNext = choiceGroups.flatMap(({ choices }) => choices).find(({ id }) => id === choice)?.throughNext ?? true;
  const stops = outcome !== undefined ? callStops(outcome) : exchange !== undefined ? exchangeStops(exchange) : noStops[kind];

  // On a phone the outcome lies below the form, and whoever has scrolled down may have left it above: bring it into view.
  useEffect(() => {
    const top = results.current?.getBoundingClientRect().top ?? 0;
    if (result !== undefined && (top < 0 || top > window.innerHeight * 0.7)) results.current?.scrollIntoView();
  }, [result]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending) return;
    const form = new FormData(event.currentTarget);
    const call = {
      change: choice,
      route: (form.get("route") ?? "node") as Route,
      type: String(form.get("type")),
      amount: Math.round(Number(form.get("amount")) * 100),
    };
    setSending(true);
    setResult(await send(kind === "call" ? call : { kind, id: choice }));
    setSending(false);
  }

  return (
    <div className="workbench">
      <form className="card" onSubmit={submit} aria-labelledby={`${ids}-title`}>
        <h2 id={`${ids}-title`}>What to send</h2>
        <fieldset className="segments kinds" aria-labelledby={`${ids}-title`}>
          {kinds.map((one) => (
            <label key={one.kind}>
              <input type="radio" name="kind" value={one.kind} checked={kind === one.kind} onChange={() => setKind(one.kind)} />
              <span>{one.title}</span>
            </label>
          ))}
        </fieldset>
        {kind === "call" ? <CallFields throughNext={throughNext} ids={ids} /> : null}
        <Choices groups={groupsOf(kind)} chosen={choice} choose={(id) => setChosen({ ...chosen, [kind]: id })} ids={`${ids}-${kind}`} />
        <div className="submit">
          <button type="submit" aria-disabled={sending}>
            {sending ? "Sending …" : "Send"}
          </button>
        </div>
      </form>
      <div className="results">
        <section ref={results} className="card outcome" aria-labelledby={`${ids}-outcome`} aria-busy={sending}>
          <h2 id={`${ids}-outcome`}>What became of it</h2>
          <Journey stops={stops} />
          <div role="status" className="status">
            {result === undefined ? <p className="empty">Nothing has been sent yet.</p> : null}
            {result !== undefined && "problem" in result ? <p className="problem">{result.problem}</p> : null}
            {outcome === undefined ? null : <OutcomeView outcome={outcome} />}
            {exchange === undefined ? null : <ExchangeView exchange={exchange} />}
          </div>
        </section>
        {children}
      </div>
    </div>
  );
}

/** What the event of a call is, and which route signs it. */
function CallFields({ throughNext, ids }: { readonly throughNext: boolean; readonly ids: string }) {
  return (
    <>
      <div className="fields">
        <div>
          <label htmlFor={`${ids}-type`}>Event</label>
          <select id={`${ids}-type`} name="type" defaultValue={typeNames[0]}>
            {typeNames.map((type) => (
              <option key={type}>{type}</option>
            ))}
          </select>
        </div>
        <div>
          <label htmlFor={`${ids}-amount`}>Amount in euros</label>
          <input id={`${ids}-amount`} name="amount" type="number" inputMode="decimal" min="0" max="1000000" step="0.01" defaultValue="49.00" required />
        </div>
      </div>
      <fieldset className="segments" disabled={!throughNext}>
        <legend>Through the route</legend>
        <label>
          <input type="radio" name="route" value="node" defaultChecked />
          <span>Node</span>
        </label>
        <label>
          <input type="radio" name="route" value="edge" />
          <span>Edge</span>
        </label>
        {throughNext ? null : <p className="hint">Not this one: it goes straight to Convex, past Next.js.</p>}
      </fieldset>
    </>
  );
}

async function send(wish: object): Promise<Result> {
  try {
    const response = await fetch("/api/demo", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(wish),
    });
    const answer: unknown = await response.json();
    if (response.ok) return isExchange(answer) ? { exchange: answer } : { outcome: answer as Outcome };
    return { problem: (answer as { title: string }).title };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `The Next.js server did not answer: ${why}. Does the demo still run?` };
  }
}

function isExchange(answer: unknown): answer is Exchange {
  return Object.hasOwn(answer as object, "kind");
}
