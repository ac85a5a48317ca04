"use client";

import { choiceGroups, type Change, type Outcome, type Route, typeNames } from "@/app/lib/outcome";
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Journey } from "./journey";
import { OutcomeView } from "./outcome-view";

type Result = { outcome: Outcome } | { problem: string };

/** The form that sends a delivery, what became of it, and below that the `children`. */
export function Workbench({ children }: { readonly children: ReactNode }) {
  const [change, setChange] = useState<Change>("none");
  const [sending, setSending] = useState(false);
  const [result, setResult] = useState<Result>();
  const ids = useId();
  const results = useRef<HTMLElement>(null);
  const outcome = result !== undefined && "outcome" in result ? result.outcome : undefined;
  const throughNext = choiceGroups.flatMap(({ choices }) => choices).find(({ id }) => id === change)?.throughNext ?? true;

  // On a phone the outcome lies below the form, and whoever has scrolled down may have left it above: bring it into view.
  useEffect(() => {
    const top = results.current?.getBoundingClientRect().top ?? 0;
    if (result !== undefined && (top < 0 || top > window.innerHeight * 0.7)) results.current?.scrollIntoView();
  }, [result]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending) return;
    const form = new FormData(event.currentTarget);
    const wish = {
      change,
      route: (form.get("route") ?? "node") as Route,
      type: String(form.get("type")),
      amount: Math.round(Number(form.get("amount")) * 100),
    };
    setSending(true);
    setResult(await send(wish));
    setSending(false);
  }

  return (
    <div className="workbench">
      <form className="card" onSubmit={submit} aria-labelledby={`${ids}-title`}>
        <h2 id={`${ids}-title`}>Send a delivery</h2>
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
        {choiceGroups.map((group) => (
          <fieldset key={group.title} className="choices">
            <legend>{group.title}</legend>
            {group.choices.map(({ id, title, text }) => (
              <label key={id} className="choice">
                <input
                  type="radio"
                  name="change"
                  value={id}
                  checked={change === id}
                  onChange={() => setChange(id)}
                  aria-labelledby={`${ids}-${id}`}
                  aria-describedby={`${ids}-${id}-text`}
                />
                <span>
                  <span className="choice-title" id={`${ids}-${id}`}>
                    {title}
                  </span>
                  <span className="choice-text" id={`${ids}-${id}-text`}>
                    {text}
                  </span>
                </span>
              </label>
            ))}
          </fieldset>
        ))}
        <div className="submit">
          <button type="submit" aria-disabled={sending}>
            {sending ? "Sending …" : "Send"}
          </button>
        </div>
      </form>
      <div className="results">
        <section ref={results} className="card outcome" aria-labelledby={`${ids}-outcome`} aria-busy={sending}>
          <h2 id={`${ids}-outcome`}>What became of it</h2>
          <Journey outcome={outcome} />
          <div role="status" className="status">
            {result === undefined ? <p className="empty">Nothing has been sent yet.</p> : null}
            {result !== undefined && "problem" in result ? <p className="problem">{result.problem}</p> : null}
            {outcome === undefined ? null : <OutcomeView outcome={outcome} />}
          </div>
        </section>
        {children}
      </div>
    </div>
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
    if (response.ok) return { outcome: answer as Outcome };
    return { problem: (answer as { title: string }).title };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `The Next.js server did not answer: ${why}. Does the demo still run?` };
  }
}
